"""One call to its binding, and whatever ends the wait for it first."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.eager_task import start_now
from taskmatrix_ros.core.outcome import ErrorReport, Outcome, Status, utc_now
from taskmatrix_ros.core.ports import BeginsAtOnce, Binding, ProgressReport
from taskmatrix_ros.executor.running.active_run import ActiveRun

_log = logging.getLogger(__name__)

INTERRUPTED = "INTERRUPTED"
"""Error code of a call that was ended because its run was held, not because of itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTimes:
    """Seconds of steady time.

    ``grace_s``: past a call's deadline, which its binding keeps by itself; ``cancel_s``: for a peer to confirm that it
    has ended; ``retry_s``: before an idempotent call that came to no answer is tried again; ``return_s``: for a peer
    that went away during a call, whose return shows what became of it; ``device_s``: after that, for a device behind;
    ``told_s``: before a call, for somebody who is gone and would tell what it requires.
    """

    grace_s: float = 1.0
    cancel_s: float = 5.0
    retry_s: float = 0.5
    return_s: float = 120.0
    device_s: float = 30.0
    told_s: float = 5.0


class Withdrawn(Exception):
    """The run was ended during the call, which came to this."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.status.value)
        self.outcome = outcome


class _Why(StrEnum):
    ENDED = "ended"
    DEADLINE = "deadline"
    STALLED = "stalled"
    INTERRUPTED = "interrupted"


class Dispatcher:
    """Sends calls. What a binding does, or fails to do, ends one call and nothing else."""

    def __init__(self, bindings: Mapping[str, Binding], times: CallTimes) -> None:
        """:param bindings: by the kind of spec they perform."""
        self._bindings = bindings
        self._times = times
        self._at_once: dict[Binding, BeginsAtOnce | None] = {}
        """Those that were asked whether they begin at once: to ask takes longer than they do."""

    def binding_of(self, document: ApiDocument) -> Binding | None:
        """Give who performs it."""
        return self._bindings.get(document.binding.kind)

    def at_once(self, document: ApiDocument) -> BeginsAtOnce | None:
        """Give who commonly performs its calls without any waiting; None where nobody does."""
        binding = self.binding_of(document)
        quick = None if binding is None else self._quick(binding)
        return quick if quick is not None and quick.may_end_at_once(document) else None

    async def send(
        self,
        run: ActiveRun,
        call: Call,
        document: ApiDocument,
        begun: Outcome | Coroutine[Any, Any, Outcome] | None = None,
    ) -> Outcome:
        """Perform the call; after its deadline, a stall or an interruption its peer is told to end and has confirmed.

        :param begun: it has gone out: how it ended, or what waits for its end.
        :raises Withdrawn: the run was ended meanwhile.
        """
        binding = self.binding_of(document)
        if binding is None:
            message = f"{call.api}: nothing here performs {document.binding.kind}; add it to the profile"
            report = ErrorReport(code="NO_BINDING", message=message)
            return Outcome(call_id=call.call_id, status=Status.UNAVAILABLE, error=report)
        work = begun or self._begun(binding, call, document)
        if isinstance(work, Outcome):
            return work
        wait = _Wait(run, call, document.stall_s, call.deadline_s + self._times.grace_s)
        work = work or binding.call(call, document, wait.progress)
        task = start_now(self._perform(binding, call, work, wait))
        if (at_once := wait.outcome) is not None:
            return at_once
        wait.begin()
        try:
            why, said = await wait.over()
        except asyncio.CancelledError:
            raise Withdrawn(await self._withdraw(binding, call, task)) from None
        finally:
            wait.close()
        if task.done():
            return task.result()
        outcome = await self._withdraw(binding, call, task)
        if outcome.status is not Status.CANCELLED:
            return outcome
        return _explained(outcome, call, why, said)

    async def recover(self, run: ActiveRun, call: Call, document: ApiDocument) -> Outcome | None:
        """Ask the peer what became of a call of an earlier life. :returns: None where it cannot tell.

        :raises Withdrawn: the run was ended meanwhile.
        """
        binding = self.binding_of(document)
        if binding is None:
            return None
        try:
            async with asyncio.timeout(call.deadline_s + self._times.grace_s):
                return await binding.recover(call, document, lambda report: run.observer.call_progressed(call, report))
        except TimeoutError:
            return None
        except asyncio.CancelledError:
            raise Withdrawn(in_doubt(call, f"{call.api}: the run was ended while its end was asked for")) from None
        except Exception:  # noqa: BLE001 - a fault of a binding leaves the call in doubt
            _log.exception("binding %s failed to recover %s", type(binding).__name__, call.api)
            return None

    def _begun(
        self, binding: Binding, call: Call, document: ApiDocument
    ) -> Outcome | Coroutine[Any, Any, Outcome] | None:
        """Begin a call at once. :returns: None where its binding does not do so."""
        quick = self._quick(binding)
        return None if quick is None else begin(quick, call, document)

    def _quick(self, binding: Binding) -> BeginsAtOnce | None:
        if binding not in self._at_once:
            self._at_once[binding] = binding if isinstance(binding, BeginsAtOnce) else None
        return self._at_once[binding]

    async def _perform(self, binding: Binding, call: Call, work: Coroutine[Any, Any, Outcome], wait: _Wait) -> Outcome:
        started = utc_now()
        outcome: Outcome | None = None
        try:
            outcome = await work
        except Exception as error:  # noqa: BLE001 - a fault of a binding must end one call, not the node
            outcome = _failed(binding, call, error, started)
        finally:
            wait.ended(outcome)
        return outcome

    async def _withdraw(self, binding: Binding, call: Call, task: asyncio.Task[Outcome]) -> Outcome:
        """Ask the peer to end and wait for its word, ``cancel_s`` at most, whatever it or its binding does."""
        asking = asyncio.create_task(self._ask_to_end(binding, call), name=f"cancel-{call.call_id}")
        try:
            await asyncio.wait({task}, timeout=self._times.cancel_s)
            if task.done():
                return task.result()
            waited = f"{self._times.cancel_s:g} s"
            return in_doubt(call, f"{call.api}: its peer did not confirm within {waited} that it has ended")
        finally:
            asking.cancel()
            task.cancel()
            await asyncio.wait({task, asking}, timeout=1.0)

    async def _ask_to_end(self, binding: Binding, call: Call) -> None:
        try:
            await binding.cancel(call.call_id)
        except Exception:  # noqa: BLE001 - the call is given up on whatever its binding does
            _log.exception("binding %s failed to cancel %s", type(binding).__name__, call.api)


def begin(quick: BeginsAtOnce, call: Call, document: ApiDocument) -> Outcome | Coroutine[Any, Any, Outcome]:
    """Begin a call. :returns: how it ended, or what waits for its end."""
    try:
        return quick.begin(call, document)
    except Exception as error:  # noqa: BLE001 - a fault of a binding must end one call, not the node
        return _failed(quick, call, error, utc_now())


def _failed(binding: object, call: Call, error: Exception, started: datetime) -> Outcome:
    _log.error("binding %s failed on %s", type(binding).__name__, call.api, exc_info=error)
    message = f"{call.api}: its binding failed: {type(error).__name__}: {error}; see the log"
    return in_doubt(call, message).model_copy(update={"started_at": started, "ended_at": utc_now()})


class _Wait:
    """The wait for one call: its end, its deadline, silence or an interruption, whichever is first."""

    def __init__(self, run: ActiveRun, call: Call, stall_s: float | None, deadline_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[tuple[_Why, str]] | None = None
        """There once the call has not ended at once."""
        self._end_first: tuple[_Why, str] | None = None
        """What ended the wait."""
        self.outcome: Outcome | None = None
        """What the call came to, if it was that which ended the wait."""
        self._run = run
        self._call = call
        self._stall_s = stall_s
        self._deadline_s = deadline_s
        self._deadline: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Wait no longer than that, nor through a silence or an interruption."""
        self._over = self._loop.create_future()
        if self._end_first is not None:
            self._over.set_result(self._end_first)
        said = f"within {self._call.deadline_s:g} s"
        self._deadline = self._loop.call_later(self._deadline_s, self._end, _Why.DEADLINE, said)
        self._listen()
        self._run.control.interruptible(self._call.call_id, lambda why: self._end(_Why.INTERRUPTED, why))

    async def over(self) -> tuple[_Why, str]:
        """Wait, after ``begin``. :returns: what ended the wait, and in words."""
        assert self._over is not None
        return await self._over

    def progress(self, report: ProgressReport) -> None:
        self._listen()
        self._run.observer.call_progressed(self._call, report)

    def ended(self, outcome: Outcome | None) -> None:
        if self._end_first is None:
            self.outcome = outcome
        self._end(_Why.ENDED, "")

    def close(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        if self._stall is not None:
            self._stall.cancel()
        self._run.control.settled(self._call.call_id)

    def _listen(self) -> None:
        if self._stall_s is None:
            return
        if self._stall is not None:
            self._stall.cancel()
        self._stall = self._loop.call_later(self._stall_s, self._end, _Why.STALLED, f"for {self._stall_s:g} s")

    def _end(self, why: _Why, said: str) -> None:
        if self._end_first is None:
            self._end_first = (why, said)
            if self._over is not None and not self._over.done():
                self._over.set_result(self._end_first)


def in_doubt(call: Call, message: str) -> Outcome:
    """Give the outcome of a call of which nobody knows whether it was done."""
    return Outcome(call_id=call.call_id, status=Status.IN_DOUBT, error=ErrorReport(code="IN_DOUBT", message=message))


def _explained(outcome: Outcome, call: Call, why: _Why, said: str) -> Outcome:
    """Say why a call was cancelled that nobody cancelled for its own sake."""
    if why is _Why.INTERRUPTED:
        message = f"{call.api} was interrupted: {said}"
        return outcome.model_copy(update={"error": ErrorReport(code=INTERRUPTED, message=message)})
    code, what = ("STALLED", "no word") if why is _Why.STALLED else ("TIMED_OUT", "no answer")
    report = ErrorReport(code=code, message=f"{call.api}: {what} {said}; it was cancelled")
    return outcome.model_copy(update={"status": Status.TIMED_OUT, "error": report})
