"""The bridge carries what the worlds' plugins and sensors speak and hear, by name, type and direction."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from defusedxml.ElementTree import parse

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.sim.gazebo.bridge_file import BridgeEntry, bridge_for, load_bridge, write_bridge
from taskmatrix_ros.sim.worlds.home_design import design_home
from taskmatrix_ros.sim.worlds.home_files import write_home

FROM_GAZEBO, TO_GAZEBO = "GZ_TO_ROS", "ROS_TO_GZ"
SYSTEM = "gz::sim::systems::"

# gz-sim 8 and gz-sensors 8, as their sources name topics and types.
PAIRS = {
    "gz.msgs.Clock": {"rosgraph_msgs/msg/Clock"},
    "gz.msgs.Twist": {"geometry_msgs/msg/Twist", "geometry_msgs/msg/TwistStamped"},
    "gz.msgs.Double": {"std_msgs/msg/Float64"},
    "gz.msgs.Odometry": {"nav_msgs/msg/Odometry"},
    "gz.msgs.Pose_V": {"tf2_msgs/msg/TFMessage", "geometry_msgs/msg/PoseArray"},
    "gz.msgs.Model": {"sensor_msgs/msg/JointState"},
    "gz.msgs.LaserScan": {"sensor_msgs/msg/LaserScan"},
    "gz.msgs.Image": {"sensor_msgs/msg/Image"},
    "gz.msgs.CameraInfo": {"sensor_msgs/msg/CameraInfo"},
    "gz.msgs.Contacts": {"ros_gz_interfaces/msg/Contacts"},
    "gz.msgs.Pose": {"geometry_msgs/msg/PoseStamped", "geometry_msgs/msg/Pose", "geometry_msgs/msg/TransformStamped"},
    "gz.msgs.Empty": {"std_msgs/msg/Empty"},
    "gz.msgs.StringMsg": {"std_msgs/msg/String"},
}
"""What ros_gz_bridge (jazzy) converts, of what we use: its README's table."""

FILENAMES = {
    "Physics": "gz-sim-physics-system",
    "UserCommands": "gz-sim-user-commands-system",
    "SceneBroadcaster": "gz-sim-scene-broadcaster-system",
    "Contact": "gz-sim-contact-system",
    "Sensors": "gz-sim-sensors-system",
    "DiffDrive": "gz-sim-diff-drive-system",
    "JointPositionController": "gz-sim-joint-position-controller-system",
    "JointStatePublisher": "gz-sim-joint-state-publisher-system",
    "PosePublisher": "gz-sim-pose-publisher-system",
    "DetachableJoint": "gz-sim-detachable-joint-system",
}
NEEDED = {"Physics", "UserCommands", "SceneBroadcaster", "Contact", "Sensors"}


def elements(world: Path, models: list[Path]) -> Iterator[tuple[str, ElementTree.Element]]:
    """The model's name, and each plugin and sensor that Gazebo loads for it."""
    root = parse(world).getroot().find("world")
    for include in root.findall("include"):
        name, uri = include.findtext("name"), include.findtext("uri").removeprefix("model://")
        file = next(folder / uri / "model.sdf" for folder in models if (folder / uri / "model.sdf").is_file())
        for element in (*parse(file).getroot().iter(), *include.iter()):
            if element.tag in ("plugin", "sensor"):
                yield name, element


def topics(world: Path, models: list[Path]) -> dict[tuple[str, str], str]:
    """(topic, direction) -> type of everything that plugins and sensors publish or subscribe."""
    found = {("/clock", FROM_GAZEBO): "gz.msgs.Clock"}

    def add(topic: str, direction: str, kind: str) -> None:
        assert not topic.startswith("/")
        key = (f"/{topic}", direction)
        assert found.get(key, kind) == kind
        found[key] = kind

    for model, element in elements(world, models):
        text = element.findtext
        match element.get("name").removeprefix(SYSTEM) if element.tag == "plugin" else element.get("type"):
            case "DiffDrive":
                add(text("topic"), TO_GAZEBO, "gz.msgs.Twist")
                add(text("odom_topic"), FROM_GAZEBO, "gz.msgs.Odometry")
                add(f"model/{model}/tf", FROM_GAZEBO, "gz.msgs.Pose_V")
            case "JointPositionController":
                add(text("topic"), TO_GAZEBO, "gz.msgs.Double")
            case "JointStatePublisher":
                add(text("topic"), FROM_GAZEBO, "gz.msgs.Model")
            case "PosePublisher":
                # Harmonic before 8.8 publishes the model's own pose only where both are set.
                assert (text("publish_model_pose"), text("publish_nested_model_pose")) == ("true", "true")
                # Only Harmonic 8.12 and newer read the topic; it must be what the others use of themselves.
                assert text("topic") == f"/model/{model}/pose"
                add(f"model/{model}/pose", FROM_GAZEBO, "gz.msgs.Pose")
            case "DetachableJoint":
                add(text("attach_topic"), TO_GAZEBO, "gz.msgs.Empty")
                add(text("detach_topic"), TO_GAZEBO, "gz.msgs.Empty")
                add(text("output_topic"), FROM_GAZEBO, "gz.msgs.StringMsg")
            case "rgbd_camera":
                add(f"{text('topic')}/image", FROM_GAZEBO, "gz.msgs.Image")
                add(f"{text('topic')}/depth_image", FROM_GAZEBO, "gz.msgs.Image")
                add(f"{text('topic')}/camera_info", FROM_GAZEBO, "gz.msgs.CameraInfo")
            case "gpu_lidar":
                add(text("topic"), FROM_GAZEBO, "gz.msgs.LaserScan")
            case "contact":
                add(text("contact/topic"), FROM_GAZEBO, "gz.msgs.Contacts")
            case other:
                pytest.fail(f"nothing is known of the topics of {other}")
    return found


def check(entries: tuple[BridgeEntry, ...], world: Path, models: list[Path]) -> None:
    spoken = topics(world, models)
    assert {(e.gz_topic_name, e.direction): e.gz_type_name for e in entries} == spoken
    for entry in entries:
        assert entry.ros_type_name in PAIRS[entry.gz_type_name], entry
    names = [e.ros_topic_name for e in entries]
    assert len(set(names)) == len(names)


def objects(world: Path) -> list[str]:
    return [e.text for e in parse(world).getroot().iter("child_model")]


def test_the_shipped_file_fits_the_home() -> None:
    world, models = resource("sim/worlds/home.sdf"), [resource("sim/models")]
    entries = load_bridge()
    check(entries, world, models)
    assert bridge_for(objects(world), entries) == entries


def test_every_shipped_world_has_its_bridge() -> None:
    for world in resource("sim/worlds").glob("*.sdf"):
        check(bridge_for(objects(world), load_bridge()), world, [resource("sim/models")])


def test_generated_homes_have_theirs(tmp_path: Path) -> None:
    home = write_home(design_home(4, 10, 3), tmp_path)
    entries = bridge_for(objects(home.world), load_bridge())
    check(entries, home.world, [resource("sim/models"), tmp_path / "models"])
    written = write_bridge(entries, tmp_path / "bridge.yaml")
    assert load_bridge(written) == entries
    assert isinstance(
        yaml.safe_load(written.read_text())[0], dict
    )  # the shape that ros_gz_bridge reads: a list of maps


def test_plugins_are_called_as_harmonic_calls_them(tmp_path: Path) -> None:
    home = write_home(design_home(3, 4, 1), tmp_path)
    models = [resource("sim/models"), tmp_path / "models"]
    for world in (*resource("sim/worlds").glob("*.sdf"), home.world):
        for _model, element in elements(world, models):
            if element.tag == "plugin":
                name = element.get("name").removeprefix(SYSTEM)
                assert element.get("filename") == FILENAMES[name]
        of_world = {p.get("name").removeprefix(SYSTEM) for p in parse(world).getroot().find("world").findall("plugin")}
        assert of_world >= NEEDED


@pytest.mark.parametrize(
    "text", ["", "- {ros_topic_name: a}", "a: b", "- {ros_topic_name: a, gz_topic_name: b, direction: UP}", "- ["]
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"wrong\.yaml"):
        load_bridge(file)
