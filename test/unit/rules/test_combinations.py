"""Triggers made of several, calendars, storms, questions, and who has its way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from virtual_home import START, VirtualHome

from taskmatrix_ros.app.rules.rule_reader import parse_rules, write_rule
from taskmatrix_ros.core.errors import ManifestError
from taskmatrix_ros.core.rule import Verdict
from taskmatrix_ros.rules.home_place import HomePlace

WAKE = """
id: wake
mode: parallel
triggers:
  - kind: %s
    within_s: 60
    of:
      - {kind: state, key: bed.light, to: on}
      - {kind: state, key: bath.door, to: open}
      - {kind: event, event: button_pressed}
action: {code: music()}
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[VirtualHome]:
    home = VirtualHome(tmp_path / "home.sqlite")
    yield home
    home.database.close()


def light(home: VirtualHome) -> None:
    home.set("bed.light", "off")
    home.set("bed.light", "on")


def door(home: VirtualHome) -> None:
    home.set("bath.door", "closed")
    home.set("bath.door", "open")


def test_a_sequence_fires_in_its_order_and_within_its_time(home: VirtualHome) -> None:
    home.add(WAKE % "sequence")
    light(home)
    home.engine.event("button_pressed", {}, home.now)
    door(home)
    assert home.began == []
    home.engine.event("button_pressed", {}, home.now)
    assert len(home.began) == 1
    assert "one after the other within 0 s, the last by event button_pressed" in home.began[0].why
    light(home)
    door(home)
    home.wait(61)
    home.engine.event("button_pressed", {}, home.now)
    assert len(home.began) == 1
    door(home)  # it is the light that begins a sequence
    home.engine.event("button_pressed", {}, home.now)
    assert len(home.began) == 1


def test_a_later_beginning_counts_for_a_sequence(home: VirtualHome) -> None:
    home.add(WAKE % "sequence")
    light(home)
    home.wait(50)
    light(home)
    home.wait(50)
    door(home)
    home.engine.event("button_pressed", {}, home.now)
    assert len(home.began) == 1


def test_all_of_them_in_any_order_also_over_a_kill(home: VirtualHome) -> None:
    home.add(WAKE % "all")
    home.engine.event("button_pressed", {}, home.now)
    door(home)
    home.die(away_s=20)
    light(home)
    assert len(home.began) == 1
    light(home)
    assert len(home.began) == 1  # all of it must happen again
    home.wait(70)
    home.engine.event("button_pressed", {}, home.now)
    door(home)
    assert len(home.began) == 1


def test_any_of_them(home: VirtualHome) -> None:
    home.add((WAKE % "any").replace("    within_s: 60\n", ""))
    home.engine.event("button_pressed", {}, home.now)
    door(home)
    assert [firing.trigger for firing in home.began] == [0, 0]


def test_what_a_combination_wants_is_said() -> None:
    with pytest.raises(ManifestError, match="all and sequence want within_s"):
        parse_rules((WAKE % "all").replace("    within_s: 60\n", ""), "test", HomePlace())
    (rule,) = parse_rules(WAKE % "sequence", "test", HomePlace())
    assert parse_rules(write_rule(rule), "test", HomePlace()) == (rule,)
    with pytest.raises(ManifestError, match="61"):
        parse_rules(
            (WAKE % "all").replace("{kind: event, event: button_pressed}", "{kind: cron, expression: 61 * * * *}"),
            "test",
            HomePlace(),
        )


MEETING = (
    "{id: meeting, mode: parallel, triggers: [{kind: calendar, offset_s: -600, matching: dentist}],"
    " action: {code: remind()}}"
)


def entry(hours: float, title: str) -> dict[str, str]:
    at = START + timedelta(hours=hours)
    return {"starts_at": at.isoformat(), "ends_at": (at + timedelta(hours=1)).isoformat(), "title": title}


def test_a_calendars_entries_fire_with_their_offset_each_once(home: VirtualHome) -> None:
    home.add(MEETING)
    home.set("calendar.entries", [entry(1, "Dentist, Dr. May"), entry(2, "Lunch"), entry(3, "dentist again")])
    home.wait(3600)
    assert [firing.at for firing in home.began] == [START + timedelta(minutes=50)]
    assert "600 s before the start of 'Dentist, Dr. May'" in home.began[0].why
    home.set("calendar.entries", [entry(1, "Dentist, Dr. May"), entry(4, "dentist again")])  # moved by an hour
    home.wait(2.5 * 3600)
    assert len(home.began) == 1
    home.wait(3600)
    assert [firing.at for firing in home.began[1:]] == [START + timedelta(hours=4) - timedelta(minutes=10)]
    home.wait(86400)
    assert len(home.began) == 2


def test_a_calendar_that_is_none_is_told_and_waits(home: VirtualHome) -> None:
    home.add(MEETING)
    home.set("calendar.entries", "soon")
    home.set("calendar.entries", [{"title": "dentist"}])
    assert [trace.verdict for trace in home.traces("meeting")] == [Verdict.NOTED, Verdict.NOTED]
    home.set("calendar.entries", [entry(1, "dentist")])
    home.set("calendar.entries", [])
    home.wait(7200)
    assert home.began == []


def test_a_storm_is_dropped_and_told_once(home: VirtualHome) -> None:
    home.add(
        "{id: flap, mode: parallel, bound: 1000, most_per_minute: 10, triggers: [{kind: event, event: flap}],"
        " action: {code: x()}}"
    )
    for _ in range(50):
        home.engine.event("flap", {}, home.now)
    assert len(home.began) == 10
    assert home.engine.find("flap")[1].dropped == 40
    assert [kind for _, kind, _ in home.said if kind == "rule_storm"] == ["rule_storm"]
    home.wait(121)
    home.engine.event("flap", {}, home.now)
    assert len(home.began) == 11


def test_of_two_that_set_one_thing_otherwise_the_higher_priority_has_its_way(home: VirtualHome) -> None:
    home.effects = {"warm": {"ac.setpoint_c": 21.0}, "cool": {"ac.setpoint_c": 17.0}, "other": {"fan.state": "on"}}
    for name, priority in (("warm", 0), ("cool", 5), ("other", 0)):
        home.add(
            f"{{id: {name}, priority: {priority}, triggers: [{{kind: state, key: room.temperature_c, above: 25}},"
            f" {{kind: time, at: '09:00'}}], action: {{code: x()}}}}"
        )
    home.set("room.temperature_c", 20)
    home.set("room.temperature_c", 30)
    assert [firing.rule_id for firing in home.began] == ["cool", "other"]
    assert home.verdicts("warm") == [Verdict.DROPPED]
    assert "rule cool goes first and sets ac.setpoint_c to 17.0, not to 21.0" in home.traces("warm")[0].why
    for index in (0, 1):
        home.finish(index)
    home.wait(4 * 3600)
    assert [firing.rule_id for firing in home.began[2:]] == ["cool", "other"]


HAZARDOUS = "{id: door, triggers: [{kind: time, at: '07:00'}], missed_within_s: 7200, action: {code: unlock()}}"


@pytest.mark.parametrize("yes", [True, False])
def test_what_is_hazardous_and_late_is_asked_about_also_after_a_kill(home: VirtualHome, yes: bool) -> None:
    home.hazardous.add("door")
    home.add(HAZARDOUS)
    home.die(away_s=2 * 3600)
    assert home.began == []
    (asked,) = home.asked
    assert "3600 s late" in asked.why
    home.die(away_s=60)
    assert [firing.firing_id for firing in home.asked] == [asked.firing_id]
    home.engine.answered(asked.firing_id, home.now, yes=yes, said="a person said so")
    home.engine.answered(asked.firing_id, home.now, yes=True, said="a person said so")
    assert [firing.firing_id for firing in home.began] == ([asked.firing_id] if yes else [])
    assert home.engine.find("door")[1].missed == (0 if yes else 1)
    home.die(away_s=60)
    assert home.asked == []
    assert len(home.began) == (1 if yes else 0)


def test_what_is_hazardous_and_on_time_is_not_asked_about(home: VirtualHome) -> None:
    home.hazardous.add("door")
    home.add(HAZARDOUS)
    home.wait(3600)
    assert len(home.began) == 1


@pytest.mark.parametrize(("policy", "began", "asked"), [("run", 1, 0), ("skip", 0, 0), ("ask", 0, 1)])
def test_a_rule_says_itself_what_becomes_of_what_was_missed(
    home: VirtualHome, policy: str, began: int, asked: int
) -> None:
    home.hazardous.add("door")
    home.add(HAZARDOUS.replace("missed_within_s", f"missed: {policy}, missed_within_s"))
    home.die(away_s=2 * 3600)
    assert (len(home.began), len(home.asked)) == (began, asked)
