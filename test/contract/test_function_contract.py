from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from binding_contract import PATIENCE_S, CallContract, CallPeer, Request

from taskmatrix_ros.bindings.function.function_binding import FunctionBinding, FunctionSettings
from taskmatrix_ros.bindings.function.function_registry import FunctionRegistry
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import CallRefused, CallUnavailable
from taskmatrix_ros.core.outcome import Status


class OneFunction(FunctionRegistry):
    """Offers a function of the test; what is installed is tested in test/unit/bindings."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self._function = function

    def look(self) -> None: ...

    def get(self, name: str) -> Any:
        return self._function


class Lamps:
    """What both kinds of function work on."""

    def __init__(self) -> None:
        self.states: list[str] = []
        self.there = True
        self.free = threading.Event()
        self.free.set()

    def set_now(self, lamp: str, state: str) -> dict[str, str]:
        if lamp != "hall":
            raise CallRefused(f"there is no lamp {lamp!r}; there is the lamp 'hall'")
        self.states.append(state)
        return {"state": state}

    def reach(self) -> None:
        if not self.there:
            raise CallUnavailable("the lamps are away; bring them back")


class FunctionPeer:
    """Lamps in this process: losing them lets the function say that they are away."""

    def __init__(self, *, in_thread: bool) -> None:
        self.lamps = lamps = Lamps()
        self._number = 0

        def set_in_thread(lamp: str, state: str) -> dict[str, str]:
            lamps.reach()
            lamps.free.wait()
            lamps.reach()
            return lamps.set_now(lamp, state)

        async def set_in_loop(lamp: str, state: str) -> dict[str, str]:
            lamps.reach()
            while not lamps.free.is_set():
                await asyncio.sleep(0.01)
            lamps.reach()
            return lamps.set_now(lamp, state)

        self.document = ApiDocument.model_validate(
            {
                "name": "lamp_set",
                "parameters": {"lamp": {"type": "string"}, "state": {"type": "string"}},
                "description": "Set a lamp.",
                "effect": "actuate",
                "binding": {"kind": "function", "name": "lamp_set"},
            }
        )
        registry = OneFunction(set_in_thread if in_thread else set_in_loop)
        self.binding = FunctionBinding(FunctionSettings(threads=4), self, registry)

    def documents(self) -> Sequence[ApiDocument]:
        return (self.document,)

    def request(self, *, deadline_s: float = PATIENCE_S) -> Request:
        self._number += 1
        return self._call("hall", deadline_s), self.document

    def refused_request(self) -> Request:
        return self._call("cellar", PATIENCE_S), self.document

    async def done(self) -> int:
        assert len(set(self.lamps.states)) == len(self.lamps.states), "a command came twice"
        return len(self.lamps.states)

    async def hold(self) -> None:
        self.lamps.free.clear()

    async def release(self) -> None:
        self.lamps.free.set()

    async def lose(self) -> None:
        self.lamps.there = False
        self.lamps.free.set()

    async def restore(self) -> None:
        self.lamps.there = True

    async def connected(self) -> bool:
        return self.lamps.there

    def _call(self, lamp: str, deadline_s: float) -> Call:
        arguments = {"lamp": lamp, "state": str(self._number)}
        return Call(run_id="r", api="lamp_set", arguments=arguments, deadline_s=deadline_s)


@asynccontextmanager
async def function_peer(*, in_thread: bool) -> AsyncIterator[FunctionPeer]:
    peer = FunctionPeer(in_thread=in_thread)
    yield peer
    peer.lamps.free.set()


class TestFunctionInThread(CallContract):
    cancelled_statuses = frozenset({Status.SUCCEEDED})  # a thread cannot be ended from outside
    lost_statuses = frozenset({Status.UNAVAILABLE})  # the function itself says what it came to

    def peer(self, folder: Path) -> AbstractAsyncContextManager[CallPeer]:
        return function_peer(in_thread=True)


class TestFunctionInLoop(CallContract):
    lost_statuses = frozenset({Status.UNAVAILABLE})

    def peer(self, folder: Path) -> AbstractAsyncContextManager[CallPeer]:
        return function_peer(in_thread=False)
