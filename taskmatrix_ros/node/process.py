"""``python -m taskmatrix_ros.node.process``: the task node as a process."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Callable, Sequence

from taskmatrix_ros.app.profile.settings import load_settings
from taskmatrix_ros.app.system import System
from taskmatrix_ros.core.errors import TaskMatrixError
from taskmatrix_ros.core.garbage import keep_garbage_small
from taskmatrix_ros.core.main_loop import run_until_signal
from taskmatrix_ros.core.parent_death import die_with_parent
from taskmatrix_ros.node.task_node import TaskNode


def main(argv: Sequence[str] | None = None, *, make_system: Callable[..., System] = System) -> int:
    """Run the node until SIGINT or SIGTERM.

    :param make_system: builds the system, by the arguments of ``System``; a measurement gives one of its own.
    :returns: 0 after an orderly end, 2 where a setting, manifest or the machine is wrong.
    """
    parser = argparse.ArgumentParser(prog="taskmatrix_node", description="The task node of taskmatrix_ros.")
    parser.add_argument("--profile", default="demo", help="a profile of config/, or the path of a YAML file")
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--no-autostart", action="store_true", help="stay unconfigured; ros2 lifecycle drives it")
    options, ros_args = parser.parse_known_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    die_with_parent()
    try:
        node = TaskNode(load_settings(options.profile, options.overrides), ros_args, make_system=make_system)
        run_until_signal(_run(node, autostart=not options.no_autostart))
    except TaskMatrixError as error:
        sys.stderr.write(f"taskmatrix_node: {error.message}\n")
        return 2
    return 0


async def _run(node: TaskNode, *, autostart: bool) -> None:
    try:
        await node.open()
        if autostart:
            await node.start()
        keep_garbage_small()
        sys.stdout.write("node ready: takes goals on execute_task\n" if autostart else "node ready: unconfigured\n")
        sys.stdout.flush()
        await asyncio.Event().wait()
    finally:
        await node.close()


if __name__ == "__main__":
    sys.exit(main())
