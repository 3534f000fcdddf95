"""A profile without one document for its devices: they announce themselves, and do what a person says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
import yaml
from mqtt_home import until
from paho.mqtt.enums import CallbackAPIVersion

from taskmatrix_ros.app.processes.broker import HOST, Broker
from taskmatrix_ros.app.profile.profile_bindings import make_bindings
from taskmatrix_ros.app.profile.settings import load_settings
from taskmatrix_ros.app.profile_system import profile_system
from taskmatrix_ros.app.system import System
from taskmatrix_ros.bindings.mqtt.mqtt_binding import MqttBinding
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.run import RunStatus

pytestmark = pytest.mark.mqtt


class Lamp:
    """A lamp that announces itself, does what it is told, and tells it."""

    def __init__(self, port: int, name: str, area: str) -> None:
        self.topic = name.lower().replace(" ", "_")
        self.state: dict[str, Any] = {"state": "OFF", "brightness": 255}
        self._config = {
            "name": None, "schema": "json", "brightness": True, "unique_id": self.topic,
            "command_topic": f"{self.topic}/set", "state_topic": self.topic,
            "availability_topic": f"{self.topic}/there",
            "device": {"identifiers": [self.topic], "name": name, "suggested_area": area},
        }  # fmt: skip
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = self._connected
        self._client.on_message = self._do
        self._client.connect(HOST, port)
        self._client.loop_start()

    def go(self) -> None:
        self._say(f"{self.topic}/there", "offline")

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, *_: Any) -> None:
        self._client.subscribe(f"{self.topic}/set", qos=1)
        self._say(f"homeassistant/light/{self.topic}/config", json.dumps(self._config))
        self._say(f"{self.topic}/there", "online")
        self._say(self.topic, json.dumps(self.state))

    def _do(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        self.state |= json.loads(message.payload)
        self._say(self.topic, json.dumps(self.state))

    def _say(self, topic: str, payload: str) -> None:
        self._client.publish(topic, payload, qos=1, retain=True)


@asynccontextmanager
async def home(folder: Path, *, trust: bool = True) -> AsyncIterator[tuple[System, list[Lamp]]]:
    broker = Broker(log_file=folder / "broker.log")
    await broker.open()
    profile = folder / "home.yaml"
    settings = {
        "manifests": ["time.yaml"],
        "state_folder": str(folder / "state"),
        "audit": {"key_file": str(folder / "audit.key")},
        "mqtt": {"brokers": {"default": {"port": broker.port, "discovery": "homeassistant"}}},
        "apis": {"trust": ["mqtt_discovery"] if trust else []},
    }
    profile.write_text(yaml.safe_dump(settings), encoding="utf-8")
    loaded = load_settings(str(profile))
    system = profile_system(loaded, partial(make_bindings, loaded))
    lamps = [Lamp(broker.port, "Corner Lamp", "Study"), Lamp(broker.port, "Desk Lamp", "Study")]
    try:
        await system.open()
        yield system, lamps
    finally:
        await system.close()
        for lamp in lamps:
            lamp.close()
        await broker.close()


async def ready(system: System) -> None:
    def heard() -> bool:
        lamps = ("corner_lamp", "desk_lamp")
        return all(
            system.state.get(f"light.{lamp}.{what}") is not None for lamp in lamps for what in ("state", "available")
        )

    await until(heard, "both lamps tell")


def test_what_a_person_says_is_done_and_read_back(tmp_path: Path) -> None:
    async def main() -> None:
        async with home(tmp_path) as (system, lamps):
            await ready(system)
            episode = await system.session.submit(Instruction(text="set the corner lamp to 40 percent"))
            assert episode.status is RunStatus.SUCCEEDED, episode.summary
            assert lamps[0].state == {"state": "ON", "brightness": 102}
            assert lamps[1].state["state"] == "OFF"
            episode = await system.session.submit(Instruction(text="turn on the lights in the study"))
            assert episode.status is RunStatus.SUCCEEDED, episode.summary
            assert lamps[1].state["state"] == "ON"

    asyncio.run(main())


def test_a_lamp_that_is_gone_is_named(tmp_path: Path) -> None:
    async def main() -> None:
        async with home(tmp_path) as (system, lamps):
            await ready(system)
            lamps[0].go()
            await until(lambda: system.state.get("light.corner_lamp.available") is False, "it is gone")
            episode = await system.session.submit(Instruction(text="turn on the corner lamp"))
            assert episode.status is not RunStatus.SUCCEEDED
            assert "corner_lamp_turn_on" in episode.summary
            assert "offline" in episode.summary
            assert lamps[0].state["state"] == "OFF"

    asyncio.run(main())


def test_without_trust_nothing_is_done(tmp_path: Path) -> None:
    async def main() -> None:
        async with home(tmp_path, trust=False) as (system, lamps):
            binding = next(one for one in system.bindings if isinstance(one, MqttBinding))
            await until(lambda: len(binding.discoveries["default"].entities) == 2, "both are announced")
            episode = await system.session.submit(Instruction(text="turn on the corner lamp"))
            assert episode.status is not RunStatus.SUCCEEDED
            assert lamps[0].state["state"] == "OFF"

    asyncio.run(main())
