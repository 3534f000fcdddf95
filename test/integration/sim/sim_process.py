"""The simulator as a process of its own, with a node that listens to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rclpy.qos import QoSProfile, ReliabilityPolicy

from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.ros_context import RosContext

ROOT = Path(__file__).resolve().parents[3]
RELIABLE = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)


class SimProcess:
    """``python -m taskmatrix_ros.sim.mujoco.process`` with the given arguments."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self._arguments = arguments
        self._environment = environment
        self.ready_line = ""

    def __enter__(self) -> SimProcess:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "taskmatrix_ros.sim.mujoco.process", *self._arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **self._environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._errors: list[str] = []
        self._reader = threading.Thread(target=lambda: self._errors.extend(self.process.stderr), daemon=True)
        self._reader.start()
        self.ready_line = self.process.stdout.readline()
        return self

    def end(self, number: int = signal.SIGINT, timeout_s: float = 60.0) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout_s)

    def errors(self) -> str:
        """What it has written to stderr so far."""
        return "".join(self._errors)

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._reader.join(5)
        self.process.stdout.close()
        self.process.stderr.close()


class Listener:
    """A node that keeps what it hears."""

    def __init__(self, namespace: str = "") -> None:
        self._context = RosContext()
        self.thread = NodeThread(self._context, "listener", namespace=namespace)
        self.heard: dict[str, list[Any]] = {}
        self._subscriptions: dict[str, Any] = {}

    def __enter__(self) -> Listener:
        self._context.open()
        self.node = self.thread.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.close()
        self._context.close()

    def listen(self, kind: type[Any], topic: str, qos: Any = 10) -> list[Any]:
        """Keep the messages of a topic; returns the list they go to."""
        kept: list[Any] = []
        self.heard[topic] = kept
        self._subscriptions[topic] = self.post(lambda: self.node.create_subscription(kind, topic, kept.append, qos))
        return kept

    def ignore(self, topic: str) -> None:
        """End a subscription."""
        subscription = self._subscriptions.pop(topic)
        self.post(lambda: self.node.destroy_subscription(subscription))

    def post(self, function: Callable[[], Any]) -> Any:
        """Call in the node's thread."""
        return self.thread.post(function).result(60)
