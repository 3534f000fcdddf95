"""Waiting for facts, in tests whose peers are threads and processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE_S = 400.0
"""Long enough for a slow machine that does other things, too: nobody waits for it where the fact comes."""


def wait_for(fact: Callable[[], Any], what: str, timeout_s: float = PATIENCE_S) -> Any:
    """Return the first true value of a function.

    :param timeout_s: wall time until the test fails, saying ``what`` did not happen.
    """
    deadline = time.monotonic() + timeout_s
    while not (value := fact()):
        assert time.monotonic() < deadline, f"{what} did not happen within {timeout_s:g} s"
        time.sleep(0.01)
    return value
