"""A written history of state, to try rules over."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
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
from taskmatrix_ros.store.state_history import History

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
    rules: Sequence[Rule],
    story: Scenario | History,
    from_at: datetime,
    to_at: datetime,
    place: HomePlace,
    *,
    sets: Mapping[str, Mapping[str, Any]] | None = None,
) -> tuple[Trace, ...]:
    """Try rules over a scenario, or over what was recorded; nothing is done and nothing is kept.

    :param to_at: at most a year after ``from_at``.
    :param sets: by rule, what its code sets for certain: of two that differ at one moment only one has its way.
    :returns: what would have happened, oldest first.
    :raises ValueError: the span is empty or too long.
    """
    if not timedelta() < to_at - from_at <= _LONGEST:
        raise ValueError(f"from {from_at.isoformat()} to {to_at.isoformat()} is no span; up to a year is allowed")
    # Rules that are off are tried as if they were on: that is what trying is for.
    live = [rule.model_copy(update={"enabled": True}) for rule in rules]
    if isinstance(story, History):
        changes = (StateChange(change.at, change.key, change.value) for change in story.changes)
        return Simulation(live, place, sets=sets).run(from_at, to_at, changes, story.state)[0]
    history = _history(story, place)
    return Simulation(live, place, run_s=story.run_s, sets=sets).run(from_at, to_at, history, story.state)[0]


def _history(scenario: Scenario, place: HomePlace) -> list[StateChange | Happening]:
    history: list[StateChange | Happening] = []
    for step in sorted(scenario.steps, key=lambda known: place.utc(known.at)):
        at = place.utc(step.at)
        history += (StateChange(at, key, value) for key, value in step.set.items())
        if step.event is not None:
            history.append(Happening(at, step.event, step.data))
    return history


def as_home_shows(trace: Trace, place: HomePlace) -> Trace:
    """Give a line of a rule's story with its moment as the home's clocks show it."""
    return trace.but(at=place.local(trace.at))


def explain(rule: Rule, traces: Sequence[Trace], due: datetime | None, place: HomePlace) -> str:
    """Tell in one line how a rule fares, as the home's clocks show it. :param traces: newest first."""
    parts = ["it is off"] if not rule.enabled else []
    if due is not None:
        parts.append(f"next at {place.local(due).isoformat()}")
    if traces:
        last = traces[0]
        parts.append(f"last {last.verdict.value} at {place.local(last.at).isoformat()}: {last.why}")
    else:
        parts.append("no trigger of it has fired yet")
    return f"{rule.words}: {'; '.join(parts)}"
