"""``taskmatrix doctor --robot``: the profile's robot against the driver contract, as a person calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

pytest.importorskip("rclpy")
pytest.importorskip("mujoco")

pytestmark = [pytest.mark.ros, pytest.mark.mujoco, pytest.mark.timeout(600)]

PATIENCE_S = 300.0
ATTEMPTS = 4
NAMESPACE = "/examined"


@pytest.fixture(scope="module")
def simulator() -> Iterator[None]:
    arguments = ("--namespace", NAMESPACE, "--camera-size", "640x480")
    process = subprocess.Popen(
        [sys.executable, "-m", "taskmatrix_ros.sim.mujoco.process", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert "ready" in process.stdout.readline()
    yield
    process.terminate()
    process.wait(PATIENCE_S)
    process.stdout.close()


def doctor(folder: Path, *arguments: str, **ros: object) -> subprocess.CompletedProcess[str]:
    file = folder / "examined.yaml"
    ros = {"robot_namespace": NAMESPACE, "sim_time": True, **ros}
    file.write_text(yaml.safe_dump({"manifests": ["time.yaml"], "home": {"time_zone": "UTC"}, "ros": ros}))
    command = [sys.executable, "-m", "taskmatrix_ros.cli.main", "doctor", "--profile", str(file), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)


@pytest.mark.usefixtures("simulator")
def test_a_robot_that_keeps_the_contract(tmp_path: Path) -> None:
    ended = doctor(tmp_path, "--robot", "--world", "home", "--json")
    report = json.loads(ended.stdout)
    found = {part["part"]: part for part in report["parts"]}
    # A machine too slow to judge says so and nothing else; it never blames the robot.
    if set(found) != {"robot: LATE"}:
        assert {name: part["health"] for name, part in found.items()} == {"robot": "ok"}, ended.stdout
        assert (ended.returncode, report["succeeded"]) == (0, True)
    for line in ("listening ...", "turning to the left on the spot ..."):
        assert line in ended.stderr


@pytest.mark.usefixtures("simulator")
def test_a_robot_that_is_not_as_described(tmp_path: Path) -> None:
    described = yaml.safe_load(Path("config/robot/home_robot.yaml").read_text("utf-8"))
    described["lift"]["joint"] = "elevator_joint"
    file = tmp_path / "other.yaml"
    file.write_text(yaml.safe_dump(described))
    for _ in range(ATTEMPTS):
        ended = doctor(tmp_path, "--robot", "--description", str(file), "--json")
        report = json.loads(ended.stdout)
        if {part["part"] for part in report["parts"]} != {"robot: LATE"}:
            break  # as above: a machine too slow to judge says only that
    assert (ended.returncode, report["succeeded"]) == (1, False)
    told = " ".join(part["said"] for part in report["parts"])
    assert "elevator_joint" in told
    assert all(part["remedy"] for part in report["parts"])


def test_a_robot_that_is_not_there(tmp_path: Path) -> None:
    ended = doctor(tmp_path, "--robot", robot_namespace="/nobody", sim_time=False)
    assert ended.returncode == 1
    assert "robot: SILENT" in ended.stdout
    assert "Traceback" not in ended.stderr


def test_wrong_calls_are_one_line(tmp_path: Path) -> None:
    alone = doctor(tmp_path, "--world", "home")
    assert (alone.returncode, alone.stderr.count("\n")) == (2, 1)
    assert "go with --robot" in alone.stderr
    unknown = doctor(tmp_path, "--robot", "--description", "centaur")
    assert unknown.returncode == 2
    assert "there is no robot description 'centaur'; known: home_robot" in " ".join(unknown.stderr.split())
