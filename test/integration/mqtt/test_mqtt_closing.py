"""A link that is closed at any moment of its connecting ends, and leaves no thread."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from taskmatrix_ros.app.processes.broker import Broker
from taskmatrix_ros.bindings.mqtt.mqtt_binding import BrokerSettings
from taskmatrix_ros.bindings.mqtt.mqtt_link import MqttLink
from taskmatrix_ros.bindings.mqtt.mqtt_states import MqttStates
from taskmatrix_ros.core.state_store import StateStore

pytestmark = pytest.mark.mqtt


def test_it_ends_whenever_it_is_closed(tmp_path: Path) -> None:
    async def main() -> None:
        broker = Broker(log_file=tmp_path / "broker.log")
        await broker.open()
        try:
            for moment in range(60):
                link = MqttLink("x", BrokerSettings(port=broker.port), MqttStates("x", StateStore()))
                link.start({})
                if moment % 2:
                    time.sleep(moment / 6000)  # noqa: ASYNC251 - connected before the loop had its turn
                else:
                    await asyncio.sleep(moment / 12_000)
                async with asyncio.timeout(60):
                    await link.close()
        finally:
            await broker.close()

    asyncio.run(main())
