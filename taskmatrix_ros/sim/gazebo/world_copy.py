"""A world file as this run wants it: the seed's places, the speed, with or without rendering."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from defusedxml.ElementTree import parse

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.sim.sdf.sdf_types import World

_SENSORS = "gz::sim::systems::Sensors"


def write_world_copy(world: World, folder: Path, *, speed: float = 1.0, rendering: bool = True) -> Path:
    """Write the world for Gazebo; models stay where they are, found through ``GZ_SIM_RESOURCE_PATH``.

    :param world: read from ``world.file``; its included models are put where they stand in it.
    :param speed: simulated seconds per wall second that Gazebo aims at.
    :param rendering: without it there are no pictures and no scans, and no graphics library is loaded.
    :raises ConfigError: the file lacks what the copy changes.
    """
    tree = parse(world.file)
    element = tree.getroot().find("world")
    factor = element.find("physics/real_time_factor") if element is not None else None
    if element is None or factor is None:
        raise ConfigError(f"gazebo: {world.file} has no <world> with <physics><real_time_factor>; add it")
    factor.text = f"{speed:g}"
    for include in element.findall("include"):
        pose = world.model(include.findtext("name", "").strip()).pose
        _child(include, "pose").text = " ".join(f"{value:.9g}" for value in (*pose.xyz_m, *pose.rpy_rad))
    if not rendering:
        for plugin in element.findall("plugin"):
            if plugin.get("name") == _SENSORS:
                element.remove(plugin)
    path = folder / world.file.name
    tree.write(path, encoding="unicode", xml_declaration=True)
    return path


def _child(parent: ElementTree.Element, tag: str) -> ElementTree.Element:
    found = parent.find(tag)
    return ElementTree.SubElement(parent, tag) if found is None else found
