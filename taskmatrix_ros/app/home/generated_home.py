"""A home drawn by chance, as files, with a picture of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.sim.mujoco.physics_only import physics_only


@dataclass(frozen=True, slots=True)
class GeneratedHome:
    """Where it lies. ``world`` is what the simulator's ``--world`` takes, ``map`` that of the skill server."""

    name: str
    world: Path
    map: Path
    placement: Path
    picture: Path
    rooms: tuple[str, ...]
    surfaces: tuple[str, ...]


def generate_home(rooms: int, objects: int, seed: int, folder: Path) -> GeneratedHome:
    """Draw a home and write it.

    :raises ConfigError: a number is out of range, there is no space, or the folder cannot be written.
    """
    with physics_only():
        from taskmatrix_ros.sim.mujoco.launcher import build_simulator
        from taskmatrix_ros.sim.pictures.top_view import write_top_view
        from taskmatrix_ros.sim.worlds.home_design import design_home
        from taskmatrix_ros.sim.worlds.home_files import write_home

    design = design_home(rooms, objects, seed)
    try:
        files = write_home(design, folder)
        picture = files.world.with_suffix(".png")
        built = build_simulator(str(files.world))
        title = f"{rooms} rooms, {objects} objects, seed {seed}"
        write_top_view(picture, built.simulator.world, built.home, built.recorder.snapshot(), title)
    except OSError as error:
        raise ConfigError(
            f"sim generate: '{folder}' cannot be written: {error.strerror}; name another folder"
        ) from error
    return GeneratedHome(
        name=design.name,
        world=files.world,
        map=files.map,
        placement=files.placement,
        picture=picture,
        rooms=tuple(room.name for room in design.rooms),
        surfaces=tuple(piece.name for piece in design.surfaces),
    )
