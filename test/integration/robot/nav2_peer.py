"""Nav2 and two ros2_control controllers, as far as the skill server speaks with them: real action servers over ROS.

Drives straight to its goal, far too fast, on ``nav2/cmd_vel``; moves lift and fingers through the driver's own topics.
"""

from __future__ import annotations

import math
import signal
import sys
import threading
import time
from typing import Any

import rclpy
from control_msgs.action import FollowJointTrajectory, GripperCommand
from geometry_msgs.msg import PoseWithCovarianceStamped, Twist
from nav2_msgs.action import NavigateToPose
from rclpy.action import ActionServer, CancelResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.executors import MultiThreadedExecutor
from std_msgs.msg import Float64

from taskmatrix_ros.core.parent_death import die_with_parent

REACHED_M, NO_VALID_PATH, FARTHEST_M = 0.2, 208, 50.0


class Nav2Peer:
    def __init__(self, node: Any) -> None:
        self.node = node
        self.pose: tuple[float, float, float] | None = None
        self.velocity = node.create_publisher(Twist, "nav2/cmd_vel", 1)
        self.lift = node.create_publisher(Float64, "lift/command", 1)
        self.gripper = node.create_publisher(Float64, "gripper/command", 1)
        node.create_subscription(PoseWithCovarianceStamped, "localization/pose", self._on_pose, 1)
        options = {"callback_group": ReentrantCallbackGroup(), "cancel_callback": lambda _: CancelResponse.ACCEPT}
        self.servers = [
            ActionServer(node, NavigateToPose, "navigate_to_pose", self._navigate, **options),
            ActionServer(node, FollowJointTrajectory, "lift_controller/follow_joint_trajectory", self._lift, **options),
            ActionServer(node, GripperCommand, "gripper_controller/gripper_cmd", self._grip, **options),
        ]

    def _on_pose(self, message: PoseWithCovarianceStamped) -> None:
        p, q = message.pose.pose.position, message.pose.pose.orientation
        self.pose = (p.x, p.y, 2 * math.atan2(q.z, q.w))

    def _navigate(self, handle: Any) -> Any:
        goal, result = handle.request.pose.pose.position, NavigateToPose.Result()
        assert handle.request.pose.header.frame_id == "map"
        if math.hypot(goal.x, goal.y) > FARTHEST_M:
            result.error_code, result.error_msg = NO_VALID_PATH, "nothing leads there"
            handle.abort()
            return result
        while True:
            time.sleep(0.03)
            if handle.is_cancel_requested:
                handle.canceled()
                return result
            if self.pose is None:
                continue
            x, y, yaw = self.pose
            left_m = math.hypot(goal.x - x, goal.y - y)
            if left_m < REACHED_M:
                break
            off = math.remainder(math.atan2(goal.y - y, goal.x - x) - yaw, 2 * math.pi)
            twist = Twist()
            twist.linear.x = 9.0 if abs(off) < 0.15 else 0.0
            twist.angular.z = 2.0 * off
            self.velocity.publish(twist)
            handle.publish_feedback(NavigateToPose.Feedback(distance_remaining=left_m))
        handle.succeed()
        return result

    def _lift(self, handle: Any) -> Any:
        (point,), (joint,) = handle.request.trajectory.points, handle.request.trajectory.joint_names
        assert joint == "lift_joint"
        assert point.time_from_start.sec + point.time_from_start.nanosec > 0
        self.lift.publish(Float64(data=point.positions[0]))
        handle.succeed()
        return FollowJointTrajectory.Result()

    def _grip(self, handle: Any) -> Any:
        assert handle.request.command.max_effort > 0
        self.gripper.publish(Float64(data=handle.request.command.position / 2))  # the action means the gap
        handle.succeed()
        return GripperCommand.Result(reached_goal=True)


def main(namespace: str) -> None:
    die_with_parent()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    rclpy.init(signal_handler_options=rclpy.SignalHandlerOptions.NO)
    node = rclpy.create_node("nav2_peer", namespace=namespace)
    peer = Nav2Peer(node)
    executor = MultiThreadedExecutor(6)
    executor.add_node(node)
    thread = threading.Thread(target=executor.spin, daemon=True)
    thread.start()
    sys.stdout.write("peer ready\n")
    sys.stdout.flush()
    ended.wait()
    executor.shutdown()
    thread.join(5)
    del peer
    node.destroy_node()
    rclpy.shutdown()


if __name__ == "__main__":
    main(sys.argv[1])
