"""A gripper that holds by friction alone: what is too heavy, too smooth or too weakly gripped slips out of it."""

from __future__ import annotations

import mujoco

from taskmatrix_ros.sim.grasp_decision import SLACK_M
from taskmatrix_ros.sim.mujoco.finger_contacts import FingerContacts
from taskmatrix_ros.sim.sdf.sdf_types import Model

# A thing that shakes leaves a finger for a moment without being lost.
_LOST_AFTER_TICKS = 10
_PRESS_N = 0.05


class FrictionGrip:
    """Knows what the fingers hold; that they hold it is the physics' own doing. The robot never hears of it.

    :source: Coulomb friction in MuJoCo's elliptic contact cones.
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, robot: Model) -> None:
        self._fingers = FingerContacts(model, data, robot, press_n=_PRESS_N)
        self._held: str | None = None
        self._missing = 0

    @property
    def held(self) -> str | None:
        """Name of the model between the closed fingers; ground truth, for the judge."""
        return self._held

    def update(self, command_m: float) -> None:
        """Look at the fingers once per control period.

        :param command_m: where the fingers were told to go, metres from the middle.
        """
        if not self._fingers.is_gripper:
            return
        if command_m >= self._fingers.position_m - SLACK_M:
            self._held = None
            return
        pressed = self._fingers.pressed()
        if pressed is not None:
            self._held, self._missing = pressed, 0
        elif self._held is not None:
            self._missing += 1
            if self._missing > _LOST_AFTER_TICKS:
                self._held = None

    def drop(self, model: str = "") -> None:
        """Forget it: somebody took it. :param model: only if it is this one."""
        if not model or self._held == model:
            self._held = None
