"""What can be told of a camera by a tag of known size on a wall."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
from sensor_msgs.msg import Image

from taskmatrix_ros.perception.camera_frame import CameraFrame
from taskmatrix_ros.perception.tag_detector import TagDetector, TagObservation
from taskmatrix_ros.robot.description.robot_description import RobotDescription
from taskmatrix_ros.robot.driver.camera_feed import CameraFeed, image_stamp_s, picture_qos
from taskmatrix_ros.robot.driver_check.ear import DriverEar
from taskmatrix_ros.robot.driver_check.fault import Fault, FaultCode
from taskmatrix_ros.robot.driver_check.listening import judge_camera
from taskmatrix_ros.robot.driver_check.mover import Mover, Unmeasured
from taskmatrix_ros.ros.node_thread import NodeThread

VIEWS = 8
_PICTURE_WALL_S = 30.0
"""For a picture, on a machine that draws it slowly."""
_DEPTH_RATIO = 0.08
_TILT_RAD = math.radians(8)
_MADE_S = 30.0
_UNITS_M = {"32FC1": (np.float32, 1.0), "16UC1": (np.uint16, 0.001)}


class SightCheck:
    """Turns until a wall tag is in sight; its size, the picture and the depth must then agree.

    :param tag_sizes_m: outer edge of each tag on a wall, by its number.
    """

    def __init__(
        self,
        thread: NodeThread,
        robot: RobotDescription,
        tag_sizes_m: Mapping[int, float],
        ear: DriverEar,
        mover: Mover,
    ) -> None:
        self._thread = thread
        self._robot = robot
        self._detector = TagDetector(tag_sizes_m)
        self._can_judge = bool(tag_sizes_m)
        self._ear = ear
        self._mover = mover
        self._feed = CameraFeed(thread.node)
        self._depth: Image | None = None

    def check(self) -> Iterator[Fault]:
        """Look round. A robot may have no camera; one whose camera sees no tag cannot be judged."""
        if not self._ear.publishers("camera/image"):
            yield Fault(FaultCode.UNJUDGED, "camera: nobody publishes camera/image", "publish it where there is one")
            return
        if not self._can_judge:
            yield Fault(FaultCode.UNJUDGED, "camera: no wall tags were given", "name a world that has some")
            return
        with self._feed.watched(), self._depth_watched():
            yield from self._look_round()

    def _look_round(self) -> Iterator[Fault]:
        for view in range(VIEWS):
            try:
                if view:
                    self._mover.turn(2 * math.pi / VIEWS)
                frame = self._feed.after(self._ear.now_s(), lambda: None, _PICTURE_WALL_S)
            except Unmeasured as reason:
                yield Fault(FaultCode.CAMERA, f"not judged: {reason}", "let odometry tell every motion")
                return
            except ValueError as error:
                yield Fault(FaultCode.CAMERA, str(error), "publish pictures in an encoding of docs/robot.md")
                return
            if frame is None:
                said = f"no picture came within {_PICTURE_WALL_S:g} s of wall time"
                yield Fault(FaultCode.CAMERA, said, "publish camera/image and camera/camera_info with ROS time")
                return
            tags = self._detector.detect(frame)
            if tags:
                yield from judge_camera(self._ear, self._robot)
                yield from self._judge(frame, max(tags, key=lambda tag: tag.side_px))
                return
        said = "no wall tag came in sight all around"
        yield Fault(FaultCode.CAMERA, said, "stand where one is within 3 m, or correct the list of wall tags")

    def _judge(self, frame: CameraFrame, tag: TagObservation) -> Iterator[Fault]:
        poses = [tag.pose] if tag.alternative is None else [tag.pose, tag.alternative]
        base_from_camera = self._robot.camera.base_from_camera()
        # The tag hangs upright: its y axis points up in base_link. Of two poses the better one counts.
        tilts = [math.acos(min(1.0, abs(float((base_from_camera @ pose).rotation[2, 1])))) for pose in poses]
        if min(tilts) > _TILT_RAD:
            said = f"tag {tag.tag_id} on the wall seems to lean by {math.degrees(min(tilts)):.0f} degrees"
            yield Fault(FaultCode.CAMERA, said, "check the camera's mount and pitch in config/robot")
        yield from self._judge_depth(frame, tag)

    def _judge_depth(self, frame: CameraFrame, tag: TagObservation) -> Iterator[Fault]:
        if not self._ear.publishers("camera/depth"):
            yield Fault(FaultCode.UNJUDGED, "depth: nobody publishes camera/depth", "publish it where there is one")
            return
        # The robot has stood since before the frame was taken: any depth from then on is of the same view.
        if not self._ear.wait_wall(lambda: self._depth_since(frame.stamp_s) is not None, _PICTURE_WALL_S):
            said = f"nothing came on camera/depth within {_PICTURE_WALL_S:g} s of wall time"
            yield Fault(FaultCode.DEPTH, said, "publish it with ROS time")
            return
        message = self._depth_since(frame.stamp_s)
        assert message is not None
        if message.encoding not in _UNITS_M:
            said = f"camera/depth is encoded as '{message.encoding}'"
            yield Fault(FaultCode.DEPTH, said, f"give {' or '.join(_UNITS_M)} (REP 118)")
            return
        depth_m = _depth_at(message, frame, tag)
        if depth_m is None:
            yield Fault(FaultCode.DEPTH, f"camera/depth shows nothing at tag {tag.tag_id}", "check its range")
            return
        ratio = depth_m / float(tag.pose.translation[2])
        if abs(ratio - 1) > _DEPTH_RATIO:
            said = f"tag {tag.tag_id} is {tag.pose.translation[2]:.2f} m away by its size, {depth_m:.2f} by the depth"
            if ratio > 50 or ratio < 0.02:
                yield Fault(FaultCode.DEPTH, said, "give metres as 32FC1, or millimetres as 16UC1 (REP 118)")
            else:
                yield Fault(FaultCode.CAMERA, said, "calibrate the camera: its focal length is wrong, or the depth is")

    def _depth_since(self, stamp_s: float) -> Image | None:
        message = self._depth
        return message if message is not None and image_stamp_s(message) >= stamp_s else None

    def _on_depth(self, message: Image) -> None:
        self._depth = message

    @contextmanager
    def _depth_watched(self) -> Iterator[None]:
        node = self._thread.node
        qos = picture_qos(node, "camera/depth")
        made = self._thread.post(lambda: node.create_subscription(Image, "camera/depth", self._on_depth, qos)).result(
            _MADE_S
        )
        try:
            yield
        finally:
            self._thread.post(lambda: node.destroy_subscription(made)).result(_MADE_S)


def _depth_at(message: Image, frame: CameraFrame, tag: TagObservation) -> float | None:
    """Give the median depth around the tag's middle, m; None where it shows nothing."""
    kind, unit = _UNITS_M[message.encoding]
    values = np.frombuffer(bytes(message.data), kind).reshape(message.height, -1)[:, : message.width]
    height, width = frame.image.shape[:2]
    column, row = tag.corners_px.mean(axis=0)
    row, column = int(row * message.height / height), int(column * message.width / width)
    around = values[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3].astype(float) * unit
    around = around[np.isfinite(around) & (around > 0)]
    return float(np.median(around)) if around.size else None
