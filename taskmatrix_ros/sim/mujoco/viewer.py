"""A window onto the simulated world, where there is a screen."""

from __future__ import annotations

import os
import time
from typing import Any

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.sim.mujoco.mujoco_world import GeomGroup
from taskmatrix_ros.sim.mujoco.simulator import Simulator

_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY")
_WALL_PERIOD_S = 1.0 / 30.0


class Viewer:
    """MuJoCo's own viewer, shown what the simulator steps. The window is looked at and turned, not steered with.

    :source: MuJoCo ``viewer.launch_passive``.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._window: Any = None
        self._due_s = 0.0

    def open(self) -> None:
        """Open the window; call before anything steps.

        :raises ConfigError: there is no screen, or it cannot be drawn on.
        """
        if not any(os.environ.get(name) for name in _SCREENS):
            raise ConfigError(
                "simulation viewer: this machine has no screen (neither DISPLAY nor WAYLAND_DISPLAY is set); film with "
                "`taskmatrix demo --record FILE.mp4`, or draw what runs with `taskmatrix sim picture FILE.png`"
            )
        try:
            from mujoco import viewer

            simulator = self._simulator
            self._window = viewer.launch_passive(simulator.model, simulator.data, show_left_ui=False)
        except Exception as error:  # a missing library or a refusing screen shows as any of several types
            detail = " ".join(str(error).split())[:120] or type(error).__name__
            raise ConfigError(f"simulation viewer: no window can be opened ({detail}); do without it") from error
        with self._window.lock():
            self._window.opt.geomgroup[:] = 0
            self._window.opt.geomgroup[[GeomGroup.VISUAL, GeomGroup.ROBOT_VISUAL]] = 1
        simulator.every(0.0, self._show)

    @property
    def closed(self) -> bool:
        """Whether the person has closed the window."""
        return self._window is not None and not self._window.is_running()

    def close(self) -> None:
        """Close the window; physics must have ended before."""
        if self._window is not None:
            self._window.close()
            self._window = None

    def _show(self) -> None:
        now = time.monotonic()
        if now >= self._due_s and self._window.is_running():
            self._due_s = now + _WALL_PERIOD_S
            self._window.sync()
