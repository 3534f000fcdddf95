"""``python -m taskmatrix_ros.bench.drill_devices --port N``: the home's devices, and three that count what they did."""

from __future__ import annotations

import argparse
import json
import queue
import signal
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from types import FrameType
from typing import Any

from rclpy.action import ActionServer

from taskmatrix_interfaces.action import RobotPutDown
from taskmatrix_ros.core.parent_death import die_with_parent
from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.ros_context import RosContext
from taskmatrix_ros.sim.mqtt_devices.device import Device, Publication, only_keys, title_of
from taskmatrix_ros.sim.mqtt_devices.device_host import DeviceHost
from taskmatrix_ros.sim.mqtt_devices.home import build_home

HOPPER = "/bench/hopper"
WORK_S = 0.1


class Counting(Device):
    """Does what it is told, as often as it is told, and counts: ``done`` in its state, by name."""

    latency_s = 0.05

    def __init__(self, topic: str) -> None:
        super().__init__(topic)
        self.done: Counter[str] = Counter()
        self.last: str | None = None

    def state(self) -> dict[str, Any]:
        """What it did last, and how often it did what."""
        return {"last": self.last, "done": dict(self.done)}

    def apply(self, command: Mapping[str, Any]) -> None:
        """Take ``do``, a name."""
        only_keys(command, "do")
        name = title_of({"play": command.get("do")}, None)
        self.count(name or "")

    def count(self, name: str) -> None:
        """Have done it once more."""
        self.last = name
        self.done[name] += 1


class Bell(Counting):
    """Tells in the moment that it rang; what it counts is for a judge, on another topic than the one nodes hear."""

    def advance(self, now_s: float) -> list[Publication]:
        """Do what is due."""
        told = super().advance(now_s)
        return [*told, *(Publication("rung", one.payload, retain=False) for one in told if one.subtopic == "state")]


class Hopper(Counting):
    """A device whose commands come as goals of a ROS action."""

    takes_commands = False

    def __init__(self, topic: str) -> None:
        super().__init__(topic)
        self.inbox: queue.SimpleQueue[str] = queue.SimpleQueue()

    def live(self, now_s: float) -> bool:
        """Take in what came. :returns: whether something did."""
        del now_s
        changed = False
        while not self.inbox.empty():
            self.count(self.inbox.get())
            changed = True
        return changed


def serve_hopper(thread: NodeThread, hopper: Hopper, ending: threading.Event) -> None:
    """Offer the action: each goal is done once, whoever still waits for it."""

    def work(handle: Any) -> RobotPutDown.Result:
        hopper.inbox.put(handle.request.object)
        ending.wait(WORK_S)
        handle.succeed()
        return RobotPutDown.Result(success=True, message=json.dumps({"loaded": handle.request.object}))

    thread.post(lambda: ActionServer(thread.node, RobotPutDown, HOPPER, work)).result(10.0)


def main() -> int:
    """Serve until SIGINT or SIGTERM."""
    die_with_parent()
    parser = argparse.ArgumentParser(prog="drill_devices", description="Devices that count what they did.")
    parser.add_argument("--port", type=int, required=True, help="of the MQTT broker on this machine")
    given = parser.parse_args()
    ending = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ending.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    hopper = Hopper("bench/hopper")
    counting = [Counting("bench/dispenser"), Bell("bench/bell"), hopper]
    host = DeviceHost([*build_home(), *counting], host="127.0.0.1", port=given.port)
    ros = RosContext()
    ros.open()
    thread = NodeThread(ros, "drill_devices")
    thread.open()
    serve_hopper(thread, hopper, ending)
    told = False
    while not ending.is_set():
        host.step()
        if host.ready and not told:
            told = True
            sys.stdout.write(f"ready: {len(host.devices)} devices and {HOPPER}\n")
            sys.stdout.flush()
    host.close()
    thread.close()
    ros.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
