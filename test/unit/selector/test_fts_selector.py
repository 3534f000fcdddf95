"""The selector finds what is meant, completely, and follows the catalogue."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmatrix_ros.core.api_document import ApiDocument, Composite, StateSpec
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.core.ports import Selector
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.registry.registry import Registry
from taskmatrix_ros.selector.fts_selector import FtsSelector
from taskmatrix_ros.selector.full_text_index import FullTextIndex
from taskmatrix_ros.selector.search_text import SearchText, match_expression, words


def document(name: str, description: str = "x", **fields: Any) -> ApiDocument:
    given_fields = {"name": name, "description": description, "binding": {"kind": "mqtt", "topic": "x"}, **fields}
    return ApiDocument.model_validate(given_fields)


class Shelf:
    """A catalogue to be changed at will."""

    def __init__(self, *documents: ApiDocument, composites: Sequence[Composite] = ()) -> None:
        self.revision = 0
        self._composites = tuple(composites)
        self.put(*documents)

    def put(self, *documents: ApiDocument) -> None:
        self._documents = {entry.name: entry for entry in documents}
        self.revision += 1

    def get(self, name: str) -> ApiDocument | None:
        return self._documents.get(name)

    def documents(self) -> Sequence[ApiDocument]:
        return tuple(self._documents.values())

    def composites(self) -> Sequence[Composite]:
        return self._composites

    def states(self) -> Sequence[StateSpec]:
        return ()


@pytest.fixture(scope="module")
def home() -> Iterator[FtsSelector]:
    registry = Registry()
    registry.load([resource("api_manifests")])
    selector = FtsSelector(registry)
    yield selector
    selector.close()


def selected(selector: FtsSelector, text: str, *steps: str) -> list[str]:
    port: Selector = selector
    outline = Outline(
        instruction=text,
        steps=tuple(OutlineStep(id=str(number), text=step) for number, step in enumerate(steps)),
        planner="test",
    )
    return [entry.name for entry in asyncio.run(port.select(Instruction(text=text), outline))]


@pytest.mark.parametrize(
    ("text", "best"),
    [
        ("where is my cup", "robot_find"),
        ("set the air conditioner to 22 degrees", "ac_set_temperature"),
        ("switch the telly off", "tv_close"),
        ("PLAY SOME JAZZ!!", "play_music"),
        ("dimming the lights in the living room", "light_on"),
        ("watch the morning news", "tv_play_video"),
        ("drive over to the kitchen", "robot_go_to"),
    ],
)
def test_the_best_of_the_home(home: FtsSelector, text: str, best: str) -> None:
    hits = home.search(text, 3)
    assert hits[0].document.name == best
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert hits[0].score == 1.0


def test_a_composite_brings_what_it_calls(home: FtsSelector) -> None:
    assert {"robot_find", "robot_go_to", "robot_pick_up", "robot_put_down"} == set(
        selected(home, "bring me the coke", "bring me the coke")[:4]
    )


def test_steps_are_searched_one_by_one() -> None:
    shelf = Shelf(
        *(document(f"coffee_{number}", "Brew strong coffee in the coffee machine.") for number in range(20)),
        document("blinds_open", "Raise the blinds."),
    )
    selector = FtsSelector(shelf, limit=5)
    whole = "brew strong coffee in the coffee machine and raise the shutters or blinds"
    assert "blinds_open" in selected(selector, whole, "brew coffee", "raise the blinds")
    selector.close()


def test_prerequisites_come_along() -> None:
    shelf = Shelf(
        document("grasp", "Grasp a thing.", after=[{"api": "approach"}]),
        document("approach", "Come near.", composition="Call locate first, or nothing_known."),
        document("locate", "Look around.", after=[{"api": "grasp"}]),
        document("unrelated", "Water the plants."),
    )
    selector = FtsSelector(shelf)
    assert selected(selector, "grasp") == ["grasp", "approach", "locate"]
    selector.close()


def test_nothing_fits(home: FtsSelector) -> None:
    assert home.search("zzz qqq") == ()
    assert home.search("…!?") == ()
    assert home.search("light", 0) == ()
    assert home.search("light", -3) == ()
    assert selected(home, "zzz qqq") == []


def test_it_follows_the_catalogue() -> None:
    shelf = Shelf(document("fan_on", "Start the fan."), document("fan_off", "Stop the fan."))
    selector = FtsSelector(shelf)
    assert {hit.document.name for hit in selector.search("fan")} == {"fan_on", "fan_off"}
    changed = document("fan_on", "Start the ventilator.")
    shelf.put(changed)
    assert [hit.document for hit in selector.search("ventilator")] == [changed]
    assert [hit.document.name for hit in selector.search("stop")] == []
    shelf.put()
    assert selector.search("fan ventilator") == ()
    selector.close()
    shelf.put(changed)
    assert [hit.document for hit in selector.search("ventilator")] == [changed]
    selector.close()


def test_learned_examples_and_enums_are_searched() -> None:
    shelf = Shelf(
        document("a", examples=["cool down the greenhouse"]),
        document("b", parameters={"room": {"type": "string", "enum": ["wine_cellar"]}}),
    )
    selector = FtsSelector(shelf)
    assert [hit.document.name for hit in selector.search("greenhouse")] == ["a"]
    assert [hit.document.name for hit in selector.search("cellar")] == ["b"]
    selector.close()


OPERATORS = [
    '"',
    "'",
    "*",
    "^",
    "NEAR(a b, 2)",
    "AND",
    "OR",
    "NOT",
    "description:",
    "{a b}:",
    "-",
    "+",
    ";",
    "--",
    "\x00",
    ")",
    "(",
]


@given(
    st.lists(
        st.sampled_from([*OPERATORS, "fan", "héllo", "²", "\u0300", "\ud800", "中文"]) | st.text(max_size=10),
        max_size=12,
    )
)
@settings(max_examples=500, deadline=None)
def test_no_text_is_an_operator(parts: list[str]) -> None:
    index = FullTextIndex()
    index.update({"fan_on": SearchText("fan on", "Start the fan, and or not near description", "", "", "", "")})
    text = " ".join(parts)
    found = index.search(text, 5)
    assert set(found) <= {"fan_on"}
    assert all(0.0 < score <= 1.0 for score in found.values())
    if "fan" in words(text)[:60]:
        assert found == {"fan_on": 1.0}
    index.close()


def test_the_query_is_words_in_quotes() -> None:
    assert match_expression('turn on "the" fan* OR x:y fan') == '"turn" OR "on" OR "fan" OR "x" OR "y"'
    assert match_expression("what is this") == '"what" OR "is" OR "this"'
    assert match_expression(" _-;") is None
    long = match_expression(" ".join(f"word{number}" for number in range(5000)))
    assert long is not None
    assert long.count(" OR ") == 63


_SHELVES = st.lists(
    st.dictionaries(
        st.sampled_from("abcdef"), st.sampled_from(["fan", "fan lamp", "lamp", "oven fan lamp"]), max_size=6
    ),
    min_size=1,
    max_size=5,
)


@given(_SHELVES)
@settings(max_examples=100, deadline=None)
def test_updates_lead_to_what_a_new_index_holds(shelves: list[dict[str, str]]) -> None:
    index = FullTextIndex()
    for shelf in shelves:
        wanted = {name: SearchText(name, text, "", "", "", "") for name, text in shelf.items()}
        index.update(wanted)
        fresh = FullTextIndex()
        fresh.update(wanted)
        for query in ("fan", "lamp oven", "a"):
            assert index.search(query, 10) == fresh.search(query, 10)
        fresh.close()
    index.close()
