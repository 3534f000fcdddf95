"""Gazebo and its bridge as children: they end with the adapter, and an end of theirs is told."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from taskmatrix_ros.sim.gazebo.gazebo_programs import GazeboPrograms
from taskmatrix_ros.sim.gazebo.process import main


@pytest.fixture
def no_gazebo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def wait_for_line(file: Path) -> str:
    until = time.monotonic() + 60
    while not (file.is_file() and file.read_text().endswith("\n")):
        assert time.monotonic() < until, f"nothing was written to {file}"
        time.sleep(0.02)
    return file.read_text().strip()


def wait_for_end(programs: GazeboPrograms) -> str:
    until = time.monotonic() + 60
    while (said := programs.check()) is None:
        assert time.monotonic() < until, "no program has ended"
        time.sleep(0.02)
    return said


def test_programs_get_their_environment_and_end_with_us(tmp_path: Path) -> None:
    programs = GazeboPrograms({"GZ_PARTITION": "mine"})
    told = tmp_path / "told"
    programs.start("Gazebo", ["sh", "-c", f'echo "$$ $GZ_PARTITION" > {told}; exec sleep 600'])
    try:
        pid, partition = wait_for_line(told).split()
        assert partition == "mine"
        assert programs.check() is None
    finally:
        programs.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_a_program_that_ends_is_named(tmp_path: Path) -> None:
    programs = GazeboPrograms({})
    told = tmp_path / "told"
    programs.start("ros_gz_bridge", ["sh", "-c", f"echo ends > {told}; exit 3"])
    try:
        wait_for_line(told)
        assert "ros_gz_bridge ended with status 3" in wait_for_end(programs)
    finally:
        programs.close()


def test_one_that_ignores_signals_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("taskmatrix_ros.sim.gazebo.gazebo_programs._PATIENCE_S", 0.2)
    programs = GazeboPrograms({})
    told = tmp_path / "told"
    programs.start("Gazebo", ["sh", "-c", f"trap '' INT TERM; echo $$ > {told}; exec sleep 600"])
    pid = int(wait_for_line(told))
    programs.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.usefixtures("no_gazebo")
@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--start"], 4, "gazebo: the program 'gz' is not installed; install ROS 2 Jazzy's ros-jazzy-ros-gz"),
        (["--world", "castle"], 2, "there is no world 'castle'; known: home, office"),
        (["--speed", "0"], 2, "speed 0 is not above 0"),
    ],
)
def test_wrong_starts_are_one_line(
    arguments: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == status
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
