"""The demo: a profile's processes, a client that speaks a scenario, a judge that looks at the world."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from taskmatrix_ros.app.ros_domain import free_domain
from taskmatrix_ros.app.scenario import Scenario, Step
from taskmatrix_ros.app.settings import load_settings
from taskmatrix_ros.app.supervisor import Supervisor
from taskmatrix_ros.core.ids import new_id

SETTLE_S = 3.0
"""Wall seconds the world may take to come to rest after an instruction before its goals are judged."""


@dataclass(frozen=True, kw_only=True)
class GoalVerdict:
    """What the judge says of one goal, and the values it saw."""

    say: str
    what: str
    holds: bool
    evidence: str


@dataclass(kw_only=True)
class DemoReport:
    """What ``demo --json`` prints. ``goals``: one truth value per goal, told in words in ``verdicts``."""

    scenario: str
    seed: int
    speed: float
    succeeded: bool = False
    goals: list[bool] = field(default_factory=list)
    verdicts: list[GoalVerdict] = field(default_factory=list)
    instructions: list[dict[str, Any]] = field(default_factory=list)
    setup_s: float = 0.0
    start_s: float = 0.0
    run_s: float = 0.0
    picture: str = ""

    def to_plain(self) -> dict[str, Any]:
        """Give JSON-like values, times to the millisecond."""
        plain = asdict(self)
        return plain | {name: round(plain[name], 3) for name in ("setup_s", "start_s", "run_s")}


class DemoListener:
    """Told how the demo goes; this one says nothing."""

    def announced(self, line: str) -> None:
        """A process is up, or something else to know."""

    def said(self, text: str) -> None:
        """An instruction is sent."""

    def progressed(self, feedback: dict[str, Any]) -> None:
        """The node's feedback."""

    def ended(self, result: dict[str, Any]) -> None:
        """The node's result."""

    def judged(self, verdict: GoalVerdict) -> None:
        """The judge's word on one goal."""


class Demo:
    """Runs a scenario from nothing to a judged end, in a ROS domain and a folder of its own."""

    def __init__(
        self, scenario: Scenario, *, seed: int, speed: float, folder: Path, picture: Path, listener: DemoListener
    ) -> None:
        """:param folder: for the journal and the logs.

        :param picture: where the top view is written.
        """
        self._scenario = scenario
        self._folder = folder
        self._picture = picture
        self._listener = listener
        self._overrides = (
            f"state_folder={folder}",
            f"processes.simulator.seed={seed}",
            f"processes.simulator.speed={speed}",
        )
        self._settings = load_settings("demo", self._overrides)
        self._report = DemoReport(scenario=scenario.scenario, seed=seed, speed=speed)

    async def run(self) -> DemoReport:
        """Start everything, say every instruction, judge, draw, end everything.

        :raises ConfigError: a process did not come up.
        :raises CallUnavailable: the node or the simulator went away.
        """
        began = time.monotonic()
        self._report.setup_s = float(os.environ.get("TASKMATRIX_SETUP_S", "0"))
        os.environ["ROS_DOMAIN_ID"] = str(free_domain())
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        async with AsyncExitStack() as stack:
            supervisor = Supervisor(
                self._settings,
                "demo",
                self._overrides,
                log_folder=self._folder / "logs",
                announce=self._listener.announced,
            )
            stack.push_async_callback(supervisor.close)
            await supervisor.open()
            self._report.start_s = time.monotonic() - began
            await self._play(stack, supervisor)
        self._report.run_s = time.monotonic() - began
        return self._report

    async def _play(self, stack: AsyncExitStack, supervisor: Supervisor) -> None:
        from taskmatrix_ros.ros.node_thread import NodeThread
        from taskmatrix_ros.ros.ros_context import RosContext
        from taskmatrix_ros.ros.task_client import TaskClient
        from taskmatrix_ros.sim.world_truth import WorldTruth

        assert self._settings.ros is not None
        assert supervisor.broker_port is not None
        ros = RosContext()
        ros.open()
        stack.callback(ros.close)
        thread = NodeThread(ros, f"demo_{new_id().lower()}")
        thread.open()
        stack.callback(thread.close)
        client: Any = TaskClient(thread, self._settings.ros.namespace)
        await client.open()
        stack.push_async_callback(client.close)
        truth: Any = WorldTruth(
            client, robot_namespace=self._settings.ros.robot_namespace, broker_port=supervisor.broker_port
        )
        truth.open()
        stack.callback(truth.close)
        for step in self._scenario.steps:
            await self._say(client, step)
            await self._judge(step, truth.read)
        self._report.goals = [verdict.holds for verdict in self._report.verdicts]
        done = all(result["succeeded"] for result in self._report.instructions)
        self._report.succeeded = done and all(self._report.goals)
        await self._draw(await truth.snapshot())

    async def _say(self, client: Any, step: Step) -> None:
        self._listener.said(step.say)
        result = await client.execute(step.say, self._listener.progressed, request_id=new_id())
        plain = {"say": step.say, **result}
        self._report.instructions.append(plain)
        self._listener.ended(plain)

    async def _judge(self, step: Step, read_truth: Callable[[], Any]) -> None:
        until = time.monotonic() + SETTLE_S
        while True:
            truth = await read_truth()
            judged = [(goal, *goal.check(truth)) for goal in step.goals]
            if all(held for _goal, held, _evidence in judged) or time.monotonic() >= until:
                break
            await asyncio.sleep(0.1)
        for goal, held, evidence in judged:
            verdict = GoalVerdict(say=step.say, what=goal.what, holds=held, evidence=evidence)
            self._report.verdicts.append(verdict)
            self._listener.judged(verdict)

    async def _draw(self, snapshot: dict[str, Any]) -> None:
        from taskmatrix_ros.sim.home_map import load_home_map
        from taskmatrix_ros.sim.locations import map_file, model_folder, world_file
        from taskmatrix_ros.sim.sdf_reader import SdfReader
        from taskmatrix_ros.sim.top_view import write_top_view

        name = snapshot["world"]
        world = SdfReader(model_folder()).load_world(world_file(name))
        title = f"{self._scenario.scenario}, seed {self._report.seed}"
        self._picture.parent.mkdir(parents=True, exist_ok=True)
        home = load_home_map(map_file(name))
        await asyncio.to_thread(write_top_view, self._picture, world, home, snapshot, title)
        self._report.picture = str(self._picture)
