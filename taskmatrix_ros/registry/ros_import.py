"""Drafts documents from the actions, services and topics of a live ROS graph."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from taskmatrix_ros.core.parameter_spec import ParameterSpec, ReturnSpec
from taskmatrix_ros.registry.draft import Draft
from taskmatrix_ros.registry.schema_types import identifier

SOURCE = "ros_graph"

MAX_DEPTH = 4
"""Messages within messages; what lies deeper may be any object."""

_ARRAY = re.compile(r"^(?:sequence<(?P<of>[^,>]+)(?:, *\d+)?>|(?P<item>[^\[]+)\[[^\]]*\])$")
_INTEGERS = {
    "byte": (0, 255), "octet": (0, 255), "char": (0, 255), "uint8": (0, 255), "int8": (-128, 127),
    "uint16": (0, 2**16 - 1), "int16": (-(2**15), 2**15 - 1), "uint32": (0, 2**32 - 1),
    "int32": (-(2**31), 2**31 - 1), "uint64": (0, 2**64 - 1), "int64": (-(2**63), 2**63 - 1),
}  # fmt: skip
_BINDINGS = {"action": "ros2_action", "service": "ros2_service", "topic": "ros2_topic"}


@dataclass(frozen=True, slots=True)
class FieldDescription:
    """A field of a message. ``default``: what a new message has there; ``fields``: of a message within."""

    name: str
    type: str
    default: Any = None
    fields: tuple[FieldDescription, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceDescription:
    """One name in the graph: what is sent to it, and what comes back."""

    kind: Literal["action", "service", "topic"]
    name: str
    type: str
    fields: tuple[FieldDescription, ...] = ()
    returned: tuple[FieldDescription, ...] = ()
    constants: Mapping[str, Any] = field(default_factory=dict)


def draft_graph(interfaces: Sequence[InterfaceDescription], *, package: str = "ros_graph") -> Draft:
    """Draft a document for each name.

    What it moves, nobody knows: every document is ``hazardous`` until an owner says otherwise.
    """
    draft = Draft(package=package, version="1.0.0", source="the ROS graph", description="What the ROS graph offers.")
    for interface in sorted(interfaces, key=lambda one: (one.kind, one.name)):
        prefix = "publish_" if interface.kind == "topic" else ""
        draft.add(
            f"{interface.kind} {interface.name}",
            name=draft.name(prefix + identifier(interface.name, "call")),
            description=_description(interface),
            parameters={one.name: _spec(one, 0) for one in interface.fields},
            returns=_returns(interface),
            effect="hazardous",
            binding={"kind": _BINDINGS[interface.kind], "name": interface.name, "type": interface.type},
        )
    return draft


def _description(interface: InterfaceDescription) -> str:
    verb = {"action": "Send a goal to the action", "service": "Call the service", "topic": "Publish to the topic"}
    text = f"{verb[interface.kind]} {interface.name} ({interface.type})."
    if interface.constants:
        constants = ", ".join(f"{name} = {value}" for name, value in interface.constants.items())
        text += f" Constants: {constants}."
    return text[:2000]


def _returns(interface: InterfaceDescription) -> ReturnSpec | None:
    if interface.kind == "topic" or not interface.returned:
        return None
    properties = {one.name: _optional(_spec(one, 0)) for one in interface.returned}
    return ReturnSpec.model_validate({"type": "object", "properties": properties})


def _optional(spec: ParameterSpec) -> ParameterSpec:
    return ParameterSpec.model_validate({**spec.model_dump(exclude={"default", "required"}), "required": False})


def _spec(described: FieldDescription, depth: int) -> ParameterSpec:
    plain = _plain(described.type, described.fields, depth)
    # Every field of a message has some value; one that its author wrote is known by being no zero.
    if plain["type"] in ("string", "number", "integer", "boolean") and described.default:
        plain["default"] = described.default
    try:
        return ParameterSpec.model_validate(plain)
    except ValueError:
        plain.pop("default", None)
        return ParameterSpec.model_validate(plain)


def _plain(kind: str, fields: Sequence[FieldDescription], depth: int) -> dict[str, Any]:
    if kind == "string" or kind.startswith(("string<", "wstring")):
        return {"type": "string"}
    if kind in ("boolean", "bool"):
        return {"type": "boolean"}
    if kind in ("float", "double", "float32", "float64", "long double"):
        return {"type": "number"}
    if kind in _INTEGERS:
        low, high = _INTEGERS[kind]
        return {"type": "integer", "minimum": low, "maximum": high}
    if found := _ARRAY.match(kind):
        item = (found["of"] or found["item"]).strip()
        return {"type": "array", "items": _plain(item, fields, depth + 1)}
    plain: dict[str, Any] = {"type": "object", "description": kind}
    if fields and depth < MAX_DEPTH:
        plain["properties"] = {one.name: _spec(one, depth + 1) for one in fields}
    return plain
