"""Fastens what the closing gripper holds, and lets go of it when the gripper opens."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.sim.grasp_decision import GraspDecision
from taskmatrix_ros.sim.sdf_types import Model

GRIPPER_TOPIC = "gripper/command"


class GripperAdapter:
    """The simulator's side of the gripper. The robot never hears of it: it sees its fingers stop, as on hardware.

    An object is fastened to the hand only while every finger presses on it and the gripper is closing; that a thing is
    near is not enough.

    :param robot: its DetachableJoint plugins name what can be held, its ``gripper/command`` servos the fingers.
    :param press_n: force of each finger from which a touch counts, N.
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, robot: Model, *, press_n: float = 1.0) -> None:
        self._model, self._data = model, data
        self._press_n = press_n
        joints = [c.joint for c in robot.position_controllers if c.topic == GRIPPER_TOPIC]
        self._finger_bodies = np.array([model.body(f"{robot.name}/{robot.joint(j).child}").id for j in joints], int)
        self._positions = np.array([model.joint(f"{robot.name}/{j}").qposadr[0] for j in joints], int)
        self._welds = {
            model.body(f"{joint.child_model}/{joint.child_link}").id: model.equality(f"grasp/{joint.child_model}").id
            for joint in robot.detachable_joints
        }
        self._names = {
            model.body(f"{joint.child_model}/{joint.child_link}").id: joint.child_model
            for joint in robot.detachable_joints
        }
        self._bodies = {name: body for body, name in self._names.items()}
        self._grasp = GraspDecision()

    @property
    def held(self) -> str | None:
        """Name of the model that is fastened; ground truth, for the judge."""
        return self._grasp.held

    @property
    def held_body(self) -> int | None:
        """MuJoCo's number of the body that is fastened."""
        return None if self._grasp.held is None else self._bodies[self._grasp.held]

    def update(self, command_m: float) -> None:
        """Look at the fingers once per control period.

        :param command_m: where the fingers were told to go, metres from the middle.
        """
        if not len(self._finger_bodies):
            return
        position = float(self._data.qpos[self._positions].mean())
        before = self.held_body
        if self._grasp.update(command_m, position, self._pressed_by_all):
            self._fasten(self.held_body) if before is None else self._loosen(before)

    def _pressed_by_all(self) -> str | None:
        data, model = self._data, self._model
        if data.ncon == 0:
            return None
        bodies = model.geom_bodyid[data.contact.geom]
        touching = np.flatnonzero(np.isin(bodies, self._finger_bodies).any(axis=1))
        forces: dict[int, dict[int, float]] = {}
        wrench = np.zeros(6)
        for index in touching:
            first, second = (int(b) for b in bodies[index])
            finger, other = (first, second) if first in self._finger_bodies else (second, first)
            if other in self._welds:
                mujoco.mj_contactForce(model, data, int(index), wrench)
                by_finger = forces.setdefault(other, {})
                by_finger[finger] = by_finger.get(finger, 0.0) + float(wrench[0])
        for body, by_finger in sorted(forces.items()):
            if len(by_finger) == len(self._finger_bodies) and min(by_finger.values()) >= self._press_n:
                return self._names[body]
        return None

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
