"""Whether the world, at the end of a run, is as its outline wanted it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from taskmatrix_ros.core.clocks import HomeClock
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.outcome import Confirmation
from taskmatrix_ros.core.outline import Outline
from taskmatrix_ros.core.run import Rehearsed
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.expressions.expression import Expression

SETTLE_S = 3.0
"""Steady seconds that the world may take to come to rest after the last call."""


@dataclass(frozen=True, slots=True)
class GoalReport:
    """``evidence``: one line for each goal that is not confirmed."""

    confirmation: Confirmation
    evidence: tuple[str, ...] = ()


def final_goals(outline: Outline, rehearsed: Rehearsed, state: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    """Give the goals that should hold at the end: those of steps whose effect no later step takes back.

    They are the ones that hold in the world the rehearsal foretold.

    :param state: what was known when it was rehearsed.
    """
    foretold = {**state, **{key: after for key, (_before, after) in rehearsed.diff.items()}}
    goals = []
    for step in outline.steps:
        if step.goal is None:
            continue
        try:
            holds, _evidence = Expression.parse(step.goal).decide(foretold, {}, now=now)
        except (ConfigError, ValueError):
            continue
        if holds:
            goals.append(step.goal)
    return tuple(dict.fromkeys(goals))


class GoalProof:
    """Reads goals back."""

    def __init__(self, state: StateStore, clock: HomeClock) -> None:
        self._state = state
        self._clock = clock

    async def prove(self, goals: Sequence[str], *, within_s: float = SETTLE_S) -> GoalReport:
        """Wait until every goal holds, ``within_s`` at most.

        :returns: contradicted if the world says of one that it does not hold; unconfirmed if it says nothing of one.
        """
        if not goals:
            return GoalReport(Confirmation.NONE)
        expressions = [Expression.parse(goal) for goal in goals]
        keys = tuple(dict.fromkeys(key for expression in expressions for key in expression.keys_for({})))
        arrived = asyncio.Event()
        undo = self._state.watch(lambda _value: arrived.set(), keys)
        try:
            async with asyncio.timeout(within_s):
                while (report := self._look(expressions, keys)).confirmation is not Confirmation.CONFIRMED:
                    arrived.clear()
                    await arrived.wait()
        except TimeoutError:
            report = self._look(expressions, keys)
        finally:
            undo()
        return report

    def _look(self, expressions: Sequence[Expression], keys: Sequence[str]) -> GoalReport:
        known, now = self._state.known(keys), self._clock.now()
        said = [expression.decide(known, {}, now=now) for expression in expressions]
        if all(holds for holds, _ in said):
            return GoalReport(Confirmation.CONFIRMED)
        false = any(holds is False for holds, _ in said)
        lines = tuple(evidence for holds, evidence in said if not holds)
        return GoalReport(Confirmation.CONTRADICTED if false else Confirmation.UNCONFIRMED, lines)
