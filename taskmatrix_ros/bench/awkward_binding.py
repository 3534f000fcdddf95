"""A binding that misbehaves: it holds the loop during one call, and its stop never comes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

from taskmatrix_ros.app.system import System
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import Outcome
from taskmatrix_ros.core.ports import Binding, Catalogue, Progress
from taskmatrix_ros.core.state_store import StateStore

HOLDING = "bench_hold_loop"


class Awkward:
    """A binding around a real one, which does the rest."""

    def __init__(self, inner: Binding, *, hold_s: float, hang: bool) -> None:
        """:param hold_s: for how long a call of ``bench_hold_loop`` holds the loop, in seconds.

        :param hang: whether ``stop`` hangs, once the real binding was told.
        """
        self.kinds = inner.kinds
        self._inner = inner
        self._hold_s = hold_s
        self._hang = hang

    async def open(self) -> None:
        """Open the real one."""
        await self._inner.open()

    async def close(self) -> None:
        """Close the real one."""
        await self._inner.close()

    async def call(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome:
        """Hold the loop, where that is asked for."""
        if document.name == HOLDING:
            time.sleep(self._hold_s)  # noqa: ASYNC251 - that is what this is for
        return await self._inner.call(call, document, progress)

    async def cancel(self, call_id: str) -> None:
        """As the real one."""
        await self._inner.cancel(call_id)

    async def recover(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome | None:
        """As the real one."""
        return await self._inner.recover(call, document, progress)

    def stop(self) -> None:
        """Tell the real one; then, where that is asked for, never come back."""
        self._inner.stop()
        if self._hang:
            threading.Event().wait()


class AwkwardSystem(System):
    """The system as it is, with its MQTT binding made awkward."""

    def __init__(self, *arguments: Any, hold_s: float, hang: bool, make_bindings: Any, **more: Any) -> None:
        def make(catalogue: Catalogue, state: StateStore) -> Sequence[Binding]:
            return [
                Awkward(binding, hold_s=hold_s, hang=hang) if "mqtt" in binding.kinds else binding
                for binding in make_bindings(catalogue, state)
            ]

        super().__init__(*arguments, make_bindings=make, **more)
