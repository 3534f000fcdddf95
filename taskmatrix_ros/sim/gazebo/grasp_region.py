"""What is between the fingers, by the poses that the simulator publishes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.perception.transform import Transform
from taskmatrix_ros.sim.sdf.sdf_types import Model, Pose, World

_LEAST_OVERLAP_M = 0.01  # of finger and object, along the fingers and upwards
_OFF_MIDDLE_M = 0.02
_SQUEEZED_RATIO = 0.6  # fingers this much closer than the object is wide hold something else


@dataclass(frozen=True, slots=True)
class _Finger:
    """A finger with its joint at zero: middle of its shape in the model, half lengths, the way it opens."""

    middle_m: NDArray[np.float64]
    half_m: NDArray[np.float64]
    axis: NDArray[np.float64]


class GraspRegion:
    """Tells what two fingers enclose. DetachableJoint fastens whatever the distance, so this must be sure.

    :param world: with a robot that has two fingers on ``gripper_topic``, which move with the joint of ``lift_topic``.
    """

    def __init__(self, world: World, gripper_topic: str, lift_topic: str) -> None:
        robot = world.robot
        joints = [robot.joint(c.joint) for c in robot.position_controllers if c.topic == gripper_topic]
        self._fingers = [_finger(robot, joint.child, joint.axis) for joint in joints]
        lifts = [robot.joint(c.joint).axis for c in robot.position_controllers if c.topic == lift_topic]
        self._lift_axis = np.array(lifts[0] if lifts else (0.0, 0.0, 1.0))
        self._bodies = {name: _bounds(world.model(name)) for name in world.graspable}

    def enclosed(
        self, robot: Transform, lift_m: float, fingers_m: float, objects: Mapping[str, Transform]
    ) -> str | None:
        """Name the object between the fingers; None if nothing is, or the fingers do not fit it.

        :param robot: pose of the robot's model in the world.
        :param lift_m: position of the lift.
        :param fingers_m: position of each finger.
        :param objects: poses of the models in the world.
        """
        if len(self._fingers) != 2:
            return None
        offset = self._lift_axis * lift_m
        middles = [f.middle_m + offset + f.axis * fingers_m for f in self._fingers]
        across = middles[0] - middles[1]
        apart_m = float(np.linalg.norm(across))
        if apart_m < 1e-6:
            return None
        across = across / apart_m
        gap_m = apart_m - sum(float(np.abs(across) @ f.half_m) for f in self._fingers)
        hand = (middles[0] + middles[1]) / 2
        half = self._fingers[0].half_m
        best: tuple[float, str] | None = None
        for name, pose in objects.items():
            if name not in self._bodies:
                continue
            middle, size = self._bodies[name]
            in_robot = robot.inverse() @ pose
            away = in_robot.apply(middle) - hand
            extent = np.abs(in_robot.rotation) @ (size / 2)  # of the upright box around it, along the robot's axes
            overlap = extent + half - np.abs(away)
            along = [axis for axis in range(3) if abs(across[axis]) < 0.5]
            wide_m = 2 * float(np.abs(across) @ extent)
            fits = _SQUEEZED_RATIO * min(size[:2]) <= gap_m <= wide_m + 2 * _LEAST_OVERLAP_M
            if fits and abs(float(across @ away)) < _OFF_MIDDLE_M and min(overlap[along]) > _LEAST_OVERLAP_M:
                distance = float(np.linalg.norm(away))
                best = min(best, (distance, name)) if best else (distance, name)
        return best[1] if best else None


def _finger(robot: Model, link_name: str, axis: tuple[float, float, float]) -> _Finger:
    link = robot.link(link_name)
    shape = link.collisions[0]
    placed = _transform(link.pose) @ _transform(shape.pose)
    half = np.abs(placed.rotation) @ (np.array(shape.geometry.extent_m) / 2)
    return _Finger(placed.translation, half, _transform(link.pose).rotation @ np.array(axis))


def _bounds(model: Model) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Middle and full lengths of the box around everything of a model that touches, in the model's frame."""
    lows, highs = [], []
    for link in model.links:
        for shape in link.collisions:
            placed = _transform(link.pose) @ _transform(shape.pose)
            half = np.abs(placed.rotation) @ (np.array(shape.geometry.extent_m) / 2)
            lows.append(placed.translation - half)
            highs.append(placed.translation + half)
    low, high = np.min(lows, axis=0), np.max(highs, axis=0)
    return (low + high) / 2, high - low


def _transform(pose: Pose) -> Transform:
    return Transform.from_rpy(pose.xyz_m, pose.rpy_rad)
