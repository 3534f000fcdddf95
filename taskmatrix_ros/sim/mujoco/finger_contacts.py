"""What is between the fingers, by the forces of the physics."""

from __future__ import annotations

import mujoco
import numpy as np

from taskmatrix_ros.sim.sdf.sdf_types import Model

GRIPPER_TOPIC = "gripper/command"


class FingerContacts:
    """Looks at where the fingers are and what every one of them presses on.

    :param robot: its DetachableJoint plugins name what can be held, its ``gripper/command`` servos the fingers.
    :param press_n: force of each finger from which a touch counts, N.
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, robot: Model, *, press_n: float) -> None:
        self._model, self._data = model, data
        self._press_n = press_n
        joints = [c.joint for c in robot.position_controllers if c.topic == GRIPPER_TOPIC]
        self._fingers = np.array([model.body(f"{robot.name}/{robot.joint(j).child}").id for j in joints], int)
        self._positions = np.array([model.joint(f"{robot.name}/{j}").qposadr[0] for j in joints], int)
        self.bodies = {
            joint.child_model: int(model.body(f"{joint.child_model}/{joint.child_link}").id)
            for joint in robot.detachable_joints
        }
        self._names = {body: name for name, body in self.bodies.items()}

    @property
    def is_gripper(self) -> bool:
        """Whether there is any finger."""
        return bool(len(self._fingers))

    @property
    def position_m(self) -> float:
        """Way of the fingers from the middle, the mean of all."""
        return float(self._data.qpos[self._positions].mean())

    def pressed(self) -> str | None:
        """Name of the model that every finger presses on."""
        data, model = self._data, self._model
        if data.ncon == 0:
            return None
        bodies = model.geom_bodyid[data.contact.geom]
        touching = np.flatnonzero(np.isin(bodies, self._fingers).any(axis=1))
        forces: dict[int, dict[int, float]] = {}
        wrench = np.zeros(6)
        for index in touching:
            first, second = (int(b) for b in bodies[index])
            finger, other = (first, second) if first in self._fingers else (second, first)
            if other in self._names:
                mujoco.mj_contactForce(model, data, int(index), wrench)
                by_finger = forces.setdefault(other, {})
                by_finger[finger] = by_finger.get(finger, 0.0) + float(wrench[0])
        for body, by_finger in sorted(forces.items()):
            if len(by_finger) == len(self._fingers) and min(by_finger.values()) >= self._press_n:
                return self._names[body]
        return None
