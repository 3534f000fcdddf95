"""Lets simulated time run at a chosen multiple of wall time."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable

from taskmatrix_ros.sim.mujoco.simulator import CONTROL_PERIOD_S, Simulator

_log = logging.getLogger(__name__)
# Wall time lost to a slow machine or a suspended process is not made up for beyond this.
_LARGEST_BACKLOG_S = 0.1
_WAIT_S = 0.01
_WATCH_S = 5.0
_TOLERATED_SHARE = 0.15


class _Lateness:
    """Says once that the machine is too slow for the chosen speed."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._since = time.monotonic()
        self._lost_s = 0.0
        self._told = False

    def note(self, lost_s: float) -> None:
        """Count wall time that was given up."""
        now = time.monotonic()
        self._lost_s += lost_s
        if now - self._since < _WATCH_S:
            return
        share = self._lost_s / (now - self._since)
        if share > _TOLERATED_SHARE and not self._told:
            self._told = True
            _log.warning(
                "simulation: this machine runs at about %.1f times real time instead of %g; choose a lower --speed",
                self._speed * (1 - share),
                self._speed,
            )
        self._since, self._lost_s = now, 0.0


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
        self._wake = threading.Event()
        self._wanted: deque[Callable[[], None]] = deque()
        self._until_s = math.inf
        self._waiting: Callable[[], None] = lambda: None
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
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def pause(self, paused: bool) -> None:
        """Hold simulated time, or let it run on."""
        if paused:
            self._running.clear()
        else:
            self._running.set()
            self._wake.set()

    def run_until(self, time_s: float, waiting: Callable[[], None] = lambda: None) -> None:
        """Let simulated time run no further than this, until told anew: whoever listens may be slow.

        :param time_s: simulated time, s; infinite for no bound.
        :param waiting: called now and then by the stepping thread while it waits for that.
        """
        self._waiting = waiting
        self._until_s = time_s
        self._wake.set()

    @property
    def paused(self) -> bool:
        """Whether simulated time stands still."""
        return not self._running.is_set()

    def between_steps(self, function: Callable[[], None], timeout_s: float = 5.0) -> bool:
        """Have a function called by the stepping thread before its next step, also while simulated time stands.

        :returns: whether it was called within so many wall seconds.
        """
        done = threading.Event()

        def call() -> None:
            try:
                function()
            finally:
                done.set()

        self._wanted.append(call)
        self._wake.set()
        return done.wait(timeout_s)

    def _run(self) -> None:
        try:
            self._step_on()
        except Exception as error:  # noqa: BLE001 - the process decides what to do about it
            _log.debug("simulation: physics ended", exc_info=True)
            self.failed = error

    def _step_on(self) -> None:
        due = time.monotonic()
        lateness = _Lateness(self.speed)
        while not self._closing.is_set():
            while self._wanted:
                self._wanted.popleft()()
            if not self._running.is_set():
                self._wake.clear()
                if not self._wanted and not self._running.is_set():
                    self._wake.wait()
                due = time.monotonic()
                continue
            if self._simulator.time_s >= self._until_s:
                self._wake.clear()
                if not self._wanted and self._simulator.time_s >= self._until_s:
                    self._wake.wait(_WAIT_S)
                    self._waiting()
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
                lateness.note(-ahead - _LARGEST_BACKLOG_S)
                due = time.monotonic() - _LARGEST_BACKLOG_S
