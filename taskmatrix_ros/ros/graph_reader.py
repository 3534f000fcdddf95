"""What a live ROS graph offers, with the types of everything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rclpy.action import get_action_names_and_types

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.executor.gate.own_names import SERVICES_OF_NODES
from taskmatrix_ros.registry.ros_import import FieldDescription, InterfaceDescription
from taskmatrix_ros.ros.interface_types import interface_type
from taskmatrix_ros.ros.node_thread import NodeThread

MAX_DEPTH = 4

_HIDDEN = "/_"
_PLUMBING = frozenset({"/rosout", "/parameter_events", "/clock", "/tf", "/tf_static", "/diagnostics"})


async def read_graph(
    thread: NodeThread, *, own_namespaces: tuple[str, ...] = ("/taskmatrix",)
) -> list[InterfaceDescription]:
    """Describe every action, service and topic that is seen now.

    Left out: parameter and lifecycle services, plumbing, hidden names, and what is below ``own_namespaces``. A type
    that is not installed here is left out too: nothing could be sent to it.
    """
    return await thread.run(lambda: list(_read(thread.node, own_namespaces)))


def _read(node: Any, own_namespaces: tuple[str, ...]) -> Iterator[InterfaceDescription]:
    found: list[tuple[str, str, list[str]]] = []
    found += [("action", name, types) for name, types in get_action_names_and_types(node)]
    found += [("service", name, types) for name, types in node.get_service_names_and_types()]
    found += [("topic", name, types) for name, types in node.get_topic_names_and_types()]
    for kind, name, types in found:
        own = any(name == one or name.startswith(f"{one.rstrip('/')}/") for one in own_namespaces)
        last = name.rsplit("/", 1)[-1]
        if own or _HIDDEN in name or name in _PLUMBING or (kind == "service" and last in SERVICES_OF_NODES):
            continue
        for text in types[:1]:
            try:
                yield _describe(kind, name, text)
            except (ConfigError, ImportError, AttributeError, ValueError):
                continue


def _describe(kind: Any, name: str, text: str) -> InterfaceDescription:
    loaded = interface_type(text)
    sent, returned = loaded, None
    if kind == "action":
        sent, returned = loaded.Goal, loaded.Result
    elif kind == "service":
        sent, returned = loaded.Request, loaded.Response
    constants = _constants(sent) | ({} if returned is None else _constants(returned))
    return InterfaceDescription(
        kind=kind,
        name=name,
        type=text,
        fields=_fields(sent, 0),
        returned=() if returned is None else _fields(returned, 0),
        constants=constants,
    )


def _fields(message_type: Any, depth: int) -> tuple[FieldDescription, ...]:
    fresh = message_type()
    described = []
    for name, kind in message_type.get_fields_and_field_types().items():
        default = getattr(fresh, name)
        plain = default if isinstance(default, str | int | float | bool) else None
        inner = ()
        if "/" in kind and depth < MAX_DEPTH:
            inner = _fields(_message_of(kind), depth + 1)
        described.append(FieldDescription(name, kind, plain, inner))
    return tuple(described)


def _message_of(kind: str) -> Any:
    base = kind.removeprefix("sequence<").rstrip(">").partition(",")[0].partition("[")[0]
    package, _, name = base.partition("/")
    return interface_type(f"{package}/msg/{name}")


def _constants(message_type: Any) -> dict[str, Any]:
    """Give a message's constants: generated code keeps them as upper-case attributes of the class."""
    found = {}
    for name in dir(type(message_type)):
        if name.isupper() and not name.startswith("_"):
            value = getattr(message_type, name, None)
            if isinstance(value, str | int | float | bool):
                found[name] = value
    return found
