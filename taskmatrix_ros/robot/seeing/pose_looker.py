"""Looking by the poses that a simulator publishes, where cameras are not rendered."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from std_msgs.msg import String

from taskmatrix_ros.perception.object_catalogue import ObjectCatalogue
from taskmatrix_ros.perception.observation import ObjectObservation
from taskmatrix_ros.perception.transform import Transform
from taskmatrix_ros.robot.body.base_motion import BaseMotion
from taskmatrix_ros.robot.body.hand import Hand
from taskmatrix_ros.robot.geometry.pose2 import Pose2
from taskmatrix_ros.robot.localization.localization import Localization
from taskmatrix_ros.robot.seeing.looker import View
from taskmatrix_ros.robot.seeing.object_memory import ObjectMemory
from taskmatrix_ros.robot.seeing.strangers import Sought
from taskmatrix_ros.robot.skill_error import SkillError, SkillErrorCode
from taskmatrix_ros.robot.skill_run import SkillRun
from taskmatrix_ros.robot.skill_settings import LookSettings

POSES_TOPIC = "sim/poses"
_SENSOR_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
_ERROR_M, _ERROR_RAD = 0.005, 0.005
"""Standard deviations that are believed of what is exact: the filter needs some."""

_POLL_WALL_S = 0.03

Shows = Callable[[Pose2, tuple[float, float, float]], bool]


@dataclass(frozen=True, slots=True)
class _Poses:
    """One message, map frame."""

    stamp_s: float
    robot: Pose2
    objects: dict[str, Transform]


class PoseLooker:
    """In place of :class:`~taskmatrix_ros.robot.seeing.looker.Looker`: recognises by ``sim/poses`` instead of pictures.

    A look still shows only what the camera would show: what is in its field of view, near enough, and not behind
    furniture on the map. Localisation takes the robot's pose from every message.

    :param shows: whether a picture from a pose of the base would show a spot.
    """

    def __init__(
        self,
        node: Node,
        motion: BaseMotion,
        hand: Hand,
        shows: Shows,
        catalogue: ObjectCatalogue,
        localization: Localization,
        memory: ObjectMemory,
        settings: LookSettings,
    ) -> None:
        self._node = node
        self._motion = motion
        self._hand = hand
        self._shows = shows
        self._catalogue = catalogue
        self._localization = localization
        self._memory = memory
        self._settings = settings
        self._newest: _Poses | None = None
        self._changed = threading.Condition()
        self._told = False
        self._subscription = node.create_subscription(String, POSES_TOPIC, self._on_poses, _SENSOR_QOS)

    def look(self, run: SkillRun, pictures: int | None = None, *, sought: Sought | None = None) -> View:
        """Stand, then take the poses of a moment at which the robot stood.

        :param pictures: counted as looks; one message is as good as many.
        :param sought: not seen: without pictures nobody can point at it.
        :raises SkillError: NO_CAMERA if no poses come.
        """
        del sought
        self._motion.stand(run)
        poses = self._after(run, run.now_s + self._settings.settle_s)
        return View(self._seen(poses), pictures or self._settings.pictures)

    def _after(self, run: SkillRun, after_s: float) -> _Poses:
        patience_s = self._settings.camera_timeout_wall_s
        until = time.monotonic() + patience_s
        while (poses := self._newest) is None or poses.stamp_s < after_s:
            run.check()
            if time.monotonic() >= until:
                raise SkillError(
                    SkillErrorCode.NO_CAMERA,
                    f"no poses came on {POSES_TOPIC} within {patience_s:.0f} s of wall time; only a simulator "
                    "publishes them: start it, or choose the perception 'tags'",
                )
            with self._changed:
                self._changed.wait(_POLL_WALL_S)
        return poses

    def _seen(self, poses: _Poses) -> dict[str, ObjectObservation]:
        base = Transform.from_plane(poses.robot.x_m, poses.robot.y_m, poses.robot.yaw_rad)
        robot = self._localization.estimate(poses.stamp_s)
        held = self._hand.held
        seen = {}
        for name, pose in poses.objects.items():
            thing = self._catalogue.find(name)
            x_m, y_m, z_m = (float(value) for value in pose.translation)
            if thing is None or (held is not None and held.thing.name == thing.name):
                continue
            if not self._shows(poses.robot, (x_m, y_m, z_m)):
                continue
            observation = ObjectObservation(
                name=thing.name,
                stamp_s=poses.stamp_s,
                pose=base.inverse() @ pose,
                covariance=np.eye(3) * _ERROR_M**2,
                yaw_error_rad=_ERROR_RAD,
                distance_m=poses.robot.distance_to(x_m, y_m),
                confidence=1.0,
            )
            seen[thing.name] = observation
            if robot is not None:
                self._memory.see(observation, robot)
        return seen

    def _on_poses(self, message: String) -> None:
        try:
            poses = _parse(message.data)
        except (ValueError, KeyError, TypeError) as error:
            if not self._told:
                self._told = True
                self._node.get_logger().error(f"{POSES_TOPIC}: {error!r}; it takes JSON as the simulators write it")
            return
        self._localization.believe(poses.stamp_s, poses.robot, _ERROR_M, _ERROR_RAD)
        with self._changed:
            self._newest = poses
            self._changed.notify_all()


def _parse(text: str) -> _Poses:
    plain = json.loads(text)
    robot = plain["robot"]
    objects = {
        str(name): Transform.from_plane(
            *(_finite(thing[key]) for key in ("x_m", "y_m", "yaw_rad")), z_m=_finite(thing["z_m"])
        )
        for name, thing in plain["objects"].items()
    }
    return _Poses(_finite(plain["time_s"]), Pose2(*(_finite(robot[key]) for key in ("x_m", "y_m", "yaw_rad"))), objects)


def _finite(value: float) -> float:
    if not math.isfinite(number := float(value)):
        raise ValueError(f"a finite number, not {value}")
    return number
