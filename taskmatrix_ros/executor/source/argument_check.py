"""One answer to the question whether a value may be sent: the verifier, the rehearsal and the Gate all ask here."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.parameter_spec import ParameterSpec, ValueType

MAX_ARGUMENT_BYTES = 64_000
SHORT = 200
"""JSON bytes of one call's arguments: more is no command of a person, and every device after this would pay for it."""

MAX_MESSAGE = 300
"""Characters of a problem: the value in it may be long."""

_EXACT = 2**53
"""Largest whole number that a double carries exactly; all numbers are doubles on their way to a device."""


def nearest(name: str, allowed: Iterable[str]) -> str | None:
    """Give the allowed name that a misspelt one most likely meant."""
    found = difflib.get_close_matches(name, list(allowed), n=1, cutoff=0.6)
    return found[0] if found else None


def value_problem(spec: ParameterSpec, value: Any) -> str | None:
    """Say what is wrong with one value, or None: ``140 is outside 0..100 pct``."""
    problem = _plain_problem(value) or spec.problem(value)
    return problem and (problem if len(problem) <= MAX_MESSAGE else problem[:MAX_MESSAGE] + "…")


def argument_problems(document: ApiDocument, arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """Say everything that is wrong with the arguments of one call, one line each; empty if they may be sent."""
    problems = [unknown_argument(document, name) for name in arguments if name not in document.parameters]
    for name, spec in document.parameters.items():
        if problem := value_problem(spec, arguments.get(name, spec.default)):
            problems.append(f"{name} {problem}")
    if not problems and any(map(_may_be_long, arguments.values())):
        size = len(json.dumps(dict(arguments), default=str))
        if size > MAX_ARGUMENT_BYTES:
            problems.append(f"the arguments have {size} bytes, {MAX_ARGUMENT_BYTES} are allowed")
    return tuple(problems)


def _may_be_long(value: Any) -> bool:
    """Whether it is worth measuring; the parameters of a document are few, so short values stay short together."""
    return isinstance(value, list | tuple | dict) or (isinstance(value, str) and len(value) > SHORT)


def unknown_argument(document: ApiDocument, name: str) -> str:
    """Say that there is no such parameter, and which there are."""
    known = ", ".join(document.parameters) or "none"
    meant = nearest(name, document.parameters)
    return f"{name} is not a parameter; allowed: {known}" + (f"; did you mean {meant}?" if meant else "")


def allowed_values(spec: ParameterSpec) -> str:
    """Describe what a parameter may be, for a repair: ``a number in 16..30 c``, ``one of 'on', 'off'``."""
    if spec.enum is not None:
        return "one of " + ", ".join(map(repr, spec.enum))
    text = ("an " if spec.type in (ValueType.INTEGER, ValueType.OBJECT, ValueType.ARRAY) else "a ") + spec.type.value
    if spec.minimum is not None or spec.maximum is not None:
        low = "" if spec.minimum is None else f"{spec.minimum:g}"
        high = "" if spec.maximum is None else f"{spec.maximum:g}"
        text += f" in {low}..{high}"
    return text + (f" {spec.unit}" if spec.unit else "")


def printable(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Make refused arguments fit for journal and screen: what is no plain data or long becomes a short text."""
    shown = {}
    for name, value in arguments.items():
        plain = _plain_problem(value) is None and len(json.dumps(value)) <= MAX_MESSAGE
        shown[name] = value if plain else _excerpt(value)
    return shown


def _excerpt(value: Any) -> str:
    kind = type(value).__name__
    if isinstance(value, str):
        return value[:MAX_MESSAGE].encode(errors="replace").decode().replace("\0", "?") + "…"
    return repr(value) if isinstance(value, float) else f"({kind})"


def _plain_problem(value: Any) -> str | None:
    """Say why a value is not plain data, at any depth."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return None if abs(value) <= _EXACT else "a whole number beyond 2**53 has no exact double"
    if isinstance(value, float):
        return None if math.isfinite(value) else f"{value!r} is not a finite number"
    if isinstance(value, str):
        return None if _is_text(value) else "the text holds a lone surrogate or a NUL"
    if isinstance(value, list | tuple):
        return next(filter(None, map(_plain_problem, value)), None)
    if isinstance(value, dict):
        if wrong := next((key for key in value if not isinstance(key, str)), None):
            return f"key {wrong!r} is not a text"
        return next(filter(None, map(_plain_problem, value.values())), None)
    return f"a {type(value).__name__} is not plain data"


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value
