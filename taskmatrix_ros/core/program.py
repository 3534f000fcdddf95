"""What the ROS programs of a profile share: their words, an end by signal, one line for what is wrong."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Sequence

from taskmatrix_ros.core.errors import ConfigError, NotInstalled
from taskmatrix_ros.core.parent_death import die_with_parent

Run = Callable[[argparse.Namespace, Sequence[str]], int]


def run_program(
    parser: argparse.ArgumentParser, run: Run, argv: Sequence[str] | None, *, name: str, remedy: str
) -> int:
    """Parse a program's words and run it; an error that a person can mend is one line on standard error.

    :param run: gets the options and the ROS arguments (``--ros-args …``), which ``ros2 launch`` adds; gives the status.
    :param argv: words without the program's name; None: those of this process.
    :param name: the program's, before the line that says what is not installed.
    :param remedy: what to do about a library that is not installed.
    :returns: the status of ``run``; 2 for wrong words or settings, 4 if something is not installed.
    :raises ModuleNotFoundError: a module of this package is missing, which nobody but its makers can mend.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    at = words.index("--ros-args") if "--ros-args" in words else len(words)
    die_with_parent()
    try:
        options = parser.parse_args(words[:at])
    except SystemExit as end:
        return int(end.code or 0)
    try:
        return run(options, words[at:])
    except ConfigError as error:
        sys.stderr.write(f"{error.message}\n")
        return 4 if isinstance(error, NotInstalled) else 2
    except ModuleNotFoundError as error:
        if str(error.name).startswith("taskmatrix_ros."):
            raise
        sys.stderr.write(f"{name}: {error.name} is not installed; {remedy}\n")
        return 4


def end_signal() -> threading.Event:
    """Give what SIGINT and SIGTERM set from now on, instead of ending the process. In the main thread."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    return ended
