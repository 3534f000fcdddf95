"""The selector finds what is meant, completely, and follows the catalogue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from shelf import Shelf, document

from taskmatrix_ros.core.api_document import Composite
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.core.ports import Catalogue, Selector
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.registry.registry import Registry
from taskmatrix_ros.selector.api_selector import ApiSelector
from taskmatrix_ros.selector.large_index import LargeIndex


@pytest.fixture(params=["small", "large"], name="shelve", scope="module")
def fixture_shelve(request: pytest.FixtureRequest) -> Iterator[Callable[..., ApiSelector]]:
    """Make selectors, over the index for small and over the one for large catalogues."""
    made: list[ApiSelector] = []

    def shelve(catalogue: Catalogue, **options: Any) -> ApiSelector:
        made.append(ApiSelector(catalogue, large=0 if request.param == "large" else 1000, **options))
        return made[-1]

    yield shelve
    for selector in made:
        selector.close()


@pytest.fixture(scope="module")
def home(shelve: Callable[..., ApiSelector]) -> ApiSelector:
    registry = Registry()
    registry.load([resource("api_manifests")])
    return shelve(registry)


def selected(selector: ApiSelector, text: str, *steps: str) -> list[str]:
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
def test_the_best_of_the_home(home: ApiSelector, text: str, best: str) -> None:
    hits = home.search(text, 3)
    assert hits[0].document.name == best
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert hits[0].score == 1.0


def test_a_composite_brings_what_it_calls(home: ApiSelector) -> None:
    assert {"robot_find", "robot_go_to", "robot_pick_up", "robot_put_down"} == set(
        selected(home, "bring me the coke", "bring me the coke")[:4]
    )


def test_steps_are_searched_one_by_one(shelve: Callable[..., ApiSelector]) -> None:
    shelf = Shelf(
        *(document(f"coffee_{number}", "Brew strong coffee in the coffee machine.") for number in range(20)),
        document("blinds_open", "Raise the blinds."),
    )
    selector = shelve(shelf, limit=5)
    whole = "brew strong coffee in the coffee machine and raise the shutters or blinds"
    assert "blinds_open" in selected(selector, whole, "brew coffee", "raise the blinds")


def test_prerequisites_come_along(shelve: Callable[..., ApiSelector]) -> None:
    shelf = Shelf(
        document("grasp", "Grasp a thing.", after=[{"api": "approach"}]),
        document("approach", "Come near.", composition="Call locate first, or nothing_known."),
        document("locate", "Look around.", after=[{"api": "grasp"}]),
        document("unrelated", "Water the plants."),
    )
    selector = shelve(shelf)
    assert selected(selector, "grasp") == ["grasp", "approach", "locate"]


def test_nothing_fits(home: ApiSelector) -> None:
    assert home.search("zzz qqq") == ()
    assert home.search("…!?") == ()
    assert home.search("light", 0) == ()
    assert home.search("light", -3) == ()
    assert selected(home, "zzz qqq") == []


def test_it_follows_the_catalogue(shelve: Callable[..., ApiSelector]) -> None:
    shelf = Shelf(document("fan_on", "Start the fan."), document("fan_off", "Stop the fan."))
    selector = shelve(shelf)
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


def test_learned_examples_and_enums_are_searched(shelve: Callable[..., ApiSelector]) -> None:
    shelf = Shelf(
        document("a", examples=["cool down the greenhouse"]),
        document("b", parameters={"room": {"type": "string", "enum": ["wine_cellar"]}}),
    )
    selector = shelve(shelf)
    assert [hit.document.name for hit in selector.search("greenhouse")] == ["a"]
    assert [hit.document.name for hit in selector.search("cellar")] == ["b"]


def test_only_what_changed_is_written_anew(shelve: Callable[..., ApiSelector]) -> None:
    fans = [document(f"fan_{number}", f"Start fan {number}.") for number in range(5)]
    shelf = Shelf(*fans)
    selector = shelve(shelf)
    assert len(selector.search("fan")) == 5
    listed = shelf.listings
    shelf.put(*fans[1:], document("lamp", "Light the lamp."))
    assert [hit.document.name for hit in selector.search("lamp")] == ["lamp"]
    assert {hit.document.name for hit in selector.search("fan")} == {"fan_1", "fan_2", "fan_3", "fan_4"}
    assert shelf.listings == listed
    shelf.put(*fans[1:])
    shelf.put(*fans)  # two changes at once: the catalogue only tells of the latest
    assert {hit.document.name for hit in selector.search("fan lamp")} == {entry.name for entry in fans}
    assert shelf.listings == listed + 1


def test_a_sentence_of_a_composite_that_is_gone_is_forgotten(shelve: Callable[..., ApiSelector]) -> None:
    brew = Composite(sentences={"en": ("make my morning happen",)}, code="coffee_on()")
    shelf = Shelf(document("coffee_on", "Brew."), document("radio_on", "Radio."), composites=[brew])
    selector = shelve(shelf)
    assert [hit.document.name for hit in selector.search("morning")] == ["coffee_on"]
    shelf._composites = ()
    shelf.put(document("coffee_on", "Brew."), document("radio_on", "Radio."), document("tea_on", "Tea."))
    assert selector.search("morning") == ()


def test_a_catalogue_that_grows_gets_the_other_index() -> None:
    selector = ApiSelector(shelf := Shelf(document("fan_on", "Start the fan.")), large=2)
    assert selector.search("fan")
    shelf.put(*(document(f"fan_{number}", "Start the fan.") for number in range(8)))
    assert len(selector.search("fan", 10)) == 8
    assert isinstance(selector._index, LargeIndex)
    shelf.put(document("fan_on", "Start the fan."))
    assert [hit.document.name for hit in selector.search("fan")] == ["fan_on"]
    selector.close()


def test_what_was_used_goes_first_among_equals(shelve: Callable[..., ApiSelector]) -> None:
    shelf = Shelf(*(document(f"fan_{name}", "Start the fan.") for name in "abc"))
    selector = shelve(shelf, uses=lambda name: 40 if name == "fan_b" else 0)
    assert [hit.document.name for hit in selector.search("start the fan")] == ["fan_b", "fan_a", "fan_c"]


def test_steps_that_nothing_fits_are_named(home: ApiSelector) -> None:
    outline = Outline(
        instruction="x",
        steps=(
            OutlineStep(id="1", text="switch off the kitchen light"),
            OutlineStep(id="2", text="compute the eigenvalues of a sparse matrix"),
            OutlineStep(id="3", text="buy Japanese yen"),
            OutlineStep(id="4", text="bring me the coke"),
        ),
        planner="test",
    )
    assert home.missing(outline) == {"2": "compute the eigenvalues of a sparse matrix", "3": "buy Japanese yen"}


def test_it_is_made_ready_in_small_steps(shelve: Callable[..., ApiSelector]) -> None:
    shelf = Shelf(*(document(f"fan_{number}", f"Start fan {number}.") for number in range(50)))
    selector = shelve(shelf)
    asyncio.run(selector.prepare())
    listed = shelf.listings
    assert selector.search("fan 17", 1)[0].document.name == "fan_17"
    assert shelf.listings == listed
