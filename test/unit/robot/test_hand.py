from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from home import home

from taskmatrix_ros.perception.object_catalogue import CatalogueObject
from taskmatrix_ros.robot.body.hand import UNKNOWN_OBJECT, Hand
from taskmatrix_ros.robot.skill_error import SkillError, SkillErrorCode

COKE = CatalogueObject("coke", ("cola",), "drink", 1, 0.064, 0.04, (0.08, 0.08, 0.12), 0.08)
STEP_S = 0.02


class Body:
    """Lift and fingers that move at their speed; something between the fingers stops them."""

    def __init__(self, *, between_m: float = 0.0, lift_stuck: bool = False) -> None:
        robot = home().robot
        self.names = (robot.lift.joint, *robot.gripper.joints)
        self.position = {robot.lift.joint: 0.3, **dict.fromkeys(robot.gripper.joints, 0.06)}
        self.velocity = dict.fromkeys(self.names, 0.0)
        self.goal = dict(self.position)
        self.between_m = between_m
        self.lift_stuck = lift_stuck

    def command_lift(self, position_m: float) -> None:
        self.goal[self.names[0]] = position_m

    def command_gripper(self, position_m: float) -> None:
        self.goal.update(dict.fromkeys(self.names[1:], position_m))

    def joint(self, name: str) -> SimpleNamespace:
        return SimpleNamespace(position=self.position[name], velocity=self.velocity[name], effort=0.0)

    def step(self) -> None:
        for name in self.names:
            speed = 0.4 if name == self.names[0] else 0.1
            if name == self.names[0] and self.lift_stuck:
                continue
            way = self.goal[name] - self.position[name]
            moved = max(-speed * STEP_S, min(speed * STEP_S, way))
            least = self.between_m / 2 if name != self.names[0] else 0.0
            after = max(self.position[name] + moved, least)
            self.velocity[name] = (after - self.position[name]) / STEP_S
            self.position[name] = after


class Run:
    """Time that passes by moving the body; nothing suspends it."""

    suspended = None

    def __init__(self, body: Body) -> None:
        self.body, self.now_s = body, 10.0

    def hold(self) -> None:
        pass

    def wait_until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        until = self.now_s + timeout_s
        while not condition():
            if self.now_s >= until:
                return False
            self.now_s += STEP_S
            self.body.step()
        return True

    def pause(self, duration_s: float) -> None:
        until = self.now_s + duration_s
        self.wait_until(lambda: self.now_s >= until, duration_s + 1)


def hand(**options: object) -> tuple[Hand, Run, Body]:
    body = Body(**options)  # type: ignore[arg-type]
    return Hand(body, home().robot, home().settings.grasp), Run(body), body


def test_fingers_stopped_by_something_of_its_width_hold_it() -> None:
    grip, run, _ = hand(between_m=0.08)
    assert grip.close(run, COKE, "my cola", 0.06, 0.0)
    assert grip.held.thing is COKE
    assert grip.holding == "my cola"


def test_something_held_askew_is_held() -> None:
    grip, run, _ = hand(between_m=0.103)
    assert grip.close(run, COKE, "coke", 0.06, 0.0)


@pytest.mark.parametrize("between_m", [0.0, 0.03])
def test_fingers_that_close_on_nothing_or_a_crumb_hold_no_coke(between_m: float) -> None:
    grip, run, _ = hand(between_m=between_m)
    assert not grip.close(run, COKE, "coke", 0.06, 0.0)
    assert grip.held is None
    assert grip.holding == (UNKNOWN_OBJECT if between_m else "")


def test_what_is_lost_on_the_way_is_no_longer_held() -> None:
    grip, run, body = hand(between_m=0.08)
    grip.close(run, COKE, "coke", 0.06, 0.0)
    body.between_m = 0.0
    run.pause(1.0)
    assert grip.held is None
    assert grip.holding == ""


def test_opening_lets_go() -> None:
    grip, run, _ = hand(between_m=0.08)
    grip.close(run, COKE, "coke", 0.06, 0.0)
    assert grip.open(run)
    assert grip.is_open
    assert grip.holding == ""


def test_closing_that_is_cut_short_still_counts_when_the_fingers_arrive() -> None:
    class Cancelled(Exception):
        pass

    grip, run, body = hand(between_m=0.08)
    patience = iter([False] * 3)

    def cut(condition: Callable[[], bool], timeout_s: float) -> bool:
        del condition, timeout_s
        for _ in patience:
            body.step()
        raise Cancelled

    whole, run.wait_until = run.wait_until, cut  # type: ignore[method-assign]
    with pytest.raises(Cancelled):
        grip.close(run, COKE, "coke", 0.06, 0.0)
    assert grip.held is None
    run.wait_until = whole  # type: ignore[method-assign]
    run.pause(1.0)
    assert grip.holding == "coke"


def test_after_a_restart_somebodys_word_is_taken_if_the_width_fits() -> None:
    grip, run, body = hand(between_m=0.08)
    body.command_gripper(0.0)
    run.pause(1.0)
    assert grip.holding == UNKNOWN_OBJECT
    thin = CatalogueObject("pen", (), "", 9, 0.064, 0.04, (0.01, 0.01, 0.1), 0.01)
    assert grip.adopt(thin, "pen") is None
    assert grip.adopt(COKE, "coke").below_grasp_m == pytest.approx(0.06)
    assert grip.holding == "coke"


def test_the_lift_goes_where_it_is_sent_within_its_range() -> None:
    grip, run, _ = hand()
    grip.raise_to(run, 0.8)
    assert grip.height_m == pytest.approx(0.8, abs=0.01)
    grip.raise_to(run, 5.0)
    assert grip.height_m == pytest.approx(1.0, abs=0.01)


def test_a_stuck_lift_is_an_error_and_no_endless_wait() -> None:
    grip, run, _ = hand(lift_stuck=True)
    with pytest.raises(SkillError, match=r"the lift stands at 0\.300 m") as caught:
        grip.raise_to(run, 0.9)
    assert caught.value.code is SkillErrorCode.UNAVAILABLE
