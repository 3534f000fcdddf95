"""Lets simulated time run at a chosen multiple of wall time."""

from __future__ import annotations

import logging
import threading
import time

from taskmatrix_ros.sim.simulator import CONTROL_PERIOD_S, Simulator

_log = logging.getLogger(__name__)
# Wall time lost to a slow machine or a suspended process is not made up for beyond this.
_LARGEST_BACKLOG_S = 0.1


class Pacer:
    """Steps a simulator in a thread of its own.

    :param speed: simulated seconds per wall second; 0 runs as fast as the machine allows.
    """

    def __init__(self, simulator: Simulator, *, speed: float = 1.0) -> None:
        self._simulator = simulator
        self.speed = speed
        self._closing = threading.Event()
        self._running = threading.Event()
        self._running.set()
        self._thread: threading.Thread | None = None
        self.failed: BaseException | None = None

    def open(self) -> None:
        """Start to step."""
        self._thread = threading.Thread(target=self._run, name="physics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop to step; returns once the last step is done."""
        self._closing.set()
        self._running.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def pause(self, paused: bool) -> None:
        """Hold simulated time, or let it run on."""
        if paused:
            self._running.clear()
        else:
            self._running.set()

    @property
    def paused(self) -> bool:
        """Whether simulated time stands still."""
        return not self._running.is_set()

    def _run(self) -> None:
        try:
            self._step_on()
        except Exception as error:  # noqa: BLE001 - the process decides what to do about it
            _log.exception("simulation: physics ended")
            self.failed = error

    def _step_on(self) -> None:
        due = time.monotonic()
        while not self._closing.is_set():
            if not self._running.is_set():
                self._running.wait()
                due = time.monotonic()
                continue
            self._simulator.step()
            if self.speed <= 0:
                time.sleep(0)
                continue
            due += CONTROL_PERIOD_S / self.speed
            ahead = due - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
            elif ahead < -_LARGEST_BACKLOG_S:
                due = time.monotonic() - _LARGEST_BACKLOG_S
