"""Installed in the virtual environment of the ROS wheels, and run at each start of its Python.

The wheels lie in the environment's own prefix and nothing is sourced, so this tells ament and CMake where they are.
"""

from __future__ import annotations

import os
import sys


def _announce_prefix() -> None:
    for variable in ("AMENT_PREFIX_PATH", "CMAKE_PREFIX_PATH"):
        entries = [entry for entry in os.environ.get(variable, "").split(os.pathsep) if entry]
        if sys.prefix not in entries:
            os.environ[variable] = os.pathsep.join([*entries, sys.prefix])
    os.environ["VIRTUAL_ENV"] = sys.prefix


def _distrust_inherited_library_path() -> None:
    """Let the wheels' own start-up hook run again where the mark of its having run came from another environment."""
    if f"{sys.prefix}/lib" not in os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep):
        os.environ.pop("_ROS_WHEELS_BOOTSTRAP_COMPLETE", None)


_announce_prefix()
_distrust_inherited_library_path()
