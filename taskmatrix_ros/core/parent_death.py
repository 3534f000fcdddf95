"""A child that ends with its parent, however the parent ends: what a supervisor cannot do once it was killed."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
PARENT_VARIABLE = "TASKMATRIX_PARENT_PID"


def die_with_parent() -> None:
    """Have the kernel send SIGTERM to this process when the parent named in the environment dies.

    Does nothing where no parent is named, so that the same program can be started by hand, and on systems other than
    Linux, where only an orderly end of the parent ends its children. Kept by ``exec``.

    :source: prctl(2), PR_SET_PDEATHSIG.
    """
    named = os.environ.get(PARENT_VARIABLE)
    if named is None or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != int(named):
        os.kill(os.getpid(), signal.SIGTERM)
