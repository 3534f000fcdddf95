"""The one place that tells the wheels to turn."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from geometry_msgs.msg import Twist, TwistStamped
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import Bool

from taskmatrix_ros.robot.driver.robot_clock import RobotClock
from taskmatrix_ros.robot.geometry.path_follower import Velocity
from taskmatrix_ros.robot.skill_error import SkillError, SkillErrorCode

_STOP_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
_INSIST_WALL_S = 1.0  # how long zero is repeated after a halt, in case a message is lost
_WATCH_PERIOD_WALL_S = 0.05
_LONGEST_STEP_S = 0.1  # a pause between commands does not add up to one big step


@dataclass(frozen=True, slots=True, kw_only=True)
class GateLimits:
    """What no command exceeds, and how long silence is tolerated.

    :param alive_patience_wall_s: how long a robot that stands for silence of ``alive`` waits before it gives up: on a
        machine that is busy a heartbeat comes late.
    """

    max_linear_m_s: float
    max_angular_rad_s: float
    linear_acceleration_m_s2: float
    angular_acceleration_rad_s2: float
    alive_timeout_wall_s: float
    command_timeout_wall_s: float
    alive_patience_wall_s: float = 2.0


class DriveLease:
    """The right to drive, held by one skill at a time. :meth:`DriveGate.halt` ends it for good."""

    def __init__(self) -> None:
        self.ended: SkillError | None = None


class DriveGate:
    """Publishes ``cmd_vel``, within limits, only while somebody may drive. Thread-safe.

    Zero goes out at once, from whatever thread learns of it, when the stop latch is set, when ``alive`` falls silent
    (the lease ends if it stays so) and when the lease is ended (cancel, end of the skill); and while the skill that
    drives is late with its next command.

    :param cmd_vel_topic: relative name of the driver's topic.
    :param stamped: whether the driver takes TwistStamped instead of Twist.
    :param stop_topic: Bool, reliable, transient local; true latches, false re-arms.
    :param alive_topic: Bool, whoever commands the robot publishes it; false means that it is going away.
    :param require_alive: whether moving needs ``alive`` at all.
    :param on_halt: called, in the thread that noticed, with the reason of each halt.
    :param suspension: says why the robot has to wait now; it stands meanwhile and keeps the lease.
    :param confine: cuts each command to what the map allows, and says what forbids to drive on.
    """

    def __init__(
        self,
        node: Node,
        clock: RobotClock,
        limits: GateLimits,
        *,
        cmd_vel_topic: str = "cmd_vel",
        stamped: bool = False,
        stop_topic: str,
        alive_topic: str,
        require_alive: bool = True,
        on_halt: Callable[[str], None] = lambda _: None,
        suspension: Callable[[], str | None] = lambda: None,
        confine: Callable[[Velocity], tuple[Velocity, str | None]] = lambda velocity: (velocity, None),
    ) -> None:
        self._node = node
        self._suspension = suspension
        self._confine = confine
        self.forbidden: str | None = None
        self._clock = clock
        self._limits = limits
        self._stop_topic = stop_topic
        self._alive_topic = alive_topic
        self._require_alive = require_alive
        self._on_halt = on_halt
        self._lock = threading.RLock()
        self._lease: DriveLease | None = None
        self._stopped = False
        self._alive_at_wall_s: float | None = None
        self._last = Velocity()
        self._last_ros_s = 0.0
        self._last_wall_s = 0.0
        self._insist_until_wall_s = 0.0
        self._closing = threading.Event()
        self._stamped = stamped
        self._publisher = node.create_publisher(TwistStamped if stamped else Twist, cmd_vel_topic, 1)
        group = MutuallyExclusiveCallbackGroup()
        self._subscriptions = [
            node.create_subscription(Bool, stop_topic, self._on_stop, _STOP_QOS, callback_group=group),
            node.create_subscription(Bool, alive_topic, self._on_alive, 1, callback_group=group),
        ]
        # A thread of its own: it must see silence even while the executor is stuck in a callback.
        self._watchdog = threading.Thread(target=self._watch, name="drive-gate", daemon=True)
        self._watchdog.start()

    @property
    def stopped(self) -> bool:
        """Whether the stop latch holds."""
        return self._stopped

    @property
    def moving(self) -> bool:
        """Whether the last command was to move."""
        return self._last != Velocity()

    def refusal(self) -> str | None:
        """Say why the robot must not move now; None if it may."""
        if self._stopped:
            return f"the stop latch of {self._stop_topic} holds; re-arm it first"
        if not self._require_alive:
            return None
        if self._alive_at_wall_s == -math.inf:
            return f"{self._alive_topic} said that whoever is in charge goes away; start the task node"
        if self._alive_at_wall_s is None:
            return (
                f"nobody has published {self._alive_topic} yet, so nobody is in charge; start the task node, or set "
                "require_alive to false"
            )
        if self._silent_wall_s() > self._limits.alive_timeout_wall_s + self._limits.alive_patience_wall_s:
            return self._silence()
        return None

    def suspension(self) -> str | None:
        """Say why the robot has to stand for a while; None if it need not."""
        if self._require_alive and self._limits.alive_timeout_wall_s < self._silent_wall_s() < math.inf:
            return self._silence()
        return self._suspension()

    def _silent_wall_s(self) -> float:
        """Since ``alive`` was heard; 0 before the first time."""
        return 0.0 if self._alive_at_wall_s is None else time.monotonic() - self._alive_at_wall_s

    def _silence(self) -> str:
        return (
            f"{self._alive_topic} has been silent for {self._silent_wall_s():.1f} s (allowed: "
            f"{self._limits.alive_timeout_wall_s:.1f} s); see whether the task node still runs"
        )

    def wait_for_alive(self, patience_wall_s: float) -> None:
        """Wait until ``alive`` was heard for the first time, if moving needs it: discovery may still be under way.

        :param patience_wall_s: at most so long; ``check`` then says that nobody was heard.
        """
        until = time.monotonic() + patience_wall_s
        while self._require_alive and self._alive_at_wall_s is None and time.monotonic() < until:
            if self._closing.wait(_WATCH_PERIOD_WALL_S):
                return

    def check(self) -> None:
        """Raise if the robot must not move.

        :raises SkillError: STOPPED, with the reason.
        """
        reason = self.refusal()
        if reason is not None:
            raise SkillError(SkillErrorCode.STOPPED, f"the robot does not move: {reason}")

    def lease(self) -> DriveLease:
        """Give the right to drive to a new holder; the previous one loses it."""
        with self._lock:
            self.halt(SkillErrorCode.CANCELLED, "another skill drives now")
            self._lease = DriveLease()
            return self._lease

    def command(self, lease: DriveLease, velocity: Velocity) -> None:
        """Drive, within limits of speed and acceleration and the zones of the map; stand while suspended.

        :param velocity: base_link; clipped, not refused, if too fast. What is not a number counts as zero.
        :raises SkillError: STOPPED if the robot must not move; what ended the lease if it was ended.
        """
        with self._lock:
            if lease.ended is None:
                reason = self.refusal()
                if reason is not None:
                    self.halt(SkillErrorCode.STOPPED, reason)
            if lease.ended is not None:
                raise lease.ended
            now_s = self._clock.now_s()
            elapsed_s = min(max(now_s - self._last_ros_s, 0.0), _LONGEST_STEP_S)
            lim = self._limits
            linear = _slew(self._last.linear_m_s, velocity.linear_m_s, lim.linear_acceleration_m_s2 * elapsed_s)
            angular = _slew(
                self._last.angular_rad_s, velocity.angular_rad_s, lim.angular_acceleration_rad_s2 * elapsed_s
            )
            clipped = Velocity(_clip(linear, lim.max_linear_m_s), _clip(angular, lim.max_angular_rad_s))
            allowed, self.forbidden = self._confine(clipped)
            self._send(Velocity() if self.suspension() is not None else allowed, now_s=now_s)

    def halt(self, code: SkillErrorCode, reason: str) -> None:
        """Stand still now and end the lease.

        :param code: what the holder of the lease reports.
        :param reason: for a person.
        """
        with self._lock:
            lease, self._lease = self._lease, None
            if lease is not None:
                lease.ended = SkillError(code, f"the robot does not move: {reason}")
            if lease is not None or self.moving:
                self._send(Velocity(), now_s=self._clock.now_s())
                self._insist_until_wall_s = time.monotonic() + _INSIST_WALL_S
        if lease is not None:
            self._on_halt(reason)

    def close(self) -> None:
        """Stand still and end the watchdog."""
        self.halt(SkillErrorCode.CANCELLED, "the skill server ends")
        self._closing.set()
        self._watchdog.join(timeout=2.0)

    def _send(self, velocity: Velocity, *, now_s: float) -> None:
        self._last, self._last_ros_s, self._last_wall_s = velocity, now_s, time.monotonic()
        twist = Twist()
        twist.linear.x = velocity.linear_m_s
        twist.angular.z = velocity.angular_rad_s
        message: Twist | TwistStamped = twist
        if self._stamped:
            message = TwistStamped(twist=twist)
            message.header.frame_id = "base_link"
            message.header.stamp = self._node.get_clock().now().to_msg()
        if self._node.context.ok():
            self._publisher.publish(message)

    def _on_stop(self, message: Bool) -> None:
        self._stopped = bool(message.data)
        if self._stopped:
            self.halt(SkillErrorCode.STOPPED, f"{self._stop_topic} was set")

    def _on_alive(self, message: Bool) -> None:
        self._alive_at_wall_s = time.monotonic() if message.data else -math.inf

    def _watch(self) -> None:
        while not self._closing.wait(_WATCH_PERIOD_WALL_S):
            now = time.monotonic()
            reason = self.refusal()
            with self._lock:
                driving = self._lease is not None
                hangs = self.moving and now - self._last_wall_s > self._limits.command_timeout_wall_s
                if not driving and now < self._insist_until_wall_s:
                    self._send(Velocity(), now_s=self._clock.now_s())
                if hangs or (self.moving and self.suspension() is not None):
                    # Late is not wrong: the robot stands, and goes on when the skill does.
                    self._send(Velocity(), now_s=self._clock.now_s())
            if driving and reason is not None:
                self.halt(SkillErrorCode.STOPPED, reason)


def _clip(value: float, limit: float) -> float:
    return max(-limit, min(limit, value)) if math.isfinite(value) else 0.0


def _slew(last: float, wanted: float, step: float) -> float:
    """Move towards a value; braking is not slowed down, the driver knows best how fast it can."""
    if not math.isfinite(wanted):
        return 0.0
    if wanted * last >= 0 and abs(wanted) <= abs(last):
        return wanted
    if wanted * last < 0:
        last = 0.0
    return max(last - step, min(last + step, wanted))
