"""Stops in bad moments: how fast they are, and whether anything moves before the latch is rearmed."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from itertools import cycle
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from lifecycle_msgs.msg import Transition

from taskmatrix_interfaces.action import RobotGoTo
from taskmatrix_ros.app.processes.child_process import ChildProcess
from taskmatrix_ros.bench.bench_home import NODE, BenchHome
from taskmatrix_ros.bench.stop_watch import Stopping, StopWatch
from taskmatrix_ros.core.errors import CallUnavailable
from taskmatrix_ros.core.ids import id_to_bytes, new_id
from taskmatrix_ros.ros.action_call import ActionCall, ActionPeer

MANIFEST = "stop.yaml"
DEVICES = "taskmatrix_ros.sim.mqtt_devices"
AWKWARD = "taskmatrix_ros.bench.awkward_node"

BLOCKED_S = 0.45
"""A loop whose heartbeat, every 0.2 s, has been silent for so long is blocked; after 1 s the robot halts by itself."""
BUSY_SHARE = 0.5
LOOK_S = 0.3
LOOKS = 10
ATTEMPTS = 5
ROUND_TRIPS = 10
AT_REST_S = 0.5
"""How long it is watched that nothing moves."""


class StopDrill:
    """Drives and stops in one home, with one node after the other."""

    def __init__(self, folder: Path, *, speed: float, announce: Callable[[str], None]) -> None:
        """:param speed: simulated seconds per wall second."""
        self.home = BenchHome(folder, manifests=[MANIFEST], devices=DEVICES, speed=speed, announce=announce)
        self.watch = StopWatch(self.home)
        self._stack = AsyncExitStack()
        self._node: ChildProcess | None = None
        self._peer: Any = None
        self._said: set[asyncio.Task[Any]] = set()
        self._noted = threading.Event()
        self._places = cycle(("bedroom", "kitchen"))

    async def __aenter__(self) -> StopDrill:
        stack = self._stack
        try:
            await self.home.open()
            stack.push_async_callback(self.home.close)
            await self.watch.open()
            self._peer = await self.home.entities.create(lambda node: ActionPeer(node, RobotGoTo, "/robot/go_to"))
            # somebody has to be there for the notes, else the broker tells that nobody is
            client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="bench-notes")
            client.on_connect = lambda *_args: client.subscribe("bench/#")
            client.on_message = lambda *_args: self._noted.set()
            client.connect("127.0.0.1", self.home.broker_port)
            client.loop_start()
            stack.callback(client.loop_stop)
            stack.callback(client.disconnect)
        except BaseException:
            await stack.aclose()
            raise
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._forget()
        await self._stack.aclose()

    @asynccontextmanager
    async def node(self, module: str = NODE, *arguments: str) -> AsyncIterator[None]:
        """Have a node run meanwhile."""
        self._node = await self.home.start_node(module, *arguments)
        try:
            yield
        finally:
            await self._forget()
            node, self._node = self._node, None
            await node.close()

    # -- moments in which to stop -------------------------------------------------------------------------------------

    async def driving(self) -> None:
        """Be driving."""
        await self._under_way(lambda: self.home.say(f"go to the {next(self._places)}", new_id()))

    async def computing(self) -> None:
        """Be driving while another program computes without end."""
        self._noted.clear()
        self._say("crunch numbers")
        await self.watch.until(lambda: self._noted.is_set() or not self._said, "the program that computes runs")
        await self.driving()
        while await self._share_of_workers() < BUSY_SHARE:
            if not self._said:
                raise CallUnavailable("bench stop: the program that was to compute has ended")

    async def blocked(self) -> None:
        """Be driving while the loop of the node is blocked; on a slow machine the robot may have arrived by then."""
        for _ in range(ATTEMPTS):
            await self.driving()
            self._say("hold the loop")
            await self.watch.until(lambda: self.home.silent_s >= BLOCKED_S, "a loop that is blocked")
            if self.watch.driving:
                return
            await self.watch.until(lambda: self.home.silent_s < BLOCKED_S, "a loop that is free again")
        raise CallUnavailable("bench stop: the robot stood before it was stopped")

    async def inactive(self) -> None:
        """Be driving for somebody else while the node is inactive."""
        await self._change(Transition.TRANSITION_DEACTIVATE)
        await self._under_way(lambda: self._goal(next(self._places)))

    async def activate(self) -> None:
        """Take instructions again."""
        await self._change(Transition.TRANSITION_ACTIVATE)

    # -- what comes after ---------------------------------------------------------------------------------------------

    async def stop(self) -> Stopping:
        """Stop, and wait until the robot stands."""
        return await self.watch.stop()

    async def stop_again(self) -> tuple[str, ...]:
        """Stop once more. :returns: who was told in time."""
        response = await self.home.client.request("taskmatrix_interfaces/srv/Stop", "stop", reason="bench")
        return tuple(response.told)

    async def round_trip_ms(self) -> float:
        """Give the slowest of some plain service calls to the node, in wall time: what this machine takes just now."""
        took_s = []
        for _ in range(ROUND_TRIPS):
            began_s = time.monotonic()
            await self.home.client.request("lifecycle_msgs/srv/GetState", "lifecycle/get_state", repeatable=True)
            took_s.append(time.monotonic() - began_s)
        return 1000 * max(took_s)

    async def kill_and_restart(self) -> bool:
        """End the node with SIGKILL, now, and start another. :returns: whether the journal had the stop by then."""
        assert self._node is not None
        pid = self._node.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await self._node.wait()
        with closing(sqlite3.connect(f"file:{self.home.store_file}?mode=ro", uri=True)) as store:
            journalled = bool(store.execute("SELECT reason FROM latch").fetchall())
        await self._forget()
        await self._node.close()
        self._node = await self.home.start_node()
        return journalled

    async def faults_until_rearm(self) -> list[str]:
        """Try to make things move: by an instruction, and past the node. :returns: what moved or was let pass."""
        began, faults = time.monotonic(), []
        for text in (f"go to the {next(self._places)}", "turn on the tv"):
            result = await self.home.say(text, new_id())
            if result["status"] in ("succeeded", "unconfirmed") or "stopped" not in result["summary"]:
                faults.append(f"'{text}' ended {result['status']}: {result['summary']}")
        report = await self._goal(next(self._places))
        if report.result is None or report.result.error_code != "STOPPED":
            faults.append(f"the robot answered a goal past the node with {report.result}")
        await asyncio.sleep(AT_REST_S)
        if self.watch.moved_since(began) or not self.watch.standing:
            faults.append("the robot moved")
        return faults

    async def rearm(self) -> None:
        """Lift the latch, and wait until nothing of before goes on."""
        response = await self.home.client.request("taskmatrix_interfaces/srv/Rearm", "rearm", comment="bench")
        if not response.success:
            raise CallUnavailable(f"bench stop: rearm was refused: {response.message}")
        await self._forget()

    # -- parts --------------------------------------------------------------------------------------------------------

    async def _under_way(self, send: Callable[[], Any]) -> None:
        """Send the robot somewhere until it drives: one that missed a heartbeat on a busy machine stands."""
        for _ in range(ATTEMPTS):
            sent = self._keep(send())
            await self.watch.until(lambda s=sent: self.watch.driving or s.done(), "the robot drives")
            if not sent.done():
                return
        raise CallUnavailable("bench stop: the robot was to drive, but its run has ended")

    def _say(self, text: str) -> None:
        self._keep(self.home.say(text, new_id()))

    def _keep(self, work: Any) -> asyncio.Future[Any]:
        task = asyncio.ensure_future(work)
        self._said.add(task)
        task.add_done_callback(self._said.discard)
        return task

    async def _forget(self) -> None:
        """Give what was said a moment to end, as a stop does; then wait no longer."""
        said = tuple(self._said)
        if said:
            await asyncio.wait(said, timeout=3.0)
        for task in said:
            task.cancel()
        await asyncio.gather(*said, return_exceptions=True)

    async def _goal(self, place: str) -> Any:
        return await ActionCall(self.home.thread, self._peer).run(
            RobotGoTo.Goal(place=place),
            goal_id=id_to_bytes(new_id()),
            on_feedback=lambda _feedback: None,
            connect_s=60.0,
            deadline_s=240.0,
            lost=lambda: None,
        )

    async def _change(self, transition: int) -> None:
        asked = Transition(id=transition)
        response = await self.home.client.request(
            "lifecycle_msgs/srv/ChangeState",
            "lifecycle/change_state",
            transition=asked,
            repeatable=False,
            timeout_s=60.0,
        )
        if not response.success:
            raise CallUnavailable(f"bench stop: transition {transition} failed; the node's log says why")

    async def _share_of_workers(self) -> float:
        """Say how much of the time a sandbox worker of the node computes, or would if other programs let it."""
        assert self._node is not None
        assert self._node.pid is not None
        looks = []
        for _ in range(LOOKS):
            looks.append(_has_running_child(self._node.pid))
            await asyncio.sleep(LOOK_S / LOOKS)
        return sum(looks) / LOOKS


def _has_running_child(pid: int) -> bool:
    """Tell whether a thread of a process's child runs or waits for a processor. :source: proc(5), stat."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if int(_stat(entry)[1]) == pid and any(_stat(thread)[0] == "R" for thread in (entry / "task").iterdir()):
                return True
        except OSError:
            continue
    return False


def _stat(folder: Path) -> list[str]:
    """Give the fields of a process or thread from the third on."""
    return (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
