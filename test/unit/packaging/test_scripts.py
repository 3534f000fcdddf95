"""The scripts refuse what they do not know, and every file they name is there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = ("setup", "demo", "test", "check", "bench")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("path", [*(f"scripts/{name}" for name in SCRIPTS), ".ci/run"])
def test_it_is_executable_and_parses(path: str) -> None:
    assert (ROOT / path).stat().st_mode & 0o111
    assert run("bash", "-n", path).returncode == 0


def test_setup_shows_its_usage() -> None:
    done = run("scripts/setup", "--help")
    assert done.returncode == 0
    assert "--ros" in done.stdout


@pytest.mark.parametrize("argument", ["--rso", "demo", ""])
def test_setup_refuses_what_it_does_not_know(argument: str) -> None:
    done = run("scripts/setup", argument)
    assert done.returncode == 2
    assert done.stderr.startswith(f"setup: unknown argument '{argument}'\nusage: ")


@pytest.mark.parametrize("arguments", [("--with",), ("--with", "gazebo"), ("--with=",)])
def test_setup_makes_no_other_peer(arguments: tuple[str, ...]) -> None:
    done = run("scripts/setup", *arguments)
    assert done.returncode == 2
    assert done.stderr.endswith("is unknown; allowed: homeassistant, sdformat\n")


def test_check_takes_no_arguments() -> None:
    done = run("scripts/check", "--fast")
    assert done.returncode == 2


@pytest.mark.parametrize(
    ("python", "complaint"),
    [("/nonexistent/python", "/nonexistent/python does not run"), ("/bin/false", "/bin/false does not run")],
)
def test_a_python_that_does_not_run_is_said_in_one_line(tmp_path: Path, python: str, complaint: str) -> None:
    clone = tmp_path / "clone"
    for folder in ("scripts", "scripts/lib"):
        (clone / folder).mkdir(parents=True)
        for file in (ROOT / folder).iterdir():
            if file.is_file():
                (clone / folder / file.name).write_bytes(file.read_bytes())
    done = subprocess.run(
        ["bash", str(clone / "scripts/setup"), "--wheels", "--no-system"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "TASKMATRIX_PYTHON": python},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 4
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (clone / ".venv").exists()
