"""What the simulated devices announce is understood, and commands what they do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from taskmatrix_ros.bindings.discovery.describe import describe
from taskmatrix_ros.bindings.discovery.message import DiscoveryTopic, parse_discovery
from taskmatrix_ros.bindings.mqtt.mqtt_message import publications_of
from taskmatrix_ros.bindings.mqtt.mqtt_owner import Received
from taskmatrix_ros.bindings.mqtt.mqtt_states import MqttStates
from taskmatrix_ros.core.binding_spec import Mqtt
from taskmatrix_ros.core.outcome import utc_now
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.expressions.ensures import ensures_of
from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.sim.mqtt_devices.announcement import announcement
from taskmatrix_ros.sim.mqtt_devices.device import Device
from taskmatrix_ros.sim.mqtt_devices.home import build_home

SILENT = ("home/car",)
ARGUMENTS: dict[str, Any] = {
    "brightness_pct": 40, "temperature_c": 21, "mode": "cool", "volume_pct": 35, "media": 'a "title"',
}  # fmt: skip


@pytest.mark.parametrize("device", build_home(), ids=lambda device: device.topic)
def test_each_device_does_what_its_documents_send_and_tells_it(device: Device) -> None:
    made = announcement(device)
    if device.topic in SILENT:
        assert made is None
        return
    assert made is not None
    topic, payload = made
    parsed = DiscoveryTopic.parse(topic, "homeassistant")
    assert parsed is not None
    (entity,) = parse_discovery(parsed, payload.encode())
    described = describe(entity, entity.wanted_id, "default")
    store = StateStore()
    states = MqttStates("default", store)
    states.load_specs(described.states)
    for document in sorted(described.documents, key=lambda one: one.name.endswith("_off")):
        if document.name.endswith(("_play", "_pause")):
            continue  # a speaker that plays nothing refuses
        assert isinstance(document.binding, Mqtt)
        arguments = document.with_defaults({name: ARGUMENTS[name] for name in document.parameters})
        for sent in publications_of(document.binding, arguments):
            assert sent.topic == f"{device.topic}/set"
            device.apply(json.loads(sent.payload))
            state = json.dumps(device.state()).encode()
            states.messages_received([Received(f"{device.topic}/state", state, False)])
        for ensures in ensures_of(document):
            holds, evidence = Expression.parse(ensures).decide(store.known(), arguments, now=utc_now())
            assert holds, (document.name, evidence)
    states.messages_received([Received(f"{device.topic}/state", json.dumps(device.state()).encode(), False)])
    assert not states.bad_payloads
    assert any(not spec.key.endswith("available") for spec in described.states)
