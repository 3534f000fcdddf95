"""Robot sentences on a map: what is done, asked and refused, and that an outline is read as it was drafted."""

from __future__ import annotations

import pytest
from sentence_table import bring
from small_map import KITCHEN, MapDesk

from taskmatrix_ros.core.errors import ClarificationNeeded, PlanningError
from taskmatrix_ros.planner.things.robot_map import MapPlace, RobotMap

HELD = {"robot.holding": "apple", "robot.holding_names": ["apple"]}
EMPTY = {"robot.holding": None, "robot.holding_names": []}


@pytest.fixture
def kitchen() -> MapDesk:
    return MapDesk()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("bring me the apple", bring("apple")),
        ("I'd like something salty to eat", bring("nuts")),
        ("bin the apple", bring("apple", "p_bin")),
        ("put the red pen on the counter", bring("red_pen", "p_counter")),
        ("bring me the apple and a pen that is blue", [*bring("apple"), *bring("blue_pen")]),
        ("I'm allergic to colas. Bring me a drink.", bring("juice")),
        ("bring me a drink because I'm tired", bring("cola_2")),
        ("the apple is rotten, throw it away", bring("apple", "p_bin")),
        ("find the desk", ['robot_go_to(place="p_desk")']),
        ("visit the table and the desk", ['robot_go_to(place="p_table")', 'robot_go_to(place="p_desk")']),
    ],
)
def test_sentence_becomes_code_with_ids(kitchen: MapDesk, text: str, lines: list[str]) -> None:
    assert kitchen.code(text, EMPTY) == lines


def test_what_an_earlier_command_moved_is_there(kitchen: MapDesk) -> None:
    lines = kitchen.code("put the red pen on the table and then bring me both pens from the table", EMPTY)
    assert [line for line in lines if "pick_up" in line] == [
        'robot_pick_up(object="red_pen")',
        *('robot_pick_up(object="red_pen")', 'robot_pick_up(object="blue_pen")'),
    ]


def test_a_named_kind_leaves_what_is_already_where_it_shall_go(kitchen: MapDesk) -> None:
    assert kitchen.code("put a cola on the counter", EMPTY)[2] == 'robot_pick_up(object="cola_1")'


class TestHand:
    def test_what_is_held_is_only_brought(self, kitchen: MapDesk) -> None:
        assert kitchen.code("throw the apple away", HELD)[-2:] == bring("apple", "p_bin")[-2:]
        assert 'robot_pick_up(object="apple")' not in kitchen.code("throw the apple away", HELD)

    def test_a_full_hand_is_told(self, kitchen: MapDesk) -> None:
        with pytest.raises(PlanningError, match="holds one thing, and that is the apple") as caught:
            kitchen.outline("bring me the red pen", HELD)
        assert caught.value.error_code == "NOT_NOW"

    def test_what_is_not_held_cannot_be_put_down(self, kitchen: MapDesk) -> None:
        with pytest.raises(PlanningError, match="does not hold the apple"):
            kitchen.outline("put down the apple", EMPTY)

    def test_a_hand_nobody_knows_of_is_left_to_the_run(self, kitchen: MapDesk) -> None:
        assert kitchen.code("put down the apple") == ['robot_put_down(object="apple")']


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("bring me a pen", "Which pen: red pen or blue pen?"),
        ("clear the desk", "Where should salted nuts and red pen go?"),
        ("put away the dish cloth", "Where should dish cloth go?"),
        ("put the apple in the kitchen", "Where in the kitchen: table, counter or waste basket?"),
        ("I'm thirsty", "Which one: cola or apple juice?"),
    ],
)
def test_what_is_open_is_asked(kitchen: MapDesk, text: str, question: str) -> None:
    with pytest.raises(ClarificationNeeded) as caught:
        kitchen.outline(text)
    assert caught.value.question == question


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("bring me the newspaper", "newspaper"),
        ("bring me the apple and the newspaper", "newspaper"),
        ("put the apple on the roof", "roof"),
        ("pick up the apple and the red pen", "apple"),
        ("I'm going out", "going out"),
        ("compost the apple", "compost"),
    ],
)
def test_what_cannot_be_is_refused_by_name(kitchen: MapDesk, text: str, named: str) -> None:
    with pytest.raises(PlanningError, match=named):
        kitchen.outline(text, EMPTY)


def test_what_is_said_aside_stays_with_its_step(kitchen: MapDesk) -> None:
    outline = kitchen.outline("I'm allergic to colas. Bring me a drink. Go to the desk.", EMPTY)
    assert [step.text for step in outline.steps] == ["I'm allergic to colas. Bring me a drink.", "Go to the desk."]
    assert kitchen.write(outline, EMPTY).source.split("\n") == [*bring("juice"), 'robot_go_to(place="p_desk")']


def test_a_robot_that_looks_for_itself_is_sent_to_look() -> None:
    desk = MapDesk(
        RobotMap(
            objects=tuple(type(one)(id=one.id, name=one.name, categories=one.categories) for one in KITCHEN.objects),
            places=(*KITCHEN.places, MapPlace(id="user", aliases=("sofa",))),
        )
    )
    assert desk.code("where is the apple") == ['robot_find(object="apple")']
    assert desk.code("bring me the apple from the kitchen")[1] == 'robot_find(object="apple", place="kitchen")'
    with pytest.raises(PlanningError, match="before the robot"):
        desk.outline("how many apples are on the table")
    with pytest.raises(ClarificationNeeded):
        desk.outline("bring me all the drinks on the table")


def test_without_a_map_open_sentences_are_not_read() -> None:
    desk = MapDesk()
    desk.planner = type(desk.planner)(desk.catalogue)
    with pytest.raises(PlanningError):
        desk.outline("recycle the apple")
