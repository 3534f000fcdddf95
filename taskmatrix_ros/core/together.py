"""What comes in together is seen through together: written once, sent at once."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

_log = logging.getLogger(__name__)

_QUIET_S = 0.01
"""Seconds after which nothing more is taken to be coming."""

_PUT_OFF = 20
"""How often what can be done later is put off for what comes in."""


class Together:
    """Knows whether more is coming right now, and does at the end of it what waited for that.

    Whoever takes in many things at once does so inside ``gathering``. Whoever writes or sends one thing at a time asks
    ``at_end``, and where more is coming does it for all of them then. Lives in the loop's thread.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._ending = False
        self._todo: list[Callable[[], None]] = []
        self._held: list[Callable[[], None]] = []
        self._ended_s = float("-inf")

    @property
    def is_ending(self) -> bool:
        """Whether everything has come in, and what it led to is being done."""
        return self._ending

    @property
    def is_busy(self) -> bool:
        """Whether much is coming in at this time: what can be done later as well is better done then."""
        return bool(self._depth) or self._ending or time.monotonic() - self._ended_s < _QUIET_S

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """More is coming for the length of the block, and while what it led to is done."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            self._ended_s = time.monotonic()
            if not self._depth and not self._ending and self._todo:
                self._ending = True
                self._end()

    def at_end(self, do: Callable[[], None]) -> bool:
        """Have ``do`` called once, when everything has come in. It raises nothing.

        :returns: False: nothing more is coming; it is not called, and may be done now.
        """
        if not self._depth and not self._ending:
            return False
        self._todo.append(do)
        return True

    def hold(self, let_go: Callable[[], None]) -> bool:
        """Have ``let_go`` called once, when what is being done at the end of an arrival is done, or ``let_go`` asks.

        For what goes out: several things may then go together. It raises nothing.

        :returns: False: no arrival is being ended; it is not called, and nothing is to be held back.
        """
        if not self._ending:
            return False
        self._held.append(let_go)
        return True

    def let_go(self) -> None:
        """Let everything go that is held back: to be called before it is kept that it went out."""
        while self._held:  # one by one: what one of them leads to may ask for the others
            _do_all((self._held.pop(0),))

    def when_quiet(self, after_s: float, do: Callable[[], None]) -> Later:
        """Have ``do`` called from the loop in ``after_s`` seconds, or as long after once nothing more comes in.

        However much comes in, it is called before long.
        """
        return Later(self, after_s, do)

    def _end(self) -> None:
        """Do it; what that lets go on does so in the loop's next turn, and may have something to do together again."""
        todo, self._todo = self._todo, []
        _do_all(todo)
        self.let_go()
        self._ending = bool(todo or self._todo)
        if self._ending:
            asyncio.get_running_loop().call_soon(self._end)


def _do_all(todo: Iterable[Callable[[], None]]) -> None:
    for do in todo:
        try:
            do()
        except Exception:  # noqa: BLE001 - the others wait, too
            _log.exception("what waited for the end of an arrival failed: %r", do)


class Later:
    """What is done when it is quiet."""

    __slots__ = ("_after_s", "_do", "_put_off", "_timer", "_together")

    def __init__(self, together: Together, after_s: float, do: Callable[[], None]) -> None:
        self._together, self._after_s, self._do = together, after_s, do
        self._put_off = 0
        self._timer = asyncio.get_running_loop().call_later(after_s, self._look)

    def cancel(self) -> None:
        """Leave it."""
        self._timer.cancel()

    def _look(self) -> None:
        if self._together.is_busy and self._put_off < _PUT_OFF:
            self._put_off += 1
            self._timer = asyncio.get_running_loop().call_later(self._after_s, self._look)
        else:
            self._do()
