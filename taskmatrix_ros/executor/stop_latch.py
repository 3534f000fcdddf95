"""The stop latch: set from any thread, obeyed at once, kept over a restart."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable

from taskmatrix_ros.core.ports import Journal

_log = logging.getLogger(__name__)

_NOT_READ = "the stop latch has not been read from the journal yet"

Listener = Callable[[str], None]
"""Told the reason, in the thread that latched; it returns at once."""

Follower = Callable[[str | None, str], None]
"""Told the reason, None once it is lifted, and the comment of who lifted it, in the journal's thread."""


class StopLatch:
    """Holds until it is rearmed. Setting and reading it takes no lock, so no thread can keep another from stopping."""

    def __init__(self, journal: Journal) -> None:
        """:param journal: written in the thread that ``restore`` was called in, the one that owns it."""
        self._journal = journal
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
        if self._reason is _NOT_READ:
            self._reason = said

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
        self._save()

    def rearm(self, comment: str) -> None:
        """Lift it. From any thread; a person decides that, so there is no way to it from action code.

        :param comment: who and why; it goes to the log.
        """
        _log.warning("the stop latch (%s) was rearmed: %s", self._reason or "not set", comment or "no comment")
        self._reason = None
        self._save(comment)

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
