"""What a channel may do, and how it is told what it may not."""

from __future__ import annotations

import pytest

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.rights import Rights


def api(name: str, effect: str = "actuate") -> ApiDocument:
    return ApiDocument.model_validate(
        {"name": name, "description": "x", "effect": effect, "binding": {"kind": "mqtt", "topic": "a"}}
    )


@pytest.mark.parametrize(
    ("rights", "document", "said"),
    [
        ({}, api("door_unlock", "hazardous"), None),
        ({"effects": ["read", "notify"]}, api("say", "notify"), None),
        (
            {"effects": ["notify", "read"]},
            api("light_on"),
            "light_on would actuate something, and mqtt may only: read,",
        ),
        ({"effects": []}, api("look", "read"), "mqtt may only: nothing"),
        ({"apis": ["light_*"]}, api("light_on"), None),
        ({"apis": ["light_*"]}, api("fan_on"), "mqtt may not call fan_on; allowed: light_*"),
        ({"apis": []}, api("fan_on"), "allowed: nothing"),
        ({"apis": ["*"], "deny": ["fan_*"]}, api("fan_on"), "mqtt may not call fan_on: fan_* is denied to it"),
        ({"narrowed_by": {"who": "guest", "deny": ["fan_*"]}}, api("fan_on"), "guest may not call fan_on"),
        ({"narrowed_by": {"who": "guest", "apis": ["fan_*"]}}, api("fan_on"), None),
    ],
)
def test_objections(rights: dict[str, object], document: ApiDocument, said: str | None) -> None:
    found = Rights.model_validate({"who": "mqtt", **rights}).objection(document)
    assert found is None if said is None else said in str(found)


def test_narrowing_never_gives_a_right() -> None:
    house = Rights(who="ros", effects=frozenset({Effect.READ, Effect.ACTUATE}), apis=("light_*", "fan_*"))
    both = house.narrowed(Rights(who="guest", apis=("*",))).narrowed(Rights(who="child", deny=("fan_*",)))
    assert both.objection(api("light_on")) is None
    assert "ros may only" in str(both.objection(api("light_boom", "hazardous")))
    assert "ros may not call door_open" in str(both.objection(api("door_open")))
    assert "child may not call fan_on" in str(both.objection(api("fan_on")))
    assert Rights.model_validate_json(both.model_dump_json()) == both
