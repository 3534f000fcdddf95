"""What a run does by itself: wait for a time, for the world, for a person's words. A waiting run holds no worker."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.approval import Question
from taskmatrix_ros.core.binding_spec import Builtin
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.clocks import HomeClock, SteadyClock
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.ids import id_time_s
from taskmatrix_ros.core.outcome import ErrorReport, Outcome, Status, utc_now
from taskmatrix_ros.core.ports import Progress, ProgressReport, Questions
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.expressions.expression import Expression

LOOK_S = 1.0
"""A condition is looked at with every value that arrives, and this often for those that speak of the time."""


class BuiltinBinding:
    """Implements ``core.ports.Binding`` for the kind ``builtin``."""

    kinds = frozenset({"builtin"})

    def __init__(self, state: StateStore, questions: Questions, clock: HomeClock, steady: SteadyClock) -> None:
        self._state = state
        self._questions = questions
        self._clock = clock
        self._steady = steady
        self._pending: dict[str, asyncio.Task[Outcome]] = {}

    async def open(self) -> None:
        """Nothing to connect."""

    async def close(self) -> None:
        """Nothing to give back: calls are ended by their runs."""

    async def call(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome:
        """Wait; see ``core.ports.Binding.call``."""
        return await self._do(call, document, progress, passed_s=0.0)

    async def cancel(self, call_id: str) -> None:
        """End a wait."""
        if task := self._pending.get(call_id):
            task.cancel()

    async def recover(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome | None:
        """Go on waiting, for what is left of the time; a question is asked again."""
        if _name(document) == "ask_user":
            return None
        return await self._do(call, document, progress, passed_s=max(0.0, time.time() - id_time_s(call.call_id)))

    def stop(self) -> None:
        """Nothing of this moves."""

    async def _do(self, call: Call, document: ApiDocument, progress: Progress, *, passed_s: float) -> Outcome:
        wait: Callable[[Call, Progress, float], Awaitable[Outcome]] = {
            "wait": self._wait,
            "wait_until": self._wait_until,
            "ask_user": self._ask_user,
        }[_name(document)]
        started = utc_now()
        task = self._pending[call.call_id] = asyncio.ensure_future(wait(call, progress, passed_s))
        try:
            outcome = await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
                raise
            outcome = _ended(call, Status.CANCELLED, "CANCELLED", "the wait was cancelled")
        finally:
            del self._pending[call.call_id]
        return outcome.model_copy(update={"started_at": started, "ended_at": utc_now()})

    async def _wait(self, call: Call, progress: Progress, passed_s: float) -> Outcome:
        duration_s = float(call.arguments["duration_s"])
        progress(ProgressReport(None, f"until {_clock_time(self._clock, duration_s - passed_s)}"))
        await self._steady.sleep(max(0.0, duration_s - passed_s))
        return Outcome(call_id=call.call_id, status=Status.SUCCEEDED)

    async def _wait_until(self, call: Call, progress: Progress, passed_s: float) -> Outcome:
        try:
            condition = Expression.parse(str(call.arguments["condition"]))
            keys = condition.keys_for({})
        except (ConfigError, ValueError) as error:
            return _ended(call, Status.REJECTED, "CONDITION", f"{call.api}: {error}; write CEL over state and now")
        until_s = self._steady.now_s() + max(0.0, float(call.arguments["timeout_s"]) - passed_s)
        arrived = asyncio.Event()
        undo = self._state.watch(lambda _value: arrived.set(), keys)
        evidence = ""
        try:
            while True:
                arrived.clear()
                holds, said = condition.decide(self._state.known(keys), {}, now=self._clock.now())
                left_s = until_s - self._steady.now_s()
                if holds or left_s <= 0:
                    return Outcome(call_id=call.call_id, status=Status.SUCCEEDED, value=bool(holds), evidence=(said,))
                if said != evidence:
                    evidence = said
                    progress(ProgressReport(None, said))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(LOOK_S, left_s)):
                        await arrived.wait()
        finally:
            undo()

    async def _ask_user(self, call: Call, progress: Progress, _passed_s: float) -> Outcome:
        text, timeout_s = str(call.arguments["question"]), float(call.arguments["timeout_s"])
        progress(ProgressReport(None, text))
        question = Question(
            run_id=call.run_id,
            call_id=call.call_id,
            text=text,
            choices=tuple(map(str, call.arguments["choices"] or ())),
            expires_at=self._clock.now() + timedelta(seconds=timeout_s),
        )
        answer = await self._questions.ask(question)
        if answer is None:
            return _ended(call, Status.FAILED, "NO_ANSWER", f"nobody answered within {timeout_s:g} s")
        return Outcome(call_id=call.call_id, status=Status.SUCCEEDED, value=answer)


def _name(document: ApiDocument) -> str:
    assert isinstance(document.binding, Builtin)
    return document.binding.name


def _ended(call: Call, status: Status, code: str, message: str) -> Outcome:
    return Outcome(call_id=call.call_id, status=status, error=ErrorReport(code=code, message=message))


def _clock_time(clock: HomeClock, after_s: float) -> str:
    return (clock.now() + timedelta(seconds=max(0.0, after_s))).astimezone().strftime("%H:%M:%S")
