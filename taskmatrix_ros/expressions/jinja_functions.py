"""The functions and filters that templates of MQTT devices use, as Home Assistant's documentation describes them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
import re
import statistics
import unicodedata
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import regex

from taskmatrix_ros.expressions.jinja_budget import MAX_TEXT, bounded, guard_format, guard_replace

_REGEX_S = 0.05
"""A pattern that backtracks longer gives no result."""

_MISSING: Any = object()
_TRUE = frozenset({"true", "yes", "on", "enable", "1"})
_FALSE = frozenset({"false", "no", "off", "disable", "0"})


class BadValue(ValueError):
    """A function cannot do anything with what it was given; one line."""


def to_float(value: Any, default: Any = _MISSING) -> Any:
    """Make a double of a number or text."""
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        return _default(default, f"{_shown(value)} is no number", error)


def to_int(value: Any, default: Any = _MISSING, base: int = 10) -> Any:
    """Make an integer, cut off towards zero."""
    try:
        if isinstance(value, str) and base != 10:
            return int(value, base)
        return int(float(value)) if isinstance(value, str) and not _is_whole(value) else int(value)
    except (TypeError, ValueError, OverflowError) as error:
        return _default(default, f"{_shown(value)} is no integer", error)


def to_bool(value: Any, default: Any = _MISSING) -> Any:
    """Make a truth of what usually says one."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value != 0
    word = str(value).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    return _default(default, f"{_shown(value)} is neither true nor false", None)


def rounded(value: Any, precision: int = 0, method: str = "common", default: Any = _MISSING) -> Any:
    """Round, an integer where no decimals are asked for; ``method`` is common, ceil, floor or half."""
    try:
        number = float(value)
        scale = 10.0 ** min(12, max(-12, precision))
        if method == "ceil":
            result = math.ceil(number * scale) / scale
        elif method == "floor":
            result = math.floor(number * scale) / scale
        elif method == "half":
            result = round(number * 2) / 2
        else:
            result = round(number, precision)
        return int(result) if precision == 0 and method != "half" else result
    except (TypeError, ValueError, OverflowError) as error:
        return _default(default, f"{_shown(value)} cannot be rounded", error)


def iif(value: Any, if_true: Any = True, if_false: Any = False, if_none: Any = _MISSING) -> Any:
    """Choose by a truth."""
    if value is None and if_none is not _MISSING:
        return if_none
    return if_true if bool(value) else if_false


def is_number(value: Any) -> bool:
    """Whether it can be read as a finite number."""
    try:
        return math.isfinite(float(value))
    except (TypeError, ValueError):
        return False


def from_json(value: Any, default: Any = _MISSING) -> Any:
    """Parse JSON."""
    try:
        return json.loads(value)
    except (TypeError, ValueError, RecursionError) as error:
        return _default(default, f"{_shown(value)} is no JSON", error)


def to_json(value: Any, *_args: Any, **_options: Any) -> str:
    """Write JSON, without blanks after separators as Home Assistant writes it."""
    try:
        return json.dumps(bounded(value), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BadValue(f"{_shown(value)} cannot be written as JSON") from error


def _arithmetic(compute: Callable[..., float]) -> Callable[..., Any]:
    def apply(value: Any, *more: Any, default: Any = _MISSING) -> Any:
        try:
            return compute(float(value), *map(float, more))
        except (TypeError, ValueError, OverflowError, ZeroDivisionError) as error:
            return _default(default, f"{_shown(value)} cannot be computed with", error)

    return apply


def _multiply(value: Any, factor: Any) -> Any:
    product = to_float(value) * to_float(factor)
    whole = isinstance(value, int) and isinstance(factor, int)
    return int(product) if whole else product


def _add(value: Any, more: Any) -> Any:
    total = to_float(value) + to_float(more)
    return int(total) if isinstance(value, int) and isinstance(more, int) else total


def _as_datetime(value: Any, default: Any = _MISSING) -> Any:
    if isinstance(value, datetime):
        return value
    try:
        if is_number(value):
            return datetime.fromtimestamp(float(value), UTC)
        found = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError) as error:
        return _default(default, f"{_shown(value)} is no moment", error)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _as_timestamp(value: Any, default: Any = _MISSING) -> Any:
    found = _as_datetime(value, default)
    return found.timestamp() if isinstance(found, datetime) else found


def _timestamp_custom(value: Any, form: str = "%Y-%m-%d %H:%M:%S", local: bool = True, default: Any = _MISSING) -> Any:
    guard_format(form.replace("%Y", ""))
    try:
        moment = datetime.fromtimestamp(float(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        return _default(default, f"{_shown(value)} is no moment", error)
    return (moment.astimezone() if local else moment).strftime(form)


def _strptime(value: Any, form: Any = "", default: Any = _MISSING) -> Any:
    try:
        return datetime.strptime(_text(value), _text(form))  # noqa: DTZ007 - a template may well mean no zone
    except (TypeError, ValueError, re.error) as error:
        return _default(default, f"{_shown(value)} is no moment in the form {_shown(form)}", error)


def _timedelta(**parts: Any) -> timedelta:
    try:
        return timedelta(**{name: float(value) for name, value in parts.items()})
    except (TypeError, ValueError, OverflowError) as error:
        raise BadValue("a duration that cannot be computed") from error


def _statistic(compute: Callable[[list[float]], float]) -> Callable[..., Any]:
    def apply(*values: Any, default: Any = _MISSING) -> Any:
        given = values[0] if len(values) == 1 and not isinstance(values[0], str | int | float) else values
        try:
            return compute([float(value) for value in given])
        except (TypeError, ValueError, statistics.StatisticsError) as error:
            return _default(default, "not all of it are numbers", error)

    return apply


def _zip(*lists: Iterable[Any]) -> list[tuple[Any, ...]]:
    return list(zip(*(bounded(list(one)) for one in lists), strict=False))


def _slugify(value: Any, separator: str = "_") -> str:
    plain = unicodedata.normalize("NFKD", _text(value)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", separator.replace("\\", ""), plain).strip(separator)


def _base64_decode(value: Any, encoding: str = "utf-8") -> Any:
    try:
        raw = base64.b64decode(_text(value))
        return raw.decode(encoding) if encoding else raw
    except (binascii.Error, ValueError, LookupError) as error:
        raise BadValue(f"{_shown(value)} is no base64 of a text") from error


def _digest(name: str) -> Callable[[Any], str]:
    return lambda value: hashlib.new(name, _text(value).encode(), usedforsecurity=False).hexdigest()


def _regex_match(value: Any, pattern: str = "", ignorecase: bool = False) -> bool:
    return _search("match", value, pattern, ignorecase) is not None


def _regex_search(value: Any, pattern: str = "", ignorecase: bool = False) -> bool:
    return _search("search", value, pattern, ignorecase) is not None


def _regex_replace(value: Any, find: str = "", replace: str = "", ignorecase: bool = False) -> str:
    text = _text(value)
    try:
        return str(bounded(_compiled(find, ignorecase).sub(replace, text, timeout=_REGEX_S, count=1000)))
    except (TimeoutError, regex.error, IndexError) as error:
        raise BadValue(f"pattern {_shown(find)} cannot be used") from error


def _regex_findall(value: Any, pattern: str = "", ignorecase: bool = False) -> list[Any]:
    try:
        return list(_compiled(pattern, ignorecase).findall(_text(value), timeout=_REGEX_S))
    except TimeoutError as error:
        raise BadValue(f"pattern {_shown(pattern)} takes too long") from error


def _regex_findall_index(value: Any, pattern: str = "", index: int = 0, ignorecase: bool = False) -> Any:
    found = _regex_findall(value, pattern, ignorecase)
    if not -len(found) <= index < len(found):
        raise BadValue(f"pattern {_shown(pattern)} is found {len(found)} times")
    return found[index]


def _search(how: str, value: Any, pattern: str, ignorecase: bool) -> Any:
    compiled = _compiled(pattern, ignorecase)
    try:
        return (compiled.match if how == "match" else compiled.search)(_text(value), timeout=_REGEX_S)
    except TimeoutError as error:
        raise BadValue(f"pattern {_shown(pattern)} takes too long") from error


def _compiled(pattern: str, ignorecase: bool) -> Any:
    try:
        return regex.compile(pattern[:1000], regex.IGNORECASE if ignorecase else 0)
    except (regex.error, TypeError) as error:
        raise BadValue(f"{_shown(pattern)} is no pattern: {error}") from error


def _replace(value: Any, old: Any, new: Any, count: int = -1) -> str:
    text, was, becomes = _text(value), _text(old), _text(new)
    guard_replace(text, was, becomes)
    return text.replace(was, becomes, -1 if count is None else count)


def _format(value: Any, *args: Any) -> str:
    guard_format(_text(value))
    return _text(value) % args


def _join(value: Any, between: str = "", attribute: Any = None) -> str:
    items = [bounded(item[attribute] if attribute is not None else item) for item in value]
    texts = [_text(item) for item in items]
    if sum(map(len, texts)) + len(texts) * len(between) > MAX_TEXT:
        raise BadValue("it joins too much")
    return between.join(texts)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(bounded(value))


def _range(*limits: int) -> range:
    made = range(*limits)
    if len(made) > 1000:
        raise BadValue("a range of more than 1000")
    return made


def _is_whole(text: str) -> bool:
    return text.strip().lstrip("+-").isdigit()


def _default(default: Any, problem: str, cause: Exception | None) -> Any:
    if default is _MISSING:
        raise BadValue(f"{problem}, and there is no default") from cause
    return default


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str | int | float | bool) or value is None else type(value).__name__
    return text if len(text) <= 60 else text[:57] + "..."


FILTERS: dict[str, Callable[..., Any]] = {
    "float": to_float,
    "int": to_int,
    "bool": to_bool,
    "round": rounded,
    "iif": iif,
    "is_number": is_number,
    "from_json": from_json,
    "to_json": to_json,
    "tojson": to_json,
    "multiply": _multiply,
    "add": _add,
    "log": _arithmetic(math.log),
    "sqrt": _arithmetic(math.sqrt),
    "bitwise_and": lambda value, other: to_int(value) & to_int(other),
    "bitwise_or": lambda value, other: to_int(value) | to_int(other),
    "ord": lambda value: ord(_text(value)[:1]),
    "bitwise_xor": lambda value, other: to_int(value) ^ to_int(other),
    "average": _statistic(statistics.fmean),
    "median": _statistic(statistics.median),
    "slugify": _slugify,
    "urlencode": lambda value: quote(_text(value)),
    "base64_encode": lambda value: base64.b64encode(_text(value).encode()).decode(),
    "base64_decode": _base64_decode,
    "md5": _digest("md5"),
    "sha1": _digest("sha1"),
    "sha256": _digest("sha256"),
    "as_local": lambda value: _as_datetime(value).astimezone(),
    "as_datetime": _as_datetime,
    "as_timestamp": _as_timestamp,
    "timestamp_custom": _timestamp_custom,
    "timestamp_local": lambda value: _as_datetime(value).astimezone().isoformat(),
    "timestamp_utc": lambda value: _as_datetime(value).isoformat(),
    "regex_match": _regex_match,
    "regex_search": _regex_search,
    "regex_replace": _regex_replace,
    "regex_findall": _regex_findall,
    "regex_findall_index": _regex_findall_index,
    "replace": _replace,
    "format": _format,
    "join": _join,
    "string": _text,
    "is_defined": lambda value: value,
    "contains": lambda value, item: item in value,
}

GLOBALS: dict[str, Any] = {
    "range": _range,
    "float": to_float,
    "int": to_int,
    "bool": to_bool,
    "iif": iif,
    "is_number": is_number,
    "min": lambda *values: min(values[0] if len(values) == 1 else values),
    "max": lambda *values: max(values[0] if len(values) == 1 else values),
    "log": FILTERS["log"],
    "sqrt": FILTERS["sqrt"],
    "sin": _arithmetic(math.sin),
    "cos": _arithmetic(math.cos),
    "tan": _arithmetic(math.tan),
    "asin": _arithmetic(math.asin),
    "acos": _arithmetic(math.acos),
    "atan": _arithmetic(math.atan),
    "atan2": _arithmetic(math.atan2),
    "pi": math.pi,
    "e": math.e,
    "tau": math.tau,
    "average": FILTERS["average"],
    "median": FILTERS["median"],
    "slugify": _slugify,
    "urlencode": FILTERS["urlencode"],
    "zip": _zip,
    "timedelta": _timedelta,
    "strptime": _strptime,
    "now": lambda: datetime.now().astimezone(),
    "utcnow": lambda: datetime.now(UTC),
    "as_datetime": _as_datetime,
    "as_timestamp": _as_timestamp,
}

TESTS: dict[str, Callable[..., bool]] = {
    "is_number": is_number,
    "match": _regex_match,
    "search": _regex_search,
    "contains": lambda value, item: item in value,
}
