"""Of what a model wrote only what makes sense is kept."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shipped_catalogue import shipped

from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.planner.model.code_reply import read_code
from taskmatrix_ros.planner.model.document_card import catalogue_card, document_card
from taskmatrix_ros.planner.model.outline_reply import read_steps, steps_so_far

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def step(**fields: Any) -> Any:
    [only] = read_steps({"steps": [{"text": "do it", **fields}]}, "m")
    return only


@pytest.mark.parametrize(
    ("given_goal", "kept"),
    [
        ('state["tv.state"] == "on"', True),
        ("tv is on", False),
        ('args.light == "kitchen"', False),
        ("true", False),
        ("now > timestamp(0)", False),
        ('state["a.b"] == ' + "(" * 500, False),
        (None, False),
        (3, False),
    ],
)
def test_a_goal_is_kept_only_if_it_is_cel_over_state(given_goal: Any, kept: bool) -> None:
    assert step(goal=given_goal).goal == (given_goal if kept else None)


def test_an_effect_that_is_none_counts_as_acting() -> None:
    assert step(effect="read").effect is Effect.READ
    assert [step(effect=given_effect).effect for given_effect in ("harmless", None, [], 0)] == [Effect.ACTUATE] * 4


def test_steps_are_numbered_anew_and_need_only_earlier_ones() -> None:
    reply = {
        "steps": [
            {"id": "b", "text": "one", "needs": ["a", "b"]},
            {"id": "x", "text": "  "},
            {"id": "a", "text": "two\nlines", "needs": ["b", "b", "x"]},
            "three",
        ]
    }
    steps = read_steps(reply, "m")
    assert [(each.id, each.text, each.needs) for each in steps] == [
        ("1", "one", ()),
        ("2", "two lines", ("1",)),
        ("3", "three", ()),
    ]


@given(JSON, JSON)
def test_no_reply_breaks_the_readers(steps: Any, other: Any) -> None:
    steps_so_far({"steps": steps})
    read_code({"code": other, "missing": steps})
    with contextlib.suppress(PlanningError):
        assert read_steps({"steps": steps, "question": other, "refusal": other}, "m")


@pytest.mark.parametrize(
    "text", ["tv_open()", "```python\ntv_open()\n```", "\n  tv_open()\n", "```\ntv_open()\n```\n", "tv_open()\r\n"]
)
def test_code_is_taken_out_of_its_wrapping(text: str) -> None:
    assert read_code({"code": text}).source == "tv_open()"


def test_a_card_says_what_a_model_must_know() -> None:
    catalogue = shipped()
    document = catalogue.get("robot_pick_up")
    assert document is not None
    card = document_card(document)
    assert card.splitlines()[0].startswith("robot_pick_up(object: string)")
    assert "first: robot_find with the same object" in card
    assert "requires:" in card
    assert "errors:" in card
    assert len(card) < 1500
    names = catalogue_card(catalogue.documents(), 100)
    assert names.count("\n") == 1
    assert catalogue_card(catalogue.documents(), 3) == ""
