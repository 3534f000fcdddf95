"""Where the worlds, models and their maps lie: beside the sources in a checkout, in the share folder once installed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from taskmatrix_ros.core.errors import ConfigError

_PACKAGE = "taskmatrix_ros"


def data_folder() -> Path:
    """Folder that holds ``sim`` and ``config``.

    :raises ConfigError: neither a checkout nor an installed share folder is found.
    """
    checkout = Path(__file__).resolve().parents[2]
    prefixes = [*os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep), sys.prefix]
    shares = [Path(prefix) / "share" / _PACKAGE for prefix in prefixes if prefix]
    for folder in (checkout, *shares):
        if (folder / "sim" / "worlds").is_dir():
            return folder
    raise ConfigError(
        f"simulation: no folder sim/worlds beside {checkout} or in {', '.join(map(str, shares))}; "
        "install the package, or run from a checkout"
    )


def model_folder() -> Path:
    """Folder of the SDF models."""
    return data_folder() / "sim" / "models"


def world_names() -> list[str]:
    """Names of the worlds that can be started."""
    return sorted(path.stem for path in (data_folder() / "sim" / "worlds").glob("*.sdf"))


def world_file(name: str) -> Path:
    """SDF file of a world.

    :raises ConfigError: there is no world of that name.
    """
    if name not in world_names():
        raise ConfigError(f"simulation: there is no world '{name}'; known: {', '.join(world_names())}")
    return data_folder() / "sim" / "worlds" / f"{name}.sdf"


def map_file(name: str) -> Path:
    """YAML file with the map knowledge of a world: rooms, places, objects, wall tags."""
    return data_folder() / "config" / "world" / f"{name}.yaml"


def placement_file(name: str) -> Path:
    """YAML file that says where a seed may put the objects of a world."""
    return data_folder() / "sim" / "worlds" / f"{name}.placement.yaml"
