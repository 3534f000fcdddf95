"""One run of ten calls that is killed at one commit of its journal, gone on with after a restart, and judged."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from taskmatrix_interfaces.srv import ResolveCall
from taskmatrix_ros.bench.bench_home import BenchHome, PreparedNode
from taskmatrix_ros.bench.drill_truth import COUNTED, DrillTruth
from taskmatrix_ros.bench.mortal_journal import Commit, KillPoint, Side
from taskmatrix_ros.core.errors import CallUnavailable
from taskmatrix_ros.core.ids import new_id

MANIFEST = "crash.yaml"
DEVICES = "taskmatrix_ros.bench.drill_devices"
MORTAL = "taskmatrix_ros.bench.mortal_node"

DEATH_S = 240.0
END_S = 300.0
SETTLE_S = 0.3
"""What a device had got when the node died is done by then."""
LOOKS = 30
"""So often the judge waits as long again: what it is told may be on its way on a busy machine."""

_IN_DOUBT = re.compile(r"call (\w+) is in doubt")

PEER_TELLS = frozenset({"hopper_load"})
"""Calls whose peer knows, after a restart, how its goal ended."""
WORLD_TELLS = frozenset({"dispenser_give"})
"""Calls of which a state that outlives the restart shows whether they were done."""


def drill_calls(name: str) -> list[tuple[str, dict[str, Any]]]:
    """Give the calls of the drill, as ``config/bench/crash.yaml`` writes them."""
    return [
        ("robot_go_to", {"place": "kitchen counter"}),
        ("light_on", {"light": "kitchen"}),
        ("dispenser_give", {"portion": name}),
        ("robot_go_to", {"place": "kitchen table"}),
        ("bell_ring", {"tune": name}),
        ("hopper_load", {"load": name}),
        ("robot_go_to", {"place": "kitchen shelf"}),
        ("play_music", {"music": name}),
        ("light_off", {"light": "kitchen"}),
        ("robot_go_to", {"place": "kitchen"}),
    ]


@dataclass(kw_only=True)
class Verdict:
    """What became of a killed run. ``lost``, ``doubled`` and ``wrong``: one line each, empty if all is well."""

    point: str
    status: str = ""
    asked: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """Everything that is not as it must be."""
        return [*self.lost, *self.doubled, *self.wrong]


@dataclass(frozen=True, kw_only=True)
class Expected:
    """How the run must end, and what a person must have been asked for: ``done``, ``repeat`` or nothing."""

    status: str = "succeeded"
    asked: str = ""


def expected_after(point: KillPoint, commit: Commit) -> Expected:
    """Give what the in-doubt rule says of a run that was killed there."""
    in_doubt = (commit.method, point.side) in {("begin_call", Side.AFTER), ("end_call", Side.BEFORE)}
    if not in_doubt or commit.what not in COUNTED:
        return Expected()
    if commit.method == "begin_call":
        return Expected(asked=f"{commit.what}: repeat")
    if commit.what in PEER_TELLS | WORLD_TELLS:
        return Expected()
    return Expected(status="unconfirmed", asked=f"{commit.what}: done")


class CrashDrill:
    """Drills in one home, one after the other."""

    def __init__(self, folder: Path, *, speed: float, announce: Callable[[str], None]) -> None:
        """:param speed: simulated seconds per wall second."""
        self._folder = folder
        self._home = BenchHome(folder, manifests=[MANIFEST], devices=DEVICES, speed=speed, announce=announce)
        self._truth = DrillTruth(self._home)
        self.commits: dict[int, Commit] = {}

    async def __aenter__(self) -> CrashDrill:
        await self._home.open()
        try:
            await self._truth.open()
        except BaseException:
            await self._home.close()
            raise
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._truth.close()
        await self._home.close()

    async def undisturbed(self) -> Verdict:
        """Let one run end by itself, to learn its commits."""
        told = self._folder / "commits.jsonl"
        node = await self._home.start_node(MORTAL, "--tell", str(told))
        verdict = Verdict(point="undisturbed")
        try:
            self._truth.begin()
            await self._see_through("undisturbed", new_id(), verdict)
        finally:
            await node.close()
        self.commits = {
            commit.number: commit for commit in (Commit(**json.loads(line)) for line in told.read_text().splitlines())
        }
        await self._judge(verdict, "undisturbed", Expected())
        return verdict

    def points(self) -> list[KillPoint]:
        """Give both sides of every commit."""
        return [KillPoint(number=number, side=side) for number in self.commits for side in Side]

    async def killed_at(self, points: Sequence[KillPoint]) -> AsyncIterator[Verdict]:
        """At each point: kill a run there, start a node again, see the run to its end and judge it."""
        prepare = self._home.prepare_node
        async with AsyncExitStack() as stack:
            nodes: deque[PreparedNode] = deque()
            for index, point in enumerate(points):
                for wanted in points[index : index + 2][len(nodes) // 2 :]:
                    nodes += prepare(MORTAL, "--die", str(wanted)), prepare(MORTAL)
                    stack.push_async_callback(nodes[-2].close)
                    stack.push_async_callback(nodes[-1].close)
                yield await self._killed_at(point, nodes.popleft(), nodes.popleft())

    async def _killed_at(self, point: KillPoint, mortal: PreparedNode, normal: PreparedNode) -> Verdict:
        name, request_id = _name(point), new_id()
        commit = self.commits[point.number]
        verdict = Verdict(point=f"{point} {commit.method} {commit.what}")
        self._truth.begin()
        await self._die(point, mortal, name, request_id, verdict)
        await normal.begin()
        try:
            await self._see_through(name, request_id, verdict)
        finally:
            await normal.close()
        await self._judge(verdict, name, expected_after(point, commit))
        return verdict

    async def _die(self, point: KillPoint, mortal: PreparedNode, name: str, request_id: str, verdict: Verdict) -> None:
        node = await mortal.begin()
        run = asyncio.create_task(self._home.say(_drill(name), request_id))
        try:
            async with asyncio.timeout(DEATH_S):
                ending = await node.wait()
            if ending != "SIGKILL":
                verdict.wrong.append(f"the node ended with {ending}, not killed")
        except TimeoutError:
            verdict.wrong.append(f"the node did not come to {point}")
        finally:
            run.cancel()
            await asyncio.gather(run, return_exceptions=True)
            await mortal.close()

    async def _see_through(self, name: str, request_id: str, verdict: Verdict) -> None:
        """Wait for the run's end; be the person who is asked about a call in doubt."""
        asked: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        known: set[str] = set()

        def hear(feedback: dict[str, Any]) -> None:
            found = _IN_DOUBT.search(feedback["message"])
            if found is None or found[1] in known:
                return
            known.add(found[1])
            call = next(call for call in feedback["calls"] if call["call_id"] == found[1])
            asked.put_nowait((feedback["run_id"], call))

        person = asyncio.create_task(self._answer(asked, name, verdict))
        try:
            async with asyncio.timeout(END_S):
                result = await self._home.say(_drill(name), request_id, hear)
            verdict.status = result["status"]
            if result["status"] not in ("succeeded", "unconfirmed"):
                verdict.wrong.append(f"{result['status']}: {result['summary']}")
        except TimeoutError:
            verdict.wrong.append(f"no end within {END_S:g} s")
        except CallUnavailable as error:
            verdict.wrong.append(error.message)
        finally:
            person.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await person

    async def _answer(self, asked: asyncio.Queue[tuple[str, dict[str, Any]]], name: str, verdict: Verdict) -> None:
        while True:
            run_id, call = await asked.get()
            await asyncio.sleep(SETTLE_S)
            done = call["api"] in COUNTED and self._truth.times_done(call["api"], name) > 0
            verdict.asked.append(f"{call['api']}: {'done' if done else 'repeat'}")
            await self._home.client.request(
                "taskmatrix_interfaces/srv/ResolveCall",
                "resolve_call",
                run_id=run_id,
                call_id=call["call_id"],
                resolution=ResolveCall.Request.DONE if done else ResolveCall.Request.REPEAT,
                comment="by the device's own counter",
            )

    async def _judge(self, verdict: Verdict, name: str, expected: Expected) -> None:
        lost: list[str] = []
        for _ in range(LOOKS):
            await asyncio.sleep(SETTLE_S)
            if not (lost := self._truth.missing(drill_calls(name))):
                break
        verdict.lost += lost
        for api in COUNTED:
            if (times := self._truth.times_done(api, name)) > 1:
                verdict.doubled.append(f"{api}: {times} times")
        if not verdict.wrong and verdict.status != expected.status:
            verdict.wrong.append(f"ended {verdict.status}, which should be {expected.status}")
        if verdict.asked != [*filter(None, [expected.asked])]:
            verdict.wrong.append(f"a person was asked {verdict.asked or 'nothing'}, not {expected.asked or 'nothing'}")


def _drill(name: str) -> str:
    return f"run the drill {name}"


def _name(point: KillPoint) -> str:
    """Give a name of letters only: what is said is read as words, and numbers as numbers."""
    return f"{point.side.value}{chr(97 + point.number // 26)}{chr(97 + point.number % 26)}"
