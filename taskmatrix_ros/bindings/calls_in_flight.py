"""Calls that are each performed by a task of their own, and what ends one early: deadline, cancel, stop, close."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from taskmatrix_ros.bindings.call_verdict import CallVerdict
from taskmatrix_ros.core.outcome import Status

_CODES = {"timed out": "TIMED_OUT", "stopped": "STOPPED"}


@dataclass(eq=False, slots=True)
class CallInFlight:
    """A call under way.

    ``epoch``: which stop it was made after; ``sent``: it may have reached its peer; ``why``: what ended it early, in a
    word or two, empty where nothing did.
    """

    call_id: str
    reads: bool
    epoch: object
    sent: bool = False
    why: str = ""
    task: asyncio.Task[Any] | None = field(default=None)

    @property
    def recallable(self) -> bool:
        """Whether it can be taken back with nothing left in doubt: it has not gone out, or only reads."""
        return self.reads or not self.sent

    @property
    def code(self) -> str:
        """Give the error code of what ended it early."""
        return _CODES.get(self.why, "CANCELLED")

    def end(self, why: str) -> None:
        """End its task; what was the first to end it stands."""
        if self.task is not None and not self.task.done() and not self.why:
            self.why = why
            self.task.cancel()


Flight = TypeVar("Flight", bound=CallInFlight)


class CallsInFlight(Generic[Flight]):
    """Lives in the loop's thread, but for ``stop`` and ``is_stopped``, which any thread may call."""

    def __init__(self) -> None:
        self.epoch = object()
        """Changes with every stop; what is of an earlier one does not go out any more."""
        self._flights: dict[str, Flight] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self) -> None:
        """Take the running loop as the one whose tasks a stop ends."""
        self._loop = asyncio.get_running_loop()

    async def close(self) -> None:
        """End what is under way and wait for its end."""
        for flight in tuple(self._flights.values()):
            flight.end("closed")
        if tasks := [flight.task for flight in self._flights.values() if flight.task is not None]:
            await asyncio.wait(tasks)

    async def see_through(
        self, flight: Flight, work: Coroutine[Any, Any, Any], deadline_s: float, name: str
    ) -> asyncio.Task[Any]:
        """Perform a call's work in a task called ``name``, for ``deadline_s`` seconds of steady time at most.

        :returns: the task, done; cancelled where something ended it early, which ``flight.why`` tells.
        """
        task = flight.task = asyncio.create_task(work, name=name)
        self._flights[flight.call_id] = flight
        try:
            await asyncio.wait({task}, timeout=deadline_s)
            if not task.done():
                flight.end("timed out")
                await asyncio.wait({task})
        finally:
            task.cancel()
            self._flights.pop(flight.call_id, None)
        return task

    def get(self, call_id: str) -> Flight | None:
        """Give the call of that id, if it is under way."""
        return self._flights.get(call_id)

    def find(self, body: bytes) -> str | None:
        """Name the call under way whose id a request's body holds."""
        return next((call_id for call_id in self._flights if call_id.encode() in body), None)

    def is_stopped(self, flight: Flight) -> bool:
        """Whether a stop came since the call was made: it must not go out."""
        return flight.epoch is not self.epoch

    def cancel(self, call_id: str) -> None:
        """Take back what can be; a command that went out can only be awaited."""
        flight = self._flights.get(call_id)
        if flight is not None and flight.recallable:
            flight.end("cancelled")

    def stop(self) -> None:
        """Let nothing go out that has not, and wait for nothing. Synchronous, from any thread, without a lock."""
        self.epoch = object()
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits
                self._loop.call_soon_threadsafe(self._end_stopped)

    def _end_stopped(self) -> None:
        for flight in tuple(self._flights.values()):
            if self.is_stopped(flight):
                flight.end("stopped")


def ended_early(flight: CallInFlight, place: str) -> CallVerdict:
    """Judge a request that something ended before its answer. :param place: where it was, or was to be, sent to."""
    why, timed_out = flight.why, flight.why == "timed out"
    if not flight.sent:
        status = Status.UNAVAILABLE if timed_out else Status.CANCELLED
        return CallVerdict(status, flight.code, f"{why} before it was sent to {place}")
    if flight.reads:
        status = Status.TIMED_OUT if timed_out else Status.CANCELLED
        return CallVerdict(status, flight.code, f"{why} while waiting for {place}")
    message = f"it was sent to {place} and {why} without an answer; it may have been done or not"
    return CallVerdict(Status.IN_DOUBT, "IN_DOUBT", message)
