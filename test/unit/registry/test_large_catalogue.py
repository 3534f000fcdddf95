"""A catalogue of more documents than are held: read as it is walked through, narrowed in the store."""

from __future__ import annotations

from pathlib import Path

import pytest
from right_manifest import RIGHT

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.catalogue_views import Narrowable, of_kinds, that_speak
from taskmatrix_ros.core.ports import Changes
from taskmatrix_ros.planner.grammar.sentence_grammar import SentenceGrammar
from taskmatrix_ros.registry import registry as registry_module
from taskmatrix_ros.registry.editor import Editor
from taskmatrix_ros.registry.registry import Registry


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setattr(registry_module, "_HELD", 100)
    (tmp_path / "home.yaml").write_text(RIGHT)
    registry = Registry()
    registry.load([tmp_path])
    documents = (
        ApiDocument.model_validate(
            {
                "name": f"meter_{number:03}",
                "version": "1.0.0",
                "description": f"Read meter {number}.",
                "effect": "read",
                "binding": {"kind": "http", "url": f"https://plant.example/{number}"},
            }
        )
        for number in range(300)
    )
    editor = Editor(registry)
    for _ in editor.register_bulk(documents, "plant", author="test", source="bulk", batch=100):
        pass
    editor.approve_package("plant", by="test")
    return registry


def test_all_of_them_can_be_walked_through(registry: Registry) -> None:
    documents = registry.documents()
    assert isinstance(documents, Narrowable)
    assert len(documents) == 302
    names = [document.name for document in documents]
    assert names == sorted(names)
    assert (documents[0].name, documents[-1].name) == (names[0], names[-1])
    assert [document.name for document in documents[2:4]] == names[2:4]
    with pytest.raises(IndexError):
        documents[302]
    assert registry.get("meter_007") is registry.get("meter_007")


def test_parts_are_found_in_the_store(registry: Registry) -> None:
    assert [document.name for document in of_kinds(registry.documents(), ("mqtt",))] == ["light_off", "light_on"]
    assert len(list(of_kinds(registry.documents(), ("http", "mqtt")))) == 302
    assert [document.name for document in that_speak(registry.documents())] == ["light_on"]
    grammar = SentenceGrammar(registry, "en")
    assert grammar.problems == ()
    assert len(grammar.templates) == 2  # of light_on, and of the composite that calls light_off too


def test_a_change_is_told_by_name(registry: Registry) -> None:
    before = registry.revision
    Editor(registry).delete("meter_005", author="test")
    assert registry.changes(before) == Changes(frozenset(), frozenset({"meter_005"}))
    assert len(registry.documents()) == 301
