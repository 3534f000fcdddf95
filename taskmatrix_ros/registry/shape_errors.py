"""Says in one line, with a remedy, where a manifest does not have the shape of its types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from taskmatrix_ros.registry.findings import Findings, nearest_hint
from taskmatrix_ros.registry.manifest_schema import allowed_keys, allowed_kinds
from taskmatrix_ros.registry.yaml_reader import Path, part_of

_TYPE_NAMES: dict[type, str] = {
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    dict: "a mapping",
    list: "a list",
    type(None): "empty",
}
_WANTED = {
    "string_type": ("a text", 'put it in quotes: "{}"'),
    "bool_type": ("true or false", "write true or false"),
    "float_type": ("a number", "write it without quotes and unit"),
    "int_type": ("a whole number", "write it without quotes and unit"),
    "int_from_float": ("a whole number", "leave the fraction out"),
    "dict_type": ("a mapping", "write name: value pairs"),
    "model_type": ("a mapping", "write name: value pairs"),
    "model_attributes_type": ("a mapping", "write name: value pairs"),
    "tuple_type": ("a list", "put it in brackets: [{}]"),
    "list_type": ("a list", "put it in brackets: [{}]"),
}
_PATTERNS = {
    r"^[a-z][a-z0-9_]{0,79}$": "lower-case letters, digits and _, a letter first, at most 80",
    r"^[a-z][a-z0-9_]*$": "lower-case letters, digits and _, a letter first",
    r"^\d+\.\d+\.\d+$": "three numbers with dots, like 1.0.0",
    r"^[a-z{][a-z0-9_{}]*(\.[a-z0-9_{}]+)+$": "entity.attribute in lower case, {name} for an argument",
    r"^[A-Za-z_/~][A-Za-z0-9_/{}~]*$": "a ROS name, like robot/pick_up",
    r"^[a-z][a-z0-9_]*/action/[A-Z][A-Za-z0-9]*$": "package/action/Type",
    r"^[a-z][a-z0-9_]*/srv/[A-Z][A-Za-z0-9]*$": "package/srv/Type",
    r"^[a-z][a-z0-9_]*/msg/[A-Z][A-Za-z0-9]*$": "package/msg/Type",
    r"^[A-Z][A-Z0-9_]*$": "capitals, digits and _, a letter first, like OUT_OF_REACH",
}


def report_shape(
    error: ValidationError, document: Any, findings: Findings, schema: Mapping[str, Any] | None = None
) -> None:
    """Turn every complaint of pydantic into a finding at its place.

    :param schema: of the file where it is no manifest.
    """
    for details in error.errors(include_url=False):
        _report(details, document, findings, schema)


def _report(details: ErrorDetails, document: Any, findings: Findings, schema: Mapping[str, Any] | None) -> None:
    kind, given = details["type"], details.get("input")
    path = _path(details["loc"], document)
    context = details.get("ctx", {})
    name = str(details["loc"][-1]) if details["loc"] else ""
    if kind == "default_factory_not_called":
        return  # what it depends on is reported itself
    if kind == "extra_forbidden":
        hint = nearest_hint(name, allowed_keys(path[:-1], document, schema))
        findings.error(path, "unknown-key", f"unknown key {name!r}", hint)
    elif kind == "missing":
        findings.error(path, "missing", f"{name!r} is missing", "add it")
    elif kind == "union_tag_not_found":
        kinds = ", ".join(allowed_kinds(path, document, schema))
        findings.error(path, "missing", "'kind' is missing", f"add it; there are {kinds}")
    elif kind == "union_tag_invalid":
        kinds_allowed = allowed_kinds(path, document, schema)
        findings.error(
            (*path, "kind"),
            "value",
            f"{_show(context.get('tag'))} is no kind",
            nearest_hint(str(context.get("tag")), kinds_allowed),
        )
    elif kind in _WANTED:
        wanted, remedy = _WANTED["int_from_float" if kind == "int_type" and isinstance(given, float) else kind]
        problem = f"{_show(given)} is {_TYPE_NAMES.get(type(given), 'something else')}, {wanted} is wanted"
        findings.error(path, "type", problem, remedy.format(_plain(given)))
    elif kind in ("enum", "literal_error"):
        allowed = re.findall(r"'([^']*)'|(\d+)", str(context.get("expected", "")))
        words = [text or number for text, number in allowed]
        findings.error(path, "value", f"{_show(given)} is not allowed", nearest_hint(str(given), words))
    elif kind == "string_pattern_mismatch":
        pattern = str(context.get("pattern"))
        findings.error(
            path, "value", f"{_show(given)} is malformed", f"write {_PATTERNS.get(pattern, f'what fits {pattern}')}"
        )
    else:
        text = details["msg"].removeprefix("Value error, ").replace("Input should", f"{_show(given)} should")
        findings.error(path, "value", text[:1].lower() + text[1:] if text[:1].isupper() else text, "correct it")


def _path(location: tuple[str | int, ...], document: Any) -> Path:
    """Give the path in the file: pydantic's location without the names of choices, up to what exists.

    A key that is missing is not part of it.
    """
    path: list[str | int] = []
    value = document
    for part in location:
        if (isinstance(value, dict) and part in value) or (isinstance(value, list) and part in range(len(value))):
            value = part_of(value, part)
            path.append(part)
    return tuple(path)


def _show(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else _plain(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    if isinstance(value, Mapping | list):
        return "{…}" if isinstance(value, Mapping) else "[…]"
    return str(value)[:60]
