"""The devices of the outage drill: one client of its own, which counts by itself what reached it and when."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from taskmatrix_ros.app.processes.broker import HOST

COMMANDS = "outage/set/+"
STATES = "outage/state"


class OutageDevices:
    """Does every command at once, and tells what it did, except for devices whose name begins with ``blind``."""

    def __init__(self, port: int) -> None:
        self.done: list[tuple[int, float]] = []
        """Number of each command that came, and the moment in seconds of steady time."""
        self.listening = threading.Event()
        self._told: dict[str, int] = {}
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="outage-devices")
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._connected
        self._client.on_disconnect = lambda *_: self.listening.clear()
        self._client.on_subscribe = lambda *_: self.listening.set()
        self._client.on_message = self._do
        self._client.connect_async(HOST, port, keepalive=5)
        self._client.loop_start()

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, *_: Any) -> None:
        self._client.subscribe(COMMANDS, qos=1)
        for device, number in tuple(self._told.items()):  # a broker without a memory has forgotten it
            self._tell(device, number)

    def _do(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        number = json.loads(message.payload)["number"]
        self.done.append((number, time.monotonic()))
        device = message.topic.rsplit("/", 1)[1]
        if not device.startswith("blind"):
            self._told[device] = number
            self._tell(device, number)

    def _tell(self, device: str, number: int) -> None:
        self._client.publish(f"{STATES}/{device}", json.dumps({"number": number}), qos=1, retain=True)
