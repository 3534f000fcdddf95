"""Small stand-ins for the ports the executor speaks to; each keeps what it was told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from home_documents import DOCUMENTS, Shelf, code

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outcome import ErrorReport, Outcome, Status, utc_now
from taskmatrix_ros.core.policy import Policy
from taskmatrix_ros.core.ports import Approvals, Binding, Progress, ProgressReport
from taskmatrix_ros.core.run import CallRecord, Episode, RunStatus
from taskmatrix_ros.core.run_ports import RunResult
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.executor.budgets import Budgets
from taskmatrix_ros.executor.gate.gate import Gate
from taskmatrix_ros.executor.gate.stop_latch import StopLatch
from taskmatrix_ros.executor.running.dispatcher import CallTimes
from taskmatrix_ros.executor.running.runner import Runner, RunnerParts
from taskmatrix_ros.executor.sandbox.interpreter import Interpreter
from taskmatrix_ros.executor.verification.verifier import Verifier
from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.expressions.key_template import expand_key

Behaviour = Callable[[Call, ApiDocument, Progress], Awaitable[Outcome]]

PATIENT = CallTimes(grace_s=60.0, cancel_s=60.0, retry_s=0.01)
"""Nobody runs out of time because a machine is slow; a test in which somebody does gives times of its own."""

FETCH = 'robot_find(object="cup")\nrobot_go_to(object="cup")\nrobot_pick_up(object="cup")'

SOURCE = "test:devices"
"""Who says what the devices of these tests are like; the binding's own replies say nothing of it."""


def failure(call: Call, status: Status, code: str = "", message: str = "it did not work") -> Outcome:
    return Outcome(
        call_id=call.call_id, status=status, error=ErrorReport(code=code or status.value.upper(), message=message)
    )


class MemoryJournal:
    """Keeps the order of what was written."""

    def __init__(self, latch: str | None = None) -> None:
        self.lines: list[tuple[str, Any]] = []
        self.reason = latch

    def save_run(self, episode: Episode, **_how: object) -> None:
        self.lines.append(("run", episode.run_id))

    def ask_call(self, call: Call) -> None:
        self.lines.append(("ask", call))

    def refuse_call(self, call: Call, outcome: Outcome) -> None:
        self.begin_call(call, durable=False)
        self.end_call(outcome)

    def begin_call(self, call: Call, *, durable: bool, **_how: object) -> None:
        call.model_dump_json()
        self.lines.append(("durable" if durable else "begin", call))

    async def kept(self, call: Call) -> None:
        """What is in memory is as safe as it will ever be."""

    def when_kept(self, call: Call, do: object) -> bool:
        return True

    def end_call(self, outcome: Outcome, *, soon: bool = False) -> None:
        outcome.model_dump_json()
        self.lines.append(("end", outcome))

    def run(self, run_id: str) -> Episode | None:
        raise NotImplementedError

    def runs(self, *, active_only: bool = False, limit: int = 50, before: str = "") -> Sequence[Episode]:
        raise NotImplementedError

    def run_of_request(self, request_id: str) -> Episode | None:
        raise NotImplementedError

    def set_latch(self, reason: str | None) -> None:
        self.reason = reason

    def latch(self) -> str | None:
        return self.reason


class Devices:
    """A binding whose devices do at once what documents say, unless told to behave otherwise."""

    kinds = frozenset({"mqtt", "ros2_action"})

    def __init__(self, state: StateStore, journal: MemoryJournal) -> None:
        self.calls: list[Call] = []
        self.cancelled: list[str] = []
        self.recovered: list[Call] = []
        self.ends: dict[str, Outcome] = {}
        self.behaviours: dict[str, Behaviour] = {}
        self.values: dict[str, Any] = {"thermometer_read": 25.0}
        self._state = state
        self._journal = journal
        self._pending: dict[str, asyncio.Event] = {}
        self.began = asyncio.Event()

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def call(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome:
        assert any(written is call for _, written in self._journal.lines), "a call goes out before it was written"
        self.calls.append(call)
        self.began.set()
        return await self.behaviours.get(document.name, self.obey)(call, document, progress)

    async def cancel(self, call_id: str) -> None:
        self.cancelled.append(call_id)
        if call_id in self._pending:
            self._pending[call_id].set()

    async def recover(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome | None:
        self.recovered.append(call)
        return self.ends.get(call.call_id)

    def stop(self) -> None: ...

    async def obey(self, call: Call, document: ApiDocument, _progress: Progress) -> Outcome:
        for template, source in document.sets.items():
            value = Expression.parse(source).evaluate(self._state, call.arguments, now=utc_now())
            self._state.set(expand_key(template, call.arguments), value, source=SOURCE)
        value = self.values.get(document.name)
        if document.name == "robot_find" and value is None:
            value = {"object": call.arguments["object"], "confidence": 0.9}
        return Outcome(call_id=call.call_id, status=Status.SUCCEEDED, value=value)

    async def drive(self, call: Call, _document: ApiDocument, progress: Progress) -> Outcome:
        """Work until cancelled, then confirm it."""
        ended = self._pending[call.call_id] = asyncio.Event()
        progress(ProgressReport(0.5, "driving"))
        await ended.wait()
        return failure(call, Status.CANCELLED)

    def ending(self, status: Status, code: str = "", message: str = "it did not work") -> Behaviour:
        async def end(call: Call, _document: ApiDocument, _progress: Progress) -> Outcome:
            return failure(call, status, code, message)

        return end


class Listener:
    """A run's observer."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.statuses: list[tuple[str, str]] = []

    def status_changed(self, status: RunStatus, why: str) -> None:
        self.statuses.append((status.value, why))

    def call_began(self, call: Call) -> None:
        self.lines.append(("began", call.api))

    def call_progressed(self, call: Call, report: ProgressReport) -> None:
        self.lines.append(("progressed", report.message))

    def call_ended(self, call: Call, outcome: Outcome) -> None:
        self.lines.append(("ended", outcome.status.value))


class Bench:
    """Everything a run needs, in memory, around a real sandbox."""

    def __init__(
        self,
        interpreter: Interpreter,
        *,
        shelf: Shelf | None = None,
        budgets: Budgets | None = None,
        times: CallTimes | None = None,
        policy: Policy | None = None,
        approvals: Approvals | None = None,
        bindings: Sequence[Binding] = (),
    ) -> None:
        self.shelf = shelf or Shelf(DOCUMENTS)
        self.state = StateStore()
        self.journal = MemoryJournal()
        self.devices = Devices(self.state, self.journal)
        self.latch = StopLatch(self.journal)
        self.latch.restore()
        self.gate = Gate(self.shelf, self.state, self.latch, policy=policy)
        self.verifier = Verifier(self.shelf, interpreter)
        self.listener = Listener()
        self.approvals = approvals
        self.runner = Runner(
            RunnerParts(
                catalogue=self.shelf,
                verifier=self.verifier,
                gate=self.gate,
                bindings=[self.devices, *bindings],
                journal=self.journal,
                state=self.state,
                interpreter=interpreter,
                approvals=approvals,
                policy=policy or Policy(),
                budgets=budgets or Budgets(),
                times=times or PATIENT,
            )
        )

    async def run(
        self, source: str, run_id: str = "run", *, log: Sequence[CallRecord] = (), **instruction: Any
    ) -> RunResult:
        verified = await self.verifier.verify(code(source, self.shelf.documents()))
        asked = Instruction(text="do it", **instruction)
        return await self.runner.run(verified, asked, run_id, self.listener, log=log)

    def sent(self) -> list[str]:
        return [str(call) for call in self.devices.calls]


def run(runner: asyncio.Runner, bench: Bench, source: str, **instruction: Any) -> RunResult:
    """Run code to its end."""
    return runner.run(asyncio.wait_for(bench.run(source, **instruction), 60))


def outcomes(result: RunResult) -> list[tuple[str, str, str]]:
    """Give api, status and confirmation of each call that ended."""
    return [
        (record.call.api, record.outcome.status.value, record.outcome.confirmation.value)
        for record in result.calls
        if record.outcome is not None
    ]
