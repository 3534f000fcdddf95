"""Where the robot must drive slowly, and where it must not drive at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from taskmatrix_ros.robot.description.world_description import Zone
from taskmatrix_ros.robot.geometry.path_follower import Velocity
from taskmatrix_ros.robot.geometry.pose2 import Pose2

_MARGIN_M = 0.05  # between the base and a zone that it must not enter


class ZoneGuard:
    """Cuts what a skill commands to what the zones of the map allow; it is asked for every command.

    Speed is reduced in time: at a zone's edge the robot has the speed that the zone allows, which is none where it must
    not enter. A robot that is inside already may drive out. Turning on the spot is free.

    :param pose: of the base on the map; None while unknown, and then no zone can be kept.
    :param radius_m: of the base.
    :param braking_m_s2: how fast the base can brake.
    """

    def __init__(
        self, zones: Sequence[Zone], pose: Callable[[], Pose2 | None], *, radius_m: float, braking_m_s2: float
    ) -> None:
        self._zones = tuple(zones)
        self._pose = pose
        self._radius_m = radius_m
        self._braking_m_s2 = braking_m_s2

    def confine(self, velocity: Velocity) -> tuple[Velocity, str | None]:
        """Cut a command.

        :returns: what may be driven, and the zone that forbids to drive on at all, in words.
        """
        pose = self._pose() if self._zones and velocity.linear_m_s else None
        if pose is None:
            return velocity, None
        sign = math.copysign(1.0, velocity.linear_m_s)
        speed, forbidden = abs(velocity.linear_m_s), None
        for zone in self._zones:
            wide_m = self._radius_m + _MARGIN_M if zone.max_linear_m_s == 0.0 else self._radius_m
            ahead_m = self._distance_m(zone, pose, sign, wide_m)
            if ahead_m is None:
                continue
            allowed = math.sqrt(zone.max_linear_m_s**2 + 2 * self._braking_m_s2 * ahead_m)
            if allowed < speed:
                speed = allowed
                if allowed < 1e-3:
                    forbidden = f"the zone '{zone.name}' of the map lies ahead, which the robot must not enter"
        return replace(velocity, linear_m_s=sign * speed), forbidden

    def _distance_m(self, zone: Zone, pose: Pose2, sign: float, wide_m: float) -> float | None:
        """Way of the base's middle to a zone along its heading; 0.0 inside; None if it leads past or out."""
        low = (zone.x_m[0] - wide_m, zone.y_m[0] - wide_m)
        high = (zone.x_m[1] + wide_m, zone.y_m[1] + wide_m)
        here = (pose.x_m, pose.y_m)
        along = (sign * math.cos(pose.yaw_rad), sign * math.sin(pose.yaw_rad))
        enter, leave = -math.inf, math.inf
        for at, way, least, most in zip(here, along, low, high, strict=True):
            if abs(way) < 1e-9:
                if not least <= at <= most:
                    return None
                continue
            first, second = sorted(((least - at) / way, (most - at) / way))
            enter, leave = max(enter, first), min(leave, second)
        if leave < 0.0 or enter > leave:
            return None
        if enter > 0.0:
            return enter
        # Inside: the shorter way out is allowed where nothing may be entered.
        return None if zone.max_linear_m_s == 0.0 and leave < -enter else 0.0
