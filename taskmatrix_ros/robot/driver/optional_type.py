"""Messages that a robot may need and that not every installation has."""

from __future__ import annotations

import importlib
from typing import Any

from taskmatrix_ros.core.errors import NotInstalled


def optional_type(package: str, kind: str, name: str, wanted_by: str) -> Any:
    """Import ``package.kind.name``, such as ``nav2_msgs.action.NavigateToPose``.

    :param wanted_by: the setting that asks for it, for the message.
    :raises NotInstalled: the package is not on this machine; says what to install.
    """
    try:
        return getattr(importlib.import_module(f"{package}.{kind}"), name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        apt = package.replace("_", "-")
        raise NotInstalled(
            f"skill server: {wanted_by} needs {package}, which is not installed; sudo apt install ros-jazzy-{apt}, "
            "or change it in the robot's description"
        ) from error
