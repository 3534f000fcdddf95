"""``python -m taskmatrix_ros.bench.mortal_node``: the node's process, which kills itself at a commit of its journal.

Started ahead with ``--begin-with FILE`` it has loaded everything when its turn comes: half of a start is that.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from taskmatrix_ros.app.system import System
from taskmatrix_ros.bench.mortal_journal import KillPoint, MortalSystem
from taskmatrix_ros.core.parent_death import die_with_parent
from taskmatrix_ros.node.process import main as run_node

_POLL_S = 0.01


def main(argv: Sequence[str] | None = None) -> int:
    """Run the node; arguments that are not known here are the node's.

    :returns: as the node does, if it lives.
    """
    parser = argparse.ArgumentParser(prog="mortal_node", description="The task node, which dies where it is told to.")
    parser.add_argument("--die", type=KillPoint.parse, help="before:N or after:N, a commit of runs and calls from 1")
    parser.add_argument("--tell", type=Path, help="a file that gets every commit")
    parser.add_argument("--begin-with", type=Path, help="do nothing until this file is there")
    options, rest = parser.parse_known_args(argv)
    die_with_parent()
    while options.begin_with is not None and not options.begin_with.exists():
        time.sleep(_POLL_S)
    if options.die is None and options.tell is None:
        return run_node(rest, make_system=System)
    return run_node(rest, make_system=partial(MortalSystem, point=options.die, told=options.tell))


if __name__ == "__main__":
    sys.exit(main())
