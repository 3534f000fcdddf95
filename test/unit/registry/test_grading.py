from __future__ import annotations

from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.registry.grading import Grade, grade
from taskmatrix_ros.registry.registry import Registry

GOOD: dict[str, Any] = {
    "name": "blind_lower",
    "description": "Lower the roller blind of a window to a height above its sill.",
    "parameters": {"height_m": {"type": "number", "minimum": 0, "maximum": 2, "description": "Above the sill."}},
    "errors": [{"code": "JAMMED", "description": "Something is in the way."}],
    "usage_examples": [{"instruction": "lower the blind", "code": "blind_lower(height_m=0)"}],
    "sets": {"blind.height_m": "args.height_m"},
    "effect": "actuate",
    "binding": {"kind": "mqtt", "topic": "blind/set", "payload": "{height_m}"},
}


def graded(*documents: dict[str, Any]) -> list[Grade]:
    return list(grade([ApiDocument.model_validate(document) for document in documents]))


def codes(document: dict[str, Any], *others: dict[str, Any]) -> list[str]:
    (own,) = (one for one in graded(document, *others) if one.name == document["name"])
    return [remark.code for remark in own.remarks]


def test_a_good_document_has_nothing_said_of_it() -> None:
    (one,) = graded(GOOD)
    assert (one.letter, one.score, one.remarks) == ("A", 1.0, ())


def test_each_lack_is_named_with_why_and_remedy() -> None:
    assert codes({**GOOD, "description": "Do the thing."}) == ["vague"]
    plain = {**GOOD, "parameters": {"height": {"type": "number", "description": "x"}}, "sets": {}, "ensures": ["true"]}
    assert codes({**plain, "usage_examples": []}) == ["units", "no-example"]
    assert codes({**plain, "parameters": {"height": {"type": "number", "unit": "m"}}}) == ["undescribed"]
    assert codes({**GOOD, "after": [{"api": "blind_unlock"}]}) == ["no-composition"]
    assert codes({**GOOD, "after": [{"api": "blind_unlock"}], "composition": "Unlock it first."}) == []
    assert codes({**GOOD, "sets": {}}) == ["unconfirmed"]
    assert codes({**GOOD, "errors": []}) == ["no-errors"]


def test_descriptions_that_are_hard_to_tell_apart() -> None:
    twin = {**GOOD, "name": "blind_down", "description": "Lower the roller blind of a window to the height above sill."}
    other = {**GOOD, "name": "lamp_on", "description": "Switch the ceiling lamp of a room on at full brightness."}
    assert codes(GOOD, twin, other) == ["near-duplicate"]
    assert codes(other, GOOD, twin) == []


def test_the_documents_that_ship_are_graded_and_none_is_bad() -> None:
    registry = Registry()
    registry.load([resource("api_manifests")])
    found = grade(registry.documents())
    registry.close()
    assert {one.letter for one in found} <= {"A", "B", "C"}, [one for one in found if one.letter > "C"]
    for one in found:
        for remark in one.remarks:
            assert remark.problem
            assert remark.why
            assert remark.remedy
