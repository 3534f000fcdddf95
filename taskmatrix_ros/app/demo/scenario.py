"""A scenario: what a person says, and what must then be true of the world."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import yaml
from pydantic import Field, ValidationError, field_validator

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.resources import share_folder
from taskmatrix_ros.core.rule import parse_time
from taskmatrix_ros.expressions.expression import Expression

SETTLE_S = 15.0
"""Wall seconds the world may take to come to rest after an instruction before its goals are judged."""


class Goal(Frozen):
    """``holds``: CEL over ``state``, the world's truth; ``what`` says it in words."""

    what: str
    holds: str

    def check(self, truth: Mapping[str, Any]) -> tuple[bool, str]:
        """Judge. :returns: whether it holds, and the values or the error it was judged by."""
        expression = Expression.parse(self.holds)
        held, reason = expression.holds(state=truth, args={}, now=datetime.now(UTC))
        seen = ", ".join(f"{key} = {truth.get(key)!r}" for key in sorted(expression.state_keys))
        return held, seen if held or not reason else f"{seen} ({reason})"


class Step(Frozen):
    """One instruction and its goals; each of the parts may be left out.

    ``note``: what a person who watches is told first. ``clock``: the home's time jumps to that time of day, ``day``
    days after the first. ``outside_c``: from now on it is so warm outside. ``within_s``: wall seconds until the goals
    hold, at the latest; ``hold_s``: wall seconds for which they must hold.
    """

    note: str = ""
    clock: str = ""
    day: int = Field(default=0, ge=0, le=30)
    outside_c: float | None = None
    say: str = ""
    goals: tuple[Goal, ...] = ()
    within_s: float = Field(default=SETTLE_S, ge=0, le=120)
    hold_s: float = Field(default=0.0, ge=0, le=60)

    @field_validator("clock")
    @classmethod
    def _is_time(cls, text: str) -> str:
        if text:
            parse_time(text)
        return text


class Scenario(Frozen):
    """A whole scenario file of ``sim/scenarios``.

    ``world``: of ``sim/worlds``, in which it plays.
    ``daily_life``: the home has weather, news, a calendar and a car, served on this machine, and a clock that jumps.
    """

    scenario: str
    description: str = ""
    world: str = "home"
    daily_life: bool = False
    steps: tuple[Step, ...]


def load_scenario(name: str) -> Scenario:
    """Read a scenario by name.

    :raises ConfigError: there is none of that name, or it is wrong.
    """
    folder = share_folder() / "sim" / "scenarios"
    path = folder / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(entry.stem for entry in folder.glob("*.yaml")))
        raise ConfigError(f"scenario '{name}' is unknown; there are {known}")
    try:
        return Scenario.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"scenario {path}: {error}; correct the file") from error
