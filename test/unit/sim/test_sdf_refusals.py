"""What the two simulators would not do alike is refused with file and line, never left out in silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.sim.sdf.sdf_reader import SdfReader
from taskmatrix_ros.sim.sdf.sdf_xml import SdfError
from taskmatrix_ros.sim.worlds.locations import model_folder, world_file

ROBOT = (model_folder() / "home_robot" / "model.sdf").read_text("utf-8")
CUP = (model_folder() / "cup" / "model.sdf").read_text("utf-8")

# What is replaced in the robot's file, by what, and what is said of the line that holds the mark.
ROBOT_CASES = {
    "camera distortion": ("<clip>", "<distortion><k1>0.1</k1></distortion>\n<clip>", "<distortion>", "in <camera>"),
    "camera noise": ("<clip>", "<noise><stddev>1</stddev></noise>\n<clip>", "<noise>", "in <camera> is not supported"),
    "gray camera": ("R8G8B8", "L8", "L8", "<format> is 'L8'; allowed: R8G8B8"),
    "camera of no pixels": ("<width>960</width>", "<width>0</width>", "<width>", "must be above 0"),
    "camera that looks behind": ("1.11250833", "3.2", "3.2", "between 0 and pi"),
    "clip planes exchanged": ("<far>15</far>", "<far>0.01</far>", "<clip>", "<near> must be below <far>"),
    "no rate": ("<update_rate>5<", "<update_rate>0<", "<update_rate>0", "must be above 0"),
    "several layers": (
        "</horizontal>",
        "</horizontal>\n<vertical><samples>16</samples></vertical>",
        "<vertical>",
        "several layers",
    ),
    "scan turned round": ("<min_angle>-2.35619449", "<min_angle>3", "<horizontal>", "must be below <max_angle>"),
    "coarse scan": ("<samples>271", "<resolution>2</resolution><samples>271", "<resolution>", "allowed: 1"),
    "joint of two axes": ('type="prismatic"', 'type="universal"', "universal", "joint type 'universal'"),
    "screw": ('"lift_joint" type="prismatic"', '"lift_joint" type="screw"', "screw", "allowed: fixed, revolute"),
    "joint friction": (
        "<damping>20</damping>",
        "<damping>20</damping><friction>3</friction>",
        "<friction>3",
        "dynamics",
    ),
    "joint spring": (
        "<damping>20</damping>",
        "<damping>20</damping><spring_stiffness>9</spring_stiffness>",
        "<spring_stiffness>",
        "in <dynamics> is not supported",
    ),
    "negative damping": ("<damping>20<", "<damping>-20<", "<damping>-20", "must not be below 0"),
    "limits exchanged": ("<upper>0.65</upper>", "<upper>-1</upper>", None, "<lower> is above <upper>"),
    "limit of no effort": ("<effort>120<", "<effort>0<", "<effort>0", "must be above 0"),
    "no number": ("<effort>120<", "<effort>nan<", "nan", "allowed: finite numbers"),
    "two joints of a link": ("<child>right_wheel<", "<child>left_wheel<", None, "hangs on a second joint"),
    "loop of joints": (
        "<parent>base_link</parent>\n      <child>lift_link",
        "<parent>left_finger</parent>\n      <child>lift_link",
        None,
        "closes a loop",
    ),
    "links of one name": (
        '<link name="right_wheel">',
        '<link name="left_wheel">',
        None,
        "second <link> is named 'left_wheel'",
    ),
    "collisions of one name": ('<collision name="mast">', '<collision name="base">', '<collision name="base">', None),
    "drive on no wheels": ("<wheel_radius>0.07<", "<wheel_radius>0<", "<wheel_radius>", "must be above 0"),
    "drive that jerks": (
        "<wheel_radius>",
        "<max_linear_jerk>1</max_linear_jerk>\n<wheel_radius>",
        "jerk",
        "in <plugin>",
    ),
    "drive of no joint": ("<left_joint>left_wheel_joint<", "<left_joint>front<", None, "names joint 'front'"),
    "servo that integrates": (
        "<p_gain>20000</p_gain>",
        "<p_gain>20000</p_gain><i_gain>3</i_gain>",
        "<i_gain>",
        "allowed: 0",
    ),
    "servo by velocity": (
        "<p_gain>20000</p_gain>",
        "<p_gain>20000</p_gain><use_velocity_commands>true</use_velocity_commands>",
        "<use_velocity_commands>",
        "in <plugin> is not supported",
    ),
    "servo without gain": ("<p_gain>20000<", "<p_gain>0<", "<p_gain>0", "must be above 0"),
    "plugin nobody knows": ("systems::PosePublisher", "systems::Wind", "Wind", "is not emulated; allowed: gz::sim"),
    "sonar": ('type="gpu_lidar"', 'type="sonar"', "sonar", "sensor type 'sonar' is not supported; allowed: camera"),
    "mesh": ("<sphere><radius>0.03</radius></sphere>", "<mesh><uri>x</uri></mesh>", "<mesh>", "shape <mesh>"),
    "plane": ("<sphere><radius>0.03</radius></sphere>", "<plane/>", "<plane/>", "allowed: box, cylinder, sphere"),
    "bouncing": (
        "<surface><friction><ode><mu>0</mu>",
        "<surface><bounce/><friction><ode><mu>0</mu>",
        "<bounce/>",
        "<bounce> in <surface> is not supported",
    ),
    "rolling friction": ("<mu>1.2</mu><mu2>1.2</mu2>", "<mu>1.2</mu><slip1>1</slip1>", "<slip1>", "in <ode>"),
    "friction by direction": (
        "<mu>1.2</mu><mu2>1.2</mu2>",
        "<mu>1.2</mu><mu2>0.2</mu2>",
        "<mu2>0.2",
        "differs from <mu>",
    ),
    "negative friction": ("<mu>1.2</mu><mu2>1.2</mu2>", "<mu>-1</mu><mu2>-1</mu2>", "<mu>-1", "must not be below 0"),
    "no mass": ("<mass>15</mass>", "<mass>0</mass>", None, "must be above 0"),
}


def refused(folder: Path, text: str) -> SdfError:
    (folder / "broken").mkdir()
    (folder / "broken" / "model.sdf").write_text(text)
    with pytest.raises(SdfError) as refusal:
        SdfReader(folder).load_model("broken")
    assert "\n" not in refusal.value.message
    return refusal.value


@pytest.mark.parametrize("case", ROBOT_CASES)
def test_a_robot_that_cannot_be_simulated_is_refused_where_it_is_wrong(tmp_path: Path, case: str) -> None:
    old, new, mark, said = ROBOT_CASES[case]
    assert old in ROBOT
    text = ROBOT.replace(old, new, 1)
    message = refused(tmp_path, text).message
    assert message.startswith("broken/model.sdf:")
    assert said is None or said in message
    if mark is not None:
        line = int(message.split(":")[1])
        assert mark in text.splitlines()[line - 1], f"{message} does not name the line of {mark}"


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_file_with_any_one_thing_broken_is_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Take away, double or garble one line of a model: never another error than ours."""
    lines = data.draw(st.sampled_from([ROBOT, CUP])).splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    change = data.draw(st.sampled_from(["", "twice", "nan", "-1", "inf", "<wind/>", "\x00", "&x;", "1e400"]))
    line = lines[at]
    if change == "twice":
        lines[at] = line + line
    elif change in {"nan", "-1", "inf", "1e400"} and ">" in line and "</" in line:
        lines[at] = f"{line[: line.index('>') + 1]}{change}{line[line.rindex('</') :]}"
    else:
        lines[at] = line.replace(line.strip(), change)
    folder = tmp_path_factory.mktemp("garbled")
    (folder / "m").mkdir()
    (folder / "m" / "model.sdf").write_text("\n".join(lines))
    message = "model.sdf:"
    try:
        SdfReader(folder, model_folder()).load_model("m")
    except ConfigError as error:
        message = error.message
    assert "model.sdf:" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<shadows>false</shadows>", "<sky/>", "<sky> in <scene> is not supported"),
        ("<real_time_factor>1</real_time_factor>", "<dart/>", "<dart> in <physics> is not supported"),
        ('type="directional"', 'type="spot"', "light type 'spot' is not supported; allowed: directional"),
        ("<child_model>coke<", "<child_model>fridge<", "DetachableJoint names 'fridge', which is static"),
        ("<parent_link>lift_link<", "<parent_link>elbow<", "DetachableJoint names a link that is not there"),
        ("<name>fridge</name>", "<name>sofa</name>", "a second model is named 'sofa'"),
        ("model://fridge", "model://igloo", "there is no model 'igloo'; known: apple"),
        ("<max_step_size>0.0025<", "<max_step_size>0.1<", "is outside 0..0.01 s"),
        ("<gravity>0 0 -9.81<", "<gravity>0 0 -inf<", "allowed: finite numbers"),
        ("<background>", "<fog/><background>", "<fog> in <scene> is not supported"),
    ],
)
def test_a_world_that_cannot_be_simulated(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = world_file("home").read_text("utf-8")
    assert old in text
    path = tmp_path / "broken.sdf"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(SdfError) as refusal:
        SdfReader(model_folder()).load_world(path)
    assert said in refusal.value.message
    assert "broken.sdf:" in refusal.value.message
