"""An outline stays in order whatever a person does to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import RequestError
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.core.outline_edits import (
    as_template,
    filled,
    free_id,
    moved,
    spoken_step,
    with_step,
    with_words,
    without_step,
)


def outline(*texts: str) -> Outline:
    steps = [
        OutlineStep(id=str(number), text=text, needs=(str(number - 1),) if number > 1 else (), goal='state["a.b"] == 1')
        for number, text in enumerate(texts, start=1)
    ]
    return Outline(instruction="go", steps=tuple(steps), planner="offline")


ABC = outline("a", "b", "c")


def shown(changed: Outline) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(step.id, step.text, step.needs) for step in changed.steps]


def test_steps_are_added_reworded_left_out_and_moved() -> None:
    assert shown(with_step(ABC, spoken_step(free_id(ABC), " d  e "), before="2")) == [
        ("1", "a", ()), ("4", "d e", ()), ("2", "b", ("1",)), ("3", "c", ("2",))
    ]  # fmt: skip
    assert shown(without_step(ABC, "2")) == [("1", "a", ()), ("3", "c", ("1",))]
    assert shown(moved(ABC, "3", before="1")) == [("3", "c", ()), ("1", "a", ()), ("2", "b", ("1",))]
    assert shown(moved(ABC, "1"))[-1] == ("1", "a", ())
    reworded = with_words(ABC, spoken_step("2", "x"))
    assert shown(reworded)[1] == ("2", "x", ("1",))
    step = reworded.steps[1]
    assert (step.goal, step.effect) == (None, Effect.HAZARDOUS), "other words keep nothing of the old step"
    assert (reworded.planner, reworded.outline_id) == ("person", ABC.outline_id)


def test_what_does_not_fit_is_refused() -> None:
    for wrong in (
        lambda: without_step(ABC, "9"),
        lambda: moved(ABC, "1", before="9"),
        lambda: with_step(ABC, spoken_step("1", "again")),
        lambda: with_step(ABC, spoken_step("9", "d"), before="8"),
        lambda: spoken_step("1", "  "),
        lambda: as_template(ABC, "t", ["room"], "id"),
        lambda: as_template(outline("in the {room}"), "t", [], "id"),
        lambda: as_template(ABC, " ", [], "id"),
    ):
        with pytest.raises(RequestError, match=r"^edit_outline: "):
            wrong()


def test_a_template_is_filled_in() -> None:
    template = as_template(outline("light in the {room}", "music"), "evening", ["room"], "t1")
    assert (template.is_template, template.outline_id, template.parameters) == (True, "t1", ("room",))
    made = filled(template, {"room": "hall {room}"})
    assert [step.text for step in made.steps] == ["light in the hall {room}", "music"]
    for values in ({}, {"room": "a", "more": "b"}, {"rom": "a"}):
        with pytest.raises(RequestError, match="its parameters are room"):
            filled(template, values)


@given(st.lists(st.tuples(st.sampled_from("idm"), st.integers(1, 9), st.integers(0, 9)), max_size=12))
def test_needs_always_name_earlier_steps(edits: list[tuple[str, int, int]]) -> None:
    now = ABC
    for kind, first, second in edits:
        before = str(second) if second else ""
        try:
            if kind == "i":
                now = with_step(now, spoken_step(free_id(now), "new"), before=before)
            elif kind == "d":
                now = without_step(now, str(first))
            else:
                now = moved(now, str(first), before=before)
        except RequestError:
            continue
    seen: set[str] = set()
    for step in now.steps:
        assert set(step.needs) <= seen
        assert step.id not in seen
        seen.add(step.id)
