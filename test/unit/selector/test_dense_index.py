"""Nearness in meaning stands beside the words, is asked for once, and is left out where it cannot be had."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from shelf import Shelf, document

from taskmatrix_ros.core.errors import ModelUnavailable
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.selector import api_selector
from taskmatrix_ros.selector.api_selector import ApiSelector
from taskmatrix_ros.selector.dense_index import DenseIndex
from taskmatrix_ros.selector.search_text import SearchText
from taskmatrix_ros.store.database import Database
from taskmatrix_ros.store.vector_store import VectorStore

MEANINGS = (("sofa", "couch", "settee"), ("fan", "ventilator", "breeze"), ("lamp", "light", "glow"))


class Thesaurus:
    """Embeds by which groups of like words a text touches."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.away = False

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        if self.away:
            raise ModelUnavailable("embedding model 'toy' does not answer")
        self.asked += texts
        return [[0.01, *(float(sum(word in text.lower() for word in group)) for group in MEANINGS)] for text in texts]


def text(description: str) -> SearchText:
    return SearchText("", description, "", "", "", "", "")


def selected(selector: ApiSelector, wanted: str) -> list[str]:
    outline = Outline(instruction=wanted, steps=(OutlineStep(id="1", text=wanted),), planner="test")
    return [entry.name for entry in asyncio.run(selector.select(Instruction(text=wanted), outline))]


def test_what_people_said_stays_here() -> None:
    thesaurus = Thesaurus()
    catalogue = Shelf(
        document(
            "cool",
            "Start the ventilator.",
            usage_examples=[{"instruction": "some breeze", "code": "cool()"}],
            examples=["cool the safe 4711"],
        )
    )
    selector = ApiSelector(catalogue)
    selector.look_at_meaning(DenseIndex(thesaurus, "toy"), lambda texts: [text.replace("1234", "x") for text in texts])
    assert selected(selector, "a breeze, the code is 1234") == ["cool"]
    assert thesaurus.asked == ["cool. Start the ventilator.. some breeze", "a breeze, the code is x"]
    selector.close()


def shelf() -> Shelf:
    described = {
        "sit": "Move the sofa.",
        "cool": "Start the ventilator.",
        "shine": "Switch the lamp on.",
        "x": "Other.",
    }
    return Shelf(*(document(name, description) for name, description in described.items()))


def test_what_shares_no_word_is_found_by_its_meaning() -> None:
    selector = ApiSelector(shelf())
    assert selected(selector, "I want a breeze") == []
    selector.look_at_meaning(DenseIndex(Thesaurus(), "toy"), list)
    assert selected(selector, "I want a breeze")[0] == "cool"
    assert selected(selector, "push the couch")[0] == "sit"
    assert selected(selector, "switch the lamp")[0] == "shine"
    selector.close()


def test_a_text_is_sent_once_and_followed_when_it_changes() -> None:
    thesaurus, catalogue = Thesaurus(), shelf()
    selector = ApiSelector(catalogue)
    selector.look_at_meaning(DenseIndex(thesaurus, "toy"), list)
    selected(selector, "a breeze")
    selected(selector, "a breeze")
    assert len([asked for asked in thesaurus.asked if "sofa" in asked]) == 1
    kept = [entry for entry in catalogue.documents() if entry.name != "cool"]
    catalogue.put(*kept, document("new", "Feel the breeze."))
    assert selected(selector, "ventilator please")[0] == "new"
    selector.close()


def test_vectors_outlive_a_restart() -> None:
    database = Database(None)
    database.open()
    first, second = Thesaurus(), Thesaurus()
    texts = {"a": text("sofa"), "b": text("fan"), "c": text("sofa")}
    for thesaurus in (first, second):
        index = DenseIndex(thesaurus, "toy", VectorStore(database))
        asyncio.run(index.hold(texts))
        (found,) = asyncio.run(index.search(["the couch"], 5))
        assert list(found)[:2] == ["a", "c"]
        assert found["a"] == pytest.approx(1.0, abs=0.01)
    assert sorted(first.asked) == ["fan", "sofa", "the couch"]
    assert second.asked == ["the couch"]
    asyncio.run(DenseIndex(second, "other model", VectorStore(database)).hold(texts))
    assert sorted(second.asked) == ["fan", "sofa", "the couch"]
    database.close()


def test_a_model_that_is_away_leaves_the_words(caplog: pytest.LogCaptureFixture) -> None:
    thesaurus = Thesaurus()
    selector = ApiSelector(shelf())
    selector.look_at_meaning(DenseIndex(thesaurus, "toy"), list)
    thesaurus.away = True
    assert selected(selector, "switch the lamp") == ["shine"]
    assert "nearness in meaning is left out" in caplog.text
    thesaurus.away = False
    assert selected(selector, "a breeze")[0] == "cool"
    selector.close()


def test_a_catalogue_that_is_too_large_is_searched_by_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_selector, "LARGEST", 3)
    thesaurus = Thesaurus()
    selector = ApiSelector(shelf())
    selector.look_at_meaning(DenseIndex(thesaurus, "toy"), list)
    assert selected(selector, "switch the lamp") == ["shine"]
    assert thesaurus.asked == []
    selector.close()


def test_vectors_of_another_length_find_nothing() -> None:
    class Changing:
        """Its server is given another model between two questions."""

        length = 2

        async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
            self.length += 1
            return [[1.0] * self.length for _ in texts]

    index = DenseIndex(Changing(), "toy")
    asyncio.run(index.hold({"a": text("sofa")}))
    assert len(index) == 1
    assert asyncio.run(index.search(["sofa"], 3)) == [{}]
