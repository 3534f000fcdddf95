"""``python -m taskmatrix_ros.app.home.home_process``: a home without a robot, as a process that needs no ROS."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from functools import partial

from taskmatrix_ros.app.home.home_desk import HomeDesk
from taskmatrix_ros.app.home.home_socket import socket_file
from taskmatrix_ros.app.home.presence import Presence
from taskmatrix_ros.app.home.profile_presence import make_presence
from taskmatrix_ros.app.profile.profile_bindings import make_bindings
from taskmatrix_ros.app.profile.settings import Settings, load_settings
from taskmatrix_ros.app.profile_system import profile_system
from taskmatrix_ros.core.errors import ConfigError, TaskMatrixError
from taskmatrix_ros.core.garbage import keep_garbage_small
from taskmatrix_ros.core.main_loop import run_until_signal
from taskmatrix_ros.core.parent_death import die_with_parent


def main(argv: Sequence[str] | None = None) -> int:
    """Run the home until SIGINT or SIGTERM.

    :returns: 0 after an orderly end, 2 where a setting, manifest or the machine is wrong.
    """
    parser = argparse.ArgumentParser(prog="taskmatrix_home", description="A home of taskmatrix_ros, without ROS.")
    parser.add_argument("--profile", required=True, help="a profile of config/, or the path of a YAML file")
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    die_with_parent()
    try:
        run_until_signal(_run(load_settings(options.profile, options.overrides)))
    except TaskMatrixError as error:
        sys.stderr.write(f"taskmatrix_home: {error.message}\n")
        return 2
    return 0


async def _run(settings: Settings) -> None:
    if settings.ros is not None:
        raise ConfigError(f"profile '{settings.profile}' has `ros:`; its node runs as taskmatrix_ros.node.process")
    system = profile_system(settings, partial(make_bindings, settings))
    desk = HomeDesk(system, socket_file(settings.profile))
    presence: Presence | None = None
    try:
        await system.open()
        await desk.open()
        system.recover()
        presence = make_presence(settings, system)
        if presence is not None:
            await presence.open()
        keep_garbage_small()
        sys.stdout.write("node ready: takes instructions on a local socket\n")
        sys.stdout.flush()
        await asyncio.Event().wait()
    finally:
        if presence is not None:
            await presence.close()
        await desk.close()
        await system.close()


if __name__ == "__main__":
    sys.exit(main())
