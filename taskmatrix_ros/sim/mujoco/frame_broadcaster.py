"""The robot's frames on ``/tf`` and ``/tf_static``, where tf2_msgs is installed."""

from __future__ import annotations

from geometry_msgs.msg import TransformStamped, Vector3
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from taskmatrix_ros.sim.driver import driver_messages as messages
from taskmatrix_ros.sim.driver.sensor_frames import sensor_frames
from taskmatrix_ros.sim.mujoco.simulator import Simulator

_STATIC = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
_TF_DEPTH = 100


class FrameBroadcaster:
    """Publishes odom to base_link by the wheels, and where camera and scanner sit on base_link.

    Sensors on links that move against the first one are left out: the robot has none.
    """

    def __init__(self, node: Node, simulator: Simulator) -> None:
        self._node = node
        self._simulator = simulator

    def open(self) -> bool:
        """Create the topics.

        :returns: False, having done nothing, where tf2_msgs is not installed (the pip wheels of ROS lack it).
        """
        try:
            from tf2_msgs.msg import TFMessage
        except ModuleNotFoundError:
            return False
        drive = self._simulator.world.robot.drives[0]
        frames = sensor_frames(self._simulator.world.robot, drive.child_frame_id)
        self._static = self._node.create_publisher(TFMessage, "/tf_static", _STATIC)
        self._static.publish(TFMessage(transforms=frames))
        moving = self._node.create_publisher(TFMessage, "/tf", _TF_DEPTH)
        self._simulator.every(
            1.0 / drive.odometry_hz, lambda: moving.publish(TFMessage(transforms=[self._base_in_odom()]))
        )
        return True

    def _base_in_odom(self) -> TransformStamped:
        drive, state = self._simulator.world.robot.drives[0], self._simulator.odometry
        frame = TransformStamped()
        frame.header.stamp = messages.stamp(self._simulator.time_s)
        frame.header.frame_id, frame.child_frame_id = drive.frame_id, drive.child_frame_id
        frame.transform.translation = Vector3(x=state.x_m, y=state.y_m, z=0.0)
        frame.transform.rotation = messages.upright(state.yaw_rad)
        return frame
