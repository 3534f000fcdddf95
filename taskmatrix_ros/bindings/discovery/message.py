"""One discovery message: its topic, and what it announces or takes back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.bindings.discovery.abbreviations import expanded
from taskmatrix_ros.bindings.discovery.entity import DiscoveredDevice, DiscoveredEntity, parse_device
from taskmatrix_ros.bindings.discovery.fields import DiscoveryProblem, Fields

MAX_BYTES = 262_144
MAX_COMPONENTS = 500

DEVICE_FORM = "device"
_ID = re.compile(r"[A-Za-z0-9_-]{1,120}")
_SHARED = ("availability", "availability_topic", "availability_mode", "availability_template", "payload_available",
           "payload_not_available", "command_topic", "state_topic", "qos", "encoding")  # fmt: skip
_ONE_OF = ("availability", "availability_topic")


@dataclass(frozen=True, kw_only=True)
class DiscoveryTopic:
    """``homeassistant/<component>/[<node>/]<object>/config``."""

    component: str
    node_id: str
    object_id: str

    @staticmethod
    def parse(topic: str, prefix: str) -> DiscoveryTopic | None:
        """Read a topic; None if it is none of discovery's.

        :raises DiscoveryProblem: an id in it has other signs than letters, digits, ``_`` and ``-``.
        """
        if not topic.startswith(f"{prefix}/") or not topic.endswith("/config"):
            return None
        parts = topic.removeprefix(f"{prefix}/").split("/")[:-1]
        if len(parts) not in (2, 3):
            return None
        for part in parts:
            if not _ID.fullmatch(part):
                raise DiscoveryProblem(f"id {part[:80]!r} in the topic may only have letters, digits, _ and -")
        return DiscoveryTopic(component=parts[0], node_id=parts[1] if len(parts) == 3 else "", object_id=parts[-1])


def parse_discovery(topic: DiscoveryTopic, payload: bytes | bytearray) -> tuple[DiscoveredEntity, ...]:
    """Read what a message announces; nothing if it takes back what it announced before.

    :raises DiscoveryProblem: it is no JSON object, or device, origin or components are wrong.
    """
    if not payload.strip():
        return ()
    given = _json(payload)
    config = expanded(given)
    if topic.component == DEVICE_FORM:
        return _device_form(topic, config, given.get("~"))
    if config.get("migrate_discovery"):
        return ()
    return (_entity(topic, topic.component, topic.object_id, config, _device(config)),)


def _device_form(topic: DiscoveryTopic, config: Mapping[str, Any], base: Any) -> tuple[DiscoveredEntity, ...]:
    device = _device(config)
    if device is None:
        raise DiscoveryProblem("device is missing, and a device message needs one")
    if not isinstance(config.get("origin"), Mapping) or not config["origin"].get("name"):
        raise DiscoveryProblem("origin is missing or has no name, and a device message needs one")
    components = config.get("components")
    if not isinstance(components, Mapping) or not components or len(components) > MAX_COMPONENTS:
        raise DiscoveryProblem(f"components is no object of 1 to {MAX_COMPONENTS} components")
    shared = {name: config[name] for name in _SHARED if config.get(name) is not None}
    found = []
    for key, given in components.items():
        if not isinstance(given, Mapping):
            raise DiscoveryProblem(f"components.{key[:80]} is no object")
        own = expanded({"~": base, **given})
        if not own.keys().isdisjoint(_ONE_OF):  # a component's own word goes before that of its device
            shared_here = {name: value for name, value in shared.items() if name not in _ONE_OF}
        else:
            shared_here = shared
        platform = own.pop("platform", None)
        if not isinstance(platform, str) or not platform:
            raise DiscoveryProblem(f"components.{key[:80]}: platform is missing")
        if not own:
            continue  # so a component is taken back
        found.append(_entity(topic, platform, key, {**shared_here, **own, "origin": config["origin"]}, device))
    return tuple(found)


def _entity(
    topic: DiscoveryTopic, component: str, object_id: str, config: dict[str, Any], device: DiscoveredDevice | None
) -> DiscoveredEntity:
    origin = config.get("origin")
    if origin is not None and not isinstance(origin, Mapping):
        raise DiscoveryProblem("origin is no object")
    unique_id = config.get("unique_id")
    if unique_id is not None and not isinstance(unique_id, str | int):
        raise DiscoveryProblem("unique_id is no text")
    whole = (topic.component, topic.node_id, topic.object_id, *((object_id,) if object_id != topic.object_id else ()))
    return DiscoveredEntity(
        component=component,
        place="/".join(part for part in whole if part),
        fields=Fields(config),
        device=device,
        origin=str(origin.get("name", "")) if origin else "",
        unique_id="" if unique_id is None else str(unique_id),
        object_id=object_id,
    )


def _device(config: Mapping[str, Any]) -> DiscoveredDevice | None:
    given = config.get("device")
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise DiscoveryProblem("device is no object")
    return parse_device(given, lambda name, what: DiscoveryProblem(f"{name} {what}"))


def _json(payload: bytes | bytearray) -> dict[str, Any]:
    if len(payload) > MAX_BYTES:
        raise DiscoveryProblem(f"the message has {len(payload)} bytes, more than {MAX_BYTES}")
    try:
        config = json.loads(payload.decode())
    except (ValueError, RecursionError) as error:
        raise DiscoveryProblem(f"the message is no JSON: {str(error)[:120]}") from error
    if not isinstance(config, dict):
        raise DiscoveryProblem("the message is no JSON object")
    return config
