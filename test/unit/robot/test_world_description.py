from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from home import home

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.perception.solid import SolidShape
from taskmatrix_ros.robot.description.description_file import description_file, load_description
from taskmatrix_ros.robot.description.robot_description import RobotDescription
from taskmatrix_ros.robot.description.world_description import WorldDescription
from taskmatrix_ros.robot.skill_settings import SkillSettings


def test_the_home_is_complete_enough_to_work_in() -> None:
    world = home().world
    assert len(world.rooms) >= 3
    assert len(world.objects) >= 4
    for room in world.rooms:
        assert sum(t.room == room.name for t in world.wall_tags) >= 2, room.name


def test_every_place_can_be_stood_at_and_reached() -> None:
    h = home()
    for place in h.world.places:
        stand = place.approach.pose
        assert h.grid.clearance_m(stand.x_m, stand.y_m) > h.radius, place.name
        assert np.isfinite(h.planner.cost_m((4.3, 0.6), (stand.x_m, stand.y_m))), place.name


@pytest.mark.parametrize(
    ("said", "place"),
    [("the kitchen", "kitchen"), ("Coffee Table", "coffee_table"), ("coffee_table", "coffee_table"), ("me", "user")],
)
def test_places_go_by_spoken_names(said: str, place: str) -> None:
    assert home().world.find_place(said).name == place


def test_unknown_places_get_near_names() -> None:
    assert home().world.find_place("kitschen") is None
    assert "kitchen" in home().world.nearest_places("kitschen")
    assert home().world.find_room("lounge").name == "living_room"


def test_wall_tags_look_away_from_their_walls() -> None:
    h = home()
    for tag in h.world.wall_tags:
        before = tag.map_from_tag.apply([0.0, 0.0, 0.3])
        assert float(h.grid.band(1.1, 1.3).at(before[:2])) > 0.1, tag.id
        assert tag.map_from_tag.rotation[:, 1] == pytest.approx([0, 0, 1])


def test_surfaces_carry_what_stands_on_them() -> None:
    table = home().world.surface("coffee_table")
    x, y = table.center_m
    assert table.carries(x, y, table.height_m + 0.06)
    assert not table.carries(x, y, table.height_m - 0.2)
    assert not table.carries(x + 2, y, table.height_m + 0.06)
    with pytest.raises(KeyError):
        home().world.surface("ceiling")


@pytest.mark.parametrize(
    ("at_m", "height_m"),
    [
        ((2.0, 6.5, 0.86), 0.85 + 0.045),  # low by more than the gripper's boom has room
        ((2.0, 6.36, 0.93), 0.85 + 0.045),  # a little before the edge, by the picture
        ((2.0, 6.5, 1.3), 1.3),  # high above: in somebody's hand
        ((2.0, 4.5, 0.045), 0.045),  # on the floor
    ],
)
def test_what_seems_to_stand_on_a_surface_stands_on_it(at_m: tuple[float, float, float], height_m: float) -> None:
    world = WorldDescription.load("home")
    assert world.stands_at_m("apple", np.array(at_m)) == pytest.approx(height_m)
    assert world.stands_at_m("unicorn", np.array(at_m)) == at_m[2]


BALL = {"name": "ball", "color": "red", "shape": "sphere", "size_m": [0.08, 0.08, 0.08], "grasp_width_m": 0.08}


def test_an_object_may_be_known_by_colour_and_shape_alone(tmp_path: Path) -> None:
    path = write(tmp_path, lambda c: c["objects"].append(BALL | {"aliases": ["red ball"]}))
    world = load_description(path, WorldDescription)
    ball = world.catalogue.find("the red ball")
    assert ball is not None
    assert (ball.name, ball.color, ball.shape, ball.tag_id) == ("ball", "red", SolidShape.SPHERE, None)
    assert None not in world.tag_sizes_m


def write(tmp_path: Path, change: object) -> Path:
    content = yaml.safe_load(description_file("world", "home").read_text(encoding="utf-8"))
    change(content)  # type: ignore[operator]
    path = tmp_path / "changed.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c["places"][3].update(surface="moon"), "'moon', which is not described"),
        (lambda c: c["places"][0].update(room="cellar"), "'cellar', which is not described"),
        (lambda c: c["objects"][0].update(tag_id=20), r"tags \[20\] are used twice"),
        (lambda c: c["objects"][0].update(aliases=["apple"]), "both called 'apple'"),
        (lambda c: c["rooms"][0].pop("x_m"), "rooms.0.x_m: Field required"),
        (lambda c: c["wall_tags"][0].update(colour="red"), "wall_tags.0.colour"),
        (lambda c: c["objects"][0].pop("tag_id"), "tag_id, tag_size_m and tag_face_m go together"),
        (lambda c: c["objects"].append(BALL | {"color": ""}), "color and shape go together"),
        (lambda c: c["objects"].append(BALL | {"shape": None, "color": ""}), "nothing to be recognised by"),
        (lambda c: c["objects"].append(BALL | {"color": "reddish"}), "color 'reddish' is not known; allowed: red"),
        (lambda c: c["objects"].append(BALL | {"shape": "pyramid"}), "'box', 'cylinder' or 'sphere'"),
        (lambda c: c["objects"].append(BALL | {"size_m": [0.08, 0.08, 0.12]}), "is no sphere"),
    ],
)
def test_a_wrong_description_is_one_clear_line(tmp_path: Path, change: object, says: str) -> None:
    path = write(tmp_path, change)
    with pytest.raises(ConfigError, match=says) as caught:
        load_description(path, WorldDescription)
    assert "\n" not in caught.value.message
    assert str(path) in caught.value.message


def test_missing_files_say_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="known: home"):
        WorldDescription.load("castle")
    with pytest.raises(ConfigError, match=r"known: home_robot$"):
        RobotDescription.load("r2d2")
    with pytest.raises(ConfigError, match="does not exist"):
        WorldDescription.load(str(tmp_path / "none.yaml"))
    (tmp_path / "broken.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be read"):
        WorldDescription.load(str(tmp_path / "broken.yaml"))


def test_skills_may_not_be_faster_than_the_robot() -> None:
    h = home()
    fast = h.settings.model_copy(update={"drive": h.settings.drive.model_copy(update={"max_linear_m_s": 3.0})})
    with pytest.raises(ConfigError, match=r"drive.max_linear_m_s 3.0 is more than the 0.6"):
        fast.check_within(h.robot)
    assert isinstance(h.settings, SkillSettings)
