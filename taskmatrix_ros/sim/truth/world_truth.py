"""The world as it is: the simulator's ground truth and the devices' own words. For judges, never for the node."""

from __future__ import annotations

import json
import threading
from typing import Any

import paho.mqtt.client as paho

from taskmatrix_ros.core.errors import CallUnavailable
from taskmatrix_ros.ros.ros_names import absolute_name
from taskmatrix_ros.ros.task_client import TaskClient

DEVICES = "home/#"


class WorldTruth:
    """Reads both sides by ways of its own: a service of the simulator, a subscription of its own at the broker."""

    def __init__(self, client: TaskClient, *, robot_namespace: str, broker_port: int) -> None:
        self._client = client
        self._snapshot_service = absolute_name(robot_namespace, "sim/snapshot")
        self._port = broker_port
        self._mqtt: paho.Client | None = None
        self._payloads: dict[str, dict[str, Any]] = {}
        self._subscribed = threading.Event()

    def open(self) -> None:
        """Subscribe to the devices. :raises CallUnavailable: no broker."""
        client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="taskmatrix-judge")
        client.on_connect = lambda *_args: client.subscribe(DEVICES, qos=1)
        client.on_subscribe = lambda *_args: self._subscribed.set()
        client.on_message = self._hear
        try:
            client.connect("127.0.0.1", self._port)
        except OSError as error:
            raise CallUnavailable(f"judge: no MQTT broker on 127.0.0.1:{self._port}: {error}") from error
        client.loop_start()
        self._mqtt = client
        if not self._subscribed.wait(5.0):
            raise CallUnavailable(f"judge: the MQTT broker on 127.0.0.1:{self._port} does not answer")

    def close(self) -> None:
        """Disconnect."""
        if self._mqtt is not None:
            self._mqtt.disconnect()
            self._mqtt.loop_stop()
            self._mqtt = None

    async def snapshot(self) -> dict[str, Any]:
        """Give the simulator's ground truth. :raises CallUnavailable: it does not answer."""
        response = await self._client.request("std_srvs/srv/Trigger", self._snapshot_service)
        snapshot: dict[str, Any] = json.loads(response.message)
        return snapshot

    async def read(self) -> dict[str, Any]:
        """Give one flat map.

        ``object.<name>.on`` and ``.room``, ``robot.room``, ``robot.holding``, ``robot.hardest_bump_n`` in newton;
        of the device whose state topic is ``home/<path>/state``, ``<path with dots>.<field>`` for each field.
        """
        snapshot = await self.snapshot()
        truth: dict[str, Any] = {
            "robot.room": snapshot["room"],
            "robot.holding": snapshot["holding"] or None,
            "robot.hardest_bump_n": hardest_bump_n(snapshot),
        }
        for name, thing in snapshot["objects"].items():
            truth[f"object.{name}.on"] = thing["on"]
            truth[f"object.{name}.room"] = thing["room"]
        for topic, fields in tuple(self._payloads.items()):
            device = topic.removeprefix("home/").removesuffix("/state").replace("/", ".")
            truth |= {f"{device}.{field}": value for field, value in fields.items()}
        return truth

    def _hear(self, _client: paho.Client, _userdata: Any, message: paho.MQTTMessage) -> None:
        if not message.topic.endswith("/state"):
            return
        try:
            payload = json.loads(message.payload)
        except ValueError:
            return
        if isinstance(payload, dict):
            self._payloads[message.topic] = payload


def hardest_bump_n(snapshot: dict[str, Any]) -> float:
    """Give the largest force between robot and furniture since the start, in newton; 0 if they never touched."""
    bump = snapshot.get("hardest_bump") or {}
    return float(bump.get("force_n", 0.0))
