"""The engine on a clock that the tests move."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from virtual_home import START, VirtualHome

from taskmatrix_ros.core.errors import RequestError
from taskmatrix_ros.core.rule import Verdict

DARK = "{id: dark, triggers: [{kind: state, key: hall.light, to: off%s}], action: {code: lamp_on()}%s}"
COLD = "{id: cold, triggers: [{kind: state, key: out.temperature_c, below: 5}], action: {code: heat()}%s}"
CAR = (
    "{id: car, triggers: [{kind: before, key: user.departure_at, offset_s: 600%s}],"
    " condition: 'state[\"out.temperature_c\"] < 5', action: {code: warm()}%s}"
)
DAILY = "{id: daily, triggers: [{kind: time, at: '07:00'}], action: {code: music()}%s}"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[VirtualHome]:
    home = VirtualHome(tmp_path / "home.sqlite")
    yield home
    home.database.close()


def test_a_threshold_fires_on_crossing_and_again_only_after_it_was_left(home: VirtualHome) -> None:
    home.set("out.temperature_c", 8)
    home.add(COLD % ", mode: parallel")
    for value in (6, 5, 4.9, 4, None, 3, 5, 4):
        home.set("out.temperature_c", value)
    assert len(home.began) == 2
    assert home.began[0].why == "out.temperature_c went from 5 to 4.9"


def test_what_was_so_before_the_rule_came_does_not_start_it(home: VirtualHome) -> None:
    home.set("out.temperature_c", 2)
    home.add(COLD % "")
    home.set("out.temperature_c", 1)
    assert home.began == []


def test_what_crossed_while_nobody_listened_starts_it_with_the_first_word(home: VirtualHome) -> None:
    home.set("out.temperature_c", 8)
    home.add(COLD % "")
    home.die(away_s=60)
    home.set("out.temperature_c", 3)
    assert len(home.began) == 1
    home.finish()
    home.die(away_s=60)
    home.set("out.temperature_c", 2)
    assert home.began == []


def test_single_drops_and_says_so(home: VirtualHome) -> None:
    home.add(DARK % ("", ""))
    for _ in range(3):
        home.set("hall.light", "on")
        home.set("hall.light", "off")
    assert len(home.began) == 1
    assert home.engine.find("dark")[1].dropped == 2
    assert "mode single" in home.traces("dark")[0].why
    home.finish()
    home.set("hall.light", "on")
    home.set("hall.light", "off")
    assert len(home.began) == 2


def test_queued_runs_one_after_the_other_up_to_its_bound_also_after_a_kill(home: VirtualHome) -> None:
    home.add(DARK % ("", ", mode: queued, bound: 5"))
    for _ in range(8):
        home.set("hall.light", "on")
        home.set("hall.light", "off")
    assert (len(home.began), home.engine.find("dark")[1].dropped) == (1, 2)
    first = home.began[0].firing_id
    home.die()
    assert [firing.firing_id for firing in home.began] == [first]
    for _ in range(6):
        home.finish()
    ids = [firing.firing_id for firing in home.began]
    assert len(ids) == len(set(ids)) == 6
    assert [firing.firing_id.rsplit(":", 1)[1] for firing in home.began] == list("012345")
    home.die()
    assert home.began == []


def test_restart_cancels_what_runs_and_keeps_only_the_latest(home: VirtualHome) -> None:
    home.add(DARK % ("", ", mode: restart"))
    for _ in range(3):
        home.set("hall.light", "on")
        home.set("hall.light", "off")
    assert home.cancelled == [home.began[0].firing_id] * 2
    home.finish()
    assert [firing.firing_id.rsplit(":", 1)[1] for firing in home.began] == ["0", "2"]


def test_parallel_has_a_bound(home: VirtualHome) -> None:
    home.add(DARK % ("", ", mode: parallel, bound: 2"))
    for _ in range(3):
        home.set("hall.light", "on")
        home.set("hall.light", "off")
    assert (len(home.began), home.engine.find("dark")[1].dropped) == (2, 1)


def test_cooldown_once_and_expiry(home: VirtualHome) -> None:
    home.add(DARK % ("", ", mode: parallel, cooldown_s: 60"))
    for seconds in (0, 59, 1):
        home.wait(seconds)
        home.set("hall.light", "on")
        home.set("hall.light", "off")
    assert len(home.began) == 2
    home.engine.delete("dark")
    home.add(DARK % ("", ", once: true"))
    for _ in range(2):
        home.set("hall.light", "on")
        home.set("hall.light", "off")
    assert len(home.began) == 3
    assert not home.engine.find("dark")[0].enabled
    home.add((DAILY % ", mode: parallel"), expires_at=START + timedelta(days=2))
    home.wait(5 * 86400)
    assert home.engine.find("daily")[1].fired == 2


def test_for_is_counted_from_the_change_and_given_up_when_it_changes_back(home: VirtualHome) -> None:
    home.add(DARK % (", for_s: 20", ""))
    home.set("hall.light", "off")
    home.wait(19)
    home.set("hall.light", "on")
    home.wait(60)
    assert home.began == []
    assert home.verdicts("dark") == [Verdict.DROPPED]
    home.set("hall.light", "off")
    home.set("hall.light", None)  # a blip is no change
    home.wait(5)
    home.set("hall.light", "off")
    home.wait(14.9)
    assert home.began == []
    home.wait(0.1)
    assert len(home.began) == 1


def test_for_that_fell_due_while_away_waits_for_a_fresh_word(home: VirtualHome) -> None:
    home.add(DARK % (", for_s: 20", ""))
    home.set("hall.light", "off")
    home.die(away_s=30)
    assert home.began == []
    home.set("hall.light", "off")
    assert len(home.began) == 1
    home.finish()
    home.set("hall.light", "on")
    home.set("hall.light", "off")
    home.die(away_s=30)
    home.set("hall.light", "on")
    home.wait(100)
    assert home.began == []


def test_for_not_yet_due_fires_at_its_original_moment_after_a_kill_and_outlives_edits(home: VirtualHome) -> None:
    rule = home.add(DARK % (", for_s: 20", ""))
    home.set("hall.light", "off")
    home.wait(5)
    home.die(away_s=5)
    home.set("hall.light", "off")
    home.engine.update(rule.model_copy(update={"text": "other words"}), home.now)
    home.wait(30)
    assert [firing.at for firing in home.began] == [START + timedelta(seconds=20)]


@pytest.mark.parametrize(("temperature", "fires"), [(2, 1), (12, 0)])
def test_ten_minutes_before_leaving_if_it_is_cold(home: VirtualHome, temperature: float, fires: int) -> None:
    home.add(CAR % ("", ""))
    home.set("out.temperature_c", temperature)
    home.set("user.departure_at", "2026-03-02T08:00+00:00")
    home.wait(6599)
    assert home.began == []
    home.wait(1)
    assert len(home.began) == fires
    assert home.verdicts("car") == [Verdict.FIRED if fires else Verdict.BLOCKED]
    if not fires:
        assert "out.temperature_c is 12" in home.traces("car")[0].why


def test_the_moment_moves_and_so_does_what_comes_before_it(home: VirtualHome) -> None:
    home.add(CAR % ("", ""))
    home.set("out.temperature_c", 2)
    home.set("user.departure_at", "2026-03-02T08:00+00:00")
    home.wait(3600)
    home.set("user.departure_at", "2026-03-02T08:10+00:00")
    home.die(away_s=60)
    home.set("out.temperature_c", 2)
    home.wait(3 * 3600)
    assert [firing.at for firing in home.began] == [START + timedelta(hours=2)]
    home.set("user.departure_at", "2026-03-02T08:10+00:00")  # a device repeats itself
    home.wait(3600)
    assert len(home.began) == 1


@pytest.mark.parametrize(("policy", "fires"), [("run", 1), ("skip", 0)])
def test_too_late_to_be_ten_minutes_before(home: VirtualHome, policy: str, fires: int) -> None:
    home.add(CAR % (f", too_late: {policy}", ""))
    home.set("out.temperature_c", 2)
    home.set("user.departure_at", "2026-03-02T06:05+00:00")
    assert len(home.began) == fires
    assert home.engine.find("car")[1].missed == 1 - fires
    home.set("user.departure_at", "2026-03-02T05:55+00:00")
    home.wait(86400)
    assert len(home.began) == fires


def test_a_departure_that_is_called_off_or_is_no_moment(home: VirtualHome) -> None:
    home.add(CAR % ("", ""))
    home.set("out.temperature_c", 2)
    home.set("user.departure_at", "2026-03-02T08:00+00:00")
    home.set("user.departure_at", None)
    home.set("user.departure_at", "soon")
    home.wait(86400)
    assert home.began == []
    assert "no moment" in home.traces("car")[0].why


def test_after_a_kill_the_condition_waits_for_the_first_word_of_the_thermometer(home: VirtualHome) -> None:
    home.add(CAR % ("", ""))
    home.set("out.temperature_c", 2)
    home.set("user.departure_at", "2026-03-02T08:00+00:00")
    home.die(away_s=6605)
    home.wait(2)
    assert home.began == []
    home.set("out.temperature_c", 2)
    assert len(home.began) == 1
    home.die()
    assert len(home.began) == 1  # the same firing, so the same run
    home.finish()
    home.die()
    assert home.began == []


@pytest.mark.parametrize(
    ("policy", "away_s", "fires", "missed"),
    [
        (", missed: skip", 3900, 0, 1),
        (", missed_within_s: 600", 3900, 1, 0),
        (", missed_within_s: 600", 4300, 0, 1),
        (", missed_within_s: 600", 3900 + 3 * 86400, 1, 3),
        ("", 3000, 0, 0),
    ],
)
def test_a_moment_in_the_downtime_is_run_late_or_skipped_and_always_counted(
    home: VirtualHome, policy: str, away_s: float, fires: int, missed: int
) -> None:
    home.add(DAILY % policy)
    home.die(away_s=away_s)
    assert (len(home.began), home.engine.find("daily")[1].missed) == (fires, missed)
    home.finish() if fires else None
    home.wait(86400)
    assert home.engine.find("daily")[1].fired == fires + 1


def test_a_clock_that_jumps_back_fires_nothing_twice(home: VirtualHome) -> None:
    home.add(DAILY % ", mode: parallel")
    home.wait(3601)
    home.now -= timedelta(minutes=30)
    home.wait(3600)
    assert len(home.began) == 1


def test_a_rule_that_starts_itself_is_stopped_and_reported(home: VirtualHome) -> None:
    home.add("{id: toggle, triggers: [{kind: state, key: lamp.state}], action: {code: toggle()}, mode: parallel}")
    home.set("lamp.state", "on")
    home.set("lamp.state", "off")
    runs = 0
    while len(home.began) > runs:
        runs = len(home.began)
        home.engine.writes(home.began[-1], ["lamp.state"])
        home.set("lamp.state", "on" if runs % 2 else "off")
        home.finish()
    assert 1 < runs <= 10
    assert not home.engine.find("toggle")[0].enabled
    assert any(kind == "rule_stopped" and "starts what starts it" in why for _, kind, why in home.said)


def test_two_thousand_events_of_the_world_are_no_loop(home: VirtualHome) -> None:
    trigger = "{kind: event, event: rang, data: {door: front}}"
    home.add(f"{{id: each, triggers: [{trigger}], action: {{code: ring()}}, mode: parallel}}")
    for _ in range(2000):
        home.engine.event("rang", {"door": "front", "at": 1}, home.now)
        home.engine.writes(home.began[-1], ["bell.state"])
        home.finish()
        home.engine.event("rang", {"door": "back"}, home.now)
    assert len(home.began) == 2000
    assert len({firing.firing_id for firing in home.began}) == 2000


def test_an_id_that_is_taken_leaves_the_live_rule_untouched(home: VirtualHome) -> None:
    home.add(COLD % "")
    with pytest.raises(RequestError, match="'cold' is there already"):
        home.add(COLD % ", cooldown_s: 5")
    home.set("out.temperature_c", 3)
    assert len(home.began) == 1
    assert home.engine.find("cold")[0].cooldown_s == 0


def test_an_off_rule_does_nothing_and_on_again_begins_with_what_is(home: VirtualHome) -> None:
    home.add(DAILY % "")
    home.engine.enable("daily", home.now, enabled=False)
    assert home.engine.next_at is None
    home.wait(86400 * 3)
    home.engine.enable("daily", home.now, enabled=True)
    home.wait(86400)
    assert home.engine.find("daily")[1].fired == 1
    assert home.engine.find("daily")[1].missed == 0
