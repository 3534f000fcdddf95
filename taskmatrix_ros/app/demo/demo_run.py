"""The demo: a profile's processes, a client that speaks a scenario, a judge that looks at the world."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from taskmatrix_ros.app.demo.daily_life import DailyLife, told_changes
from taskmatrix_ros.app.demo.scenario import Scenario, Step
from taskmatrix_ros.app.processes.ros_domain import free_domain
from taskmatrix_ros.app.processes.supervisor import Supervisor
from taskmatrix_ros.app.profile.settings import load_settings, world_overrides
from taskmatrix_ros.core.errors import CallUnavailable
from taskmatrix_ros.core.ids import new_id

JUMP_S = 60.0
"""Wall seconds in which what still runs has to end before the home's clock jumps."""

OUTSIDE_S = 60.0
"""Wall seconds in which the home must have heard how warm it has become outside: it asks every second."""

OUTSIDE_KEY = "weather.temperature_c"


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
    profile: str
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
    film: str = ""

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

    def noted(self, note: str) -> None:
        """What is to be seen next."""

    def jumped(self, moment: datetime) -> None:
        """The home's clock shows another moment now."""

    def confirmed(self, words: str) -> None:
        """The person said yes to what was told back."""

    def changed(self, key: str, value: Any) -> None:
        """A device of the home tells something new."""

    def judged(self, verdict: GoalVerdict) -> None:
        """The judge's word on one goal."""


class Demo:
    """Runs a scenario from nothing to a judged end, in a ROS domain and a folder of its own."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        seed: int,
        speed: float,
        folder: Path,
        picture: Path,
        listener: DemoListener,
        film: Path | None = None,
        profile: str = "demo",
    ) -> None:
        """:param folder: for the journal and the logs.

        :param picture: where the top view is written.
        :param film: an MP4 file to which the world is filmed; None films nothing.
        :param profile: of a simulated home with a broker of its own: demo, gazebo.
        """
        self._scenario = scenario
        self._folder = folder
        self._picture = picture
        self._film = film
        self._profile = profile
        self._listener = listener
        self._overrides: tuple[str, ...] = (
            f"state_folder={folder}",
            f"processes.simulator.seed={seed}",
            f"processes.simulator.speed={speed}",
            *world_overrides(scenario.world),
        )
        if film is not None:
            self._overrides += (f"processes.simulator.record={json.dumps(str(film))}",)
        self._settings = load_settings(self._profile, self._overrides)
        self._daily_life: DailyLife | None = None
        self._seen: dict[str, Any] = {}
        self._report = DemoReport(scenario=scenario.scenario, profile=profile, seed=seed, speed=speed)

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
            if self._scenario.daily_life:
                self._open_daily_life(stack)
            supervisor = Supervisor(
                self._settings,
                self._profile,
                self._overrides,
                log_folder=self._folder / "logs",
                announce=self._listener.announced,
            )
            stack.push_async_callback(supervisor.close)
            await supervisor.open()
            self._report.start_s = time.monotonic() - began
            await self._play(stack, supervisor)
        if self._film is not None and self._film.is_file():
            self._report.film = str(self._film)
        self._report.run_s = time.monotonic() - began
        return self._report

    async def _play(self, stack: AsyncExitStack, supervisor: Supervisor) -> None:
        from taskmatrix_ros.ros.node_thread import NodeThread
        from taskmatrix_ros.ros.ros_context import RosContext
        from taskmatrix_ros.ros.task_client import TaskClient
        from taskmatrix_ros.sim.truth.world_truth import WorldTruth

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
            await self._set_the_scene(client, step)
            if step.say:
                await self._say(client, step)
            await self._judge(step, truth.read)
        self._report.goals = [verdict.holds for verdict in self._report.verdicts]
        done = all(result["succeeded"] for result in self._report.instructions)
        self._report.succeeded = done and all(self._report.goals)
        await self._draw(await truth.snapshot())

    def _open_daily_life(self, stack: AsyncExitStack) -> None:
        daily_life = DailyLife(self._folder, self._settings.home)
        stack.callback(daily_life.close)
        daily_life.open()
        self._overrides += daily_life.overrides(self._settings.manifests)
        self._settings = load_settings(self._profile, self._overrides)
        self._daily_life = daily_life

    async def _set_the_scene(self, client: Any, step: Step) -> None:
        if step.note:
            self._listener.noted(step.note)
        if self._daily_life is None:
            return
        if step.outside_c is not None:
            self._daily_life.set_outside(step.outside_c)
            await self._until_heard(client, step.outside_c)
        if step.clock:
            await self._jump(client, self._daily_life.moment(step.clock, step.day))

    async def _until_heard(self, client: Any, outside_c: float) -> None:
        """Wait until the home knows how warm it is outside: a rule that looks before judges by what was.

        :raises CallUnavailable: it does not know it after ``OUTSIDE_S``.
        """
        until = time.monotonic() + OUTSIDE_S
        while True:
            response = await client.request("taskmatrix_interfaces/srv/GetState", "get_state", keys=[OUTSIDE_KEY])
            heard = [json.loads(value.value_json) for value in response.values if value.key == OUTSIDE_KEY]
            if heard == [outside_c]:
                return
            if time.monotonic() >= until:
                raise CallUnavailable(f"demo: {OUTSIDE_KEY} is {heard}, not {outside_c:g}; the home does not ask")
            await asyncio.sleep(0.2)

    async def _jump(self, client: Any, moment: datetime) -> None:
        """Set the home's clock, once nothing runs.

        :raises CallUnavailable: something still runs after ``JUMP_S``.
        """
        until = time.monotonic() + JUMP_S
        while problem := await client.set_parameter("task", "home_time", moment.isoformat()):
            if time.monotonic() >= until:
                raise CallUnavailable(f"demo: the home's clock cannot be set: {problem}")
            await asyncio.sleep(0.2)
        self._listener.jumped(moment)

    async def _say(self, client: Any, step: Step) -> None:
        self._listener.said(step.say)
        answered: set[str] = set()
        answers: list[asyncio.Task[None]] = []

        def progressed(feedback: dict[str, Any]) -> None:
            self._listener.progressed(feedback)
            for approval in feedback["approvals"]:
                if approval["approval_id"] not in answered:
                    answered.add(approval["approval_id"])
                    answers.append(asyncio.ensure_future(self._confirm(client, approval)))

        result = await client.execute(step.say, progressed, request_id=new_id())
        await asyncio.gather(*answers)
        plain = {"say": step.say, **result}
        self._report.instructions.append(plain)
        self._listener.ended(plain)

    async def _confirm(self, client: Any, approval: dict[str, Any]) -> None:
        """Be the person who reads what was understood and says yes to it."""
        self._listener.confirmed(approval["summary"])
        await client.request(
            "taskmatrix_interfaces/srv/Approve", "approve", approval_id=approval["approval_id"], approved=True
        )

    async def _judge(self, step: Step, read_truth: Callable[[], Any]) -> None:
        """Wait until the goals hold, ``within_s`` at most; or see to it that they hold for ``hold_s``."""
        began = time.monotonic()
        while True:
            truth = await read_truth()
            self._tell_changes(truth)
            judged = [(goal, *goal.check(truth)) for goal in step.goals]
            hold = all(held for _goal, held, _evidence in judged)
            passed_s = time.monotonic() - began
            if passed_s >= step.hold_s and (hold or passed_s >= step.within_s):
                break
            if step.hold_s and not hold:
                break
            await asyncio.sleep(0.1)
        for goal, held, evidence in judged:
            verdict = GoalVerdict(
                say=step.say or step.note or step.clock, what=goal.what, holds=held, evidence=evidence
            )
            self._report.verdicts.append(verdict)
            self._listener.judged(verdict)

    def _tell_changes(self, truth: dict[str, Any]) -> None:
        if self._daily_life is not None:
            for key, value in told_changes(self._seen, truth):
                self._listener.changed(key, value)
        self._seen = truth

    async def _draw(self, snapshot: dict[str, Any]) -> None:
        from taskmatrix_ros.sim.pictures.top_view import draw_snapshot

        title = f"{self._scenario.scenario}, seed {self._report.seed}"
        self._picture.parent.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(draw_snapshot, self._picture, snapshot, title)
        self._report.picture = str(self._picture)
