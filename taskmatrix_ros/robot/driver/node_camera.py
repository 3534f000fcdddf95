"""The robot's camera for the task node: a picture, or distances, when somebody asks."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image

from taskmatrix_ros.core.errors import CallUnavailable
from taskmatrix_ros.perception.camera_frame import CameraFrame, decode_depth
from taskmatrix_ros.robot.driver.camera_feed import CameraFeed
from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.ros_names import absolute_name

PICTURE_WALL_S = 5.0


class NodeCamera:
    """Subscribes while it waits, so that drivers draw pictures only when they are wanted. Lives in the loop's thread.

    :param thread: of the node, which may open later. :param namespace: the robot's.
    """

    def __init__(self, thread: NodeThread, *, namespace: str = "") -> None:
        self._thread = thread
        self._namespace = namespace
        self._feed: CameraFeed | None = None

    async def capture(self) -> CameraFrame:
        """Give a picture taken from now on.

        :raises CallUnavailable: ``NO_CAMERA``: none came in time, or what came is none.
        """
        return await asyncio.to_thread(self._capture)

    def _capture(self) -> CameraFrame:
        if self._feed is None:
            name = absolute_name(self._namespace, "camera")
            self._feed = CameraFeed(self._thread.node, f"{name}/image", f"{name}/camera_info")
        with self._feed.watched():
            try:
                # The first that comes after subscribing was taken after it: nothing is latched.
                frame = self._feed.after(float("-inf"), lambda: None, PICTURE_WALL_S)
            except ValueError as error:
                raise _unavailable(str(error)) from error
        if frame is None:
            raise _unavailable(f"no picture came within {PICTURE_WALL_S:g} s; see whether the camera's driver runs")
        return frame

    async def depth(self) -> NDArray[np.float32]:
        """Give distances, ``(H, W)`` metres along the optical axis; not finite where unknown.

        :raises CallUnavailable: ``NO_CAMERA``: none came in time, or in an encoding that is not known.
        """
        loop = asyncio.get_running_loop()
        came: asyncio.Future[Image] = loop.create_future()

        def hear(message: Any) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(lambda: came.done() or came.set_result(message))

        topic = absolute_name(self._namespace, "camera/depth")
        subscription = await self._thread.run(
            lambda: self._thread.node.create_subscription(Image, topic, hear, qos_profile_sensor_data)
        )
        try:
            message = await asyncio.wait_for(came, PICTURE_WALL_S)
        except TimeoutError as error:
            raise _unavailable(f"no distances came on {topic} within {PICTURE_WALL_S:g} s") from error
        finally:
            await self._thread.run(lambda: self._thread.node.destroy_subscription(subscription))
        return _distances(message)


def _distances(message: Image) -> NDArray[np.float32]:
    try:
        return decode_depth(
            message.encoding,
            message.height,
            message.width,
            message.step,
            bytes(message.data),
            big_endian=bool(message.is_bigendian),
        )
    except ValueError as error:
        raise _unavailable(str(error)) from error


def _unavailable(why: str) -> CallUnavailable:
    return CallUnavailable(f"camera: {why}", code="NO_CAMERA")
