"""A device behind a real broker, for the contract of bindings."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from binding_contract import CONNECT_S, PATIENCE_S, wait_for
from given_catalogue import GivenCatalogue
from paho.mqtt.enums import CallbackAPIVersion

from taskmatrix_ros.app.processes.broker import HOST, Broker, BrokerKind
from taskmatrix_ros.bindings.mqtt.mqtt_binding import BrokerSettings, MqttBinding, MqttProtocol
from taskmatrix_ros.core.api_document import ApiDocument, ApiPackage
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.state_store import StateStore

PACKAGE = ApiPackage.model_validate(
    {
        "package": "contract",
        "version": "1.0.0",
        "state": [
            {"key": "lamp.state", "type": "string", "from": {"kind": "mqtt", "topic": "lamp/state", "path": "/state"}}
        ],
        "apis": [
            {
                "name": "lamp_set",
                "parameters": {"lamp": {"type": "string"}, "state": {"type": "string"}},
                "description": "Set a lamp.",
                "binding": {"kind": "mqtt", "topic": "{lamp}/set", "payload": {"state": "{state}"}},
            }
        ],
    }
)


class Lamp:
    """A client of its own that counts the commands it gets."""

    def __init__(self) -> None:
        self.commands: list[Any] = []
        self._client: paho.Client | None = None

    async def connect(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        listening = asyncio.Event()
        client = paho.Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
        client.on_connect = lambda *_: client.subscribe("lamp/set", qos=1)
        client.on_subscribe = lambda *_: loop.call_soon_threadsafe(listening.set)
        client.on_message = lambda _client, _data, message: self.commands.append(json.loads(message.payload))
        client.connect(HOST, port)
        client.loop_start()
        self._client = client
        async with asyncio.timeout(60):
            await listening.wait()

    async def say(self, payload: bytes) -> None:
        assert self._client is not None
        info = self._client.publish("lamp/state", payload, qos=1, retain=True)

        async def published() -> bool:
            return info.is_published()

        await wait_for(published, "the broker takes what the lamp says")

    def disconnect(self) -> None:
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()
            self._client = None


class MqttPeer:
    """Broker and lamp. Losing the peer is killing the broker; holding it is stopping the broker's process."""

    def __init__(self, broker: Broker, protocol: MqttProtocol) -> None:
        self._broker = broker
        self._lamp = Lamp()
        self._held = False
        self._store = StateStore()
        settings = BrokerSettings(port=broker.port, connect_s=CONNECT_S, protocol=protocol)
        self.binding = MqttBinding({"default": settings}, GivenCatalogue.of(PACKAGE), self._store)
        self._number = 0

    def request(self, *, deadline_s: float = PATIENCE_S) -> tuple[Call, ApiDocument]:
        self._number += 1
        arguments = {"lamp": "lamp", "state": str(self._number)}
        return Call(run_id="r", api="lamp_set", arguments=arguments, deadline_s=deadline_s), PACKAGE.apis[0]

    def refused_request(self) -> tuple[Call, ApiDocument]:
        arguments = {"lamp": "lamp/set#", "state": "on"}
        return Call(run_id="r", api="lamp_set", arguments=arguments, deadline_s=PATIENCE_S), PACKAGE.apis[0]

    async def done(self) -> int:
        states = [command["state"] for command in self._lamp.commands]
        assert len(set(states)) == len(states), "a command came twice"
        return len(states)

    async def start(self) -> None:
        await self._lamp.connect(self._broker.port)

    async def hold(self) -> None:
        self._signal(signal.SIGSTOP)
        self._held = True

    async def release(self) -> None:
        if self._held:
            self._signal(signal.SIGCONT)
            self._held = False

    async def lose(self) -> None:
        self._signal(signal.SIGKILL)
        self._held = False
        self._lamp.disconnect()
        await self._broker.close()

    async def restore(self) -> None:
        await self._broker.open()
        await self._lamp.connect(self._broker.port)

    async def connected(self) -> bool:
        return self.binding.peer_problem() is None

    async def say_garbage(self) -> None:
        before = sum(self.binding.bad_payloads.values())
        garbage = [b"\xff\xfe", b"{", b"[]", b"{}", b'{"state": 7}', b"[" * 100_000, b"x" * 2_000_000]
        for payload in garbage:
            await self._lamp.say(payload)

        async def counted() -> bool:
            return sum(self.binding.bad_payloads.values()) == before + len(garbage)

        await wait_for(counted, "each bad payload is counted")

    async def say_state(self, value: str) -> None:
        await self._lamp.say(json.dumps({"state": value}).encode())

    def state(self) -> Any:
        return self._store.get("lamp.state")

    async def close(self) -> None:
        await self.release()
        self._lamp.disconnect()

    def _signal(self, number: signal.Signals) -> None:
        assert self._broker.pid is not None
        os.kill(self._broker.pid, number)


@asynccontextmanager
async def mqtt_peer(folder: Path, kind: BrokerKind, protocol: MqttProtocol) -> AsyncIterator[MqttPeer]:
    """Start broker and lamp; end them, whatever state they are in."""
    broker = Broker(log_file=folder / "broker.log", kind=kind)
    await broker.open()
    peer = MqttPeer(broker, protocol)
    try:
        await peer.start()
        yield peer
    finally:
        await peer.close()
        await broker.close()
