"""What really happened in a drill: by the devices' own counters and the simulator's own poses."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import paho.mqtt.client as paho
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import String

from taskmatrix_ros.bench.bench_home import BenchHome
from taskmatrix_ros.core.errors import CallUnavailable
from taskmatrix_ros.robot.description.world_description import WorldDescription

NEAR_M = 0.15
"""A drive took effect if the robot came so near to where the place is looked at from."""

COUNTED = {
    "dispenser_give": "bench/dispenser/state",
    "bell_ring": "bench/bell/state",
    "hopper_load": "bench/hopper/state",
}
"""Call that must not be done twice -> the topic on which its device tells how often it did what."""

_POSES = QoSProfile(depth=200, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class DrillTruth:
    """Listens by ways of its own. Threads: MQTT's and ROS's write, the loop's reads."""

    def __init__(self, home: BenchHome) -> None:
        self._home = home
        self._world = WorldDescription.load("home")
        self._mqtt: paho.Client | None = None
        self._subscribed = threading.Event()
        self._counts: dict[str, dict[str, int]] = {}
        self._told: list[tuple[str, dict[str, Any]]] = []
        self._path: list[tuple[float, float]] = []

    async def open(self) -> None:
        """Subscribe.

        :raises CallUnavailable: the broker does not answer.
        """
        client = self._mqtt = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="bench-judge")
        client.on_connect = lambda *_args: client.subscribe([("home/#", 1), ("bench/#", 1)])
        client.on_subscribe = lambda *_args: self._subscribed.set()
        client.on_message = self._hear
        client.connect("127.0.0.1", self._home.broker_port)
        client.loop_start()
        if not self._subscribed.wait(60.0):
            raise CallUnavailable("bench: the MQTT broker does not answer the judge")
        await self._home.entities.create(lambda node: node.create_subscription(String, "/sim/poses", self._see, _POSES))

    def close(self) -> None:
        """Disconnect."""
        if self._mqtt is not None:
            self._mqtt.disconnect()
            self._mqtt.loop_stop()
            self._mqtt = None

    def begin(self) -> None:
        """Forget what was done so far, but for the counters."""
        self._told.clear()
        self._path.clear()

    def times_done(self, api: str, name: str) -> int:
        """Say how often a device did what must not be done twice."""
        return self._counts.get(COUNTED[api], {}).get(name, 0)

    def missing(self, calls: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
        """Name the calls whose effect was not seen since ``begin``; those of the same device in their order."""
        told, at = list(self._told), 0
        path, along = list(self._path), 0
        found: list[str] = []
        for api, arguments in calls:
            if api in COUNTED:
                seen = self.times_done(api, next(iter(arguments.values()))) > 0
            elif api == "robot_go_to":
                arrival = self._arrival(arguments["place"], path, along)
                seen, along = arrival is not None, along if arrival is None else arrival
            else:
                topic, wanted = _EFFECTS[api](arguments)
                place = next(
                    (i for i in range(at, len(told)) if told[i][0] == topic and wanted.items() <= told[i][1].items()),
                    None,
                )
                seen, at = place is not None, at if place is None else place
            if not seen:
                found.append(f"{api} {dict(arguments)}")
        return found

    def _arrival(self, place: str, path: Sequence[tuple[float, float]], along: int) -> int | None:
        known = self._world.find_place(place)
        assert known is not None, place
        goal = known.approach.pose
        for index in range(along, len(path)):
            if math.hypot(path[index][0] - goal.x_m, path[index][1] - goal.y_m) <= NEAR_M:
                return index
        return None

    def _hear(self, _client: paho.Client, _userdata: Any, message: paho.MQTTMessage) -> None:
        if not message.topic.endswith("/state"):
            return
        payload = json.loads(message.payload)
        if message.topic in COUNTED.values():
            self._counts[message.topic] = payload["done"]
        elif not message.retain:
            self._told.append((message.topic, payload))

    def _see(self, message: String) -> None:
        robot = json.loads(message.data)["robot"]
        self._path.append((robot["x_m"], robot["y_m"]))


def _light(power: str) -> Any:
    return lambda arguments: (f"home/light/{arguments['light']}/state", {"power": power})


_EFFECTS: dict[str, Any] = {
    "light_on": _light("on"),
    "light_off": _light("off"),
    "play_music": lambda arguments: ("home/speaker/state", {"playing": arguments["music"]}),
}
"""Call that may be repeated -> the topic and the fields in which its effect shows."""
