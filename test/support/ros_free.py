"""A stretch of test code in which ROS is not there, whatever the machine has and other tests have imported."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ROS_MODULES = frozenset({"rclpy", "taskmatrix_interfaces"})


@contextmanager
def ros_free() -> Iterator[None]:
    """Make ``import rclpy`` fail as on a machine without ROS, also where it has been imported before."""
    original = builtins.__import__

    def guarded(name: str, *rest: Any, **named: Any) -> Any:
        if name.partition(".")[0] in ROS_MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}: test/unit runs without ROS", name=name)
        return original(name, *rest, **named)

    builtins.__import__ = guarded
    try:
        yield
    finally:
        builtins.__import__ = original
