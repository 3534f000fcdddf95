"""The topics of one simulated camera: pictures are drawn only while somebody listens."""

from __future__ import annotations

from dataclasses import replace

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.sim.driver import driver_messages as messages
from taskmatrix_ros.sim.mujoco.camera import CameraThread, Picture, robot_camera
from taskmatrix_ros.sim.mujoco.mujoco_world import LARGEST_PICTURE_PX
from taskmatrix_ros.sim.mujoco.simulator import Simulator
from taskmatrix_ros.sim.sdf.sdf_types import CameraSensor

# A subscriber with the sensor profile (best effort) matches this too, but a picture of 2 MB is 32 UDP packets, of which
# a default socket buffer holds three: whoever wants every picture subscribes reliably.
_PICTURES = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
_INFO_DEPTH = 5


class CameraTopics:
    """Publishes ``<topic>/image``, ``<topic>/camera_info`` and ``<topic>/depth`` of one camera.

    :param node: spun by its owner; messages are published from the camera's thread.
    """

    def __init__(self, node: Node, simulator: Simulator, sensor: CameraSensor) -> None:
        self._node = node
        self._simulator = simulator
        self._sensor = sensor
        camera = robot_camera(simulator.model, simulator.world.robot.name, sensor)
        size_px = (sensor.width_px, sensor.height_px)
        self._thread = CameraThread(simulator.model, camera, size_px, self._publish, self._complain)

    def open(self) -> None:
        """Create the topics and start the camera's thread."""
        node, topic = self._node, self._sensor.topic
        self._image = node.create_publisher(Image, f"{topic}/image", _PICTURES)
        self._info = node.create_publisher(CameraInfo, f"{topic}/camera_info", _INFO_DEPTH)
        self._depth = node.create_publisher(Image, f"{topic}/depth", _PICTURES)
        self._thread.open()
        self._simulator.every(1.0 / self._sensor.rate_hz, self._expose)

    def close(self) -> None:
        """End the camera's thread; physics must have ended before."""
        self._thread.close()

    def set_size(self, width_px: int, height_px: int) -> None:
        """Give the pictures from now on another size: large ones show what is far, small ones come soon.

        :raises ConfigError: it is larger than can be drawn, or has other proportions than the camera.
        """
        sensor = self._sensor
        if not (0 < width_px <= LARGEST_PICTURE_PX[0] and 0 < height_px <= LARGEST_PICTURE_PX[1]):
            largest = "x".join(map(str, LARGEST_PICTURE_PX))
            raise ConfigError(f"simulation camera: {width_px}x{height_px} is outside 1x1..{largest}")
        if width_px * sensor.height_px != height_px * sensor.width_px:
            raise ConfigError(
                f"simulation camera: {width_px}x{height_px} has other proportions than its "
                f"{sensor.width_px}x{sensor.height_px}; allowed: the same"
            )
        self._thread.size_px = (width_px, height_px)

    @property
    def pictures_drawn(self) -> int:
        """How many pictures were drawn so far."""
        return self._thread.drawn

    def _expose(self) -> None:
        with_depth = self._depth.get_subscription_count() > 0
        if with_depth or self._image.get_subscription_count() > 0:
            self._thread.request(self._simulator.time_s, self._simulator.data.qpos, with_depth=with_depth)

    def _publish(self, picture: Picture) -> None:
        height, width = picture.rgb.shape[:2]
        sensor = replace(self._sensor, width_px=width, height_px=height)
        self._info.publish(messages.camera_info_message(sensor, picture.time_s))
        if picture.depth_m is not None:
            self._depth.publish(messages.image_message(picture.depth_m, sensor, picture.time_s))
        self._image.publish(messages.image_message(picture.rgb, sensor, picture.time_s))

    def _complain(self, text: str) -> None:
        self._node.get_logger().error(text)
