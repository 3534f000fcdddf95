"""A written history of state, to try rules over."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import Field, ValidationError

from taskmatrix_ros.core.errors import ManifestError
from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.rule import Rule, Trace
from taskmatrix_ros.registry.findings import Findings
from taskmatrix_ros.registry.shape_errors import report_shape
from taskmatrix_ros.registry.yaml_reader import read_yaml
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.rules.simulation import Happening, Simulation, StateChange

_LONGEST = timedelta(days=366)


class Step(Frozen):
    """At a moment, some keys of state change, or an event happens. ``at`` without offset is the home's time."""

    at: datetime
    set: dict[str, Any] = Field(default_factory=dict)
    event: str | None = None
    data: dict[str, Any] = Field(default_factory=dict)


class Scenario(Frozen):
    """What is known at the beginning, and what happens then. ``run_s``: how long each run would take, in seconds."""

    state: dict[str, Any] = Field(default_factory=dict)
    steps: tuple[Step, ...] = Field(default=(), alias="history")
    run_s: float = Field(default=0.0, ge=0, le=86400)


def parse_scenario(text: str, file: str) -> Scenario:
    """Read a scenario in YAML. :raises ManifestError: every finding with line and remedy."""
    document = read_yaml(text, file)
    findings = Findings(document)
    if not document.problems:
        try:
            return Scenario.model_validate_json(json.dumps(document.value or {}), strict=True)
        except ValidationError as error:
            report_shape(error, document.value, findings, Scenario.model_json_schema(by_alias=True))
    raise ManifestError([*document.problems, *findings.found])


def simulate(
    rules: Sequence[Rule], scenario: Scenario, from_at: datetime, to_at: datetime, place: HomePlace
) -> tuple[Trace, ...]:
    """Try rules over a scenario; nothing is done and nothing is kept.

    :param to_at: at most a year after ``from_at``.
    :returns: what would have happened, oldest first.
    :raises ValueError: the span is empty or too long.
    """
    if not timedelta() < to_at - from_at <= _LONGEST:
        raise ValueError(f"from {from_at.isoformat()} to {to_at.isoformat()} is no span; up to a year is allowed")
    history: list[StateChange | Happening] = []
    for step in sorted(scenario.steps, key=lambda known: place.utc(known.at)):
        at = place.utc(step.at)
        history += (StateChange(at, key, value) for key, value in step.set.items())
        if step.event is not None:
            history.append(Happening(at, step.event, step.data))
    # Rules that are off are tried as if they were on: that is what trying is for.
    live = [rule.model_copy(update={"enabled": True}) for rule in rules]
    return Simulation(live, place, run_s=scenario.run_s).run(from_at, to_at, history, scenario.state)[0]


def explain(rule: Rule, traces: Sequence[Trace], due: datetime | None) -> str:
    """Tell in one line how a rule fares. :param traces: newest first."""
    parts = ["it is off"] if not rule.enabled else []
    if due is not None:
        parts.append(f"next at {due.isoformat()}")
    if traces:
        last = traces[0]
        parts.append(f"last {last.verdict.value} at {last.at.isoformat()}: {last.why}")
    else:
        parts.append("no trigger of it has fired yet")
    return f"{rule.words}: {'; '.join(parts)}"
