"""Plain values into messages and out of them, by dotted field paths."""

from __future__ import annotations

import array
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.ros.interface_types import interface_type

_SEQUENCE = re.compile(r"^sequence<(?P<item>[^,>]+)(?:,\s*\d+)?>$|^(?P<fixed>[^\[]+)\[\d+\]$")
_FLOATS = {"float", "double"}


def field_type(message_class: Any, path: str) -> str:
    """Give the declared type of a dotted field.

    :raises ConfigError: no such field; says which there are.
    """
    current, declared = message_class, ""
    for index, part in enumerate(path.split(".")):
        fields = current.get_fields_and_field_types()
        if part not in fields:
            where = ".".join(path.split(".")[:index]) or current.__name__
            raise ConfigError(f"'{where}' has no field '{part}'; it has {', '.join(fields)}; correct the manifest")
        declared = fields[part]
        if "/" in declared and not _SEQUENCE.match(declared):
            package, name = declared.split("/")
            current = interface_type(f"{package}/msg/{name}")
    return declared


def fill_field(message: Any, path: str, value: Any) -> None:
    """Set a dotted field to a plain value; whole numbers become floats where the field wants one.

    :raises ValueError: the value does not fit; says field, value and the declared type.
    """
    *parents, last = path.split(".")
    target = message
    for part in parents:
        target = getattr(target, part)
    declared = type(target).get_fields_and_field_types()[last]
    try:
        fitting = _to_field(declared, value)
        # The setters check only where they are told to, and an unchecked value of a wrong type ends the process.
        setattr(type(target)(check_fields=True), last, fitting)
        setattr(target, last, fitting)
    except (AssertionError, TypeError, ValueError, AttributeError, ConfigError) as error:
        raise ValueError(f"field '{path}' is {declared} and cannot hold {value!r}") from error


def _to_field(declared: str, value: Any) -> Any:
    if match := _SEQUENCE.match(declared):
        item = match["item"] or match["fixed"]
        return [_to_field(item, entry) for entry in value]
    if declared in _FLOATS:
        return float(value)
    if "/" in declared:
        package, name = declared.split("/")
        built = interface_type(f"{package}/msg/{name}")()
        for key, entry in value.items():
            fill_field(built, key, entry)
        return built
    if declared.startswith(("int", "uint")) and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def read_field(message: Any, path: str) -> Any:
    """Give a dotted field as a plain value: numbers, strings, booleans, lists, dicts."""
    for part in path.split("."):
        message = getattr(message, part)
    return to_plain(message)


def to_plain(value: Any) -> Any:
    """Give a message or field as JSON-like values; bytes become a list of numbers."""
    if hasattr(value, "get_fields_and_field_types"):
        return {name: to_plain(getattr(value, name)) for name in value.get_fields_and_field_types()}
    if isinstance(value, np.ndarray | array.array):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple):
        return [to_plain(entry) for entry in value]
    if isinstance(value, bytes):
        return list(value)
    if isinstance(value, Mapping):
        return {key: to_plain(entry) for key, entry in value.items()}
    return value
