"""A lamp that a manifest, Home Assistant and MQTT discovery all know is one lamp, and the best route has it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from broker_kinds import needs_mosquitto
from paho.mqtt.enums import CallbackAPIVersion

from taskmatrix_ros.app.processes.broker import HOST, Broker, BrokerKind
from taskmatrix_ros.bench.home_assistant_server import HomeAssistantServer
from taskmatrix_ros.bindings.homeassistant.homeassistant_binding import HomeAssistantBinding, HomeAssistantSettings
from taskmatrix_ros.bindings.mqtt.mqtt_binding import BrokerSettings, MqttBinding
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.registry.device_index import DeviceIndex, Route
from taskmatrix_ros.registry.registry import Registry

pytestmark = [pytest.mark.homeassistant, pytest.mark.mqtt, needs_mosquitto]

PATIENCE_S = 240.0
LAMP = {
    "name": "Desk lamp",
    "unique_id": "0x00158d0001",
    "object_id": "desk_lamp",
    "command_topic": "zigbee/desk/set",
    "state_topic": "zigbee/desk",
    "schema": "json",
    "brightness": True,
    "device": {"identifiers": ["0x00158d0001"], "name": "Desk"},
}
MANIFEST = """
package: desk
version: 1.0.0
apis:
  - name: desk_light
    description: Switch the lamp on the desk.
    parameters: {power: {type: string, enum: [ON, OFF]}}
    effect: actuate
    binding: {kind: mqtt, topic: zigbee/desk/set, payload: {state: "{power}"}}
"""


def is_there(server: HomeAssistantServer) -> bool:
    try:
        return bool(server.state_of("light.desk_lamp"))
    except OSError:
        return False


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[Broker, HomeAssistantServer]]:
    with asyncio.Runner() as runner:
        broker = Broker(log_file=tmp_path / "broker.log", kind=BrokerKind.MOSQUITTO)
        runner.run(broker.open())
        server = HomeAssistantServer(tmp_path / "server", {}, mqtt_port=broker.port)
        try:
            server.folder.mkdir()
            lamp = paho.Client(CallbackAPIVersion.VERSION2)
            lamp.connect(HOST, broker.port)
            lamp.loop_start()
            lamp.publish("homeassistant/light/desk/config", json.dumps(LAMP), qos=1, retain=True).wait_for_publish(
                PATIENCE_S
            )
            on = json.dumps({"state": "ON", "brightness": 51})
            lamp.publish("zigbee/desk", on, qos=1, retain=True).wait_for_publish(PATIENCE_S)
            lamp.disconnect()
            lamp.loop_stop()
            server.open()
            runner.run(until(lambda: is_there(server), "Home Assistant knows the lamp"))
            yield broker, server
        finally:
            server.close()
            runner.run(broker.close())


async def until(fact: Callable[[], bool], what: str) -> None:
    loop = asyncio.get_running_loop()
    ends_s = loop.time() + PATIENCE_S
    while not fact():
        assert loop.time() < ends_s, f"waited {PATIENCE_S:g} s in vain: {what}"
        await asyncio.sleep(0.02)


def test_home_assistant_gives_way_to_a_manifest_by_itself(
    world: tuple[Broker, HomeAssistantServer], tmp_path: Path
) -> None:
    _, server = world

    async def main() -> None:
        state, registry = StateStore(), Registry(trusted=["homeassistant"])
        (tmp_path / "desk.yaml").write_text(MANIFEST)
        registry.load([tmp_path / "desk.yaml"])
        (tmp_path / "token").write_text(server.token)
        home = HomeAssistantSettings(url=server.url, token_file=tmp_path / "token", expose="all")
        ha = HomeAssistantBinding(home, registry, state)
        try:
            await ha.open()
            await until(lambda: ha.peer_problem() is None, "Home Assistant answers")
            lamp = ha.home.entity("light.desk_lamp")
            assert lamp is not None
            assert not lamp.exposed
            assert registry.get("desk_light") is not None
            assert registry.get("light_turn_on") is None
            assert not any("desk_lamp" in value.key for value in state.all_values())
        finally:
            await ha.close()

    asyncio.run(main())


def test_a_device_on_three_routes_is_one(world: tuple[Broker, HomeAssistantServer], tmp_path: Path) -> None:
    broker, server = world

    async def main() -> None:
        state, registry, devices = StateStore(), Registry(trusted=["homeassistant", "mqtt_discovery"]), DeviceIndex()
        registry.load([resource("api_manifests/time.yaml")])
        (tmp_path / "token").write_text(server.token)
        settings = BrokerSettings(port=broker.port, discovery="homeassistant")
        mqtt = MqttBinding({"default": settings}, registry, state, packages=registry, devices=devices)
        home = HomeAssistantSettings(url=server.url, token_file=tmp_path / "token", expose="all")
        ha = HomeAssistantBinding(home, registry, state, devices=devices)

        def names() -> set[str]:
            return {document.name for document in registry.documents() if "desk" in document.name}

        def sources() -> set[str]:
            return {value.source for value in state.all_values() if value.key.endswith("desk_lamp.state")}

        def has_by_home_assistant() -> bool:
            document = registry.get("light_turn_on")
            items = document.parameters["entity_id"].items if document is not None else None
            return items is not None and "light.desk_lamp" in (items.enum or ())

        try:
            await mqtt.open()
            await until(lambda: bool(names()), "what the lamp announces becomes documents")
            alone = names()
            await ha.open()
            await until(has_by_home_assistant, "Home Assistant has it")
            await until(lambda: not names(), f"{alone} give way")
            await until(lambda: state.get("light.desk_lamp.brightness_pct") == 20, "its word, by Home Assistant")
            assert sources() == {"homeassistant"}

            (tmp_path / "desk.yaml").write_text(MANIFEST)
            registry.load([resource("api_manifests/time.yaml"), tmp_path / "desk.yaml"])
            devices.claim(Route.HOME_ASSISTANT, {})  # as when it comes anew: everybody looks again
            await until(lambda: names() == {"desk_light"}, "the manifest's is the only one")
            await until(lambda: not has_by_home_assistant(), "Home Assistant's gives way")
            await until(lambda: not sources(), "and its state key")
        finally:
            await ha.close()
            await mqtt.close()

    asyncio.run(main())
