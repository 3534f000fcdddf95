"""What can be told of a camera by a tag of known size on a wall."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping

import numpy as np
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

from taskmatrix_ros.perception.camera_frame import CameraFrame
from taskmatrix_ros.perception.tag_detector import TagDetector, TagObservation
from taskmatrix_ros.robot.camera_feed import CameraFeed
from taskmatrix_ros.robot.driver_check.fault import Fault, FaultCode
from taskmatrix_ros.robot.driver_check.moving import Mover
from taskmatrix_ros.robot.robot_description import RobotDescription

VIEWS = 8
_PICTURE_WALL_S = 5.0
_DEPTH_RATIO = 0.08
_TILT_RAD = math.radians(8)
_BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
_UNITS_M = {"32FC1": (np.float32, 1.0), "16UC1": (np.uint16, 0.001)}


class SightCheck:
    """Turns until a wall tag is in sight; its size, the picture and the depth must then agree.

    :param tag_sizes_m: outer edge of each tag on a wall, by its number.
    """

    def __init__(self, node: Node, robot: RobotDescription, tag_sizes_m: Mapping[int, float], mover: Mover) -> None:
        self._node = node
        self._robot = robot
        self._detector = TagDetector(tag_sizes_m)
        self._mover = mover
        self._feed = CameraFeed(node)
        self._depth: Image | None = None
        self._subscription = node.create_subscription(Image, "camera/depth", self._on_depth, _BEST_EFFORT)

    def check(self) -> Iterator[Fault]:
        """Look round. A robot without a camera passes; one whose camera sees no tag cannot be judged."""
        if not self._node.get_publishers_info_by_topic(self._node.resolve_topic_name("camera/image")):
            return
        with self._feed.watched():
            yield from self._look_round()

    def close(self) -> None:
        """Hear nothing more. In the node's thread, as the constructor."""
        self._node.destroy_subscription(self._subscription)

    def _look_round(self) -> Iterator[Fault]:
        for view in range(VIEWS):
            if view:
                self._mover.turn(2 * math.pi / VIEWS)
            try:
                frame = self._feed.after(self._now_s(), lambda: None, _PICTURE_WALL_S)
            except ValueError as error:
                yield Fault(FaultCode.CAMERA, str(error), "publish pictures in an encoding of docs/robot.md")
                return
            if frame is None:
                said = f"no picture came within {_PICTURE_WALL_S:g} s of wall time"
                yield Fault(FaultCode.CAMERA, said, "publish camera/image and camera/camera_info with ROS time")
                return
            tags = self._detector.detect(frame)
            if tags:
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
        depth_m = self._depth_at(frame, tag)
        if depth_m is None:
            return
        ratio = depth_m / float(tag.pose.translation[2])
        if abs(ratio - 1) > _DEPTH_RATIO:
            said = f"tag {tag.tag_id} is {tag.pose.translation[2]:.2f} m away by its size, {depth_m:.2f} by the depth"
            if ratio > 50 or ratio < 0.02:
                yield Fault(FaultCode.DEPTH, said, "give metres as 32FC1, or millimetres as 16UC1 (REP 118)")
            else:
                yield Fault(FaultCode.CAMERA, said, "calibrate the camera: its focal length is wrong, or the depth is")

    def _depth_at(self, frame: CameraFrame, tag: TagObservation) -> float | None:
        """Give the median depth around the tag's middle; None without a depth camera."""
        until = time.monotonic() + _PICTURE_WALL_S
        while self._depth is None and time.monotonic() < until:
            time.sleep(0.02)
        message = self._depth
        if message is None or message.encoding not in _UNITS_M:
            return None
        kind, unit = _UNITS_M[message.encoding]
        values = np.frombuffer(bytes(message.data), kind).reshape(message.height, -1)[:, : message.width]
        height, width = frame.image.shape[:2]
        column, row = tag.corners_px.mean(axis=0)
        row, column = int(row * message.height / height), int(column * message.width / width)
        around = values[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3].astype(float) * unit
        around = around[np.isfinite(around) & (around > 0)]
        return float(np.median(around)) if around.size else None

    def _on_depth(self, message: Image) -> None:
        self._depth = message

    def _now_s(self) -> float:
        return float(self._node.get_clock().now().nanoseconds) * 1e-9
