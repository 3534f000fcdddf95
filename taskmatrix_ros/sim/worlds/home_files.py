"""Writes a drawn home as files: an SDF world that both simulators load, the robot's map of it, and a placement."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.sim.sdf.sdf_reader import SdfReader
from taskmatrix_ros.sim.worlds.home_design import SIDE_MARGIN_M, SPACING_M, HomeDesign, Room, distance_m
from taskmatrix_ros.sim.worlds.home_map import load_home_map
from taskmatrix_ros.sim.worlds.home_sdf import TAG_FACE_M, TAG_Z_M, config_text, house_model, parcel_model, world_text
from taskmatrix_ros.sim.worlds.locations import model_folder
from taskmatrix_ros.sim.worlds.placement import load_placement
from taskmatrix_ros.sim.worlds.static_boxes import static_boxes
from taskmatrix_ros.sim.worlds.tag_textures import write_textures

_FIRST_PARCEL_TAG = 10
_CLEAR_M = 0.40


@dataclass(frozen=True, slots=True)
class HomeFiles:
    """Where a generated home lies: what ``--world`` of the simulator and of the skills take."""

    world: Path
    map: Path
    placement: Path


def write_home(design: HomeDesign, folder: Path) -> HomeFiles:
    """Write everything below a folder, which is made where missing.

    :returns: ``NAME.sdf``, ``NAME.yaml`` and ``NAME.placement.yaml``; models of its own are in ``models/``.
    """
    models = folder / "models"
    files = HomeFiles(*(folder / f"{design.name}{ending}" for ending in (".sdf", ".yaml", ".placement.yaml")))
    objects = _objects(design.objects)
    _write_model(models, f"{design.name}_house", house_model(design))
    for thing in objects:
        if thing["name"].startswith("parcel_"):
            _write_model(models, thing["name"], parcel_model(thing["name"], thing["tag_id"]))
    write_textures(models)
    known = _map(design, objects)
    _write(files.placement, yaml.safe_dump(_placement(design, objects), sort_keys=False))
    _write(files.map, yaml.safe_dump(known, sort_keys=False, default_flow_style=None, width=120))
    poses = {thing["name"]: (0.0, 0.0, 5.0 + number, 0.0) for number, thing in enumerate(objects)}
    _write(files.world, world_text(design, poses))
    # The reader knows best what stands where: obstacles for the map, and a first place for each object.
    world = SdfReader(model_folder(), models).load_world(files.world)
    known["obstacles"] = [
        {"name": box.name, "center_m": _rounded(box.center_m), "size_m": _rounded(box.size_m), "yaw_rad": box.yaw_rad}
        for box in static_boxes(world)
    ]
    _write(files.map, yaml.safe_dump(known, sort_keys=False, default_flow_style=None, width=120))
    placed = load_placement(files.placement).place(world, load_home_map(files.map), seed=0)
    for name in poses:
        pose = placed.model(name).pose
        poses[name] = (*pose.xyz_m, pose.rpy_rad[2])
    _write(files.world, world_text(design, poses))
    return files


def _objects(count: int) -> list[dict[str, Any]]:
    """Describe things to carry: those of the shipped home, then parcels."""
    shipped = yaml.safe_load(resource("config/world/home.yaml").read_text("utf-8"))["objects"]
    parcels = [
        {
            "name": f"parcel_{number}",
            "aliases": [f"parcel {number}"],
            "tag_id": _FIRST_PARCEL_TAG + number,
            "tag_size_m": 0.064,
            "tag_face_m": 0.04,
            "category": "parcel",
            "size_m": [0.08, 0.08, 0.12],
            "grasp_width_m": 0.08,
        }
        for number in range(1, count - len(shipped) + 1)
    ]
    return [*shipped, *parcels][:count]


def _map(design: HomeDesign, objects: list[dict[str, Any]]) -> dict[str, Any]:
    """Give what the robot knows of the home before it looks; obstacles are added by who has read the world."""
    rooms = [
        {"name": r.name, "aliases": [_spoken(r.name)], "x_m": _rounded(r.x_m), "y_m": _rounded(r.y_m)}
        for r in design.rooms
    ]
    surfaces = [
        {
            "name": p.name,
            "model": p.kind.name,
            "room": p.room,
            "center_m": _rounded((p.x_m, p.y_m)),
            "size_m": _rounded(p.size_m),
            "height_m": p.kind.height_m,
        }
        for p in design.surfaces
    ]
    places = [
        {"name": r.name, "aliases": [_spoken(r.name)], "room": r.name, "approach": _stand(_middle_of(design, r))}
        for r in design.rooms
    ]
    places += [
        {"name": p.name, "aliases": [_spoken(p.name)], "room": p.room, "surface": p.name, "approach": _stand(p.stand)}
        for p in design.surfaces
        if p.stand is not None
    ]
    first = design.rooms[0].name
    places.append({"name": "dock", "aliases": ["charger", "start"], "room": first, "approach": _stand(design.start)})
    tags = [
        {
            "id": t.number,
            "room": t.room,
            "x_m": round(t.x_m, 5),
            "y_m": round(t.y_m, 5),
            "z_m": TAG_Z_M,
            "yaw_rad": round(t.yaw_rad, 8),
            "size_m": round(0.8 * TAG_FACE_M, 5),
        }
        for t in design.tags
    ]
    known = {"name": design.name, "frame": "map", "rooms": rooms, "surfaces": surfaces, "places": places}
    return known | {"objects": objects, "wall_tags": tags, "obstacles": []}


def _middle_of(design: HomeDesign, room: Room) -> tuple[float, float, float]:
    """Give where to stand in a room: as near to its middle as furniture allows, looking along its longer side."""
    (left, right), (low, high) = room.x_m, room.y_m
    middle = ((left + right) / 2, (low + high) / 2)
    extents = [piece.extent_m for piece in design.pieces if piece.room == room.name]
    spots = [
        (middle[0] + dx * 0.1, middle[1] + dy * 0.1)
        for dx in range(-12, 13)
        for dy in range(-12, 13)
        if all(distance_m(extent, (middle[0] + dx * 0.1, middle[1] + dy * 0.1)) >= _CLEAR_M for extent in extents)
    ]
    x, y = min(spots, key=lambda spot: math.dist(spot, middle), default=middle)
    return x, y, 0.0 if right - left >= high - low else math.pi / 2


def _placement(design: HomeDesign, objects: list[dict[str, Any]]) -> dict[str, Any]:
    """Give each object every surface: chance has the whole home."""
    names = [piece.name for piece in design.surfaces]
    return {
        "edge_m": [0.075, 0.11],
        "side_margin_m": SIDE_MARGIN_M,
        "spacing_m": SPACING_M,
        "turn_rad": 0.12,
        "objects": {thing["name"]: names for thing in objects},
    }


def _stand(pose: tuple[float, float, float]) -> dict[str, float]:
    x, y, yaw = pose
    return {"x_m": round(x, 4), "y_m": round(y, 4), "yaw_rad": round(yaw, 6)}


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _rounded(values: tuple[float, ...]) -> list[float]:
    return [round(value, 5) for value in values]


def _write_model(models: Path, name: str, sdf: str) -> None:
    """Write a model with the description by which Gazebo finds it."""
    _write(models / name / "model.sdf", sdf)
    _write(models / name / "model.config", config_text(name))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
