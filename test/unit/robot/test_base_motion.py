from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from home import home

from taskmatrix_ros.robot.body.base_motion import BaseMotion
from taskmatrix_ros.robot.geometry.path_follower import Velocity
from taskmatrix_ros.robot.geometry.pose2 import Pose2

STEP_S = 0.01


class Floor:
    """A base that does what it was told last, and a run whose loop is late now and then.

    :param late: seconds by which each step of the loop comes later, in turn, for ever the last.
    :param wall_m: x beyond which the base does not get.
    """

    def __init__(self, *, late: list[float] | None = None, wall_m: float = math.inf) -> None:
        self._late = late or [0.0]
        self._wall_m = wall_m
        self.now_s = 0.0
        self.pose = Pose2()
        self.velocity = Velocity()
        self.bumps = 0

    @property
    def odometry(self) -> SimpleNamespace:
        return SimpleNamespace(stamp_s=self.now_s, pose=self.pose, velocity=self.velocity)

    def drive(self, velocity: Velocity) -> None:
        self.velocity = velocity

    def ticks(self, period_s: float) -> Iterator[float]:
        while True:
            late_s = self._late.pop(0) if len(self._late) > 1 else self._late[0]
            self._pass(period_s + late_s)
            yield period_s + late_s

    def wait_until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        until_s = self.now_s + timeout_s
        while not condition() and self.now_s < until_s:
            self._pass(STEP_S)
        return condition()

    def _pass(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            self.now_s += STEP_S
            turn = self.velocity.angular_rad_s * STEP_S
            ahead = self.pose @ Pose2(self.velocity.linear_m_s * STEP_S, 0.0, turn)
            self.pose = ahead if ahead.x_m <= self._wall_m else Pose2(self.pose.x_m, ahead.y_m, ahead.yaw_rad)


def motion(floor: Floor) -> BaseMotion:
    guard = SimpleNamespace(free_straight=lambda _sign: math.inf)
    settings = home().settings
    return BaseMotion(floor, guard, settings.drive, settings.approach)  # type: ignore[arg-type]


@pytest.mark.parametrize("way", [0.3, -0.3, 0.05])
def test_an_advance_ends_where_it_should(way: float) -> None:
    floor = Floor()
    assert motion(floor).advance(floor, way) == pytest.approx(way, abs=0.008)
    assert floor.velocity == Velocity()


@pytest.mark.parametrize("way", [0.3, -0.3])
@pytest.mark.parametrize("late_s", [0.3, 0.6])
def test_a_loop_that_is_late_goes_back_to_where_it_should_be(way: float, late_s: float) -> None:
    """On a machine that is busy a step comes late, and meanwhile the base goes on as it was told."""
    floor = Floor(late=[*[0.0] * 26, late_s, 0.0])
    assert motion(floor).advance(floor, way) == pytest.approx(way, abs=0.01)


def test_what_keeps_the_base_off_ends_an_advance_short() -> None:
    floor = Floor(wall_m=0.2)
    assert motion(floor).advance(floor, 0.4, guarded=False) == pytest.approx(0.2, abs=0.005)
    assert floor.velocity == Velocity()


@pytest.mark.parametrize("angle", [0.5, -2.0, 3.0])
def test_a_turn_ends_where_it_should(angle: float) -> None:
    floor = Floor()
    motion(floor).turn_by(floor, angle)
    assert floor.pose.yaw_rad == pytest.approx(angle, abs=0.02)
