"""The stop latch: set from any thread, obeyed at once, kept over a restart."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable

from taskmatrix_ros.core.ports import Journal
from taskmatrix_ros.store.stop_marker import StopMarker

_log = logging.getLogger(__name__)

_NOT_READ = "the stop latch has not been read from the journal yet"

Listener = Callable[[str], None]
"""Told the reason, in the thread that latched; it returns at once."""

Follower = Callable[[str | None, str], None]
"""Told the reason, None once it is lifted, and the comment of who lifted it, in the journal's thread."""


REARM_S = 0.5
"""How long a rearm waits for the disk to forget the stop; a crash before that leaves the latch set, never lifted."""


class StopLatch:
    """Holds until it is rearmed. Setting and reading it takes no lock, so no thread can keep another from stopping."""

    def __init__(self, journal: Journal, marker: StopMarker | None = None) -> None:
        """:param journal: written in the thread that ``restore`` was called in, the one that owns it.

        :param marker: written at once in a thread of its own, as that one may be busy when the process is killed.
        """
        self._journal = journal
        self._marker = marker
        self._marking = threading.Lock()  # among writers of the marker; who stops or reads never takes it
        self._marked: str | None = None
        self._marking_thread: threading.Thread | None = None
        self._reason: str | None = _NOT_READ
        self._listeners: tuple[Listener, ...] = ()
        self._followers: tuple[Follower, ...] = ()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0

    def restore(self) -> None:
        """Take over what the journal says. Until then the latch holds: nobody knows whether it should.

        Called once, in the loop's thread.

        :raises ConfigError: the journal cannot be read; the latch goes on holding.
        """
        self._thread = threading.get_ident()
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None
        said = self._journal.latch()
        self._marked = self._marker.read() if self._marker is not None else None
        if self._reason is _NOT_READ:
            self._reason = said or self._marked
        if said is None and self._marked is not None:
            _log.warning("stopped when the last life ended, before the journal had it: %s", self._marked)
            self._write("")

    @property
    def holds(self) -> bool:
        """Whether nothing may move."""
        return self._reason is not None

    @property
    def reason(self) -> str | None:
        """Why it holds, or None if it does not."""
        return self._reason

    def latch(self, reason: str) -> None:
        """Set it, tell the listeners, then have it written. From any thread; the first reason stays."""
        if self._reason is None or self._reason is _NOT_READ:
            self._reason = reason or "stop"
        for listener in self._listeners:
            try:
                listener(self._reason)
            except Exception:  # noqa: BLE001 - the others must be told whatever this one does
                _log.exception("stop: listener %r failed; it stays", listener)
        self._mark()
        self._save()

    def is_kept(self, within_s: float) -> bool:
        """Wait until a stop outlives this process whatever becomes of it. :returns: whether it does by then."""
        if self._marking_thread is not None:
            self._marking_thread.join(within_s)
        return self._marker is None or self._marked is not None

    def rearm(self, comment: str) -> None:
        """Lift it. From any thread; a person decides that, so there is no way to it from action code.

        :param comment: who and why; it goes to the log.
        """
        _log.warning("the stop latch (%s) was rearmed: %s", self._reason or "not set", comment or "no comment")
        self._reason = None
        self._save(comment)
        self._mark()
        if self._marking_thread is not None:
            self._marking_thread.join(REARM_S)

    def follow(self, follower: Follower) -> Callable[[], None]:
        """Tell ``follower`` once it was tried to write a change, whatever came of that. :returns: the way to end it."""
        self._followers = (*self._followers, follower)

        def undo() -> None:
            self._followers = tuple(known for known in self._followers if known is not follower)

        return undo

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell ``listener`` every time the latch is set. :returns: the way to end it."""
        self._listeners = (*self._listeners, listener)

        def undo() -> None:
            self._listeners = tuple(known for known in self._listeners if known is not listener)

        return undo

    def _mark(self) -> None:
        """Have the marker written; the disk may take its time."""
        if self._marker is None:
            return
        thread = threading.Thread(target=self._write_marker, name="stop-marker", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            _log.exception("the stop marker could not be written; the stop holds in this process")
            return
        self._marking_thread = thread

    def _write_marker(self) -> None:
        """Write the state of now, as ``_write`` does."""
        assert self._marker is not None
        with self._marking:
            reason = None if self._reason is _NOT_READ else self._reason
            try:
                if reason is None:
                    self._marker.remove()
                elif reason != self._marked:
                    self._marker.write(reason)
                self._marked = reason
            except OSError:
                _log.exception("the stop marker could not be written; what it said holds over a restart")

    def _save(self, comment: str = "") -> None:
        if threading.get_ident() == self._thread or self._loop is None:
            self._write(comment)
            return
        try:
            self._loop.call_soon_threadsafe(self._write, comment)
        except RuntimeError:
            _log.error("the stop latch could not be written: the loop has ended; it holds until this process ends")

    def _write(self, comment: str) -> None:
        """Write the state of now, not that of the call: so writes that overtake each other end right."""
        try:
            self._journal.set_latch(None if self._reason is _NOT_READ else self._reason)
        except Exception:  # noqa: BLE001 - a journal that cannot be written must not lift or hinder a stop
            _log.exception("the stop latch could not be written; it holds in this process, not over a restart")
        for follower in self._followers:
            try:
                follower(self._reason, comment)
            except Exception:  # noqa: BLE001 - whoever follows must not hinder a stop
                _log.exception("stop: follower %r failed; it stays", follower)
