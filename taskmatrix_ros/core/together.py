"""What comes in together is seen through together: written once, sent at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_log = logging.getLogger(__name__)


class Together:
    """Knows whether more is coming right now, and does at the end of it what waited for that.

    Whoever takes in many things at once does so inside ``gathering``. Whoever writes or sends one thing at a time asks
    ``at_end``, and where more is coming does it for all of them then. Lives in the loop's thread.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._ending = False
        self._todo: list[Callable[[], None]] = []

    @property
    def is_ending(self) -> bool:
        """Whether everything has come in, and what it led to is being done."""
        return self._ending

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """More is coming for the length of the block, and while what it led to is done."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
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

    def _end(self) -> None:
        """Do it; what that lets go on does so in the loop's next turn, and may have something to do together again."""
        todo, self._todo = self._todo, []
        for do in todo:
            try:
                do()
            except Exception:  # noqa: BLE001 - the others wait, too
                _log.exception("what waited for the end of an arrival failed: %r", do)
        self._ending = bool(todo)
        if todo:
            asyncio.get_running_loop().call_soon(self._end)
