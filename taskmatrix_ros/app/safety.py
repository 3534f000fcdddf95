"""Stop: the latch first, then every binding at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from taskmatrix_ros.core.ports import Binding
from taskmatrix_ros.executor.stop_latch import StopLatch

TOLD_WITHIN_S = 0.1
"""A binding that has not come back from ``stop()`` by then is reported, not waited for (DESIGN section 7)."""


@dataclass(frozen=True, slots=True)
class StopReport:
    """Who was told; ``not_told`` with the reason. ``latency_s``: wall seconds until all had answered."""

    told: tuple[str, ...]
    not_told: tuple[str, ...]
    latency_s: float


class Safety:
    """Stops from any thread, without the loop and without waiting for anything that hangs."""

    def __init__(self, latch: StopLatch, bindings: Sequence[Binding]) -> None:
        self._latch = latch
        self._bindings = tuple(bindings)

    def stop(self, reason: str, announce: Callable[[], None] = lambda: None) -> StopReport:
        """Latch, announce, tell every binding in parallel.

        :param announce: publishes ``stop``; called right after the latch is set, before the bindings are told.
        """
        began = time.monotonic()
        self._latch.latch(reason)
        announce()
        failures: dict[str, str] = {}
        threads = {
            name: threading.Thread(target=_tell, args=(binding, name, failures), name=f"stop-{name}", daemon=True)
            for binding in self._bindings
            for name in [type(binding).__name__]
        }
        for thread in threads.values():
            thread.start()
        for name, thread in threads.items():
            thread.join(max(0.0, began + TOLD_WITHIN_S - time.monotonic()))
            if thread.is_alive():
                failures[name] = f"did not answer within {TOLD_WITHIN_S * 1000:.0f} ms"
        return StopReport(
            told=tuple(name for name in threads if name not in failures),
            not_told=tuple(f"{name}: {why}" for name, why in failures.items()),
            latency_s=time.monotonic() - began,
        )


def _tell(binding: Binding, name: str, failures: dict[str, str]) -> None:
    try:
        binding.stop()
    except Exception as error:  # noqa: BLE001 - the others must be told whatever this one does
        failures[name] = repr(error)
