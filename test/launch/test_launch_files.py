"""The launch files under the real ``launch``, with programs that say how they were started in place of Gazebo."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path

import pytest

from taskmatrix_ros.core.resources import resource

pytestmark = [pytest.mark.launch, pytest.mark.ros]


def start(name: str, arguments: dict[str, str], work: Path) -> list[str]:
    """Launch a file until everything has ended; gives the lines that the processes wrote."""
    from launch import LaunchService
    from launch.actions import IncludeLaunchDescription, RegisterEventHandler
    from launch.event_handlers import OnProcessIO
    from launch.launch_description_sources import PythonLaunchDescriptionSource

    heard: list[str] = []
    service = LaunchService()
    source = PythonLaunchDescriptionSource(str(resource(f"launch/{name}")))
    listener = OnProcessIO(on_stdout=lambda event: heard.extend(event.text.decode().splitlines()))
    service.include_launch_description(RegisterEventHandler(listener))
    service.include_launch_description(IncludeLaunchDescription(source, launch_arguments=arguments.items()))
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(asyncio.wait_for(service.run_async(), 60))
    finally:
        loop.close()
    return heard


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Programs in the places of ``gz``, of the bridge and of ours, that say their arguments and end."""
    prefix = tmp_path / "prefix"
    for package, program in (("ros_gz_bridge", "parameter_bridge"), ("taskmatrix_ros", "taskmatrix")):
        index = prefix / "share" / "ament_index" / "resource_index" / "packages" / package
        index.parent.mkdir(parents=True, exist_ok=True)
        index.touch()
        _write(prefix / "lib" / package / program, program)
    _write(tmp_path / "bin" / "gz", "gz")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{Path(sys.executable).parent}:/usr/bin:/bin")
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(prefix))
    monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path / "log"))
    return tmp_path


def _write(path: Path, name: str, seconds: int = 3) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'#!/bin/sh\necho "{name} $* path=$GZ_SIM_RESOURCE_PATH partition=$GZ_PARTITION"\nsleep {seconds}\n'
    )
    path.chmod(0o755)


def test_gazebo(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GZ_PARTITION", raising=False)
    heard = start("gazebo.launch.py", {"render_engine": "ogre2", "seed": "3"}, programs)
    (server,) = (line for line in heard if line.startswith("gz sim -s"))
    assert "--headless-rendering --render-engine-server ogre2" in server
    assert str(resource("sim/models")) in server
    (bridge,) = (line for line in heard if line.startswith("parameter_bridge"))
    assert "/world/home/control@ros_gz_interfaces/srv/ControlWorld" in bridge
    partition = f"partition=taskmatrix_{os.environ['ROS_DOMAIN_ID']}"
    assert server.endswith(partition)
    assert bridge.endswith(partition)  # else it would hear nothing of the server
    (ours,) = (line for line in heard if line.startswith("taskmatrix up"))
    assert "--profile gazebo --set processes.simulator.seed=3" in ours
    assert "processes.simulator.start=false" in ours


def test_without_rendering_things_are_recognised_by_poses(programs: Path) -> None:
    heard = start("gazebo.launch.py", {"render_engine": "none", "world": "office"}, programs)
    (server,) = (line for line in heard if line.startswith("gz sim -s"))
    assert "render" not in server
    assert "/office.sdf" in server
    (ours,) = (line for line in heard if line.startswith("taskmatrix up"))
    assert "processes.skills.perception=poses" in ours
    assert 'processes.skills.world="office"' in ours


def test_a_robot_has_names_of_its_own(programs: Path) -> None:
    _write(programs / "prefix" / "lib" / "taskmatrix_ros" / "taskmatrix", "taskmatrix", seconds=20)
    heard = start("robot.launch.py", {"namespace": "anna", "initial_pose": "[1.0, 2.0, 0.5]"}, programs)
    (ours,) = (line for line in heard if line.startswith("taskmatrix up"))
    assert "--set ros.robot_namespace=/anna --set ros.namespace=/anna/taskmatrix" in ours
    assert "processes.skills.start=false" in ours
    (ready,) = (line for line in heard if line.startswith("skill server ready"))
    assert "namespace /anna, wall time" in ready


def test_gazebo_that_is_not_installed_is_said_in_a_line(
    programs: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (programs / "bin" / "gz").unlink()
    monkeypatch.setattr(logging.getLogger("launch.user"), "propagate", True)
    with caplog.at_level(logging.INFO):
        assert start("gazebo.launch.py", {}, programs) == []
    assert "'gz' is not installed; install ROS 2 Jazzy's ros-jazzy-ros-gz" in caplog.text
    assert "Traceback" not in caplog.text
