"""A model may word the facts of a run, and add nothing."""

from __future__ import annotations

import pytest

from taskmatrix_ros.planner.model.answer_check import says_only

FACTS = ("light.kitchen.state is on", "light.kitchen.brightness_pct is 40", "news read: Rain in Paris today")
ASKED = "is the kitchen light at 30 percent for Ann"


@pytest.mark.parametrize(
    "answer",
    [
        "The kitchen light is on at 40 percent.",
        "Your kitchen light shines at 40%. The news says: rain in Paris today.",
        "It is on now, Ann.",
    ],
)
def test_an_answer_of_the_facts_is_taken(answer: str) -> None:
    assert says_only(answer, FACTS, ASKED)


@pytest.mark.parametrize(
    "answer",
    [
        "The kitchen light is at 30 percent.",
        "The kitchen light is off.",
        "The kitchen light is on at forty percent.",
        "The light is on, and the front door is locked.",
        "It rains in London today.",
        "All lights are on.",
        "See evil.example for more.",
        "",
        "on\non",
        "The light is on. " * 40,
    ],
)
def test_an_answer_with_more_than_the_facts_is_not(answer: str) -> None:
    assert not says_only(answer, FACTS, ASKED)
