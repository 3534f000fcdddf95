"""Announcements over a real broker: devices come into the catalogue, are commanded and believed, and go."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mqtt_home import PATIENCE_S, Judge, until

from taskmatrix_ros.app.processes.broker import Broker
from taskmatrix_ros.bindings.discovery.entity_maker import SOURCE
from taskmatrix_ros.bindings.mqtt.mqtt_binding import BrokerSettings, MqttBinding, MqttProtocol
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import Confirmation, Outcome, Status
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.executor.running.read_back import ReadBack
from taskmatrix_ros.registry.registry import Registry

pytestmark = pytest.mark.mqtt

LAMP = {
    "name": None, "unique_id": "l1", "schema": "json", "brightness": True, "command_topic": "lamp/set",
    "state_topic": "lamp", "availability_topic": "lamp/there", "device": {"identifiers": ["l1"], "name": "Corner Lamp"},
}  # fmt: skip
PUMP = {"name": "Pump", "command_topic": "pump/set"}


class World:
    """Broker, binding with a live registry, and a judge that plays the devices."""

    def __init__(self, broker: Broker, protocol: MqttProtocol) -> None:
        self.state = StateStore()
        self.registry = Registry([SOURCE])
        self.registry.load([resource("api_manifests/time.yaml")])
        settings = BrokerSettings(port=broker.port, connect_s=2.0, discovery="homeassistant", protocol=protocol)
        self.binding = MqttBinding(
            {"default": settings}, self.registry, self.state, packages=self.registry, base_topic="taskmatrix"
        )
        self.judge = Judge(broker.port)

    def announce(self, place: str, config: Any) -> None:
        self.judge.say(f"homeassistant/{place}/config", json.dumps(config) if config else "", retain=True)

    async def known(self, api: str) -> None:
        await until(lambda: self.registry.get(api) is not None, f"{api} is known")

    async def call(self, api: str, confirm_s: float = PATIENCE_S, **arguments: Any) -> tuple[Outcome, Confirmation]:
        document = self.registry.get(api)
        assert document is not None
        call = Call(run_id="r", api=api, arguments=document.with_defaults(arguments), deadline_s=PATIENCE_S)
        since = self.state.sequence
        outcome = await self.binding.call(call, document, lambda _report: None)
        if not outcome.ok:
            return outcome, Confirmation.NONE
        patient = document.model_copy(update={"confirm_s": confirm_s})
        confirmation = (await ReadBack(self.state).confirm(patient, call, since=since)).confirmation
        return outcome, confirmation


@asynccontextmanager
async def world(folder: Path, protocol: MqttProtocol = MqttProtocol.AUTO) -> AsyncIterator[World]:
    broker = Broker(log_file=folder / "broker.log")
    await broker.open()
    made = World(broker, protocol)
    try:
        await made.judge.listen()
        await made.binding.open()
        yield made
    finally:
        await made.binding.close()
        made.judge.close()
        await broker.close()


@pytest.mark.parametrize("protocol", [MqttProtocol.V5, MqttProtocol.V311])
def test_a_device_comes_is_commanded_believed_and_goes(tmp_path: Path, protocol: MqttProtocol) -> None:
    async def main() -> None:
        async with world(tmp_path, protocol) as made:
            made.judge.say("lamp", '{"state":"OFF"}', retain=True)  # before it is announced: the broker repeats it
            made.announce("light/l1", LAMP)
            await made.known("corner_lamp_turn_on")
            await until(lambda: made.state.get("light.corner_lamp.state") == "off", "what it retains is heard")
            outcome, _ = await made.call("corner_lamp_turn_on")
            assert outcome.status is Status.UNAVAILABLE, "it has not said that it is there"
            made.judge.say("lamp/there", "offline", retain=True)
            await until(lambda: made.state.get("light.corner_lamp.available") is False, "it is gone")
            outcome, _ = await made.call("corner_lamp_turn_on")
            assert outcome.error is not None
            assert "it says that it is offline" in outcome.error.message
            assert made.judge.last("lamp/set") is None, "nothing was sent to a device that is not there"
            made.judge.say("lamp/there", "online", retain=True)
            await until(lambda: made.state.get("light.corner_lamp.available") is True, "it is back")
            task = asyncio.create_task(made.call("corner_lamp_turn_on", brightness_pct=40))
            await until(lambda: made.judge.last("lamp/set") is not None, "the command comes")
            assert made.judge.last("lamp/set") == {"state": "ON", "brightness": 102}
            made.judge.say("lamp", '{"state":"ON","brightness":102}', retain=True)
            outcome, confirmation = await task
            assert outcome.ok
            assert confirmation is Confirmation.CONFIRMED
            made.announce("light/l1", None)
            await until(lambda: made.registry.get("corner_lamp_turn_on") is None, "it is gone from the catalogue")

    asyncio.run(main())


def test_a_device_that_tells_nothing_ends_unconfirmed(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as made:
            made.announce("switch/pump", PUMP)
            await made.known("pump_turn_on")
            outcome, confirmation = await made.call("pump_turn_on", confirm_s=1.0)
            assert outcome.ok
            assert confirmation is Confirmation.UNCONFIRMED

    asyncio.run(main())


def test_a_second_entity_on_a_topic_hears_what_is_retained_there(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as made:
            made.judge.say("box", '{"a": 1, "b": 2}', retain=True)
            one = {"name": "A", "state_topic": "box", "unit_of_measurement": "W"}
            made.announce("sensor/a", {**one, "value_template": "{{ value_json.a }}"})
            await until(lambda: made.state.get("sensor.a.state") == 1, "the first is heard")
            made.announce("sensor/b", {**one, "name": "B", "value_template": "{{ value_json.b }}"})
            await until(lambda: made.state.get("sensor.b.state") == 2, "the second too")

    asyncio.run(main())


def test_the_node_says_whether_it_is_there(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as made:
            await until(lambda: made.judge.last("taskmatrix/availability") == "online", "it is there")
            await made.binding.close()
            await until(lambda: made.judge.last("taskmatrix/availability") == "offline", "it says goodbye")

    asyncio.run(main())
