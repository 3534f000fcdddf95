"""The processes of a bench: broker, devices, simulator and skills for all of it, nodes one after the other."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

from std_msgs.msg import Bool

from taskmatrix_ros.app.processes.broker import Broker
from taskmatrix_ros.app.processes.child_process import ChildProcess
from taskmatrix_ros.app.processes.ros_domain import free_domain
from taskmatrix_ros.core.errors import CallUnavailable
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.ros.node_entities import NodeEntities
from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.ros_context import RosContext
from taskmatrix_ros.ros.task_client import TaskClient

NODE = "taskmatrix_ros.node.process"
HEARD_S = 120.0
READY_S = 240.0
UNHEARD_S = 6.0
"""An instruction whose feedback nobody heard by then is sent again, by the same request."""
PREPARED_S = 300.0
"""A node that was prepared may wait so long for its turn."""


class PreparedNode:
    """A node's process that waits for its turn."""

    def __init__(self, child: ChildProcess, turn: Path, wait_alive: Callable[[], Awaitable[None]]) -> None:
        self._child = child
        self._turn = turn
        self._wait_alive = wait_alive
        self._opening = asyncio.create_task(child.open(), name=f"open-{child.name}")

    async def begin(self) -> ChildProcess:
        """Let it begin; see ``BenchHome.start_node``."""
        self._turn.touch()
        await self._opening
        await self._wait_alive()
        return self._child

    async def close(self) -> None:
        """End it, whether its turn came or not."""
        self._opening.cancel()
        await asyncio.gather(self._opening, return_exceptions=True)
        await self._child.close()


class BenchHome:
    """A home in a folder and a ROS domain of its own."""

    def __init__(
        self, folder: Path, *, manifests: Sequence[str], devices: str, speed: float, announce: Callable[[str], None]
    ) -> None:
        """:param manifests: files of ``config/bench``, beside those of the profile ``demo``.

        :param devices: the module that serves the MQTT devices; gets ``--port``.
        :param speed: simulated seconds per wall second.
        """
        self.folder = folder
        self._manifests = [*("robot.yaml", "home.yaml", "time.yaml"), *self._bench_files(manifests)]
        self._devices = devices
        self._speed = speed
        self._announce = announce
        self._stack = AsyncExitStack()
        self._ros = RosContext()
        self.thread = NodeThread(self._ros, f"bench_{os.getpid()}")
        self.client = TaskClient(self.thread, connect_s=60.0)
        self.entities = NodeEntities(self.thread)
        self._broker = Broker(log_file=folder / "logs" / "broker.log")
        self._heard = 0
        self._heard_at_s = time.monotonic()
        self._nodes = 0

    @property
    def broker_port(self) -> int:
        """Where the broker listens, on this machine."""
        return self._broker.port

    @property
    def store_file(self) -> Path:
        """The nodes' journal."""
        return self.folder / "state" / "taskmatrix.sqlite"

    @property
    def silent_s(self) -> float:
        """Wall seconds since the last heartbeat of a node."""
        return time.monotonic() - self._heard_at_s

    async def open(self) -> None:
        """Start everything but the node.

        :raises ConfigError: a process did not come up.
        """
        stack = self._stack
        try:
            stack.enter_context(self._environment())
            stack.push_async_callback(self._broker.close)
            await self._broker.open()
            await asyncio.gather(
                self._start("devices", self._devices, "--port", str(self.broker_port)),
                self._start(
                    "simulator", "taskmatrix_ros.sim.mujoco.process", "--world", "home", "--speed", str(self._speed)
                ),
                self._start("skills", "taskmatrix_ros.robot.process", "--world", "home"),
            )
            self._ros.open()
            stack.callback(self._ros.close)
            self.thread.open()
            stack.callback(self.thread.close)
            await self.client.open()
            stack.push_async_callback(self.client.close)
            stack.push_async_callback(self.entities.close)
            await self.entities.create(lambda node: node.create_subscription(Bool, "/taskmatrix/alive", self._hear, 10))
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """End everything."""
        await self._stack.aclose()

    def prepare_node(self, module: str, *arguments: str) -> PreparedNode:
        """Start a node's process that loads everything and then waits for its turn.

        :param module: one that takes ``--begin-with``.
        """
        self._nodes += 1
        name = f"node-{self._nodes:03}"
        turn = self.folder / f"{name}.turn"
        child = self._node_process(name, module, "--begin-with", str(turn), *arguments)
        return PreparedNode(child, turn, self.wait_alive)

    async def start_node(self, module: str = NODE, *arguments: str) -> ChildProcess:
        """Start a node and wait until it serves and this process has heard of it. Its owner closes it.

        :raises CallUnavailable: no heartbeat of it arrives.
        :raises ConfigError: it did not come up.
        """
        self._nodes += 1
        child = self._node_process(f"node-{self._nodes:03}", module, *arguments)
        await child.open()
        try:
            await self.wait_alive()
        except BaseException:
            await child.close()
            raise
        return child

    def _node_process(self, name: str, module: str, *arguments: str) -> ChildProcess:
        settings = (
            f"state_folder={self.store_file.parent}",
            f"manifests=[{', '.join(self._manifests)}]",
            f"mqtt.brokers.default.port={self.broker_port}",
        )
        sets = [part for setting in settings for part in ("--set", setting)]
        argv = (sys.executable, "-m", module, *arguments, "--profile", "demo", *sets)
        return ChildProcess(name, argv, self.folder / "logs", ready_within_s=PREPARED_S)

    async def say(
        self, text: str, request_id: str, hear: Callable[[dict[str, Any]], None] = lambda _feedback: None
    ) -> dict[str, Any]:
        """Send an instruction until it is heard, by one request, and wait for its end.

        :param hear: told the feedback, as ``TaskClient.execute`` tells it.
        :returns: as ``TaskClient.execute`` does.
        :raises CallUnavailable: the node takes none, or is gone.
        """
        while True:
            heard = asyncio.Event()

            def on_feedback(feedback: dict[str, Any], heard: asyncio.Event = heard) -> None:
                heard.set()
                hear(feedback)

            run = asyncio.create_task(self.client.execute(text, on_feedback, request_id=request_id))
            waiting = asyncio.create_task(heard.wait())
            try:
                await asyncio.wait({run, waiting}, timeout=UNHEARD_S, return_when=asyncio.FIRST_COMPLETED)
                if run.done() or heard.is_set():
                    return await run
            finally:
                for task in (run, waiting):
                    task.cancel()
                await asyncio.gather(run, waiting, return_exceptions=True)

    async def wait_alive(self) -> None:
        """Wait for two heartbeats from now on: what a dead node sent last is not one of a new node.

        :raises CallUnavailable: there is none.
        """
        until, wanted = time.monotonic() + HEARD_S, self._heard + 2
        while self._heard < wanted:
            if time.monotonic() >= until:
                raise CallUnavailable(f"bench: no heartbeat of the node within {HEARD_S:g} s")
            await asyncio.sleep(0.01)

    def _hear(self, message: Any) -> None:
        self._heard += bool(message.data)
        self._heard_at_s = time.monotonic()

    def _bench_files(self, names: Sequence[str]) -> list[str]:
        return [str(resource(f"config/bench/{name}")) for name in names]

    @contextmanager
    def _environment(self) -> Iterator[None]:
        """Set what this process and its children read from the environment; it is as it was when all has ended."""
        before = dict(os.environ)
        os.environ["ROS_DOMAIN_ID"] = str(free_domain())
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        os.environ["FASTDDS_BUILTIN_TRANSPORTS"] = "UDPv4"  # killed processes leave shared memory behind
        os.environ["TASKMATRIX_AUDIT_KEY_FILE"] = str(self.folder / "key" / "audit.key")
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)

    async def _start(self, name: str, module: str, *arguments: str) -> None:
        argv = (sys.executable, "-m", module, *arguments)
        child = ChildProcess(name, argv, self.folder / "logs", ready_within_s=READY_S)
        self._stack.push_async_callback(child.close)
        took_s = await child.open()
        self._announce(f"{name} is ready ({took_s:.1f} s)")
