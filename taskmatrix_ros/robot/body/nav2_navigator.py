"""Getting from here to there by Nav2."""

from __future__ import annotations

import math
import threading
import time
from typing import Any

from action_msgs.msg import GoalStatus
from geometry_msgs.msg import Twist, TwistStamped
from rclpy.action import ActionClient
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.node import Node
from rclpy.task import Future

from taskmatrix_ros.robot.body.navigator import Arrival, Navigator, Tell
from taskmatrix_ros.robot.description.robot_description import InterfaceDescription
from taskmatrix_ros.robot.driver.messages import pose_on_floor
from taskmatrix_ros.robot.driver.optional_type import optional_type
from taskmatrix_ros.robot.geometry.path_follower import Velocity
from taskmatrix_ros.robot.geometry.pose2 import Pose2
from taskmatrix_ros.robot.skill_error import SkillError, SkillErrorCode
from taskmatrix_ros.robot.skill_run import SkillRun

_SERVER_WALL_S = 5.0
_CANCEL_WALL_S = 3.0
_POLL_WALL_S = 0.02
_LAST_M = 0.6  # what is driven without Nav2 at the end

_CODES = {
    102: (SkillErrorCode.LOST, "the controller does not know where the robot is"),
    103: (SkillErrorCode.NO_PATH, "the path is invalid"),
    104: (SkillErrorCode.BLOCKED, "the way stayed blocked"),
    105: (SkillErrorCode.BLOCKED, "the robot made no progress"),
    106: (SkillErrorCode.BLOCKED, "there is no way to drive on"),
    107: (SkillErrorCode.BLOCKED, "the controller timed out"),
    202: (SkillErrorCode.LOST, "the planner does not know where the robot is"),
    203: (SkillErrorCode.NO_PATH, "the start is outside the map"),
    204: (SkillErrorCode.NO_PATH, "the goal is outside the map"),
    205: (SkillErrorCode.NO_PATH, "the start is occupied"),
    206: (SkillErrorCode.NO_PATH, "the goal is occupied"),
    207: (SkillErrorCode.NO_PATH, "no path was found in time"),
    208: (SkillErrorCode.NO_PATH, "there is no path"),
    305: (SkillErrorCode.NO_PATH, "the start is outside the map"),
    306: (SkillErrorCode.NO_PATH, "the goal is outside the map"),
    308: (SkillErrorCode.NO_PATH, "there is no path"),
}
"""Nav2's error codes: FollowPath 1xx, ComputePathToPose 2xx, ComputePathThroughPoses 3xx.

:source: nav2_msgs (jazzy), ``action/*.action``.
"""


def skill_error(error_code: int, error_text: str, goal: Pose2) -> SkillError:
    """Say in our words why Nav2 gave up."""
    if error_code == 0:
        code, why = SkillErrorCode.BLOCKED, "it gave no reason"
    else:
        code, why = _CODES.get(error_code, (SkillErrorCode.UNAVAILABLE, "see its log"))
    told = f": {error_text}" if error_text else ""
    return SkillError(code, f"Nav2 did not reach {goal}: {why} (error {error_code}){told}")


class Nav2Navigator(Navigator):
    """A navigator whose ways are Nav2's. What Nav2 commands goes through the skill server, which keeps the limits.

    Nav2 has to publish its velocities on ``interface.nav2_velocity``, not on the driver's ``cmd_vel``: from there they
    are passed on within the limits of speed, acceleration and zones, only while the robot may move.

    :param node: spun by its owner.
    :param interface: names of action and topic.
    :param frame: of the map.
    :param parts: what :class:`Navigator` takes.
    :raises NotInstalled: nav2_msgs is not on this machine.
    """

    def __init__(self, node: Node, interface: InterfaceDescription, frame: str, *parts: Any) -> None:
        super().__init__(*parts)
        self._type = optional_type("nav2_msgs", "action", "NavigateToPose", "interface.navigation nav2")
        self._node = node
        self._frame = frame
        self._action = interface.navigate_to_pose
        self._client = ActionClient(node, self._type, self._action)
        self._velocity: tuple[int, Velocity] = (0, Velocity())
        self._remaining_m = math.nan
        self._heard = threading.Event()
        stamped = interface.velocity == "twist_stamped"
        self._subscription = node.create_subscription(
            TwistStamped if stamped else Twist,
            interface.nav2_velocity,
            self._on_stamped if stamped else self._on_velocity,
            1,
            callback_group=MutuallyExclusiveCallbackGroup(),
        )

    def go(self, run: SkillRun, goal: Pose2, tell: Tell | None = None) -> Arrival:
        """Have Nav2 drive to a pose.

        :param goal: map frame.
        :param tell: given completion, state, message and the metres that are left.
        :raises SkillError: NO_PATH, BLOCKED, LOST, UNAVAILABLE, and whatever ends a run; Nav2's goal is cancelled then.
        """
        whole_m = max(self.where().pose.distance_to(goal.x_m, goal.y_m), 0.1)
        if tell is not None:
            tell(-1.0, "planning", f"asking Nav2 for a way to {goal}", whole_m)
        while not self._drive_once(run, goal, tell, whole_m):
            run.hold()
        self._motion.stand(run)
        arrival = self.arrival(goal)
        if arrival.within(self._drive.arrival_distance_m, self._drive.arrival_angle_rad):
            return arrival
        # Nav2 calls a goal reached from farther away than a hand can make up for: the rest is ours.
        return super().go(run, goal, tell) if arrival.distance_error_m < _LAST_M else arrival

    def _drive_once(self, run: SkillRun, goal: Pose2, tell: Tell | None, whole_m: float) -> bool:
        """Send the goal and pass velocities on to its end; gives False if it was broken off because the robot waits."""
        handle = self._send(run, goal)
        try:
            result = self._in_executor(handle.get_result_async)
            passed, told_s = self._velocity[0], -1.0
            while not result.done():
                if run.suspended is not None:
                    self._cancel(handle)
                    return False
                run.check()
                number, velocity = self._velocity
                if number != passed:
                    passed = number
                    run.drive(velocity)
                if tell is not None and run.elapsed_s - told_s > 0.25 and math.isfinite(self._remaining_m):
                    told_s = run.elapsed_s
                    done = min(max(1.0 - self._remaining_m / whole_m, 0.0), 0.99)
                    tell(done, "driving", f"{self._remaining_m:.1f} m to go", self._remaining_m)
                self._heard.wait(_POLL_WALL_S)
                self._heard.clear()
        except BaseException:
            self._cancel(handle)
            raise
        run.drive(Velocity())
        answer = result.result()
        if answer.status == GoalStatus.STATUS_SUCCEEDED:
            return True
        if answer.status == GoalStatus.STATUS_CANCELED:
            raise SkillError(SkillErrorCode.UNAVAILABLE, f"somebody else cancelled Nav2's way to {goal}")
        raise skill_error(int(answer.result.error_code), str(getattr(answer.result, "error_msg", "")), goal)

    def _send(self, run: SkillRun, goal: Pose2) -> Any:
        message = self._type.Goal(pose=pose_on_floor(self._frame, run.now_s, goal))
        self._remaining_m = math.nan
        until = time.monotonic() + _SERVER_WALL_S
        while not self._client.server_is_ready():
            run.check()
            if time.monotonic() > until:
                raise SkillError(
                    SkillErrorCode.UNAVAILABLE,
                    f"nobody offers the action {self._action} of Nav2; see whether Nav2 runs and is active",
                )
            time.sleep(_POLL_WALL_S)
        accepted = self._in_executor(lambda: self._client.send_goal_async(message, feedback_callback=self._on_feedback))
        while not accepted.done():
            try:
                run.check()
            except SkillError:
                # It may be accepted yet: then it is cancelled as soon as that is known.
                accepted.add_done_callback(self._cancel_late)
                raise
            time.sleep(_POLL_WALL_S)
        handle = accepted.result()
        if not handle.accepted:
            raise SkillError(SkillErrorCode.UNAVAILABLE, f"Nav2 refuses to drive to {goal}; see whether it is active")
        return handle

    def _cancel(self, handle: Any, *, wait: bool = True) -> None:
        """Cancel Nav2's goal. Its velocities are passed on no more, whether or not it confirms."""
        if not handle.accepted:
            return
        done = self._in_executor(handle.cancel_goal_async)
        until = time.monotonic() + _CANCEL_WALL_S
        while wait and not done.done() and time.monotonic() < until:
            time.sleep(_POLL_WALL_S)
        if wait and not done.done():
            self._node.get_logger().error(f"Nav2 did not confirm within {_CANCEL_WALL_S:.0f} s that its goal ended")

    def _cancel_late(self, answered: Future) -> None:
        if answered.exception() is None:
            self._cancel(answered.result(), wait=False)

    def _in_executor(self, start: Any) -> Future:
        """Call what returns a Future where its answer cannot be lost; gives a Future of the same."""
        answer: Future = Future()

        def begin() -> None:
            start().add_done_callback(
                lambda done: (
                    answer.set_exception(done.exception()) if done.exception() else answer.set_result(done.result())
                )
            )

        executor = self._node.executor
        if executor is None:
            raise SkillError(SkillErrorCode.UNAVAILABLE, "the skill server ends")
        executor.create_task(begin)
        return answer

    def _on_feedback(self, message: Any) -> None:
        self._remaining_m = float(message.feedback.distance_remaining)

    def _on_velocity(self, message: Twist) -> None:
        self._velocity = (self._velocity[0] + 1, Velocity(message.linear.x, message.angular.z))
        self._heard.set()

    def _on_stamped(self, message: TwistStamped) -> None:
        self._on_velocity(message.twist)
