"""A home in one object: every device does what it is told."""

from __future__ import annotations

import asyncio

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.clocks import WallClock
from taskmatrix_ros.core.outcome import ErrorReport, Outcome, Status
from taskmatrix_ros.core.ports import Progress
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.planner.grammar.symbolic_state import SymbolicState


class ObligingHome:
    """Every device does what it is told, and the world shows it; those in ``broken`` say ``says`` and do nothing."""

    kinds = frozenset({"mqtt", "ros2_action"})

    def __init__(self, state: StateStore) -> None:
        self._state = state
        self.calls: list[str] = []
        self.broken = ""
        self.headline = ""
        self.held = ""
        """An API whose calls do not end until they are cancelled."""
        self.cancelled: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def call(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome:
        given = ", ".join(f"{name}={value!r}" for name, value in call.arguments.items() if value is not None)
        self.calls.append(f"{call.api}({given})".replace("'", '"'))
        if call.api == self.held:
            end = self._ends[call.call_id] = asyncio.Event()
            await end.wait()
            self.cancelled.append(call.api)
            return Outcome(call_id=call.call_id, status=Status.CANCELLED)
        if self.broken:
            report = ErrorReport(code="BROKEN", message=self.broken)
            return Outcome(call_id=call.call_id, status=Status.FAILED, error=report)
        world = SymbolicState(self._state.known(), WallClock().now())
        for key in world.apply(document, call.arguments):
            self._state.set(key, world.values.get(key), source="home")
        value = self.headline if call.api == "news_read" else None
        return Outcome(call_id=call.call_id, status=Status.SUCCEEDED, value=value)

    async def cancel(self, call_id: str) -> None:
        if end := self._ends.get(call_id):
            end.set()

    async def recover(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome | None:
        return None

    def stop(self) -> None: ...
