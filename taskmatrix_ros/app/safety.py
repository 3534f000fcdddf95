"""Stop: the latch first, then every binding at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from taskmatrix_ros.core.ports import Binding
from taskmatrix_ros.executor.gate.stop_latch import StopLatch

TOLD_WITHIN_S = 0.1
"""A binding that has not come back from ``stop()`` by then is reported, not waited for (DESIGN section 7)."""

KEPT_WITHIN_S = 0.5
"""A disk that has not taken the latch by then is reported; everything has been stopped before."""


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

    def stop(self, reason: str) -> StopReport:
        """Latch, which tells who listens to it, then tell every binding in parallel."""
        began = time.monotonic()
        self._latch.latch(reason)
        failures: dict[str, str] = {}
        threads = {
            name: threading.Thread(target=_tell, args=(binding, name, failures), name=f"stop-{name}", daemon=True)
            for name, binding in zip(_names(self._bindings), self._bindings, strict=True)
        }
        for thread in threads.values():
            thread.start()
        for name, thread in threads.items():
            thread.join(max(0.0, began + TOLD_WITHIN_S - time.monotonic()))
            if thread.is_alive():
                failures[name] = f"did not answer within {TOLD_WITHIN_S * 1000:.0f} ms"
        told = tuple(name for name in threads if name not in failures)
        latency_s = time.monotonic() - began
        if not self._latch.is_kept(KEPT_WITHIN_S):
            failures["stop latch"] = f"not on the disk within {KEPT_WITHIN_S * 1000:.0f} ms; it holds in this process"
        not_told = tuple(f"{name}: {why}" for name, why in tuple(failures.items()))
        return StopReport(told=told, not_told=not_told, latency_s=latency_s)


def _names(bindings: Sequence[Binding]) -> list[str]:
    """Name them by their classes; several of one class by their number, so that each is told."""
    classes = [type(binding).__name__ for binding in bindings]
    return [
        name if classes.count(name) == 1 else f"{name} {classes[: index + 1].count(name)}"
        for index, name in enumerate(classes)
    ]


def _tell(binding: Binding, name: str, failures: dict[str, str]) -> None:
    try:
        binding.stop()
    except Exception as error:  # noqa: BLE001 - the others must be told whatever this one does
        failures[name] = repr(error)
