"""Where the wheels say the robot was, by time."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque

from taskmatrix_ros.robot.geometry.pose2 import Pose2, wrap_angle


class OdometryBuffer:
    """The last seconds of odometry, read back by the stamp of a picture or a scan.

    :param span_s: how much is kept.
    """

    def __init__(self, span_s: float = 10.0) -> None:
        self._span_s = span_s
        self._stamps: deque[float] = deque()
        self._poses: deque[Pose2] = deque()

    @property
    def latest(self) -> tuple[float, Pose2] | None:
        """The newest stamp (ROS time, s) and pose (odom frame); None before the first."""
        return (self._stamps[-1], self._poses[-1]) if self._stamps else None

    def add(self, stamp_s: float, pose: Pose2) -> None:
        """Append a pose; if time went back (the simulator was reset), the past is forgotten."""
        if self._stamps and stamp_s <= self._stamps[-1]:
            if stamp_s == self._stamps[-1]:
                return
            self.clear()
        self._stamps.append(stamp_s)
        self._poses.append(pose)
        while self._stamps[0] < stamp_s - self._span_s:
            self._stamps.popleft()
            self._poses.popleft()

    def at(self, stamp_s: float, tolerance_s: float = 0.25) -> Pose2 | None:
        """Pose at a moment, interpolated.

        :param tolerance_s: how far outside the buffer the nearest pose is still good enough.
        :returns: None if the moment is not covered.
        """
        if not self._stamps:
            return None
        i = bisect_left(self._stamps, stamp_s)
        if i == len(self._stamps):
            return self._poses[-1] if stamp_s - self._stamps[-1] <= tolerance_s else None
        if i == 0:
            return self._poses[0] if self._stamps[0] - stamp_s <= tolerance_s else None
        before, after = self._poses[i - 1], self._poses[i]
        ratio = (stamp_s - self._stamps[i - 1]) / (self._stamps[i] - self._stamps[i - 1])
        return Pose2(
            before.x_m + ratio * (after.x_m - before.x_m),
            before.y_m + ratio * (after.y_m - before.y_m),
            wrap_angle(before.yaw_rad + ratio * wrap_angle(after.yaw_rad - before.yaw_rad)),
        )

    def clear(self) -> None:
        """Forget everything."""
        self._stamps.clear()
        self._poses.clear()
