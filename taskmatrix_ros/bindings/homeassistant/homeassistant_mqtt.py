"""Devices of Home Assistant's MQTT integration that a manifest speaks of too, by the topics they take commands on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from taskmatrix_ros.bindings.discovery.describe import describe
from taskmatrix_ros.bindings.discovery.entity_maker import SOURCE
from taskmatrix_ros.bindings.discovery.fields import DiscoveryProblem
from taskmatrix_ros.bindings.discovery.message import DiscoveryTopic, parse_discovery
from taskmatrix_ros.bindings.discovery.precedence import ManifestClaims
from taskmatrix_ros.bindings.homeassistant.homeassistant_link import HomeAssistantLink, Refused
from taskmatrix_ros.core.binding_spec import Mqtt
from taskmatrix_ros.core.ports import Catalogue


async def ids_of_manifests(
    link: HomeAssistantLink, devices: Sequence[Mapping[str, Any]], catalogue: Catalogue
) -> dict[str, str]:
    """Ask Home Assistant how its MQTT devices were announced, where a manifest has any.

    :param devices: of its device registry.
    :returns: what names an entity by every route -> who has it, in words.
    :raises Lost: the connection ended.
    """
    brokers = sorted(
        {
            document.binding.broker
            for document in catalogue.documents()
            if isinstance(document.binding, Mqtt) and document.source != SOURCE
        }
    )
    if not brokers:
        return {}
    claims = [(broker, ManifestClaims(catalogue, broker)) for broker in brokers]
    asked = [
        link.send("mqtt/device/debug_info", device_id=device["id"])
        for device in devices
        if any(pair and pair[0] == "mqtt" for pair in device.get("identifiers") or ())
    ]
    found: dict[str, str] = {}
    for answer in asked:
        with suppress(Refused):  # the token's user is no administrator
            for entity in (await answer).get("entities") or ():
                found |= _claimed(entity.get("discovery_data") or {}, claims)
    return found


def _claimed(announced: Mapping[str, Any], claims: Sequence[tuple[str, ManifestClaims]]) -> dict[str, str]:
    topic, payload = str(announced.get("topic", "")), announced.get("payload")
    if not isinstance(payload, Mapping) or "/" not in topic:
        return {}
    prefix = topic.split("/", 1)[0]
    with suppress(DiscoveryProblem):
        parsed = DiscoveryTopic.parse(topic, prefix)
        for entity in () if parsed is None else parse_discovery(parsed, json.dumps(payload).encode()):
            for broker, known in claims:
                manifest = known.of(describe(entity, entity.wanted_id or entity.component, broker))
                if manifest is not None:
                    return dict.fromkeys(entity.ids, f"a manifest speaks of {manifest}")
    return {}
