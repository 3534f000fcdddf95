"""What makes the robot wait in the middle of a skill: a person, a bumper that stays pressed, an empty battery."""

from __future__ import annotations

import math
import time

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import BatteryState
from std_msgs.msg import Bool

from taskmatrix_ros.robot.skill_settings import SuspendSettings

_SENSOR_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class Suspension:
    """Hears ``person_near``, ``bumper`` and ``battery``, and says whether they forbid to move now. Thread-safe.

    A sensor that is to hold the robot back and falls silent holds it back, too.
    """

    def __init__(self, node: Node, settings: SuspendSettings) -> None:
        self._settings = settings
        self._person = False
        self._person_heard_at = -math.inf
        self._pressed_since: float | None = None
        self._battery_ratio = math.nan
        self._last_reason: str | None = None
        self._cleared_at = -math.inf
        group = MutuallyExclusiveCallbackGroup()
        self._subscriptions = [
            node.create_subscription(Bool, "person_near", self._on_person, _SENSOR_QOS, callback_group=group),
            node.create_subscription(Bool, "bumper", self._on_bumper, _SENSOR_QOS, callback_group=group),
            node.create_subscription(BatteryState, "battery", self._on_battery, _SENSOR_QOS, callback_group=group),
        ]

    def reason(self) -> str | None:
        """Say why the robot waits; None if it need not. What has passed counts for ``resume_wall_s`` longer."""
        now = time.monotonic()
        reason = self._now(now)
        if reason is not None:
            self._last_reason, self._cleared_at = reason, now
            return reason
        return self._last_reason if now - self._cleared_at < self._settings.resume_wall_s else None

    def _now(self, now: float) -> str | None:
        settings = self._settings
        if settings.person_near:
            if self._person:
                return "a person is near"
            if now - self._person_heard_at > settings.silent_wall_s:
                return f"person_near has been silent for {settings.silent_wall_s:g} s; see whether its sensor runs"
        pressed = self._pressed_since
        if settings.bumper_wall_s is not None and pressed is not None and now - pressed > settings.bumper_wall_s:
            return f"the bumper has been pressed for {now - pressed:.0f} s; free the robot"
        if self._battery_ratio <= settings.battery_ratio:
            percent, least = 100 * self._battery_ratio, 100 * settings.battery_ratio
            return f"the battery holds {percent:.0f} % and the robot moves above {least:.0f} %; charge it"
        return None

    def _on_person(self, message: Bool) -> None:
        self._person, self._person_heard_at = bool(message.data), time.monotonic()

    def _on_bumper(self, message: Bool) -> None:
        if not message.data:
            self._pressed_since = None
        elif self._pressed_since is None:
            self._pressed_since = time.monotonic()

    def _on_battery(self, message: BatteryState) -> None:
        self._battery_ratio = float(message.percentage)  # not a number where the driver does not know: never too low
