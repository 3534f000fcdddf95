"""Fastens what the closing gripper holds, and lets go of it when the gripper opens."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.sim.grasp_decision import GraspDecision
from taskmatrix_ros.sim.mujoco.finger_contacts import FingerContacts
from taskmatrix_ros.sim.sdf.sdf_types import Model


class GripperAdapter:
    """The simulator's side of the gripper. The robot never hears of it: it sees its fingers stop, as on hardware.

    An object is fastened to the hand only while every finger presses on it and the gripper is closing; that a thing is
    near is not enough.

    :param robot: its DetachableJoint plugins name what can be held, its ``gripper/command`` servos the fingers.
    :param press_n: force of each finger from which a touch counts, N.
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, robot: Model, *, press_n: float = 1.0) -> None:
        self._model, self._data = model, data
        self._fingers = FingerContacts(model, data, robot, press_n=press_n)
        self._welds = {body: model.equality(f"grasp/{name}").id for name, body in self._fingers.bodies.items()}
        self._grasp = GraspDecision()

    @property
    def held(self) -> str | None:
        """Name of the model that is fastened; ground truth, for the judge."""
        return self._grasp.held

    @property
    def held_body(self) -> int | None:
        """MuJoCo's number of the body that is fastened."""
        return None if self._grasp.held is None else self._fingers.bodies[self._grasp.held]

    def update(self, command_m: float) -> None:
        """Look at the fingers once per control period.

        :param command_m: where the fingers were told to go, metres from the middle.
        """
        if not self._fingers.is_gripper:
            return
        before = self.held_body
        if self._grasp.update(command_m, self._fingers.position_m, self._fingers.pressed):
            self._fasten(self.held_body) if before is None else self._loosen(before)

    def _fasten(self, body: int) -> None:
        data, weld = self._data, self._welds[body]
        # Poses of the last integration: contact found them touching, so the weld must keep them exactly there.
        mujoco.mj_kinematics(self._model, data)
        hand = int(self._model.eq_obj1id[weld])
        place, turn, inverse = np.zeros(3), np.zeros(4), np.zeros(4)
        mujoco.mju_negQuat(inverse, data.xquat[hand])
        mujoco.mju_rotVecQuat(place, data.xpos[body] - data.xpos[hand], inverse)
        mujoco.mju_mulQuat(turn, inverse, data.xquat[body])
        self._model.eq_data[weld] = weld_data(place, turn)
        data.eq_active[weld] = 1

    def drop(self, model: str = "") -> None:
        """Let go without being told: it slipped, or somebody took it. :param model: only if it is this one."""
        body = self.held_body
        if self._grasp.drop(model):
            self._loosen(body)

    def _loosen(self, body: int) -> None:
        self._data.eq_active[self._welds[body]] = 0


def weld_data(place_m: NDArray[np.float64], turn_wxyz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Parameters of a MuJoCo weld that keeps body 2 at a pose in body 1's frame.

    :returns: ``(mjNEQDATA,)``: anchor in body 2, the same point in body 1, relative quaternion, torque scale.
    """
    data = np.zeros(mujoco.mjNEQDATA)
    data[3:6], data[6:10], data[10] = place_m, turn_wxyz, 1.0
    return data
