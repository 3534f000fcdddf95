"""The number that "a bit warmer" moves, and where to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.approval import ForetoldCall
from taskmatrix_ros.core.conversation import Turn
from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.parameter_spec import ParameterSpec, ValueType
from taskmatrix_ros.core.ports import Catalogue
from taskmatrix_ros.expressions.key_template import expand_key
from taskmatrix_ros.planner.talk.follow_up import FollowUp

_STEPS = {"c": 1.0, "f": 2.0, "pct": 10.0}
_BY_NAME = (("temp", 1.0), ("bright", 10.0), ("pct", 10.0), ("percent", 10.0))
_SHARE = 0.1
"""Of the allowed range, where the unit has no usual step."""
_ABOUT = {
    **dict.fromkeys(("warmer", "hotter", "cooler", "colder"), ("temp", "_c", "_f")),
    **dict.fromkeys(("brighter", "dimmer", "darker", "lighter"), ("bright",)),
    **dict.fromkeys(("louder", "quieter", "softer"), ("vol",)),
}
_UNITS = {"pct": " percent", "c": " degrees", "f": " degrees"}
_LOOKED_THROUGH = 2_000
"""Documents: in a larger catalogue only the API of the turn itself is moved."""


@dataclass(frozen=True, slots=True)
class Nudge:
    """``call``: what moves the value; ``old_text`` and ``new_text``: the value as it is said, before and after."""

    call: ForetoldCall
    old_text: str
    new_text: str
    unit_text: str


def nudge(turn: Turn, follow_up: FollowUp, text: str, catalogue: Catalogue, state: Mapping[str, Any]) -> Nudge | None:
    """Find the number that a turn was about, and move it.

    :raises PlanningError: ``LIMIT``: it is at its end already.
    """
    word = next((about for about in _ABOUT if about in text.casefold().split()), "")
    for call in reversed(turn.calls):
        for document, name, spec in _numbers(call, catalogue, _ABOUT.get(word, ())):
            given = {key: value for key, value in call.arguments.items() if key in document.parameters}
            value = _value(document, name, given, state)
            if value is None:
                continue
            new = _moved(value, name, spec, follow_up)
            if new == value:
                said = f"offline planner: {document.name} {name} is {value:g} already, and goes no further"
                raise PlanningError(said, code="LIMIT")
            return Nudge(
                call=ForetoldCall(api=document.name, arguments={**given, name: new}),
                old_text=f"{value:g}",
                new_text=f"{new:g}",
                unit_text=_UNITS.get(spec.unit or "", ""),
            )
    return None


def _numbers(
    call: ForetoldCall, catalogue: Catalogue, about: tuple[str, ...]
) -> Iterator[tuple[ApiDocument, str, ParameterSpec]]:
    """Give the numeric parameters of a call's API, then those of others that work on the same thing."""
    own = catalogue.get(call.api)
    if own is None:
        return
    documents = catalogue.documents()
    near = set(_resources(own, call.arguments))
    others = [each for each in documents if near & set(_resources(each, call.arguments))]
    for document in [own, *(others if len(documents) <= _LOOKED_THROUGH else ())]:
        for name, spec in document.parameters.items():
            is_number = spec.type in (ValueType.NUMBER, ValueType.INTEGER)
            if is_number and (not about or any(part in name for part in about)):
                yield document, name, spec


def _resources(document: ApiDocument, arguments: Mapping[str, Any]) -> Iterator[str]:
    for resource in document.resources:
        try:
            yield expand_key(resource, arguments)
        except ValueError:
            continue


def _value(document: ApiDocument, name: str, given: Mapping[str, Any], state: Mapping[str, Any]) -> float | None:
    """Give the value as the world shows it, else as it was asked for."""
    for template, source in document.sets.items():
        if f"args.{name}" not in source or "args." not in source:
            continue
        try:
            known = state.get(expand_key(template, given))
        except ValueError:
            continue
        if isinstance(known, int | float) and not isinstance(known, bool):
            return known
    asked = given.get(name)
    return asked if isinstance(asked, int | float) and not isinstance(asked, bool) else None


def _moved(value: float, name: str, spec: ParameterSpec, follow_up: FollowUp) -> float:
    usual = _STEPS.get(spec.unit or "") or next((step for part, step in _BY_NAME if part in name), None)
    if usual is None:
        low, high = spec.minimum, spec.maximum
        usual = 1.0 if low is None or high is None else max((high - low) * _SHARE, 1e-6)
    amount = follow_up.amount if follow_up.amount is not None else usual * follow_up.step
    new = value + follow_up.way * amount
    if spec.minimum is not None:
        new = max(new, spec.minimum)
    if spec.maximum is not None:
        new = min(new, spec.maximum)
    return int(new) if float(new).is_integer() else round(new, 3)
