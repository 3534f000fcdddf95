"""The rules of test/conftest.py catch what they are there for."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

TEST = Path(__file__).resolve().parents[2]
ROOT = TEST.parent


class Ground:
    """A folder of tests under the same rules as ours."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copy(ROOT / "pyproject.toml", folder)
        (folder / "test" / "unit").mkdir(parents=True)
        shutil.copy(TEST / "conftest.py", folder / "test")
        support = folder / "test" / "support"
        shutil.copytree(TEST / "support", support, ignore=shutil.ignore_patterns("__pycache__"))
        leaks = support / "leaks.py"
        leaks.write_text(leaks.read_text().replace("GRACE_S = 20.0", "GRACE_S = 0.3"))

    def write(self, text: str, *, where: str = "test/test_it.py") -> None:
        (self.folder / where).write_text(text)

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TASKMATRIX_", "PYTEST_"))}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-rA", "-p", "pytest_timeout", *arguments],
            cwd=self.folder,
            env=kept | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path)


def test_a_clean_test_passes(ground: Ground) -> None:
    ground.write("def test_it(ros_domain, free_port): assert 0 < ros_domain < 102 and free_port")
    status, said = ground.run()
    assert status == 0, said


THREAD = """
    import threading
    threading.Thread(target=threading.main_thread().join, name="mine", daemon=DAEMON).start()
"""
PROCESS = """
    import subprocess
    subprocess.Popen(["sleep", "300"])
"""
TASK = """
    import asyncio
    async def main():
        asyncio.create_task(asyncio.sleep(300), name="late")
    asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (THREAD.replace("DAEMON", "False"), "thread mine"),
        (THREAD.replace("DAEMON", "True"), "thread mine"),
        (PROCESS, "sleep 300"),
        (TASK, "task late"),
    ],
)
def test_what_a_test_leaves_behind_fails_it(ground: Ground, body: str, named: str) -> None:
    ground.write(f"def test_it():\n{body}")
    status, said = ground.run()
    assert status == 1
    assert "left behind: " in said
    assert named in said


ORPHAN = """
import subprocess
def test_it():
    subprocess.run(["sh", "-c", "sleep 300 >/dev/null 2>&1 &"])
"""


def end_orphan(said: str) -> None:
    """Find the orphan named in what was said, and end it."""
    named = re.search(r"left behind by the run: process (\d+) .*sleep 300", said)
    assert named is not None, said
    os.kill(int(named[1]), signal.SIGKILL)


def test_an_orphan_fails_the_run(ground: Ground) -> None:
    ground.write(ORPHAN)
    status, said = ground.run()
    end_orphan(said)
    assert status == 1


SHARED = ("-p", "xdist.plugin", "-n", "2", "--dist", "loadfile")


def test_two_workers_share_a_run_each_with_a_home_and_a_domain_of_its_own(ground: Ground) -> None:
    tell = "import os\n@pytest.mark.parametrize('n', range(3))\ndef test_it(n): print(KIND, os.environ['HOME'], DOMAIN)"
    for kind, where in (
        ("peers", "test/test_one.py"),
        ("peers", "test/test_two.py"),
        ("units", "test/unit/test_it.py"),
    ):
        text = tell.replace("KIND", f"'{kind}'").replace("DOMAIN", "os.environ['ROS_DOMAIN_ID']")
        ground.write(f"import pytest\n{text}", where=where)
    status, said = ground.run(*SHARED)
    assert status == 0, said
    assert "9 passed" in said
    told = {tuple(line.split()) for line in said.splitlines() if line.startswith(("peers ", "units "))}
    assert sorted(kind for kind, *_ in told) == ["peers", "units"], "each kind stays with one worker"
    assert len({home for _, home, _ in told}) == len({domain for *_, domain in told}) == 2
    assert not any(Path(home).exists() for _, home, _ in told)


def test_an_orphan_of_a_worker_fails_the_shared_run(ground: Ground) -> None:
    ground.write(ORPHAN)
    status, said = ground.run(*SHARED)
    end_orphan(said)
    assert status == 1


def test_a_long_lived_peer_may_start_late(ground: Ground) -> None:
    ground.write(
        "import subprocess, pytest\n"
        "@pytest.fixture(scope='module')\n"
        "def peer(leaks):\n"
        "    started = []\n"
        "    with leaks.long_lived('sleep 300'):\n"
        "        yield started\n"
        "    for process in started: process.kill(); process.wait()\n"
        "def test_one(peer): peer.append(subprocess.Popen(['sleep', '300']))\n"
        "def test_two(peer): assert peer[0].poll() is None\n"
    )
    status, said = ground.run()
    assert status == 0, said


@pytest.mark.parametrize(
    "text",
    [
        "import rclpy\ndef test_it(): pass",
        "def test_it():\n    import taskmatrix_interfaces.msg",
        "def test_it():\n    from rclpy.node import Node",
    ],
)
def test_a_unit_test_that_imports_ros_fails(ground: Ground, text: str) -> None:
    ground.write(text, where="test/unit/test_it.py")
    status, said = ground.run()
    assert status != 0
    assert "test/unit runs without ROS" in said


MARKED = "import pytest\n@pytest.mark.homeassistant\ndef test_it(): pass"


def test_a_missing_peer_is_a_skip(ground: Ground) -> None:
    ground.write(MARKED)
    status, said = ground.run(TASKMATRIX_HASS="/nonexistent/hass")
    assert status == 0
    assert "1 skipped" in said


def test_a_missing_peer_that_is_required_is_a_failure(ground: Ground) -> None:
    ground.write(MARKED)
    status, said = ground.run(TASKMATRIX_HASS="/nonexistent/hass", TASKMATRIX_REQUIRE="mqtt, homeassistant")
    assert status == 1
    assert "homeassistant is required" in said


def test_a_file_cannot_skip_itself_past_a_required_peer(ground: Ground) -> None:
    # in test/unit there is no rclpy on any machine
    ground.write(
        "import pytest\nrclpy = pytest.importorskip('rclpy')\ndef test_it(): pass", where="test/unit/test_it.py"
    )
    assert ground.run()[0] in (0, 5)
    assert ground.run(TASKMATRIX_REQUIRE="ros")[0] not in (0, 5)


def test_a_misspelt_peer_is_a_usage_error(ground: Ground) -> None:
    ground.write("def test_it(): pass")
    status, said = ground.run(TASKMATRIX_REQUIRE="rso")
    assert status == 4
    assert "TASKMATRIX_REQUIRE names rso" in said
