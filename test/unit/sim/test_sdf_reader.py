from __future__ import annotations

import math
from pathlib import Path

import pytest

from taskmatrix_ros.sim.sdf.sdf_reader import SdfReader
from taskmatrix_ros.sim.sdf.sdf_types import JointKind, Shape
from taskmatrix_ros.sim.sdf.sdf_xml import SdfError

BOX_LINK = '<link name="link"><collision name="c"><geometry><box><size>1 2 3</size></box></geometry></collision></link>'


def write_world(folder: Path, body: str, *, physics: str = "<max_step_size>0.002</max_step_size>") -> Path:
    path = folder / "world.sdf"
    path.write_text(
        f'<?xml version="1.0"?>\n<sdf version="1.9">\n<world name="w">\n<physics type="ignored">{physics}</physics>\n'
        f"{body}\n</world>\n</sdf>\n"
    )
    return path


def write_model(folder: Path, name: str, body: str) -> None:
    (folder / name).mkdir()
    (folder / name / "model.sdf").write_text(f'<sdf version="1.9">\n<model name="{name}">\n{body}\n</model>\n</sdf>\n')


def model(body: str) -> str:
    return f'<model name="m">\n{body}\n</model>'


def test_reads_an_included_model_with_its_own_name_and_pose(tmp_path: Path) -> None:
    write_model(tmp_path, "crate", f"<static>true</static>{BOX_LINK}")
    world = SdfReader(tmp_path).load_world(
        write_world(tmp_path, "<include><uri>model://crate</uri><name>red</name><pose>1 2 3 0 0 0.5</pose></include>")
    )
    crate = world.model("red")
    assert crate.pose.xyz_m == (1, 2, 3)
    assert crate.pose.rpy_rad == (0, 0, 0.5)
    assert crate.is_static
    assert crate.uri == "model://crate"
    assert crate.links[0].collisions[0].geometry.shape is Shape.BOX
    assert crate.links[0].collisions[0].geometry.size_m == (1, 2, 3)
    assert world.step_s == 0.002


def test_reads_joint_axis_limits_and_infinite_ones(tmp_path: Path) -> None:
    body = (
        f"{BOX_LINK}<link name='wheel'/>"
        "<joint name='j' type='revolute'><parent>link</parent><child>wheel</child><axis><xyz>0 3 4</xyz>"
        "<limit><lower>-1e16</lower><upper>1e16</upper><effort>7</effort></limit></axis></joint>"
    )
    joint = SdfReader(tmp_path).load_world(write_world(tmp_path, model(body))).model("m").joint("j")
    assert joint.kind is JointKind.REVOLUTE
    assert joint.axis == pytest.approx((0, 0.6, 0.8))
    assert joint.limits == (-math.inf, math.inf)
    assert joint.effort == 7


REFUSED = {
    "unknown geometry": (
        model('<link name="l"><visual name="v"><geometry><mesh/></geometry></visual></link>'),
        6,
        "shape <mesh> is not supported; allowed: box, cylinder, sphere, capsule",
    ),
    "unknown element": (model(f"{BOX_LINK}\n<wind/>"), 7, "<wind> in <model> is not supported"),
    "unknown plugin": (
        model(f'{BOX_LINK}\n<plugin filename="x" name="gz::sim::systems::Thruster"/>'),
        7,
        "plugin 'gz::sim::systems::Thruster' is not emulated",
    ),
    "pose relative to": (
        model('<link name="l">\n<pose relative_to="x">0 0 0 0 0 0</pose></link>'),
        7,
        "only poses relative to the parent",
    ),
    "pose too short": (
        model('<link name="l">\n<pose>0 0 0</pose></link>'),
        7,
        "<pose> holds 3 number(s), 6 are needed",
    ),
    "words for numbers": (model('<link name="l">\n<pose>a b c 0 0 0</pose></link>'), 7, "which is not 6 number(s)"),
    "no geometry": (model('<link name="l"><collision name="c">\n</collision></link>'), 6, "has no <geometry>"),
    "negative size": (
        model(
            '<link name="l"><collision name="c"><geometry>\n<sphere><radius>-1</radius></sphere></geometry></collision>'
            "</link>"
        ),
        7,
        "every length must be above 0",
    ),
    "no link": (model("<static>true</static>"), 5, "has no <link>"),
    "unknown model": ("<include>\n<uri>model://nowhere</uri></include>", 6, "there is no model 'nowhere'; known: "),
    "outside the models": ("<include>\n<uri>model://../../etc</uri></include>", 6, "allowed: model://NAME"),
    "file uri": ("<include>\n<uri>file:///etc/passwd</uri></include>", 6, "allowed: model://NAME"),
    "two of a name": (f"{model(BOX_LINK)}\n{model(BOX_LINK)}", 8, "a second model is named 'm'"),
    "joint to nowhere": (
        model(f'{BOX_LINK}\n<joint name="j" type="fixed"><parent>link</parent><child>no</child></joint>'),
        7,
        "joint names link 'no'; there are link",
    ),
    "joint type": (
        model(f'{BOX_LINK}\n<joint name="j" type="ball"><parent>link</parent><child>link</child></joint>'),
        7,
        "joint type 'ball' is not supported; allowed: fixed, revolute, prismatic",
    ),
    "sensor type": (
        model('<link name="l">\n<sensor name="s" type="sonar"/></link>'),
        7,
        "sensor type 'sonar' is not supported",
    ),
    "texture not there": (
        model(
            '<link name="l"><visual name="v"><geometry><box><size>1 1 1</size></box></geometry>\n<material><pbr><metal>'
            "<albedo_map>no.png</albedo_map></metal></pbr></material></visual></link>"
        ),
        7,
        "there is no texture 'no.png'",
    ),
    "point light": ('<light name="l" type="point"/>', 5, "light type 'point' is not supported; allowed: directional"),
    "not a boolean": (model(f"<static>maybe</static>{BOX_LINK}"), 6, "allowed: true, false"),
    "nameless": (f"<model>\n{BOX_LINK}</model>", 5, "has no attribute 'name'"),
    "detachable nothing": (
        model(
            f'{BOX_LINK}\n<plugin filename="x" name="gz::sim::systems::DetachableJoint"><parent_link>link</parent_link>'
            "<child_model>ghost</child_model><child_link>link</child_link></plugin>"
        ),
        7,
        "DetachableJoint names model 'ghost', which is not there",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_with_file_and_line(tmp_path: Path, case: str) -> None:
    body, line, what = REFUSED[case]
    with pytest.raises(SdfError) as refusal:
        SdfReader(tmp_path).load_world(write_world(tmp_path, body))
    assert what in refusal.value.message
    assert f"world.sdf:{line}:" in refusal.value.message
    assert "\n" not in refusal.value.message


def test_an_error_in_an_included_model_names_that_models_file(tmp_path: Path) -> None:
    write_model(tmp_path, "broken", f"{BOX_LINK}\n<wind/>")
    with pytest.raises(SdfError, match=r"broken/model\.sdf:4: <wind>"):
        SdfReader(tmp_path).load_world(write_world(tmp_path, "<include><uri>model://broken</uri></include>"))


def test_refuses_broken_xml_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "w.sdf"
    path.write_text('<sdf version="1.9">\n<world name="w">\n</sdf>\n')
    with pytest.raises(SdfError, match=r"w\.sdf:3: not well-formed"):
        SdfReader(tmp_path).load_world(path)


def test_refuses_entities(tmp_path: Path) -> None:
    path = tmp_path / "w.sdf"
    path.write_text('<!DOCTYPE sdf [<!ENTITY x SYSTEM "file:///etc/hostname">]>\n<sdf version="1.9">&x;</sdf>\n')
    with pytest.raises(SdfError, match="document type declaration is not allowed"):
        SdfReader(tmp_path).load_world(path)


def test_refuses_an_absent_file(tmp_path: Path) -> None:
    with pytest.raises(SdfError, match=r"cannot read .*nowhere"):
        SdfReader(tmp_path).load_world(tmp_path / "nowhere.sdf")


@pytest.mark.parametrize(
    ("step", "what"), [("0", "outside 0..0.01 s"), ("0.02", "outside 0..0.01 s"), ("x", "not 1 number")]
)
def test_refuses_a_step_that_cannot_be_simulated(tmp_path: Path, step: str, what: str) -> None:
    path = write_world(tmp_path, model(BOX_LINK), physics=f"<max_step_size>{step}</max_step_size>")
    with pytest.raises(SdfError, match=what):
        SdfReader(tmp_path).load_world(path)


def test_refuses_another_version(tmp_path: Path) -> None:
    path = tmp_path / "w.sdf"
    path.write_text('<sdf version="1.4"><world name="w"/></sdf>')
    with pytest.raises(SdfError, match=r"SDF version 1\.4 is not supported"):
        SdfReader(tmp_path).load_world(path)
