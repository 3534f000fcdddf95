"""A scenario: what a person says, and what must then be true of the world."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import yaml
from pydantic import ValidationError

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.resources import share_folder
from taskmatrix_ros.expressions.expression import Expression


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
    """One instruction and its goals."""

    say: str
    goals: tuple[Goal, ...] = ()


class Scenario(Frozen):
    """A whole scenario file of ``sim/scenarios``."""

    scenario: str
    description: str = ""
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
