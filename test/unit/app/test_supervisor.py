"""The node of a profile is started again after a crash, and given up after some."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from taskmatrix_ros.app.processes.child_process import ChildProcess
from taskmatrix_ros.app.processes.supervisor import RESTARTS, Supervisor
from taskmatrix_ros.app.profile.settings import load_settings

CRASHES_THEN_REFUSES = """
import pathlib, sys
crashed = pathlib.Path(sys.argv[1])
if crashed.exists():
    print("journal is locked")
    raise SystemExit(3)
crashed.touch()
print("node ready: here", flush=True)
raise SystemExit(1)
"""


def test_a_node_that_does_not_come_back_is_given_up_with_the_reason(tmp_path: Path) -> None:
    told: list[str] = []

    async def main() -> str:
        supervisor = Supervisor(load_settings("demo"), "demo", (), log_folder=tmp_path, announce=told.append)
        argv = (sys.executable, "-c", CRASHES_THEN_REFUSES, str(tmp_path / "crashed"))
        supervisor._node = ChildProcess("node", argv, tmp_path)
        await supervisor._node.open()
        return await supervisor.watch()

    assert asyncio.run(main()) == "status 3"
    assert told[0] == f"node ended with status 1; starting it again (1 of {RESTARTS})"
    assert sum("node ended with status 3: journal is locked" in line for line in told) == RESTARTS
