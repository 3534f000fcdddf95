"""Pictures, only while somebody wants them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo, Image

from taskmatrix_ros.perception.camera_frame import CameraFrame, decode_depth, decode_image
from taskmatrix_ros.perception.camera_model import CameraModel

_SENSOR_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
_RELIABLE_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
_RUN_WALL_S = 5.0


class CameraFeed:
    """Subscribes to a camera while it is watched: drivers may render or send pictures only then. Thread-safe.

    :param image_topic: relative name of the pictures.
    :param info_topic: relative name of their camera_info.
    """

    def __init__(self, node: Node, image_topic: str = "camera/image", info_topic: str = "camera/camera_info") -> None:
        self._node = node
        self._topics = (image_topic, info_topic)
        self._group = MutuallyExclusiveCallbackGroup()
        self._changed = threading.Condition()
        self._watchers = 0
        self._subscriptions: list[Subscription] = []
        self._camera: CameraModel | None = None
        self._image: Image | None = None
        self._problem: str | None = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Keep pictures coming."""
        with self._changed:
            self._watchers += 1
            first = self._watchers == 1
        try:
            if first:
                self._in_executor(self._subscribe)
            yield
        finally:
            with self._changed:
                self._watchers -= 1
                last = self._watchers == 0
            if last:
                self._in_executor(self._unsubscribe)

    def after(self, stamp_s: float, check: Callable[[], None], timeout_wall_s: float) -> CameraFrame | None:
        """Wait for a picture that was taken after a moment.

        :param stamp_s: ROS time.
        :param check: called every 50 ms of wall time; raises to end the wait.
        :returns: None if none came within ``timeout_wall_s``.
        :raises ValueError: what came is no picture; says why.
        """
        came = self._after(stamp_s, check, timeout_wall_s)
        if came is None:
            return None
        image, camera = came
        pixels = decode_image(image.encoding, image.height, image.width, image.step, bytes(image.data))
        return CameraFrame(image_stamp_s(image), pixels, camera)

    def distances_after(
        self, stamp_s: float, check: Callable[[], None], timeout_wall_s: float
    ) -> NDArray[np.float32] | None:
        """Wait likewise, where the topic is one of distances.

        :returns: ``(H, W)`` metres along the optical axis, not finite where unknown; None if none came.
        :raises ValueError: what came is none; says why.
        """
        came = self._after(stamp_s, check, timeout_wall_s)
        if came is None:
            return None
        image, _ = came
        data = bytes(image.data)
        size = (image.encoding, image.height, image.width, image.step)
        return decode_depth(*size, data, big_endian=bool(image.is_bigendian))

    def _after(
        self, stamp_s: float, check: Callable[[], None], timeout_wall_s: float
    ) -> tuple[Image, CameraModel] | None:
        until = time.monotonic() + timeout_wall_s
        while True:
            with self._changed:
                image, camera = self._image, self._camera
                if image is None or camera is None or image_stamp_s(image) <= stamp_s:
                    image = None
                    self._changed.wait(0.05)
            check()
            if image is not None and camera is not None:
                return image, camera
            if self._problem is not None:
                raise ValueError(self._problem)
            if time.monotonic() > until:
                return None

    def _subscribe(self) -> None:
        image_topic, info_topic = self._topics
        self._image = None
        image_qos = picture_qos(self._node, image_topic)
        self._subscriptions = [
            self._node.create_subscription(
                CameraInfo, info_topic, self._on_info, _SENSOR_QOS, callback_group=self._group
            ),
            self._node.create_subscription(Image, image_topic, self._on_image, image_qos, callback_group=self._group),
        ]

    def _unsubscribe(self) -> None:
        subscriptions, self._subscriptions = self._subscriptions, []
        for subscription in subscriptions:
            self._node.destroy_subscription(subscription)

    def _in_executor(self, function: Callable[[], None]) -> None:
        """Call a function where the node spins: subscriptions must not appear while it builds its wait set."""
        executor = self._node.executor
        if executor is None or not self._node.context.ok():
            return
        done = threading.Event()

        def call() -> None:
            try:
                function()
            finally:
                done.set()

        executor.create_task(call)
        done.wait(_RUN_WALL_S)

    def _on_info(self, message: CameraInfo) -> None:
        with self._changed:
            try:
                self._camera = CameraModel.from_info(message.width, message.height, message.k, message.d)
                self._problem = None
            except ValueError as error:
                self._problem = str(error)
            self._changed.notify_all()

    def _on_image(self, message: Image) -> None:
        with self._changed:
            self._image = message
            self._changed.notify_all()


def picture_qos(node: Node, topic: str) -> QoSProfile:
    """Give the quality with which to subscribe pictures, by what is offered now."""
    # A picture is many packets, and best effort loses it with any of them; but a publisher that offers best effort only
    # is not heard by a reliable subscriber at all.
    offers = node.get_publishers_info_by_topic(node.resolve_topic_name(topic))
    reliable = bool(offers) and all(o.qos_profile.reliability is ReliabilityPolicy.RELIABLE for o in offers)
    return _RELIABLE_QOS if reliable else _SENSOR_QOS


def image_stamp_s(message: Image) -> float:
    """ROS time at which a picture was taken, s."""
    return float(message.header.stamp.sec) + message.header.stamp.nanosec * 1e-9
