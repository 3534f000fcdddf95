"""Profiles: what is wrong is named with file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskmatrix_ros.app.profile.settings import load_settings, profile_names
from taskmatrix_ros.core.errors import ConfigError


@pytest.mark.parametrize("profile", profile_names())
def test_every_shipped_profile_loads_and_its_manifests_exist(profile: str) -> None:
    settings = load_settings(profile)
    assert settings.description
    assert all(manifest.is_file() for manifest in settings.manifest_files)


def test_an_override_changes_one_setting() -> None:
    settings = load_settings("demo", ["processes.simulator.speed=3.5", "mqtt.brokers.default.port=2000"])
    assert settings.processes.simulator.speed == 3.5
    assert settings.mqtt.brokers["default"].port == 2000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("manifests: [robot.yaml]\nrosy: {}", "rosy: unknown key; did you mean 'ros'?"),
        ("manifests: [robot.yaml]\nros: {connect_s: -1}", "ros.connect_s"),
        ("manifests: [robot.yaml]\nprocesses: {skills: {}}", "need `ros:`"),
        ("- a list", "holds no settings"),
        ("a: [", "not YAML"),
        ("description: nothing else", "manifests: Field required"),
    ],
)
def test_a_wrong_profile_is_one_clear_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_settings(str(path))
    assert said in caught.value.message
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("profile", ["demoo", "missing/file.yaml"])
def test_an_unknown_profile_says_which_there_are(profile: str) -> None:
    with pytest.raises(ConfigError, match=r"demo|no such file"):
        load_settings(profile)


def test_an_override_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="key=value"):
        load_settings("demo", ["speed"])


def test_the_state_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TASKMATRIX_STATE_DIR", str(tmp_path))
    assert load_settings("demo").store_file == tmp_path / "demo" / "taskmatrix.sqlite"


def test_gazebo_is_the_same_home_in_another_simulator() -> None:
    demo, gazebo = load_settings("demo"), load_settings("gazebo")
    assert gazebo.manifests == demo.manifests
    assert gazebo.ros == demo.ros
    assert gazebo.processes.simulator.kind == "gazebo"
    with pytest.raises(ConfigError, match="only MuJoCo films"):
        load_settings("gazebo", ["processes.simulator.record=film.mp4"])


def test_without_pictures_things_are_recognised_by_poses() -> None:
    blind = "processes.simulator.render_engine=none"
    with pytest.raises(ConfigError, match=r"set skills\.perception to poses"):
        load_settings("gazebo", [blind])
    settings = load_settings("gazebo", [blind, "processes.skills.perception=poses"])
    assert settings.processes.skills.perception == "poses"


def test_the_bridge_file_is_no_profile() -> None:
    with pytest.raises(ConfigError, match="profile 'gz_bridge' is unknown; there are demo, gazebo"):
        load_settings("gz_bridge")
