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


def model_folders(world: str) -> tuple[Path, ...]:
    """Folders in which a world's models lie: the shipped ones, and those beside a world that is given by its file."""
    return (model_folder(), *((Path(world).parent / "models",) if is_file(world) else ()))


def is_file(world: str) -> bool:
    """Whether a world is given by its SDF file, not by the name of a shipped one."""
    return world.endswith(".sdf")


def world_file(name: str) -> Path:
    """SDF file of a world.

    :param name: of a shipped world, or the path of an SDF file with its map and its placement beside it.
    :raises ConfigError: there is no such world.
    """
    if is_file(name):
        if not Path(name).is_file():
            raise ConfigError(f"simulation: there is no world file {name}")
        return Path(name)
    if name not in world_names():
        raise ConfigError(f"simulation: there is no world '{name}'; known: {', '.join(world_names())}")
    return resource(f"sim/worlds/{name}.sdf")


def map_file(name: str) -> Path:
    """YAML file with the map knowledge of a world: rooms, places, objects, wall tags."""
    if is_file(name):
        return Path(name).with_suffix(".yaml")
    return resource(f"config/world/{name}.yaml")


def placement_file(name: str) -> Path:
    """YAML file that says where a seed may put the objects of a world."""
    if is_file(name):
        return Path(name).with_suffix(".placement.yaml")
    return resource(f"sim/worlds/{name}.placement.yaml")
