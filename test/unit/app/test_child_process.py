"""Processes of a profile: ready when they say so, gone when we are."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from taskmatrix_ros.app.processes.child_process import ChildProcess
from taskmatrix_ros.core.errors import ConfigError


def python(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", textwrap.dedent(text))


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


async def gone(pid: int, within_s: float = 60.0) -> bool:
    async with asyncio.timeout(within_s):
        while exists(pid):
            await asyncio.sleep(0.02)
    return True


def test_it_is_open_when_it_says_ready_and_gone_after_close(tmp_path: Path) -> None:
    async def main() -> None:
        child = ChildProcess(
            "good", python("print('good ready: here', flush=True); input_ = __import__('time').sleep(60)"), tmp_path
        )
        await child.open()
        pid = child.pid
        assert pid is not None
        await child.close()
        assert not exists(pid)
        assert "good ready: here" in child.log_file.read_text()

    asyncio.run(main())


def test_one_that_ends_early_says_its_last_line(tmp_path: Path) -> None:
    async def main() -> None:
        child = ChildProcess("broken", python("print('no such world: mars'); raise SystemExit(2)"), tmp_path)
        with pytest.raises(ConfigError, match="broken ended with status 2: no such world: mars") as caught:
            await child.open()
        assert str(child.log_file) in caught.value.message
        assert await child.wait() == "status 2"  # known after it was cleared away, and not waited for

    asyncio.run(main())


def test_one_that_never_gets_ready_is_ended(tmp_path: Path) -> None:
    async def main() -> None:
        child = ChildProcess("slow", python("import time; time.sleep(60)"), tmp_path, ready_within_s=0.5)
        opening = asyncio.ensure_future(child.open())
        while (pid := child.pid) is None and not opening.done():
            await asyncio.sleep(0)
        assert pid is not None
        with pytest.raises(ConfigError, match=r"was not ready within 0\.5 s: it said nothing"):
            await opening
        assert await gone(pid)
        assert await child.wait() == "no start within 0.5 s"

    asyncio.run(main())


def test_one_that_ignores_signals_is_killed_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("taskmatrix_ros.app.processes.child_process.INTERRUPT_S", 0.2)
    monkeypatch.setattr("taskmatrix_ros.app.processes.child_process.TERMINATE_S", 0.2)

    async def main() -> None:
        program = python(
            """
            import signal, subprocess, sys, time
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
            print("stubborn ready:", grandchild.pid, flush=True)
            time.sleep(60)
            """
        )
        child = ChildProcess("stubborn", program, tmp_path)
        await child.open()
        grandchild = int(child.log_file.read_text().split()[-1])
        assert exists(grandchild)
        await child.close()
        assert await gone(grandchild)

    asyncio.run(main())


def test_kill_9_of_the_parent_ends_the_child(tmp_path: Path) -> None:
    program = """
    import asyncio, sys, pathlib
    from taskmatrix_ros.app.processes.child_process import ChildProcess

    async def main():
        argv = (sys.executable, "-m", "taskmatrix_ros.core.exec_with_parent", sys.executable, "-c",
                "print('child ready:', flush=True); import time; time.sleep(60)")
        child = ChildProcess("child", argv, pathlib.Path(sys.argv[1]))
        await child.open()
        print(child.pid, flush=True)
        await asyncio.sleep(60)

    asyncio.run(main())
    """
    parent = subprocess.Popen([*python(program), str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert exists(child)
        parent.send_signal(signal.SIGKILL)
        assert asyncio.run(gone(child))
    finally:
        parent.kill()
        parent.communicate()
