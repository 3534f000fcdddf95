"""The home of ``api_manifests/home.yaml``: real broker, the devices' own process, the binding and a state store."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
import yaml
from given_catalogue import GivenCatalogue
from paho.mqtt.enums import CallbackAPIVersion

from taskmatrix_ros.app.processes.broker import HOST, Broker, BrokerKind
from taskmatrix_ros.app.processes.child_process import ChildProcess
from taskmatrix_ros.bindings.mqtt.mqtt_binding import BrokerSettings, MqttBinding
from taskmatrix_ros.core.api_document import ApiPackage
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import Outcome
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.core.state_store import StateStore

PATIENCE_S = 180.0

HOME = ApiPackage.model_validate(yaml.safe_load(resource("api_manifests/home.yaml").read_text(encoding="utf-8")))


async def until(fact: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    """Wait until ``fact`` holds."""
    until_s = time.monotonic() + patience_s
    while not fact():
        if time.monotonic() > until_s:
            pytest.fail(f"waited {patience_s:g} s in vain: {what}")
        await asyncio.sleep(0.005)


class Judge:
    """A client of its own that sees everything on the broker; it does not know the binding."""

    def __init__(self, port: int) -> None:
        self.messages: list[tuple[str, str, bool]] = []
        self._client = paho.Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
        self._listening = False
        self._client.on_connect = lambda *_: self._client.subscribe("#", qos=1)
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.connect(HOST, port)
        self._client.loop_start()

    def _on_subscribe(self, *_: Any) -> None:
        self._listening = True

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        self.messages.append((message.topic, message.payload.decode(errors="replace"), message.retain))

    async def listen(self) -> None:
        await until(lambda: self._listening, "the judge listens")

    def last(self, topic: str) -> Any:
        """The newest payload of a topic, parsed where it is JSON."""
        found = next((payload for heard, payload, _ in reversed(self.messages) if heard == topic), None)
        try:
            return None if found is None else json.loads(found)
        except ValueError:
            return found

    def say(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(PATIENCE_S)

    async def snapshot(self) -> dict[str, Any]:
        """The devices' own word, asked for now."""
        count = sum(topic == "home/devices/snapshot" for topic, _, _ in self.messages)
        self.say("home/devices/snapshot/get", "")
        await until(
            lambda: sum(topic == "home/devices/snapshot" for topic, _, _ in self.messages) > count,
            "the devices answer",
        )
        return dict(self.last("home/devices/snapshot"))

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Home:
    """Everything of one test."""

    def __init__(self, folder: Path, broker: Broker) -> None:
        self.broker = broker
        self.state = StateStore()
        self.catalogue = GivenCatalogue.of(HOME)
        self.binding = MqttBinding(
            {"default": BrokerSettings(port=broker.port, connect_s=30.0)}, self.catalogue, self.state
        )
        argv = (sys.executable, "-m", "taskmatrix_ros.sim.mqtt_devices", "--port", str(broker.port), "--speed", "5")
        self.devices = ChildProcess("devices", argv, folder)
        self.judge = Judge(broker.port)

    async def call(self, api: str, deadline_s: float = PATIENCE_S, **arguments: Any) -> Outcome:
        document = self.catalogue.get(api)
        assert document is not None
        call = Call(run_id="r", api=api, arguments=document.with_defaults(arguments), deadline_s=deadline_s)
        return await self.binding.call(call, document, lambda _report: None)

    async def shows(self, key: str, value: Any) -> None:
        """Wait until the state store believes ``value``."""
        await until(lambda: self.state.get(key) == value, f"{key} == {value!r}, it is {self.state.read(key)}")


@asynccontextmanager
async def running_home(folder: Path, kind: BrokerKind | None = None) -> AsyncIterator[Home]:
    """Start broker, devices and binding; end them in reverse."""
    broker = Broker(log_file=folder / "broker.log", kind=kind)
    await broker.open()
    home = Home(folder, broker)
    try:
        await home.judge.listen()
        await home.devices.open()
        await home.binding.open()
        yield home
    finally:
        await home.binding.close()
        await home.devices.close()
        home.judge.close()
        await broker.close()
