"""A whole home of the profile ``demo``, started as a person starts it, and a judge of its own beside it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE_S = 400.0
TASKMATRIX = (sys.executable, "-m", "taskmatrix_ros.cli.main")


class RunningHome:
    """``taskmatrix up`` in a state folder of its own; ends with ``close``."""

    def __init__(self, folder: Path, *sets: str) -> None:
        self.folder = folder
        self.lines: list[str] = []
        self._grown = threading.Condition()
        settings = [part for setting in (f"state_folder={folder}", *sets) for part in ("--set", setting)]
        self.process = subprocess.Popen(
            (*TASKMATRIX, "up", "--profile", "demo", *settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._grown:
                self.lines.append(line.rstrip())
                self._grown.notify_all()

    def wait_for_line(self, pattern: str, after: int = 0) -> str:
        """Wait until ``up`` says it."""
        until = time.monotonic() + PATIENCE_S
        with self._grown:
            while True:
                for line in self.lines[after:]:
                    if re.search(pattern, line):
                        return line
                left = until - time.monotonic()
                if left <= 0 or self.process.poll() is not None:
                    raise AssertionError(f"up never said {pattern!r}; it said:\n" + "\n".join(self.lines))
                self._grown.wait(min(left, 0.5))

    @property
    def broker_port(self) -> int:
        """The port of its MQTT broker."""
        return int(self.wait_for_line("MQTT broker is ready").rsplit(":", 1)[1])

    def child(self, module: str) -> int:
        """The process id of one of its processes, by a word of its command line."""
        for pid, command in children(self.process.pid).items():
            if module in command:
                return pid
        raise AssertionError(f"no process of {module!r}: {children(self.process.pid)}")

    def do(self, *arguments: str, text: str | None = None) -> tuple[int, dict[str, Any]]:
        """Run ``taskmatrix ARGUMENTS --json``. :returns: exit status and the one JSON document."""
        ended = subprocess.run(
            (*TASKMATRIX, *arguments, "--json"),
            check=False,
            input=text,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        assert "Traceback" not in ended.stderr, ended.stderr
        document = json.loads(ended.stdout) if ended.stdout else {"stderr": ended.stderr}
        return ended.returncode, document

    @contextmanager
    def doing(self, instruction: str) -> Iterator[subprocess.Popen[str]]:
        """Run ``taskmatrix do`` beside the test."""
        process = subprocess.Popen(
            (*TASKMATRIX, "do", instruction, "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def close(self) -> list[int]:
        """Press Ctrl-C. :returns: the processes that are left, which must be none."""
        family = [self.process.pid, *children(self.process.pid)]
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return [pid for pid in family if alive(pid)]


def children(pid: int) -> dict[int, str]:
    """The process ids and command lines of all descendants."""
    found: dict[int, str] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (OSError, IndexError):
            continue
        if parent == pid:
            found[int(entry.name)] = command
            found |= children(int(entry.name))
    return found


def alive(pid: int) -> bool:
    """Whether the process runs and is no zombie."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Watcher:
    """A ROS node of the test's own: ground truth, odometry and the ends of goals."""

    def __init__(self, home: RunningHome) -> None:
        from taskmatrix_ros.ros.node_thread import NodeThread
        from taskmatrix_ros.ros.ros_context import RosContext
        from taskmatrix_ros.ros.task_client import TaskClient
        from taskmatrix_ros.sim.truth.world_truth import WorldTruth

        self.context = RosContext()
        self.thread = NodeThread(self.context, f"watcher_{os.getpid()}")
        self.client = TaskClient(self.thread, connect_s=15.0)
        self.truth = WorldTruth(self.client, robot_namespace="", broker_port=home.broker_port)
        self.moving = False
        self.sim_s = 0.0
        self.stood_at_s = 0.0
        self.goal_ends: dict[str, list[tuple[float, int]]] = {}

    async def __aenter__(self) -> Watcher:
        from action_msgs.msg import GoalStatusArray
        from nav_msgs.msg import Odometry
        from rclpy.qos import qos_profile_action_status_default

        self.context.open()
        self.thread.open()
        await self.client.open()
        self.truth.open()

        def subscribe() -> None:
            self.thread.node.create_subscription(Odometry, "/odom", self._hear_odometry, 10)
            for skill in ("find", "go_to", "pick_up", "put_down"):
                self.thread.node.create_subscription(
                    GoalStatusArray,
                    f"/robot/{skill}/_action/status",
                    lambda message, skill=skill: self._hear_status(skill, message),
                    qos_profile_action_status_default,
                )

        await self.thread.run(subscribe)
        return self

    async def __aexit__(self, *error: object) -> None:
        self.truth.close()
        await self.client.close()
        self.thread.close()
        self.context.close()

    def _hear_odometry(self, message: Any) -> None:
        self.sim_s = message.header.stamp.sec + message.header.stamp.nanosec * 1e-9
        twist = message.twist.twist
        moving = abs(twist.linear.x) > 0.01 or abs(twist.angular.z) > 0.02
        if self.moving and not moving:
            self.stood_at_s = self.sim_s
        self.moving = moving

    def _hear_status(self, skill: str, message: Any) -> None:
        ended = [status.status for status in message.status_list if status.status >= 4]
        self.goal_ends[skill] = [(time.monotonic(), status) for status in ended]

    async def until(self, fact: Callable[[], bool], what: str) -> None:
        """Wait for a fact."""
        until = time.monotonic() + PATIENCE_S
        while not fact():
            assert time.monotonic() < until, f"waited in vain: {what}"
            await asyncio.sleep(0.01)
