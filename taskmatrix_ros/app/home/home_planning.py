"""Plans against a home as it was at one moment: no server, no ROS, nothing is done."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from taskmatrix_ros.app.home.service_calls import service_calls
from taskmatrix_ros.app.profile.robot_maps import map_of_home
from taskmatrix_ros.core.action_code import ActionCode
from taskmatrix_ros.core.clocks import WallClock
from taskmatrix_ros.core.errors import ClarificationNeeded, PlanningError, TaskMatrixError
from taskmatrix_ros.core.home import Home
from taskmatrix_ros.core.instruction import MAX_TEXT, Channel, Instruction, Mode
from taskmatrix_ros.core.ports import PlanningContext
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.core.run import Rehearsed
from taskmatrix_ros.executor.rehearsal.rehearsal import Rehearsal
from taskmatrix_ros.executor.sandbox.interpreter import Interpreter
from taskmatrix_ros.executor.verification.verifier import Verifier
from taskmatrix_ros.planner.home.home_reader import HomeReader
from taskmatrix_ros.planner.offline_planner import OfflinePlanner
from taskmatrix_ros.planner.timed.timed_reader import TimedReader
from taskmatrix_ros.registry.home_state import home_state
from taskmatrix_ros.registry.registry import Registry

_AMBIGUOUS = "AMBIGUOUS"


class PlanStatus(StrEnum):
    """What became of a line."""

    PLANNED = "planned"
    ANSWERED = "answered"
    REFUSED = "refused"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, kw_only=True)
class HomePlan:
    """What one instruction comes to. ``ms``: milliseconds from words to rehearsed calls."""

    status: PlanStatus
    calls: tuple[dict[str, Any], ...] = ()
    answer: str = ""
    question: str = ""
    code: str = ""
    planner: str = ""
    ms: float = 0.0

    def to_plain(self) -> dict[str, Any]:
        """Give it as JSON-like values."""
        return asdict(self) | {"status": self.status.value, "calls": list(self.calls)}


def home_manifests() -> tuple[Path, ...]:
    """Give the manifests of what a home offers, whatever devices it has."""
    return tuple(
        resource(f"api_manifests/{name}")
        for name in ("homeassistant", "robot.yaml", "time.yaml", "person.yaml", "say.yaml")
    )


class HomePlanning:
    """Every plan is verified and rehearsed as one that is run would be. Serves one plan at a time."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._registry = Registry()
        self._stack = AsyncExitStack()
        robot_map = map_of_home(home)
        timed = TimedReader(self._registry, home)
        self._planner = OfflinePlanner(
            self._registry, [HomeReader(home)], utterance_readers=(timed,), robot_map=lambda: robot_map
        )
        self._state: dict[str, Any] = {}
        self._verifier: Verifier
        self._rehearsal: Rehearsal

    async def open(self) -> None:
        """Load the documents and start the sandbox.

        :raises ConfigError: the package was installed without its manifests.
        """
        self._registry.load(home_manifests())
        self._state = home_state(self._home)
        interpreter = Interpreter()
        self._stack.push_async_callback(interpreter.close)
        await interpreter.open()
        self._verifier = Verifier(self._registry, interpreter)
        self._rehearsal = Rehearsal(interpreter)
        await self.plan("what time is it")  # builds the grammar, which no sentence should have to wait for

    async def close(self) -> None:
        """End the sandbox."""
        await self._stack.aclose()

    async def plan(self, text: str, *, area: str = "") -> HomePlan:
        """Plan one instruction. Never raises for what is wrong with it: that is the plan's status and answer.

        :param area: id or name of the area the speaker is in.
        """
        began = time.perf_counter()
        try:
            plan = await self._plan(text, area)
        except ClarificationNeeded as error:
            plan = HomePlan(status=PlanStatus.AMBIGUOUS, question=error.question)
        except PlanningError as error:
            if error.error_code == _AMBIGUOUS:
                plan = HomePlan(status=PlanStatus.AMBIGUOUS, question=error.message)
            else:
                plan = HomePlan(status=PlanStatus.REFUSED, answer=error.message)
        except TaskMatrixError as error:
            plan = HomePlan(status=PlanStatus.REFUSED, answer=error.message)
        spent_ms = (time.perf_counter() - began) * 1000
        return replace(plan, planner=self._planner.name, ms=round(spent_ms, 3))

    async def _plan(self, text: str, area: str) -> HomePlan:
        if not text.strip():
            raise PlanningError("the instruction is empty; say what to do")
        if len(text.strip()) > MAX_TEXT:
            raise PlanningError(f"the instruction has {len(text):,} characters; at most {MAX_TEXT:,} are read")
        instruction = Instruction(text=text, channel=Channel.CLI, mode=Mode.DRY_RUN, area=area)
        now = self._home.now or WallClock().now()
        context = PlanningContext(state=self._state, now=now, area=area)
        planned = self._planner.plan(instruction, context)
        if planned.code is None:
            return HomePlan(status=PlanStatus.ANSWERED, answer=planned.answer)
        verified = await self._verifier.verify(planned.code, outline=planned.outline)
        rehearsed = await self._rehearsal.rehearse(verified, context.state, now)
        return self._planned(planned.code, rehearsed, planned.answer)

    def _planned(self, code: ActionCode, rehearsed: Rehearsed, answer: str) -> HomePlan:
        calls = service_calls(rehearsed.calls, self._registry.get)
        return HomePlan(status=PlanStatus.PLANNED, calls=tuple(calls), answer=answer, code=code.source)
