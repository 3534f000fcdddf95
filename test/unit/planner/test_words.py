"""Splitting and normalising text."""

from __future__ import annotations

import pytest

from taskmatrix_ros.planner.language.normalizer import Normalizer
from taskmatrix_ros.planner.language.phrasebooks import phrasebook_of
from taskmatrix_ros.planner.language.words import matched_text, written_name

NORMALIZER = Normalizer(phrasebook_of("en"), "en")


@pytest.mark.parametrize(
    ("text", "matched"),
    [
        ("Turn on the TV!", "Turn on the TV"),
        ("WAKE UP", "wake up"),
        ("don’t stop", "don't stop"),
        ("22°C", "22 °C"),
        ("50%, please", "50 % please"),
        ("1,250 m", "1250 m"),
        ("-5", "-5"),
        ("minus five", "-5"),
        ("negative 5.5", "-5.5"),
        ("twenty-two", "22"),
        ("twenty two point five oh", "22.5 oh"),
        ("one hundred and five", "105"),
        ("a hundred", "100"),
        ("one thousand", "1000"),
        ("twenty, two", "20 2"),
        ("the A.C. unit", "the AC unit"),
        ("AC/DC", "AC/DC"),
        ("(really) [now]", "really now"),
        ("", ""),
        ("?!…", ""),
    ],
)
def test_text_is_matched_as(text: str, matched: str) -> None:
    assert matched_text(NORMALIZER.words(text)) == matched


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Mr. Robot", "Mr. Robot"),
        ("Who's there?", "Who's there"),
        ('"What if?"', "What if?"),
        ("twenty one pilots", "twenty one pilots"),
        ("R.E.M.", "R.E.M."),
        ("“Rock and Roll”", "Rock and Roll"),
    ],
)
def test_a_name_keeps_how_it_is_written(text: str, name: str) -> None:
    assert written_name(NORMALIZER.words(text)) == name


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("hey robot, could you please turn it on, thanks", "turn it on"),
        ("would you mind bringing it", "bring it"),
        ("do you mind sitting down", "sit down"),
        ("and then after that go", "go"),
        ("please", ""),
        ("next song", "next song"),
    ],
)
def test_politeness_is_taken_off(text: str, left: str) -> None:
    verbs = {"bring", "sit", "next"}
    assert matched_text(NORMALIZER.trimmed(NORMALIZER.words(text), verbs)) == left


def test_a_weak_closer_stays_if_it_is_written_as_a_name() -> None:
    words = NORMALIZER.words("play Apocalypse Now")
    assert NORMALIZER.without_weak_closer(words) == words
    assert matched_text(NORMALIZER.without_weak_closer(NORMALIZER.words("play it right now, please"))) != "play it"
    assert matched_text(NORMALIZER.without_weak_closer(NORMALIZER.words("play it for me right now"))) == "play it"
