"""JSON Schema, as others write it, as the types of our parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from taskmatrix_ros.core.parameter_spec import ParameterSpec, ReturnSpec, ValueType

MAX_DEPTH = 6
"""Nested objects; what lies deeper may be any object. A schema that refers to itself ends here too."""

MAX_PROPERTIES = 100
_MAX_WORDS = 500
_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")

Resolve = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Follows ``$ref`` of a schema, once."""


def identifier(text: str, fallback: str = "value") -> str:
    """Give a name that fits us: ``brightnessPct`` is ``brightness_pct``."""
    name = "_".join(part for part in _BOUNDARY.split(text) if part).lower()
    name = re.sub(r"_+", "_", re.sub(r"[^a-z0-9_]", "_", name)).strip("_")
    if not name:
        return fallback
    return name if name[0].isalpha() else f"{fallback}_{name}"


def words(text: Any, limit: int = _MAX_WORDS) -> str:
    """Give a text as one line of at most ``limit`` letters; nothing for what is no text."""
    line = " ".join(text.split()) if isinstance(text, str) else ""
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def parameter_of(schema: Any, *, required: bool, resolve: Resolve, description: str = "") -> ParameterSpec:
    """Give the type of a value; whatever we cannot say of it is left open."""
    plain = _plain(schema, resolve, 0)
    if description:
        plain["description"] = words(description)
    if plain.get("default") is None:
        plain["required"] = required
    spec: ParameterSpec = _built(ParameterSpec, plain)
    return spec


def return_of(schema: Any, *, resolve: Resolve, description: str = "") -> ReturnSpec:
    """Give the type of what comes back."""
    plain = _without_limits(_plain(schema, resolve, 0))
    if description:
        plain["description"] = words(description)
    plain.pop("default", None)
    spec: ReturnSpec = _built(ReturnSpec, plain)
    return spec


def _built(kind: type[Any], plain: dict[str, Any]) -> Any:
    try:
        return kind.model_validate(plain)
    except ValidationError:  # its parts contradict each other: keep what is sure
        kept = {"required": False} | {key: plain[key] for key in ("type", "description", "required") if key in plain}
        return kind.model_validate(kept)


def _plain(schema: Any, resolve: Resolve, depth: int) -> dict[str, Any]:
    if not isinstance(schema, Mapping):
        return {"type": "object"}
    schema = _merged(schema, resolve, depth)
    plain: dict[str, Any] = {"type": _type_of(schema).value}
    if text := words(schema.get("description") or schema.get("title")):
        plain["description"] = text
    numeric = plain["type"] in ("number", "integer")
    for ours, theirs in (("minimum", ("minimum", "exclusiveMinimum")), ("maximum", ("maximum", "exclusiveMaximum"))):
        found = next((schema[key] for key in theirs if _is_number(schema.get(key))), None)
        if numeric and found is not None:
            plain[ours] = found
    values = schema.get("enum") if "const" not in schema else [schema["const"]]
    if isinstance(values, list) and (values := [value for value in values if value is not None]):
        plain["enum"] = values
    if schema.get("default") is not None:
        plain["default"] = schema["default"]
    if schema.get("writeOnly") is True or schema.get("format") == "password":
        plain["sensitive"] = True
    if depth < MAX_DEPTH:
        _add_parts(plain, schema, resolve, depth)
    return plain


def _add_parts(plain: dict[str, Any], schema: Mapping[str, Any], resolve: Resolve, depth: int) -> None:
    properties = schema.get("properties")
    if plain["type"] == "object" and isinstance(properties, Mapping) and properties:
        needed = schema.get("required")
        needed = needed if isinstance(needed, list) else []
        parts = {}
        for name, inner in list(properties.items())[:MAX_PROPERTIES]:
            part = _plain(inner, resolve, depth + 1)
            if part.get("default") is None:
                part["required"] = name in needed
            parts[str(name)] = part
        plain["properties"] = parts
    if plain["type"] == "array" and isinstance(schema.get("items"), Mapping):
        plain["items"] = _plain(schema["items"], resolve, depth + 1)


def _merged(schema: Mapping[str, Any], resolve: Resolve, depth: int) -> Mapping[str, Any]:
    """Follow references and ``allOf``; of alternatives take the one that is no null, if there is one."""
    schema = resolve(schema)
    if depth >= MAX_DEPTH:
        return schema
    merged = {key: value for key, value in schema.items() if key not in ("allOf", "anyOf", "oneOf")}
    for inner in _list_of(schema.get("allOf")):
        other = _merged(inner, resolve, depth + 1)
        properties = {**_mapping_of(merged.get("properties")), **_mapping_of(other.get("properties"))}
        required = [*_names_of(merged.get("required")), *_names_of(other.get("required"))]
        merged = {**other, **merged}
        if properties:
            merged |= {"properties": properties, "required": required}
    options = [_merged(inner, resolve, depth + 1) for inner in _list_of(schema.get("anyOf") or schema.get("oneOf"))]
    options = [option for option in options if option.get("type") != "null"]
    if len(options) == 1:
        return {**options[0], **merged}
    kinds = {json.dumps(option.get("type")) for option in options}
    if len(kinds) == 1 and options[0].get("type") is not None:
        merged.setdefault("type", options[0]["type"])
    return merged


def _type_of(schema: Mapping[str, Any]) -> ValueType:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), None)
    if kind in tuple(ValueType):
        return ValueType(kind)
    if "properties" in schema:
        return ValueType.OBJECT
    if "items" in schema:
        return ValueType.ARRAY
    values = [*_list(schema.get("enum")), *([schema["const"]] if "const" in schema else [])]
    if values and all(isinstance(value, str) for value in values):
        return ValueType.STRING
    return ValueType.OBJECT


def _without_limits(plain: dict[str, Any]) -> dict[str, Any]:
    for part in (plain.get("properties") or {}).values():
        part["required"] = False
        part.pop("default", None)
        _without_limits(part)
    if isinstance(plain.get("items"), dict):
        _without_limits(plain["items"])
    return plain


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _list_of(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in _list(value) if isinstance(one, Mapping)]


def _mapping_of(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _names_of(value: Any) -> list[str]:
    return [name for name in _list(value) if isinstance(name, str)]
