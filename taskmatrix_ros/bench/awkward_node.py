"""``python -m taskmatrix_ros.bench.awkward_node``: the node's process, with a binding that misbehaves."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial

from taskmatrix_ros.bench.awkward_binding import AwkwardSystem
from taskmatrix_ros.node.process import main as run_node


def main(argv: Sequence[str] | None = None) -> int:
    """Run the node; arguments that are not known here are the node's.

    :returns: as the node does.
    """
    parser = argparse.ArgumentParser(prog="awkward_node", description="The task node, with a binding that misbehaves.")
    parser.add_argument("--hold-s", type=float, default=2.0, help="how long bench_hold_loop holds the loop")
    parser.add_argument("--hang", action="store_true", help="its stop never comes back")
    options, rest = parser.parse_known_args(argv)
    return run_node(rest, make_system=partial(AwkwardSystem, hold_s=options.hold_s, hang=options.hang))


if __name__ == "__main__":
    sys.exit(main())
