"""Code that is only calls, run without a task: it comes to what ``Runner.run`` alone comes to, and sends the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

import pytest
from fakes import PATIENT, SOURCE, Bench, MemoryJournal, failure
from home_documents import DOCUMENTS, Shelf, code, document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_audit_gate import Paper

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.eager_task import start_now
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.policy import Policy
from taskmatrix_ros.core.ports import Begun, PlainRun, Progress, RunResult
from taskmatrix_ros.core.run import CallRecord, RunStatus
from taskmatrix_ros.executor.budgets import Budgets
from taskmatrix_ros.executor.running.runner import Runner
from taskmatrix_ros.executor.sandbox.interpreter import Interpreter

ALLOWED = ("say(text='a')", "say(text='b', times=2)", "blink(times=[1, 2])", "thermometer_read()")
REFUSED = ("say(text='a', times=3)", "locked(text='x')", "asked_for()", "once()", "nobody_tells()", "not_met()")

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


def test_each_call_passes_the_gate_is_written_sent_and_ended_before_the_next(
    runner: asyncio.Runner, interpreter: Interpreter
) -> None:
    told = both(runner, interpreter, "say(text='a')\nthermometer_read()")
    assert told["journal"] == [
        ("begin", "say"), ("end", "say succeeded"),
        ("begin", "thermometer_read"), ("end", "thermometer_read succeeded"),
    ]  # fmt: skip
    assert told["audit"] == [("call_allowed", "say", "allowed"), ("call_allowed", "thermometer_read", "allowed")]
    assert told["end"][0] is RunStatus.SUCCEEDED


@pytest.mark.parametrize("refused", REFUSED)
def test_what_the_gate_does_not_let_pass_is_told_once_and_ends_the_run_as_ever(
    runner: asyncio.Runner, interpreter: Interpreter, refused: str
) -> None:
    """Also a call that waits for a person, or for somebody who is gone."""
    told = both(runner, interpreter, f"say(text='a')\n{refused}\n{refused}\nsay(text='b')")
    assert told["end"][0] is not RunStatus.SUCCEEDED
    assert "say(text='b', times=1)" not in told["sent"]


@pytest.mark.parametrize("later", ["", " later"])
@pytest.mark.parametrize("end", ["failed", "rejected", "unavailable", "timed_out", "in_doubt", "expired", "raises"])
def test_a_call_that_fails_is_tried_and_told_as_ever(
    runner: asyncio.Runner, interpreter: Interpreter, end: str, later: str
) -> None:
    ends = ["succeeded", end + later, end, "succeeded"]
    told = both(runner, interpreter, "say(text='a')\nblink(times=[1])\nthermometer_read()", ends)
    assert "blink(times=[1])" in told["sent"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.sampled_from((*ALLOWED, *ALLOWED, *REFUSED, "soon_over()")), min_size=1, max_size=6),
    ends=st.lists(
        st.sampled_from(
            ["succeeded"] * 6 + ["succeeded later", "failed", "rejected", "unavailable later", "in_doubt", "raises"]
        ),
        max_size=8,
    ),
)
def test_whatever_is_drawn_comes_to_the_same(
    runner: asyncio.Runner, interpreter: Interpreter, lines: list[str], ends: list[str]
) -> None:
    both(runner, interpreter, "\n".join(lines), ends)


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_asked: object) -> None:
        raise error

    return fail


def no_beginning(house: House) -> None:
    house.listener.call_began = raising(KeyError("x"))  # type: ignore[method-assign]


def no_end(house: House) -> None:
    house.listener.call_ended = raising(KeyError("x"))  # type: ignore[method-assign]


def no_look(house: House) -> None:
    house.gate.check_again = raising(KeyError("x"))  # type: ignore[method-assign]


def no_writing(house: House) -> None:
    house.journal.on_end = ConfigError("the disk is full")


def no_keeping(house: House) -> None:
    house.journal.failure = ConfigError("the disk is full")


def no_audit(house: House) -> None:
    house.paper.full = True


def no_entry(house: House) -> None:
    house.paper.make_sure = raising(OSError("no space"))  # type: ignore[method-assign]


@pytest.mark.parametrize("plant", [no_beginning, no_end, no_look, no_writing, no_keeping, no_audit, no_entry])
def test_a_fault_of_what_is_around_it_ends_one_run_as_ever(
    runner: asyncio.Runner, interpreter: Interpreter, plant: Callable[[House], None]
) -> None:
    told = both(runner, interpreter, "blink(times=[1])\nblink(times=[2])", plant=plant)
    assert told["end"][0] is RunStatus.FAILED
    assert len(told["sent"]) <= 1


@pytest.mark.parametrize("change", ["changed", "gone"])
def test_a_document_that_is_another_meanwhile_is_refused(
    runner: asyncio.Runner, interpreter: Interpreter, change: str
) -> None:
    def plant(house: House) -> None:
        def act() -> None:
            if change == "gone":
                house.shelf.remove("say")
            else:
                house.shelf.put(document("say", parameters={"text": {"type": "string"}}, effect="actuate"))
            house.quick.on_begin = None

        house.quick.on_begin = act

    told = both(runner, interpreter, "blink(times=[1])\nsay(text='a')", plant=plant)
    assert (told["end"][0], told["sent"]) == (RunStatus.FAILED, ["blink(times=[1])"])


def test_a_stop_between_two_calls_tells_what_was_done(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    def plant(house: House) -> None:
        house.quick.on_begin = lambda: house.latch.latch("smoke")

    async def stop() -> None:
        house = House(interpreter)
        plant(house)
        result = await house.see_through("blink(times=[1])\nsay(text='a')")
        assert (result.status, result.error_code) == (RunStatus.CANCELLED, "STOPPED")
        assert [record.call.api for record in result.calls] == ["blink"]
        assert "nothing was done" not in result.summary
        assert len(house.quick.sent) == 1

    runner.run(stop())


def test_a_stop_between_keeping_and_sending_holds_the_call_back(
    runner: asyncio.Runner, interpreter: Interpreter
) -> None:
    async def stop() -> None:
        house = House(interpreter)
        house.journal.holds = True
        (await house.plain("say(text='a')")).begin()
        assert (house.quick.sent, house.result, house.task) == ([], None, None)
        house.latch.latch("smoke")
        house.journal.keep()
        result = await house.end()
        assert (result.status, result.error_code, house.quick.sent) == (RunStatus.CANCELLED, "STOPPED", [])
        assert house.journal.told() == [("begin", "say"), ("end", "say cancelled")]
        assert [entry["kind"] for entry in house.paper.entries] == ["call_allowed", "call_refused"]

    runner.run(stop())


def test_what_cannot_be_kept_does_not_go_out(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    async def fail() -> None:
        house = House(interpreter)
        house.journal.holds, house.journal.failure = True, ConfigError("the disk is full")
        (await house.plain("say(text='a')\nsay(text='b')")).begin()
        house.journal.keep()
        result = await house.end()
        assert (result.status, result.error_code, result.summary) == (RunStatus.FAILED, "CONFIG", "the disk is full")
        assert (result.calls, house.quick.sent) == ((), [])

    runner.run(fail())


@pytest.mark.parametrize("at", ["before", "while it is kept", "when told", "while it is sent", "after"])
def test_it_is_handed_over_at_any_moment_and_nothing_is_sent_twice(
    runner: asyncio.Runner, interpreter: Interpreter, at: str
) -> None:
    async def hand_over() -> None:
        house = House(interpreter)
        plain = await house.plain("say(text='a')\nblink(times=[1])")
        began = house.listener.call_began

        def told(call: Call) -> None:
            began(call)
            plain.hand_over()

        if at == "when told":
            house.listener.call_began = told  # type: ignore[method-assign]
        if at == "while it is sent":
            house.quick.on_begin = plain.hand_over
        if at == "before":
            plain.hand_over()
        house.journal.holds = at == "while it is kept"
        plain.begin()
        plain.hand_over()
        plain.hand_over()
        assert at != "while it is kept" or house.quick.sent == []
        house.journal.keep()
        result = await house.end()
        assert (house.task is None) == (at == "after")
        assert (result.status, [call.api for call in house.quick.sent]) == (RunStatus.UNCONFIRMED, ["say", "blink"])
        assert [kind for kind, _ in house.journal.told()] == ["begin", "end", "begin", "end"]
        assert len(house.paper.entries) == 2

    runner.run(hand_over())


def test_a_call_that_waits_for_its_end_is_ended_with_its_run(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    async def cancel() -> None:
        house = House(interpreter, ["cancelled never"])
        (await house.plain("say(text='a')\nsay(text='b')")).begin()
        assert await house.runner.cancel("run", "enough")
        result = await house.end()
        assert (result.status, len(house.quick.sent), len(house.quick.cancelled)) == (RunStatus.CANCELLED, 1, 1)
        assert house.journal.told() == [("begin", "say"), ("end", "say cancelled")]

    runner.run(cancel())


def test_one_that_is_ended_while_it_is_kept_sends_nothing(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    async def cancel() -> None:
        house = House(interpreter)
        house.journal.holds = True
        plain = await house.plain("say(text='a')")
        plain.begin()
        plain.hand_over()
        assert await house.runner.cancel("run", "enough")
        house.journal.keep()
        result = await house.end()
        assert (result.status, house.quick.sent) == (RunStatus.CANCELLED, [])
        assert house.journal.told() == [("begin", "say"), ("end", "say cancelled")]

    runner.run(cancel())


@pytest.mark.parametrize(
    "source",
    ["bell_ring()", "light_off(light='hall')", "ac_set_temperature(temperature_c=20.0)", "door_unlock()",
     "t = thermometer_read()", "say(text='a')\n" * 9, "robot_find(object='cup')"],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_the_task(runner: asyncio.Runner, interpreter: Interpreter, source: str) -> None:
    async def ask() -> None:
        house = House(interpreter)
        verified = await house.verifier.verify(code(source, house.shelf.documents()))
        assert house.runner.plain(verified, Instruction(text="x"), "run", house.listener, house) is None

    runner.run(ask())
