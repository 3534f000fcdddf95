"""At the end of a run the world is asked whether it is as the outline wanted it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from taskmatrix_ros.core.clocks import WallClock
from taskmatrix_ros.core.outcome import Confirmation
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.core.run import Rehearsed
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.executor.running.goal_proof import GoalProof, final_goals

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NEAR_SHELF = '"shelf" in state["robot.near"]'
HOLDING = 'state["robot.holding"] == "cup"'
LAMP = 'state["lamp.power"] == "on"'


def outline(*goals: str | None) -> Outline:
    steps = tuple(OutlineStep(id=str(n), text="x", goal=goal) for n, goal in enumerate(goals))
    return Outline(instruction="x", steps=steps, planner="test")


def prove(state: StateStore, *goals: str, within_s: float = 0.05) -> tuple[Confirmation, tuple[str, ...]]:
    report = asyncio.run(GoalProof(state, WallClock()).prove(goals, within_s=within_s))
    return report.confirmation, report.evidence


def test_goals_that_later_steps_take_back_are_not_asked_for() -> None:
    rehearsed = Rehearsed(diff={"robot.near": (["shelf"], ["table"]), "robot.holding": (None, "cup")})
    wanted = final_goals(outline(NEAR_SHELF, HOLDING, None, LAMP), rehearsed, {"lamp.power": "on"}, NOW)
    assert wanted == (HOLDING, LAMP)


def test_a_goal_that_is_no_expression_or_unknown_is_left_out() -> None:
    assert final_goals(outline("the cup is here", 'state["x.y"] == 1', HOLDING), Rehearsed(), {}, NOW) == ()


@pytest.mark.parametrize(
    ("holding", "confirmation"),
    [("cup", Confirmation.CONFIRMED), ("can", Confirmation.CONTRADICTED), (..., Confirmation.UNCONFIRMED)],
)
def test_the_world_has_the_last_word(holding: object, confirmation: Confirmation) -> None:
    state = StateStore()
    if holding is not ...:
        state.set("robot.holding", holding, source="test:robot")
    said, evidence = prove(state, HOLDING)
    assert said is confirmation
    assert bool(evidence) == (confirmation is not Confirmation.CONFIRMED)


def test_the_world_may_take_a_moment_to_come_to_rest() -> None:
    async def scenario() -> Confirmation:
        state = StateStore()
        state.set("robot.holding", None, source="test:robot")
        proving = asyncio.ensure_future(GoalProof(state, WallClock()).prove((HOLDING,), within_s=10))
        await asyncio.sleep(0)
        state.set("robot.holding", "cup", source="test:robot")
        return (await proving).confirmation

    assert asyncio.run(scenario()) is Confirmation.CONFIRMED


def test_no_goals_need_no_proof() -> None:
    assert prove(StateStore()) == (Confirmation.NONE, ())
