"""What words mean on a map."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from small_map import ENGLISH, KITCHEN, grounding, thing

from taskmatrix_ros.planner.things.description import described
from taskmatrix_ros.planner.things.leaning import Leaning
from taskmatrix_ros.planner.things.robot_map import MapObject, MapPlace, RobotMap, traits_of
from taskmatrix_ros.planner.things.trouble import NOT_THERE, Trouble

FOUND = [
    ("the apple", ["apple"]),
    ("a cola", ["cola_2"]),
    ("two colas", ["cola_1", "cola_2"]),
    ("all the colas", ["cola_1", "cola_2"]),
    ("the cola on the table", ["cola_1"]),
    ("the pens", ["red_pen", "blue_pen"]),
    ("both pens", ["red_pen", "blue_pen"]),
    ("the red one", ["red_pen"]),
    ("a pen that is not red", ["blue_pen"]),
    ("a pen in the study", ["red_pen"]),
    ("something salty to eat", ["nuts"]),
    ("something to clean up a spill", ["cloth"]),
    ("a drink without caffeine", ["juice"]),
    ("something sweet to drink", ["juice"]),
    ("a caffeine-free drink", ["juice"]),
    ("salt and pepper", ["salt"]),
    ("salt and pepper and the apple", ["salt", "apple"]),
    ("an apple, a snack and the dish cloth", ["apple", "nuts", "cloth"]),
    ("everything on the table except the cola", ["apple", "blue_pen", "salt"]),
    ("any fruit", ["apple"]),
    ("a can of cola from the worktop", ["cola_2"]),
    ("the appel", ["apple"]),
    ("a pear or an apple", ["apple"]),
    ("a snack for the road", ["nuts"]),
]

TROUBLED = [
    ("a pen", "AMBIGUOUS", "red pen or blue pen"),
    ("the cola", "AMBIGUOUS", "at the table or"),
    ("a drink", "AMBIGUOUS", "cola or apple juice"),
    ("a cola or a juice", "AMBIGUOUS", "cola or apple juice"),
    ("something", "AMBIGUOUS", "another"),
    ("it", "AMBIGUOUS", "it"),
    ("the tea", "UNKNOWN_NAME", "tea"),
    ("a wine", "UNKNOWN_NAME", "wine"),
    ("a green pen", "UNKNOWN_NAME", "green pen"),
    ("something spicy", "UNKNOWN_NAME", "spicy"),
    ("a tool to open bottles", "UNKNOWN_NAME", "open"),
    ("three colas", NOT_THERE, "2"),
    ("the apple on the counter", NOT_THERE, "table"),
    ("the apple on the balcony", "UNKNOWN_NAME", "balcony"),
]


def ids(text: str, **more: object) -> list[str] | Trouble:
    found = grounding(**more).objects(tokens(text))
    return found if isinstance(found, Trouble) else [one.id for one in found]


def tokens(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ,").replace("two", "2").replace("three", "3").split())


@pytest.mark.parametrize(("text", "expected"), FOUND, ids=[text for text, _ in FOUND])
def test_words_mean_things(text: str, expected: list[str]) -> None:
    assert ids(text) == expected


@pytest.mark.parametrize(("text", "code", "named"), TROUBLED, ids=[text for text, _, _ in TROUBLED])
def test_words_that_mean_nothing_or_too_much(text: str, code: str, named: str) -> None:
    trouble = ids(text)
    assert isinstance(trouble, Trouble)
    assert trouble.code == code
    assert named in trouble.message + trouble.question


def test_what_was_said_beside_decides_but_adds_nothing() -> None:
    liking = Leaning(prefers=("caffeinated",))
    assert ids("a drink", leaning=liking) == ["cola_2"]
    assert ids("the apple juice", leaning=liking) == ["juice"]
    assert ids("a pen", leaning=Leaning(without=(("red",),))) == ["blue_pen"]


def test_of_things_alike_the_one_in_the_room_is_meant() -> None:
    desk = MapObject(id="cola_3", name="cola", at="p_desk")
    there = RobotMap(objects=(*KITCHEN.objects, desk), places=KITCHEN.places, at="p_counter")
    assert ids("the cola", robot_map=there, area="study") == ["cola_3"]
    assert ids("a cola", robot_map=there, area="study") == ["cola_3"]
    assert ids("a cola", robot_map=there) == ["cola_2"]


def test_what_is_nowhere_on_the_map_may_be_anywhere() -> None:
    lost = RobotMap(objects=(*KITCHEN.objects, thing("hat", "hat", "")), places=KITCHEN.places)
    assert ids("the hat on the table", robot_map=lost) == ["hat"]


def test_a_recorded_trait_is_had_only_by_what_it_is_recorded_of() -> None:
    def salty(*things: MapObject) -> list[str] | Trouble:
        return ids("something salty", robot_map=RobotMap(objects=things))

    chips, pretzels = thing("c", "chips", ""), thing("p", "pretzel", "")
    assert isinstance(salty(chips, pretzels), Trouble)
    assert salty(chips, thing("p", "pretzel", "", "salty")) == ["p"]


def test_traits_may_be_a_list_or_a_mapping() -> None:
    assert traits_of(["red", "soft"]) == (frozenset({"red", "soft"}), frozenset())
    assert traits_of({"caffeinated": False, "sweet": True, "color": "red", "from": ["spain"], "weight_g": 3}) == (
        frozenset({"sweet", "red", "spain"}),
        frozenset({"caffeinated"}),
    )
    assert traits_of(None) == (frozenset(), frozenset())


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("the table", "p_table"),
        ("kitchen counter", "p_counter"),
        ("the counter in the kitchen", "p_counter"),
        ("desk", "p_desk"),
        ("the trash can", "p_bin"),
        ("bin", "p_bin"),
        ("the study", "study"),
        ("next to the apple", "p_table"),
    ],
)
def test_words_mean_places(text: str, place: str) -> None:
    found = grounding().place(tokens(text))
    assert isinstance(found, MapPlace)
    assert found.id == place


def test_a_room_is_no_surface_unless_it_has_but_one() -> None:
    asked = grounding().place(("kitchen",), surface=True)
    assert isinstance(asked, Trouble)
    assert asked.question.startswith("Where in the kitchen")
    only = grounding().place(("study",), surface=True)
    assert isinstance(only, MapPlace)
    assert only.id == "p_desk"


WORDS = st.sampled_from(
    [
        *(
            "the",
            "a",
            "all",
            "both",
            "some",
            "2",
            "and",
            ",",
            "or",
            "not",
            "except",
            "without",
            "that",
            "is",
            "on",
            "from",
        ),
        *(
            "to",
            "for",
            "drink",
            "eat",
            "cola",
            "apple",
            "pens",
            "pen",
            "red",
            "blue",
            "sweet",
            "something",
            "everything",
        ),
        *("table", "counter", "it", "them", "of", "can", "one", "no", "with", "isn't", "but", "i", "me", "unicorn"),
    ]
)


@given(st.lists(WORDS, max_size=9))
def test_any_words_end_in_things_of_the_map_or_in_trouble(words: list[str]) -> None:
    found = grounding().objects(tuple(words)) if words else ()
    if isinstance(found, Trouble):
        assert found.message
        assert "\n" not in found.message
    else:
        assert all(KITCHEN.get(one.id) is one for one in found)
        assert len({one.id for one in found}) == len(found)


ENGLISH_NEGATIONS = frozenset({"not", "no", "without", "except", "but"})


@given(st.lists(WORDS, min_size=1, max_size=5), st.sampled_from(["apple", "cola", "blue pen"]))
@example(["all", "for"], "apple")
def test_what_is_left_out_is_never_taken(words: list[str], left_out: str) -> None:
    # "not except the blue pen" asks for it
    assume(not any(word in ENGLISH_NEGATIONS or word.endswith("n't") for word in words))
    found = grounding().objects((*words, "except", "the", *left_out.split()))
    if not isinstance(found, Trouble) and "it" not in words and "them" not in words:
        assert left_out not in {one.name for one in found}


@given(st.lists(WORDS, max_size=12))
def test_taking_words_apart_never_fails(words: list[str]) -> None:
    for description in described(tuple(words), ENGLISH):
        assert description.words or description.wanted
