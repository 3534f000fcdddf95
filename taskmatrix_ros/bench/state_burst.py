"""A burst of states over MQTT: what of it arrives, and how fast beside a bare subscriber that parses the same JSON."""

from __future__ import annotations

import asyncio
import json
import resource as process_resources
import statistics
import sys
import tempfile
import threading
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from taskmatrix_ros.app.processes.broker import HOST, Broker
from taskmatrix_ros.bench.burst_publisher import TOPICS, payload_of, topic_of
from taskmatrix_ros.bench.figure import Figure
from taskmatrix_ros.bindings.mqtt.mqtt_binding import BrokerSettings, MqttBinding
from taskmatrix_ros.core.api_document import ApiDocument, Composite, StateSpec
from taskmatrix_ros.core.ports import Changes
from taskmatrix_ros.core.state_store import StateStore, StateValue

MESSAGES = 10_000
ROUNDS = 5
PATIENCE_S = 60.0

SPEC = StateSpec.model_validate(
    {
        "key": "sensor.{sensor}.temperature_c",
        "type": "number",
        "unit": "c",
        "from": {"kind": "mqtt", "topic": "bench/sensor/{sensor}", "path": "/temperature"},
    }
)


class _Specs:
    """A catalogue of one family of state keys."""

    revision = 1

    def changes(self, since: int) -> Changes | None:
        return Changes(frozenset(), frozenset()) if since == self.revision else None

    def get(self, name: str) -> ApiDocument | None:  # noqa: ARG002
        return None

    def documents(self) -> Sequence[ApiDocument]:
        return ()

    def composites(self) -> Sequence[Composite]:
        return ()

    def states(self) -> Sequence[StateSpec]:
        return (SPEC,)


async def measure_burst(announce: Callable[[str], None]) -> Sequence[Figure]:
    """Take the figures: both listeners get the same bursts, in turn."""
    announce(f"{ROUNDS} bursts of {MESSAGES} state messages, each to the state store and to a bare subscriber")
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker(log_file=Path(folder) / "broker.log")
        await broker.open()
        publisher: Process | None = None
        try:
            program = ("-m", "taskmatrix_ros.bench.burst_publisher", "--port", str(broker.port))
            publisher = await asyncio.create_subprocess_exec(sys.executable, *program, stdin=PIPE, stdout=PIPE)
            await _line(publisher)
            before_mb = _peak_mb()
            ours: list[float] = []
            bare: list[float] = []
            lost = 0
            for _ in range(ROUNDS):
                rate, missing = await _to_store(broker.port, publisher)
                ours.append(rate)
                lost += missing
                bare.append(await _to_bare(broker.port, publisher))
            grown_mb = _peak_mb() - before_mb
        finally:
            if publisher is not None:
                with suppress(ProcessLookupError):
                    publisher.kill()
                await publisher.wait()
            await broker.close()
    rate, floor = statistics.median(ours), statistics.median(bare)
    return (
        Figure(name="burst_lost", value=lost, unit="messages", note=f"of {ROUNDS} bursts of {MESSAGES}"),
        Figure(name="burst_rate", value=rate, unit="messages/s", baseline=floor, note="median of the rounds"),
        Figure(name="burst_rate_ratio", value=rate / floor, unit="", note="to a bare paho subscriber with json.loads"),
        Figure(name="burst_memory_mb", value=grown_mb, unit="MB", note="how much the process grew over all bursts"),
    )


async def _to_store(port: int, publisher: Process) -> tuple[float, int]:
    """Give the rate at which values came into the store, and how many did not."""
    state = StateStore()
    binding = MqttBinding({"default": BrokerSettings(port=port)}, _Specs(), state)
    await binding.open()
    first_s = 0.0
    arrived = 0
    done = asyncio.Event()

    def count(_value: StateValue) -> None:
        nonlocal first_s, arrived
        if not arrived:
            first_s = time.perf_counter()
        arrived += 1
        if arrived == MESSAGES:
            done.set()

    undo = state.watch(count)
    try:
        _ask(publisher)
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await done.wait()
        took_s = time.perf_counter() - first_s
        await _line(publisher)
    finally:
        undo()
        await binding.close()
    wrong = sum(1 for number in range(MESSAGES - TOPICS, MESSAGES) if not _is_right(state, number))
    return arrived / took_s, MESSAGES - arrived + wrong


def _is_right(state: StateStore, number: int) -> bool:
    stored = state.read(f"sensor.{topic_of(number).rsplit('/', 1)[1]}.temperature_c")
    return stored is not None and stored.value == json.loads(payload_of(number))["temperature"]


async def _to_bare(port: int, publisher: Process) -> float:
    """Give the rate of a paho client that parses each message and counts it."""
    first_s = 0.0
    arrived = 0
    done, listening = threading.Event(), threading.Event()

    def hear(_client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        nonlocal first_s, arrived
        if not arrived:
            first_s = time.perf_counter()
        json.loads(message.payload)
        arrived += 1
        if arrived == MESSAGES:
            done.set()

    def subscribe(*_: Any) -> None:
        client.subscribe("bench/sensor/+", qos=1)

    client = paho.Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
    client.on_connect = subscribe
    client.on_subscribe = lambda *_: listening.set()
    client.on_message = hear
    client.connect(HOST, port)
    client.loop_start()
    try:
        await asyncio.to_thread(listening.wait, PATIENCE_S)
        _ask(publisher)
        await asyncio.to_thread(done.wait, PATIENCE_S)
        took_s = time.perf_counter() - first_s
        await _line(publisher)
    finally:
        client.disconnect()
        client.loop_stop()
    return arrived / took_s


def _ask(publisher: Process) -> None:
    assert publisher.stdin is not None
    publisher.stdin.write(f"{MESSAGES}\n".encode())


async def _line(publisher: Process) -> None:
    assert publisher.stdout is not None
    await asyncio.wait_for(publisher.stdout.readline(), PATIENCE_S)


def _peak_mb() -> float:
    return process_resources.getrusage(process_resources.RUSAGE_SELF).ru_maxrss / 1024
