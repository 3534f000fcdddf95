"""Keeps what a document calls sensitive out of logs and events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.core.parameter_spec import ParameterSpec

MASK = "***"


def masked(arguments: Mapping[str, Any], parameters: Mapping[str, ParameterSpec]) -> dict[str, Any]:
    """Give the arguments with ``***`` for what is sensitive, at any depth; null stays null."""
    return {name: _masked(value, parameters.get(name)) for name, value in arguments.items()}


def has_sensitive(parameters: Mapping[str, ParameterSpec]) -> bool:
    """Whether ``masked`` could change anything."""
    return any(
        spec.sensitive or has_sensitive(spec.properties or {}) or (spec.items and has_sensitive({"": spec.items}))
        for spec in parameters.values()
    )


def _masked(value: Any, spec: ParameterSpec | None) -> Any:
    if spec is None or value is None:
        return value
    if spec.sensitive:
        return MASK
    if spec.items is not None and isinstance(value, list | tuple):
        return [_masked(item, spec.items) for item in value]
    if spec.properties is not None and isinstance(value, Mapping):
        return masked(value, spec.properties)
    return value
