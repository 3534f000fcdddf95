"""The world as a run wants it, the command lines, and contacts."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace as Message

import pytest
from defusedxml.ElementTree import parse

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.sim.gazebo import commands
from taskmatrix_ros.sim.gazebo.contacts import ContactReader
from taskmatrix_ros.sim.gazebo.process import read_world
from taskmatrix_ros.sim.gazebo.world_copy import write_world_copy
from taskmatrix_ros.sim.sdf.sdf_reader import SdfReader


def test_a_seed_puts_things_where_mujoco_puts_them(tmp_path: Path) -> None:
    world, _home = read_world("home", 5)
    copy = write_world_copy(world, tmp_path, speed=2.5)
    again = SdfReader(resource("sim/models")).load_world(copy)
    plain, _home = read_world("home", None)
    for model in world.models:
        assert again.model(model.name).pose.xyz_m == pytest.approx(model.pose.xyz_m, abs=1e-7)
        assert again.model(model.name).pose.rpy_rad == pytest.approx(model.pose.rpy_rad, abs=1e-7)
    assert again.model("coke").pose != plain.model("coke").pose
    assert parse(copy).getroot().findtext("world/physics/real_time_factor") == "2.5"


def test_without_rendering_no_graphics_are_loaded(tmp_path: Path) -> None:
    world, _home = read_world("home", None)
    plugins = {
        rendering: {p.get("name") for p in parse(copy).getroot().find("world").findall("plugin")}
        for rendering in (True, False)
        if (copy := write_world_copy(world, tmp_path, rendering=rendering))
    }
    assert plugins[True] - plugins[False] == {"gz::sim::systems::Sensors"}


def test_the_server_starts_paused_and_draws_as_it_is_told() -> None:
    words = commands.server_command("home.sdf", render_engine="ogre2")
    assert "-r" not in words
    assert words[:3] == ["gz", "sim", "-s"]
    assert words[-4:] == ["--headless-rendering", "--render-engine-server", "ogre2", "home.sdf"]
    assert "--headless-rendering" not in commands.server_command("home.sdf", headless=False)
    assert "--headless-rendering" not in commands.server_command("home.sdf", render_engine="ogre")
    assert not any("render" in word for word in commands.server_command("home.sdf", render_engine="none"))


def test_the_bridge_is_given_a_service_and_its_file_but_no_topic(tmp_path: Path) -> None:
    words = commands.bridge_command("bridge", "home", tmp_path / "b.yaml", "/robot")
    own = words[1 : words.index("--ros-args")]
    assert own == ["/world/home/control@ros_gz_interfaces/srv/ControlWorld"]
    assert f"config_file:={tmp_path / 'b.yaml'}" in words
    assert "__ns:=/robot" in words


def test_models_are_found_before_what_was_in_the_path() -> None:
    given = {"GZ_SIM_RESOURCE_PATH": "/mine:/other"}
    assert commands.environment([Path("/models")], given) == {"GZ_SIM_RESOURCE_PATH": "/models:/mine:/other"}


@pytest.mark.parametrize(
    ("given", "partition"),
    [({}, None), ({"ROS_DOMAIN_ID": "7"}, "taskmatrix_7"), ({"ROS_DOMAIN_ID": "7", "GZ_PARTITION": "mine"}, None)],
)
def test_gazebo_keeps_to_the_ros_domain_unless_it_has_a_partition(given: dict[str, str], partition: str | None) -> None:
    assert commands.environment([Path("/models")], given).get("GZ_PARTITION") == partition


def test_what_is_not_installed_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="'gz' is not installed; install ROS 2 Jazzy's ros-jazzy-ros-gz"):
        commands.find_gazebo()
    gz = tmp_path / "gz"
    gz.write_text("#!/bin/sh\n")
    gz.chmod(0o755)
    assert commands.find_gazebo() == str(gz)


def contact(first: str, second: str, *forces: float) -> Message:
    normal = Message(x=0.0, y=0.0, z=1.0)
    return Message(
        collision1=Message(name=first),
        collision2=Message(name=second),
        normals=[normal] * len(forces),
        wrenches=[Message(body_1_wrench=Message(force=Message(x=3.0, y=0.0, z=f))) for f in forces],
    )


def test_contacts_with_furniture_are_bumps_and_others_are_not() -> None:
    world, _home = read_world("home", None)
    reader = ContactReader(world)
    shape = world.model("kitchen_table").links[0].collisions[0].name
    message = Message(
        contacts=[
            contact("robot::base_link::base", f"kitchen_table::link::{shape}", 4.0, -2.0),
            contact(f"kitchen_table::link::{shape}", "robot::lift_link::palm", 1.0),
            contact("robot::left_finger::finger", "coke::link::body", 20.0),
            contact("robot::base_link::base", "house::link::ground", 100.0),
            contact("robot::base_link::base", "robot::lift_link::palm", 5.0),
            contact("cup::link::body", f"kitchen_table::link::{shape}", 2.0),
        ]
    )
    bumps = reader.bumps(message)
    assert [(b.robot_part, b.other, b.force_n) for b in bumps] == [
        ("base_link", "kitchen_table", 6.0),
        ("lift_link", "kitchen_table", 1.0),
    ]
