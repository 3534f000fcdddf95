"""Robot instructions with a written plan each, and whether ours leaves the things in the same places.

:source: the say-can data set, version 0, CC BY 4.0. It is not shipped; ``config/bench/saycan_kitchen.json`` is a
    kitchen with the things and places that its plans name.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from taskmatrix_ros.app.home.home_planning import HomePlan, HomePlanning, PlanStatus
from taskmatrix_ros.bench.symbolic_kitchen import Infeasible, SymbolicKitchen, follow_calls
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.home import Home
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.registry.home_snapshot import HomeSnapshot

FOLDER = "saycan_plans"
FILE = "saycan_plan_v0.derived.jsonl"
KITCHEN = "config/bench/saycan_kitchen.json"


@dataclass(frozen=True, slots=True)
class SaycanCase:
    """An instruction and the steps of its written plan."""

    key: str
    instruction: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SaycanResult:
    """How one went.

    ``reached``: the things end where the written plan leaves them. ``moved_wrongly``: things that were moved and that
    the written plan does not move.
    """

    case: SaycanCase
    plan: HomePlan
    reached: bool
    moved_wrongly: tuple[str, ...]
    why: str = ""


def load_saycan(data: Path) -> tuple[SaycanCase, ...]:
    """Read the set from a folder of data sets.

    :raises ConfigError: it is not there, or a line is wrong.
    """
    path = data / FOLDER / FILE
    try:
        lines = path.read_text("utf-8").splitlines()
        rows = [json.loads(line) for line in lines if line.strip()]
        return tuple(SaycanCase(str(row["id"]), row["instruction"], tuple(row["steps"])) for row in rows)
    except OSError as error:
        raise ConfigError(
            f"'{path}' cannot be read: {error.strerror}; give the data sets' folder with --data"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"'{path}' is no JSON Lines file of id, instruction and steps: {error}") from error


def kitchen() -> HomeSnapshot:
    """Give the kitchen that all of the set plays in."""
    return HomeSnapshot.load(resource(KITCHEN))


async def run_saycan(cases: Sequence[SaycanCase], home: Home) -> tuple[SaycanResult, ...]:
    """Plan every instruction and compare.

    :raises ConfigError: a written plan names a thing or place that the kitchen lacks.
    """
    planning = HomePlanning(home)
    await planning.open()
    try:
        return tuple([judge(case, await planning.plan(case.instruction), home) for case in cases])
    finally:
        await planning.close()


def judge(case: SaycanCase, plan: HomePlan, home: Home) -> SaycanResult:
    """Compare what a plan does to the things with what the written one does.

    :raises ConfigError: as ``run_saycan``.
    """
    gold = SymbolicKitchen(home)
    gold.follow(case.steps)
    if plan.status is not PlanStatus.PLANNED:
        return SaycanResult(case, plan, reached=False, moved_wrongly=(), why=plan.question or plan.answer)
    try:
        ours = follow_calls(home, plan.calls)
    except Infeasible as error:
        return SaycanResult(case, plan, reached=False, moved_wrongly=(str(error),), why=str(error))
    wrong = tuple((ours.moved() - gold.moved()).elements())
    reached = ours.ends() == gold.ends()
    why = "" if reached else f"moves {sorted(ours.moved())}, the written plan {sorted(gold.moved())}"
    return SaycanResult(case, plan, reached=reached, moved_wrongly=wrong, why=why)
