"""Many messages at once: none is lost, and what the binding holds of them is bounded."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from broker_kinds import each_broker, needs_mosquitto
from given_catalogue import GivenCatalogue
from mqtt_home import until
from paho.mqtt.enums import CallbackAPIVersion

from taskmatrix_ros.app.processes.broker import HOST, Broker, BrokerKind
from taskmatrix_ros.bindings.mqtt.mqtt_binding import BrokerSettings, MqttBinding
from taskmatrix_ros.core.api_document import StateSpec
from taskmatrix_ros.core.state_store import StateStore, StateValue

pytestmark = pytest.mark.mqtt

MESSAGES = 2000

SPECS = [
    StateSpec.model_validate(
        {
            "key": "sensor.{sensor}.value",
            "type": "number",
            "from": {"kind": "mqtt", "topic": "sensors/{sensor}", "path": "/value"},
        }
    )
]


def publisher(port: int) -> paho.Client:
    client = paho.Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
    client.max_inflight_messages_set(1000)
    client.connect(HOST, port)
    client.loop_start()
    return client


@each_broker
@pytest.mark.parametrize("blocked_s", [0.0, 1.0])
def test_every_message_of_a_burst_arrives_in_order(tmp_path: Path, kind: BrokerKind, blocked_s: float) -> None:
    async def main() -> None:
        broker = Broker(log_file=tmp_path / "broker.log", kind=kind)
        await broker.open()
        state = StateStore()
        heard: dict[str, list[float]] = {}

        def watch(value: StateValue) -> None:
            heard.setdefault(value.key, []).append(value.value)

        state.watch(watch)
        binding = MqttBinding({"default": BrokerSettings(port=broker.port)}, GivenCatalogue((), SPECS), state)
        client = publisher(broker.port)
        try:
            await binding.open()
            for number in range(MESSAGES):
                client.publish(f"sensors/s{number % 10}", f'{{"value": {number}}}', qos=1)
            time.sleep(blocked_s)  # noqa: ASYNC251 - a loop that is busy elsewhere
            await until(lambda: state.sequence >= MESSAGES, "all arrive")
            assert state.sequence == MESSAGES
            assert heard == {f"sensor.s{n}.value": [float(v) for v in range(n, MESSAGES, 10)] for n in range(10)}
        finally:
            client.disconnect()
            client.loop_stop()
            await binding.close()
            await broker.close()

    asyncio.run(main())


@needs_mosquitto
def test_a_loop_that_is_far_behind_holds_the_broker_back(tmp_path: Path) -> None:
    """Messages come while the loop stands still: the broker keeps them, not our memory; then all arrive."""
    messages = 25_000

    async def main() -> None:
        broker = Broker(log_file=tmp_path / "broker.log", kind=BrokerKind.MOSQUITTO)
        await broker.open()
        state = StateStore()
        settings = BrokerSettings(port=broker.port, keepalive_s=300)
        binding = MqttBinding({"default": settings}, GivenCatalogue((), SPECS), state)
        client = publisher(broker.port)
        try:
            await binding.open()
            for number in range(messages):
                client.publish("sensors/a", f'{{"value": {number}}}', qos=1)
            time.sleep(1.0)  # noqa: ASYNC251 - the loop stands still, and reads nothing that would have to be kept
            assert state.sequence == 0
            await until(lambda: state.sequence >= messages, "all arrive", 400)
            assert state["sensor.a.value"] == messages - 1
            assert state.sequence == messages
        finally:
            client.disconnect()
            client.loop_stop()
            await binding.close()
            await broker.close()

    asyncio.run(main())
