"""The Gazebo adapter over the peer that speaks as Gazebo's bridge does."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

from facts import wait_for
from robot_lab import Child
from std_srvs.srv import SetBool, Trigger

from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.ros_context import RosContext
from taskmatrix_ros.sim.gazebo.gazebo_node import GazeboNode
from taskmatrix_ros.sim.gazebo.gazebo_truth import GazeboTruth
from taskmatrix_ros.sim.gazebo.process import read_world
from taskmatrix_ros.sim.truth.recorder import Recorder

PEER = Path(__file__).with_name("gazebo_peer.py")


class MujocoAsGazebo:
    """What a lab takes for its simulator: a peer process, and the adapter in a thread of this one."""

    ready_line = "ready"
    errors = ""

    def __init__(self, namespace: str, *, seed: int = 1, speed: float = 3.0) -> None:
        self._peer = Child(str(PEER), namespace, str(seed), str(speed))
        assert "ready" in self._peer.ready_line, self._peer.errors
        self._context = RosContext()
        self._context.open()
        self._thread = NodeThread(self._context, "gazebo_adapter", namespace=namespace)
        self.node = self._thread.open()
        self.world, home = read_world("home", seed)
        truth = GazeboTruth(self.world)
        self._pause = self.post(lambda: self.node.create_client(SetBool, "peer/pause"))
        self._truth = self.post(lambda: self.node.create_client(Trigger, "peer/truth"))
        recorder = Recorder(truth, home, seed=seed)
        self.adapter = GazeboNode(self.node, truth, recorder, self._run_world)
        wait_for(self._truth.service_is_ready, "the peer")
        self.before = self.truth()
        self.post(self.adapter.open)
        wait_for(lambda: self.adapter.ready, "the adapter; it waits for something")

    def post(self, function: Any) -> Any:
        return self._thread.post(function).result(60)

    def truth(self) -> dict[str, Any]:
        """What the peer's physics knows."""
        future = self.post(lambda: self._truth.call_async(Trigger.Request()))
        return json.loads(wait_for(lambda: future.done() and future.result(), "the peer's word").message)

    def _run_world(self) -> None:
        if self._pause.service_is_ready():
            self._pause.call_async(SetBool.Request(data=False))

    def end(self, number: int = signal.SIGINT) -> int:
        self._thread.close()
        self._context.close()
        return self._peer.end(number)
