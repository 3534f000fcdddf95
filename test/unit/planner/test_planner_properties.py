"""What holds for any text."""

from __future__ import annotations

import ast
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from planner_desk import Desk
from sentence_table import REFUSED, UNDERSTOOD

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.instruction import MAX_TEXT
from taskmatrix_ros.core.outline import Outline

SENTENCES = [text for text, _ in UNDERSTOOD] + [text for text, _, _ in REFUSED]
VOCABULARY = sorted({word for text in SENTENCES for word in text.split()} | {"and", "then", ",", ".", '"', "it", "or"})
ANY_TEXT = st.text(min_size=1, max_size=200)
WORD_SALAD = st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=25).map(" ".join)
JOINED = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=4).flatmap(
    lambda parts: st.sampled_from([" and ", ", ", " then ", ". ", "; after that "]).map(lambda joint: joint.join(parts))
)
TEXTS = st.one_of(ANY_TEXT, WORD_SALAD, JOINED).filter(lambda text: bool(text.strip()))

relaxed = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def plan(desk: Desk, text: str) -> Outline | None:
    """Give the outline, or None where it is refused; any other error fails the test."""
    try:
        return desk.outline(text)
    except PlanningError as error:
        refusal = error
    assert refusal.message
    assert "\n" not in refusal.message
    assert len(refusal.nearest) <= 3
    return None


@given(text=TEXTS)
@relaxed
def test_any_text_is_planned_or_refused_in_one_line(desk: Desk, text: str) -> None:
    plan(desk, text)


@given(text=TEXTS)
@relaxed
def test_code_is_python_that_calls_known_apis_with_allowed_values(desk: Desk, text: str) -> None:
    outline = plan(desk, text)
    if outline is None:
        return
    code = desk.write(outline)
    pinned = {pin.name for pin in code.documents}
    assert [lines.step for lines in code.steps] == [step.id for step in outline.steps]
    told = [number for lines in code.steps for number in range(lines.first, lines.last + 1)]
    assert told == list(range(1, code.source.count("\n") + 2))
    for line in code.source.split("\n"):
        call = ast.parse(line, mode="eval").body
        assert isinstance(call, ast.Call)
        assert isinstance(call.func, ast.Name)
        document = desk.catalogue.get(call.func.id)
        assert document is not None
        assert document.name in pinned
        for keyword in call.keywords:
            assert document.parameters[keyword.arg or ""].problem(ast.literal_eval(keyword.value)) is None


@given(text=TEXTS)
@relaxed
def test_steps_read_again_give_the_same_steps_and_code(desk: Desk, text: str) -> None:
    outline = plan(desk, text)
    if outline is None:
        return
    first = desk.write(outline)
    assert desk.write(outline) == first
    if len(outline.steps) == 1:
        again = desk.outline(outline.steps[0].text)
        assert [step.text for step in again.steps] == [step.text for step in outline.steps]
        assert desk.write(again) == first


@given(text=TEXTS)
@relaxed
def test_the_outline_foretells_the_code(desk: Desk, text: str) -> None:
    """Code for the first steps alone is the beginning of the code for all."""
    outline = plan(desk, text)
    if outline is None:
        return
    whole = desk.write(outline).source.split("\n")
    part = desk.write(outline.model_copy(update={"steps": outline.steps[:1]})).source.split("\n")
    assert whole[: len(part)] == part


JOINTS = (" and ", ", ", " then ", ". ", "; after that ", ", and ")
COMMANDS = [text.rstrip(".?!") for text, _ in UNDERSTOOD]
FAULTS = [text for text, code, _ in REFUSED if code != "AMBIGUOUS" and text.strip(".") not in ("", "please")]


@given(parts=st.lists(st.sampled_from(COMMANDS), min_size=2, max_size=4), joint=st.sampled_from(JOINTS))
@relaxed
def test_joined_commands_are_the_commands_one_by_one(desk: Desk, parts: list[str], joint: str) -> None:
    alone = [step.text for part in parts for step in desk.outline(part).steps]
    assert [step.text for step in desk.outline(joint.join(parts)).steps] == alone


@given(
    fault=st.sampled_from(FAULTS), other=st.sampled_from(COMMANDS), joint=st.sampled_from(JOINTS), first=st.booleans()
)
@relaxed
def test_a_fault_is_refused_whatever_it_is_joined_to(
    desk: Desk, fault: str, other: str, joint: str, *, first: bool
) -> None:
    """It is never taken as part of a name of the other command."""
    with pytest.raises(PlanningError):
        desk.outline(joint.join([fault, other] if first else [other, fault]))


HOSTILE = {
    "one long word": "a" * MAX_TEXT,
    "quotes": '"' * MAX_TEXT,
    "commas": "," * (MAX_TEXT - 1) + "x",
    "brackets": "(" * 2000 + ")" * 2000,
    "braces": "{object}" * 500,
    "prepositions": "put the cup " + "on the table " * 300,
    "joints": "turn on the tv " + "and the kitchen light " * 180,
    "joints within bounds": "turn off the tv " + "and the foo " * 11,
    "unknown parts": " and ".join(["frobnicate the foo bar baz qux quux on the table"] * 12),
    "many names": " and ".join(f"put the cup on the shelf on the table {n}" for n in range(12)),
    "pronouns": "turn on the kitchen light" + " and turn it off" * 11,
    "numbers": "set the ac to " + "one hundred " * 300,
    "politeness": "please " * 570,
    "hyphens": "turn-on-the-tv-" * 260,
    "underscores": "turn_on_the_tv_" * 260,
    "invisible": "\u200b" * 3999 + "a",
    "folding": "ß" * MAX_TEXT,
    "digits": "set the ac to " + "9" * 3900,
    "a long title": "play " + "word " * 190,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_takes_little_time(desk: Desk, text: str) -> None:
    """The bound is twenty times what an idle machine needs: it catches a blow-up, not a slow day."""
    began = time.process_time()
    plan(desk, text[:MAX_TEXT])
    assert time.process_time() - began < 3.0


def test_too_many_words_and_commands_are_refused_at_once(desk: Desk) -> None:
    for text in ("word " * 201, "turn on the tv and " * 13 + "turn off the tv"):
        with pytest.raises(PlanningError) as caught:
            desk.outline(text)
        assert caught.value.error_code == "TOO_LONG"
