"""The functions of expressions that CEL lacks or that would give integers where all numbers are doubles."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cel import stdlib

# The library logs each failing function on top of raising; the error itself is what becomes evidence.
logging.getLogger("cel").setLevel(logging.ERROR)

MACROS = frozenset({"all", "exists", "exists_one", "map", "filter"})
"""``list.macro(name, expression)``: they bind ``name``."""

NATIVE = frozenset(
    {
        "has",
        "double",
        "string",
        "bytes",
        "timestamp",
        "duration",
        "dyn",
        "contains",
        "startsWith",
        "endsWith",
        "matches",
    }
)
"""Functions the library performs itself, with doubles and strings only."""


def to_cel(value: Any) -> Any:
    """Give a value as expressions see it: numbers are doubles, tuples are lists, keys are strings."""
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return float(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): to_cel(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_cel(item) for item in value]
    return value


def _whole(value: Any) -> Any:
    """Undo ``to_cel`` for functions that want an integer: a count, a position."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return value


def _adapt(function: Callable[..., Any]) -> Callable[..., Any]:
    def adapted(*given: Any) -> Any:
        return to_cel(function(*map(_whole, given)))

    return adapted


def _size(value: Any) -> float:
    return float(len(value))


def _int(value: Any) -> float:
    if isinstance(value, datetime):
        return float(math.floor(value.timestamp()))
    return float(math.trunc(float(value)))


def text_of(value: Any) -> str:
    """Write a value as ``string()`` does: 5.0 as ``5``, true as ``true``, times in ISO 8601.

    :raises ValueError: null, a list or a map.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{text_of(value / timedelta(seconds=1))}s"
    raise ValueError(f"{value!r} has no text")


def _mod(dividend: float, divisor: float) -> float:
    return math.fmod(dividend, divisor)


def _in_zone(moment: datetime, zone: str | None) -> datetime:
    if zone is None:
        return moment.astimezone(UTC)
    try:
        return moment.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{zone!r} is no time zone; name one like 'Europe/Berlin'") from error


def _part(of_moment: Callable[[datetime], float], of_duration: Callable[[timedelta], float] | None = None) -> Any:
    """Make a getter over timestamps in UTC or the zone given, and over durations where CEL has it."""

    def part(value: Any, zone: str | None = None) -> float:
        if isinstance(value, datetime):
            return float(of_moment(_in_zone(value, zone)))
        if isinstance(value, timedelta) and of_duration is not None:
            return float(math.trunc(of_duration(value)))
        raise ValueError(f"{value!r} is neither timestamp nor duration")

    return part


_GETTERS: dict[str, Callable[..., Any]] = {
    "getFullYear": _part(lambda t: t.year),
    "getMonth": _part(lambda t: t.month - 1),
    "getDate": _part(lambda t: t.day),
    "getDayOfMonth": _part(lambda t: t.day - 1),
    "getDayOfWeek": _part(lambda t: t.isoweekday() % 7),
    "getDayOfYear": _part(lambda t: t.timetuple().tm_yday - 1),
    "getHours": _part(lambda t: t.hour, lambda d: d / timedelta(hours=1)),
    "getMinutes": _part(lambda t: t.minute, lambda d: d / timedelta(minutes=1)),
    "getSeconds": _part(lambda t: t.second, lambda d: d / timedelta(seconds=1)),
    "getMilliseconds": _part(lambda t: t.microsecond // 1000, lambda d: d / timedelta(milliseconds=1)),
}

_BORROWED = (
    *("min", "max", "sum"),
    *("charAt", "indexOf", "lastIndexOf", "substring", "replace", "split", "join", "lowerAscii", "upperAscii", "trim"),
    *("math.greatest", "math.least", "math.abs", "math.sign", "math.ceil", "math.floor", "math.round", "math.trunc"),
    *("math.isNaN", "math.isInf", "math.isFinite", "math.sqrt"),
    *("distinct", "flatten", "slice", "sort"),
)

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "size": _size,
    "int": _int,
    "string": text_of,
    "mod": _mod,
    **_GETTERS,
    **{name: _adapt(stdlib.STDLIB_FUNCTIONS[name]) for name in _BORROWED},
}
"""Functions of ours by name; the rewriter lets them stand in for the library's own.

``size`` counts characters, ``int`` cuts towards zero and gives a double, the getters take an optional zone name.
:source: CEL standard definitions; the extension functions come with the library's ``stdlib``.
"""

NAMESPACES = frozenset(name.split(".")[0] for name in FUNCTIONS if "." in name)

INDEX = _whole
"""Turns a double into the integer that a list index must be."""
