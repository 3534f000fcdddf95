"""Where the worlds, their maps and the models lie."""

from __future__ import annotations

from pathlib import Path

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.resources import resource


def model_folder() -> Path:
    """Folder of the SDF models."""
    return resource("sim/models")


def world_names() -> list[str]:
    """Names of the worlds that can be started."""
    return sorted(path.stem for path in resource("sim/worlds").glob("*.sdf"))


def world_file(name: str) -> Path:
    """SDF file of a world.

    :raises ConfigError: there is no world of that name.
    """
    if name not in world_names():
        raise ConfigError(f"simulation: there is no world '{name}'; known: {', '.join(world_names())}")
    return resource(f"sim/worlds/{name}.sdf")


def map_file(name: str) -> Path:
    """YAML file with the map knowledge of a world: rooms, places, objects, wall tags."""
    return resource(f"config/world/{name}.yaml")


def placement_file(name: str) -> Path:
    """YAML file that says where a seed may put the objects of a world."""
    return resource(f"sim/worlds/{name}.placement.yaml")
