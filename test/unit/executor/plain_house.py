"""A house whose calls need no waiting, to see code through without a task and with one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

from fakes import PATIENT, SOURCE, Bench, MemoryJournal, failure
from home_documents import DOCUMENTS, Shelf, code, document
from test_audit_gate import Paper

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.eager_task import start_now
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.policy import Policy
from taskmatrix_ros.core.ports import Progress
from taskmatrix_ros.core.run import CallRecord
from taskmatrix_ros.core.run_ports import Begun, PlainRun, RunResult
from taskmatrix_ros.executor.budgets import Budgets
from taskmatrix_ros.executor.running.runner import Runner
from taskmatrix_ros.executor.sandbox.interpreter import Interpreter

PLAIN_DOCUMENTS = (
    *DOCUMENTS,
    document("blink", parameters={"times": {"type": "array", "items": {"type": "integer"}}}),
    document("locked", parameters={"text": {"type": "string"}}),
    document("asked_for", parameters={}),
    document("once", parameters={}, rate_limit={"calls": 1, "per_s": 100_000}),
    document("nobody_tells", parameters={}, requires=['state["gone.key"] == 1']),
    document("not_met", parameters={}, requires=['state["known.key"] == 1']),
    document("soon_over", parameters={}, expires_s=1000.0),
)
POLICY = Policy.model_validate(
    {"deny": ["locked"], "approve": ["asked_for"], "limits": {"say": {"times": {"maximum": 2}}}}
)


class Journal(MemoryJournal):
    """Keeps at once, or when it is told to, and then fails where that is planted."""

    def __init__(self) -> None:
        super().__init__()
        self.holds = False
        self.failure: ConfigError | None = None
        self.on_end: Exception | None = None
        self._waiting: list[Callable[[ConfigError | None], None]] = []

    def when_kept(self, call: Call, do: Any) -> bool:
        if self.holds:
            self._waiting.append(do)
        elif self.failure is not None:
            raise self.failure
        return not self.holds

    async def kept(self, call: Call) -> None:
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def tell(failure: ConfigError | None) -> None:
            if not kept.done():
                kept.set_exception(failure) if failure else kept.set_result(None)

        if not self.when_kept(call, tell):
            await kept

    def end_call(self, outcome: Outcome, *, soon: bool = False) -> None:
        if self.on_end is not None:
            raise self.on_end
        super().end_call(outcome, soon=soon)

    def keep(self) -> None:
        self.holds = False
        waiting, self._waiting = self._waiting, []
        for do in waiting:
            do(self.failure)

    def told(self) -> list[tuple[str, str]]:
        """Each entry in short; what was begun has ended once, and nothing else has."""
        names = {call.call_id: call.api for kind, call in self.lines if kind == "begin"}
        return [
            (kind, one.api if isinstance(one, Call) else f"{names[one.call_id]} {one.status.value}")
            for kind, one in self.lines
        ]


class Quick:
    """A binding whose calls end as planted, one after the other, at once or later."""

    kinds = frozenset({"mqtt"})

    def __init__(self, ends: Sequence[str] = ()) -> None:
        self.ends = list(ends)
        self.sent: list[Call] = []
        self.cancelled: list[str] = []
        self.on_begin: Callable[[], None] | None = None
        self.release = asyncio.Event()
        self.journal: Journal

    def may_end_at_once(self, _document: ApiDocument) -> bool:
        return True

    def begin(self, call: Call, document: ApiDocument) -> Outcome | Coroutine[Any, Any, Outcome]:
        assert ("begin", call) in self.journal.lines, "a call goes out before it was written"
        self.sent.append(call)
        if self.on_begin is not None:
            self.on_begin()
        how, _, later = (self.ends.pop(0) if self.ends else "succeeded").partition(" ")
        return self._later(call, how, later) if later else self._end(call, how)

    async def _later(self, call: Call, how: str, later: str) -> Outcome:
        await (self.release.wait() if later == "never" else asyncio.sleep(0))
        return self._end(call, how)

    @staticmethod
    def _end(call: Call, how: str) -> Outcome:
        if how == "raises":
            raise KeyError("a fault of the binding")
        if how == "succeeded":
            return Outcome(call_id=call.call_id, status=Status.SUCCEEDED)
        return failure(call, Status(how))

    async def call(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome:
        raise AssertionError("it begins at once")

    async def cancel(self, call_id: str) -> None:
        self.cancelled.append(call_id)
        self.release.set()

    async def recover(self, *_asked: object) -> Outcome | None:
        return None

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    def stop(self) -> None: ...


class House(Bench):
    """A bench with a quick binding, a journal that can hold back, and an audit log."""

    def __init__(self, interpreter: Interpreter, ends: Sequence[str] = ()) -> None:
        self.quick = Quick(ends)
        budgets = Budgets(attempts=2, refusals=2, calls=8)
        super().__init__(
            interpreter,
            shelf=Shelf(PLAIN_DOCUMENTS),
            policy=POLICY,
            budgets=budgets,
            times=replace(PATIENT, told_s=0.01),
            bindings=[self.quick],
        )
        self.paper = Paper()
        self.gate._audit = self.paper
        self.journal = self.quick.journal = Journal()
        parts = self.runner._parts
        object.__setattr__(parts, "journal", self.journal)
        self.runner = Runner(parts)
        self.state.set("known.key", 2, source=SOURCE)
        self.state.set("gone.key", 1, source="test:gone")
        self.state.set_source_live("test:gone", live=False)
        self.task: asyncio.Task[RunResult] | None = None
        self.result: RunResult | None = None
        self.begun: Begun | None = None
        self.ends = 0

    async def plain(self, source: str) -> PlainRun:
        self.code = await self.verifier.verify(code(source, self.shelf.documents()))
        plain = self.runner.plain(self.code, Instruction(text="do it"), "run", self.listener, self)
        assert plain is not None, f"no plain code: {source}"
        return plain

    def ended(self, result: RunResult) -> None:
        self.ends += 1
        self.result = result

    def handed_over(self, log: Sequence[CallRecord], begun: Begun | None) -> None:
        self.ends += 1
        self.begun = begun
        asked = Instruction(text="do it")
        self.task = start_now(self.runner.run(self.code, asked, "run", self.listener, log=log, begun=begun))

    async def end(self) -> RunResult:
        if self.task is not None:
            self.result = await asyncio.wait_for(self.task, 60)
        assert self.result is not None, "it waits for something"
        assert self.ends == 1
        return self.result

    async def see_through(self, source: str) -> RunResult:
        (await self.plain(source)).begin()
        return await self.end()

    def story(self, result: RunResult) -> dict[str, Any]:
        """All that can be seen of a run but ids and moments."""
        hidden = {record.call.call_id: "" for record in result.calls}
        records = [
            (r.call.api, dict(r.call.arguments), r.call.sequence, r.call.attempt, r.call.position, r.outcome)
            for r in result.calls
        ]
        shown = [
            (*rest, outcome and (outcome.status, outcome.error, outcome.value, outcome.confirmation, outcome.evidence))
            for *rest, outcome in records
        ]
        assert len(hidden) == len(result.calls), "a call is there twice"
        return {
            "end": (result.status, result.summary, result.error_code),
            "calls": shown,
            "sent": [str(call) for call in self.quick.sent],
            "journal": self.journal.told(),
            "audit": [(entry["kind"], entry["api"], entry["decision"]) for entry in self.paper.entries],
        }


def both(
    runner: asyncio.Runner,
    interpreter: Interpreter,
    source: str,
    ends: Sequence[str] = (),
    plant: Callable[[House], None] = lambda _house: None,
) -> dict[str, Any]:
    """See code through without a task and with one. :returns: the story, which is the same."""

    async def compare() -> dict[str, Any]:
        plain, alone = House(interpreter, ends), House(interpreter, ends)
        plant(plain)
        plant(alone)
        told = plain.story(await plain.see_through(source))
        assert told == alone.story(await asyncio.wait_for(alone.run(source), 60))
        return told

    return runner.run(compare())
