"""How often Python looks for garbage: what is no longer used goes without it, but for what refers to itself."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_SELDOM = 20_000
"""Objects after which it looks among the new ones: what a burst of work makes is gone again by then."""


def keep_garbage_small() -> None:
    """Look for garbage less often, and not among what was there from the start: a look at all of it takes a tenth of a
    second, in which nothing else happens. Once, when a process serves.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_SELDOM, 10, 10)


@contextmanager
def much_that_stays() -> Iterator[None]:
    """Look for garbage less often for the length of a block that makes much of what stays: to look at it is in vain."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], _SELDOM), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
