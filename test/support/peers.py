"""The real programs that tests talk to: whether each is here, and which the run insists on."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable

from taskmatrix_ros.bench.home_assistant_server import find_hass

REQUIRE_VARIABLE = "TASKMATRIX_REQUIRE"


def _lacks_modules(*names: str) -> str | None:
    lacking = [name for name in names if importlib.util.find_spec(name) is None]
    return f"no {', '.join(lacking)}" if lacking else None


def _lacks_broker() -> str | None:
    here = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin") or importlib.util.find_spec("amqtt")
    return None if here else "no mosquitto and no amqtt"


def _lacks_home_assistant() -> str | None:
    return None if find_hass() else "no hass; run scripts/setup --with homeassistant, or name it in TASKMATRIX_HASS"


def _lacks_sdformat() -> str | None:
    found = shutil.which("g++") and shutil.which("pkg-config")
    if found and subprocess.run(["pkg-config", "--exists", "sdformat12"], check=False).returncode == 0:
        return None
    return "no g++, pkg-config or libsdformat-dev 12; run scripts/setup --with sdformat"


MISSING: dict[str, Callable[[], str | None]] = {
    "ros": lambda: _lacks_modules("rclpy", "taskmatrix_interfaces"),
    "mqtt": lambda: _lacks_modules("paho") or _lacks_broker(),
    "mujoco": lambda: _lacks_modules("mujoco"),
    "homeassistant": _lacks_home_assistant,
    "sdformat": _lacks_sdformat,
    "nav2": lambda: _lacks_modules("nav2_msgs", "control_msgs"),
    "launch": lambda: _lacks_modules("launch", "launch_ros"),
}
"""Marker -> a function that says what is missing, or None."""

MODULES = {"ros": ("rclpy", "taskmatrix_interfaces"), "mqtt": ("paho", "amqtt"), "mujoco": ("mujoco",)}
"""Marker -> modules whose absence makes ``pytest.importorskip`` skip a whole file."""


def required_peers() -> frozenset[str]:
    """Read ``TASKMATRIX_REQUIRE``: the peers whose absence is a failure.

    :raises ValueError: it names a peer there is not.
    """
    named = frozenset(name.strip() for name in os.environ.get(REQUIRE_VARIABLE, "").split(",") if name.strip())
    if unknown := named - MISSING.keys():
        raise ValueError(f"{REQUIRE_VARIABLE} names {', '.join(sorted(unknown))}; allowed are {', '.join(MISSING)}")
    return named
