"""What a driver owes beyond Gazebo's plugins: stop latch, watchdog, limits and ramps."""

from __future__ import annotations

import math
from dataclasses import dataclass

from taskmatrix_ros.sim.sdf.sdf_types import Model

COMMAND_TIMEOUT_S = 0.5
_LONGEST_STEP_S = 0.1  # a pause does not add up to one big step


@dataclass(slots=True)
class _Axis:
    """One command topic: where it is to go, and how far its setpoint has got."""

    target: float
    setpoint: float
    low: float
    high: float
    speed: float


class CommandGuard:
    """Takes the robot's commands and gives what Gazebo's plugins may be told. All times are simulated.

    DiffDrive keeps its last velocity for ever, and a JointPositionController pulls at its target with all its force;
    neither knows a stop. Of the joints that share a topic the slowest sets the pace.

    :param robot: its JointPositionController plugins name topics and joints, its joints the limits.
    """

    def __init__(self, robot: Model) -> None:
        self._axes: dict[str, _Axis] = {}
        for controller in robot.position_controllers:
            joint = robot.joint(controller.joint)
            start = min(max(controller.initial_position, joint.limits[0]), joint.limits[1])
            axis = self._axes.setdefault(controller.topic, _Axis(start, math.nan, *joint.limits, joint.velocity))
            axis.low, axis.high = max(axis.low, joint.limits[0]), min(axis.high, joint.limits[1])
            axis.speed = min(axis.speed, joint.velocity)
        self._velocity = (0.0, 0.0)
        self._velocity_until_s = -math.inf
        self._now_s = 0.0
        self.stopped = False

    @property
    def topics(self) -> list[str]:
        """Topics of position commands."""
        return sorted(self._axes)

    @property
    def velocity(self) -> tuple[float, float]:
        """What the wheels may be told now, m/s and rad/s."""
        return self._velocity if self._now_s < self._velocity_until_s else (0.0, 0.0)

    def target(self, topic: str) -> float:
        """Where a position was sent to, within its limits, m or rad."""
        return self._axes[topic].target

    def setpoint(self, topic: str) -> float | None:
        """Where its servo may be told to be now; None before the first :meth:`place`."""
        setpoint = self._axes[topic].setpoint
        return None if math.isnan(setpoint) else setpoint

    def place(self, topic: str, position: float) -> None:
        """Say where the joint is before anything moves; its setpoint starts from there, once."""
        axis = self._axes[topic]
        if math.isnan(axis.setpoint) and math.isfinite(position):
            axis.setpoint = position

    def set_velocity(self, linear_m_s: float, angular_rad_s: float) -> None:
        """Drive for ``COMMAND_TIMEOUT_S``. Ignored while stopped or not finite."""
        if not self.stopped and math.isfinite(linear_m_s) and math.isfinite(angular_rad_s):
            self._velocity = (linear_m_s, angular_rad_s)
            self._velocity_until_s = self._now_s + COMMAND_TIMEOUT_S

    def set_position(self, topic: str, position: float) -> None:
        """Send joints to a position, cut to their limits. Ignored while stopped or not finite."""
        axis = self._axes[topic]
        if not self.stopped and math.isfinite(position):
            axis.target = min(max(position, axis.low), axis.high)

    def set_stopped(self, stopped: bool) -> None:
        """Hold everything still while true; what was commanded before is forgotten. Saying it again changes nothing."""
        if stopped == self.stopped:
            return
        self.stopped = stopped
        self._velocity_until_s = -math.inf
        for axis in self._axes.values():
            if stopped and not math.isnan(axis.setpoint):
                axis.target = axis.setpoint

    def advance(self, now_s: float) -> None:
        """Move the setpoints on, and let an old velocity expire."""
        step_s = min(max(now_s - self._now_s, 0.0), _LONGEST_STEP_S)
        if now_s < self._now_s:  # the world was reset
            self._velocity_until_s = -math.inf
        self._now_s = now_s
        if self.stopped:  # also one that was stopped before it was known where its joints are
            return
        for axis in self._axes.values():
            reach = axis.speed * step_s
            axis.setpoint += min(max(axis.target - axis.setpoint, -reach), reach)
