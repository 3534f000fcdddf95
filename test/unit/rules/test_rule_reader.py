"""Rules in YAML: what is right is read to the same rule again, what is wrong has a place and a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskmatrix_ros.app.rules.rule_reader import MAX_BYTES, load_rules, parse_rules, write_rule
from taskmatrix_ros.core.errors import ManifestError
from taskmatrix_ros.core.rule import BeforeTrigger, StateTrigger
from taskmatrix_ros.rules.home_place import HomePlace

BERLIN = HomePlace(time_zone="Europe/Berlin")

CAR = """
id: warm_car
text: When it is below 5 degrees and I am leaving, warm up the car ten minutes before I leave
triggers:
  - {kind: before, key: user.departure_at, offset_s: 600}
  - {kind: state, key: light.hall.state, from: off, to: [on, true, 5], for_s: 20}
  - {kind: date, at: 2026-12-24T18:00}
condition: state["weather.temperature_c"] < 5
action: {instruction: turn on the air conditioner}
mode: queued
"""


def test_a_rule_is_read_and_written_to_the_same_rule() -> None:
    (rule,) = parse_rules(CAR, "car.yaml", BERLIN)
    assert rule.triggers[0] == BeforeTrigger(kind="before", key="user.departure_at", offset_s=600)
    hall = rule.triggers[1]
    assert isinstance(hall, StateTrigger)
    assert (hall.from_, hall.to) == (("off",), ("on", True, 5.0))
    assert parse_rules(write_rule(rule), "again.yaml", BERLIN) == (rule,)


def rule_with(trigger: str, rest: str = "") -> str:
    return f"rules:\n  - id: one\n    triggers:\n      - {trigger}\n    action: {{code: lights_off()}}\n{rest}"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (rule_with('{kind: cron, expression: "61 * * * *"}'), 4, "minutes 0..59"),
        (rule_with('{kind: cron, expression: "* * *"}'), 4, "has 3 fields"),
        (rule_with("{kind: date, at: 2026-02-30T10:00}"), 4, "day value is outside"),
        (rule_with('{kind: time, at: "25:00"}'), 4, "hours go to 23"),
        (rule_with("{kind: sun, event: sunset}"), 4, "home.latitude_deg"),
        (rule_with("{kind: time, at: '07:00', weekday: [mon]}"), 4, "did you mean 'weekdays'"),
        (rule_with("{kind: bfore, key: a.b, offset_s: 600}"), 4, "did you mean 'before'"),
        (rule_with("{kind: state, key: a.b, above: 5, below: 4}"), 4, "leave no value between"),
        (rule_with("{kind: time, at: '07:00'}", '    condition: state["a.b" < 5\n'), 6, "line 1, column 16"),
        (rule_with("{kind: time, at: '07:00'}", "    condition: args.x == 1\n"), 6, "no args"),
        (rule_with("{kind: time, at: '07:00'}", "    modee: single\n"), 6, "did you mean 'mode'"),
        ("id: one\ntriggers: []\naction: {code: lights_off()}\n", 1, "never starts"),
        ("id: one\ntriggers: [{kind: time, at: '07:00'}]\naction: {}\n", 3, "code or an instruction"),
        ("- 1\n", 1, "no mapping"),
    ],
)
def test_what_is_wrong_has_its_line_and_a_remedy(text: str, line: int, said: str) -> None:
    with pytest.raises(ManifestError) as caught:
        parse_rules(text, "home.yaml", BERLIN)
    assert len(caught.value.diagnostics) == 1, str(caught.value)
    found = caught.value.diagnostics[0]
    assert (found.file, found.line) == ("home.yaml", line)
    assert said in str(found)
    assert found.hint


def test_two_rules_with_one_id_are_refused_with_the_place_of_the_second() -> None:
    one = "  - {id: same, triggers: [{kind: time, at: '07:00'}], action: {code: lights_off()}}\n"
    with pytest.raises(ManifestError, match=r"home\.yaml:3:\d+: rules\[1\]\.id: rule 'same' stands twice"):
        parse_rules(f"rules:\n{one}{one}", "home.yaml", BERLIN)


def test_a_file_of_five_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes(b"#" * 5 * MAX_BYTES)
    with pytest.raises(ManifestError, match="5000000 bytes is more than"):
        load_rules(path, BERLIN)
