"""What a person says becomes the right rule objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from rule_desk import ZONE, rule_desk

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.rule import Rule
from taskmatrix_ros.planner.timed.rule_words import rule_words
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.rules.rule_check import check_rule

KINDS = ("timed", "recurring", "conditional", "before_departure", "told", "cancel", "change", "refused", "plain")
TABLES: list[dict[str, list[dict[str, Any]]]] = [
    yaml.safe_load((Path(__file__).parent / name).read_text(encoding="utf-8"))
    for name in ("rule_sentences.yaml", "rule_sentences_of_many.yaml")
]
TABLE = {kind: [entry for table in TABLES for entry in table.get(kind, [])] for kind in KINDS}
MAKING = [entry for kind in ("timed", "recurring", "conditional", "before_departure") for entry in TABLE[kind]]
BERLIN = HomePlace(time_zone=ZONE, latitude_deg=52.52, longitude_deg=13.41)


def said(entry: dict[str, Any]) -> str:
    return str(entry["say"])


def as_rule(given: dict[str, Any]) -> Rule:
    plain = {name: value for name, value in given.items() if name != "code"}
    return Rule.model_validate({"id": "same", "action": {"code": given["code"]}} | plain)


def unnamed(rule: Rule) -> Rule:
    return rule.model_copy(update={"id": "same", "text": ""})


def test_the_table_is_large_enough() -> None:
    assert len(MAKING) + len(TABLE["cancel"]) + len(TABLE["change"]) + len(TABLE["told"]) >= 60


@pytest.mark.parametrize("entry", MAKING, ids=said)
def test_a_sentence_becomes_its_rules(entry: dict[str, Any]) -> None:
    at_once, calls = rule_desk().read(entry["say"])
    made = [Rule.model_validate(call["rule"]) for call in calls]
    assert [unnamed(rule) for rule in made] == [as_rule(given) for given in entry["rules"]]
    assert at_once == entry.get("do", "")
    assert all(call["api"] == "rule_add" for call in calls)
    for rule in made:
        assert list(check_rule(rule, BERLIN)) == []
        assert rule_words(rule, ZONE).endswith(".")


@pytest.mark.parametrize("entry", [*TABLE["told"], *TABLE["plain"]], ids=said)
def test_what_is_told_or_for_now_makes_no_rule(entry: dict[str, Any]) -> None:
    assert rule_desk().read(entry["say"]) == (entry["do"], [])


@pytest.mark.parametrize("entry", TABLE["cancel"], ids=lambda entry: f"{entry['say']} after {len(entry['after'])}")
def test_a_rule_is_cancelled(entry: dict[str, Any]) -> None:
    desk = rule_desk()
    _, calls = desk.read(entry["say"], desk.rules(*entry["after"]))
    assert calls == [{"api": entry["call"], "rule": rule} for rule in entry.get("rules", [entry.get("rule")])]


@pytest.mark.parametrize("entry", TABLE["change"], ids=lambda entry: f"{entry['say']} after {entry['after'][0]}")
def test_a_rule_is_changed(entry: dict[str, Any]) -> None:
    desk = rule_desk()
    before = desk.rules(*entry["after"])
    if entry.get("paused"):
        before = tuple(rule.model_copy(update={"enabled": False}) for rule in before)
    _, (call,) = desk.read(entry["say"], before)
    assert call["api"] == "rule_change"
    new = Rule.model_validate(call["new"])
    assert unnamed(new) == as_rule(entry["rule"])
    assert call["rule"] == new.id
    (old,) = (rule for rule in before if rule.id == new.id)
    assert new.text.startswith(f"{old.text}; ")


@pytest.mark.parametrize("entry", TABLE["refused"], ids=said)
def test_what_cannot_be_is_refused_and_says_why(entry: dict[str, Any]) -> None:
    with pytest.raises(PlanningError, match=entry["named"]) as caught:
        rule_desk().code(entry["say"])
    assert caught.value.error_code == entry["code"]


def test_a_change_is_left_to_the_home_where_the_rule_is_not_known() -> None:
    assert rule_desk().read("change that to 8")[1] == [{"api": "rule_change", "rule": "last", "change": "8"}]


def test_all_rules_are_paused_at_once() -> None:
    desk = rule_desk()
    before = desk.rules("at 9 am open the blinds", "turn off the fan in 20 minutes")
    _, calls = desk.read("pause all rules", before)
    assert [call["rule"] for call in calls] == ["open_blinds", "turn_off_fan"]
    assert [Rule.model_validate(call["new"]).enabled for call in calls] == [False, False]


@pytest.mark.parametrize("kind", ["timed", "recurring", "conditional", "before_departure"])
def test_rules_that_live_already_are_not_changed_by_making_others(kind: str) -> None:
    desk = rule_desk()
    before = desk.rules("at 9 am open the blinds", "every weekday at 7 wake me with soft music")
    for entry in TABLE[kind]:
        assert all(call["api"] == "rule_add" for call in desk.read(entry["say"], before)[1]), entry["say"]


@pytest.mark.parametrize(
    ("first", "then", "error"),
    [
        ("at 9 am open the blinds", "move it forward by 15 minutes", "AMBIGUOUS"),
        ("at 9 am open the blinds", "only at night", "TIMED"),
        ("at 9 am open the blinds", "only on weekends", "TIMED"),
        ("at 9 am open the blinds", "make it 24 degrees", "TIMED"),
        ("at 9 am open the blinds", "cancel the alarm", "UNKNOWN_RULE"),
        ("every weekday at 7 wake me with soft music", "make it 20 minutes", "TIMED"),
        ("ten minutes before I leave warm up the car", "make it half an hour later", "TIMED"),
        ("ten minutes before I leave warm up the car", "make it 8", "TIMED"),
        ("turn on the fan at noon and at 4 pm every day", "make it 8", "AMBIGUOUS"),
        ("on the first of every month at 10 remind me to pay rent", "change that to sunset", "INCOMPLETE"),
        ("when the front door opens turn on the hall light", "make it 20 minutes", "TIMED"),
    ],
)
def test_a_change_that_does_not_fit_is_refused(first: str, then: str, error: str) -> None:
    desk = rule_desk()
    with pytest.raises(PlanningError) as caught:
        desk.read(then, desk.rules(first))
    assert caught.value.error_code == error


LEADS = ("every day at 8", "at 9 pm", "when the front door opens", "every monday", "unless I'm away", "in 10 minutes")
BEHIND = (
    "",
    "at 10 pm",
    "for 20 minutes",
    "if the TV is on",
    "until 11 pm",
    "when I get home",
    "on mondays",
    "after sunset",
)


@pytest.mark.parametrize("lead", LEADS)
def test_nothing_is_done_at_once_that_begins_with_a_time_or_a_condition(lead: str) -> None:
    for command in ("turn on the fan", "turn on the fan and close the blinds", "turn on the fan and turn it off"):
        for behind in BEHIND:
            try:
                at_once, _ = rule_desk().read(f"{lead} {command} {behind}".strip())
            except PlanningError:
                continue
            assert at_once == "", (lead, command, behind)


@pytest.mark.parametrize(
    "text",
    [
        "play some jazz when pigs fly",
        "play some jazz on mondays",
        "play some jazz every day",
        "bring me the cup if the table is dirty",
        "play some jazz unless the neighbours complain",
    ],
)
def test_a_time_is_no_part_of_a_name(text: str) -> None:
    with pytest.raises(PlanningError):
        rule_desk().code(text)


@pytest.mark.parametrize("text", ["move the meeting to 3", "set the reminder to 6", "move the blinds to 9"])
def test_a_time_is_no_place_to_carry_something_to(text: str) -> None:
    with pytest.raises(PlanningError):
        rule_desk().code(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("put the fan on at 8", "fan_on()"),
        ("put the TV on in ten minutes", "tv_open()"),
        ("put the fan off at sunset", "fan_off()"),
    ],
)
def test_what_is_put_on_is_switched(text: str, code: str) -> None:
    at_once, (call,) = rule_desk().read(text)
    assert (at_once, call["rule"]["action"]["code"]) == ("", code)
