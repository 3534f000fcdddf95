"""Dry runs: the same twice, the same as the engine that lives, and without side effect."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from virtual_home import VirtualHome

from taskmatrix_ros.app.rules.rule_reader import parse_rules
from taskmatrix_ros.bench.rules_many import BEGIN, BERLIN, make_history, make_rules
from taskmatrix_ros.core.rule import Rule, Verdict
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.rules.simulation import Simulation, StateChange

START = datetime(2026, 3, 2, 6, tzinfo=UTC)


def rules(count: int) -> tuple[Rule, ...]:
    kinds = (
        "{kind: state, key: out.temperature_c, below: %d}",
        "{kind: state, key: out.temperature_c, above: %d, for_s: 600}",
        "{kind: time, at: '07:%02d'}",
        "{kind: cron, expression: '%d */6 * * *'}",
    )
    text = "rules:\n" + "".join(
        f"  - {{id: rule_{n}, triggers: [{kinds[n % 4] % (n % 30)}], action: {{code: x()}},"
        f" condition: 'state[\"out.temperature_c\"] < 18'}}\n"
        for n in range(count)
    )
    return parse_rules(text, "test", HomePlace())


def history(minutes: int) -> list[StateChange]:
    world, value, made = random.Random(7), 10.0, []
    for minute in range(minutes):
        value = min(30.0, max(-5.0, value + world.uniform(-1.5, 1.5)))
        made.append(StateChange(START + timedelta(minutes=minute, seconds=30), "out.temperature_c", round(value, 1)))
    return made


def test_the_same_twice_and_the_same_as_the_engine_that_lives() -> None:
    chosen, story = rules(24), history(2000)
    end = START + timedelta(minutes=2000)
    traces, counts = Simulation(chosen, HomePlace()).run(START, end, story)
    assert Simulation(chosen, HomePlace()).run(START, end, iter(story)) == (traces, counts)
    assert {trace.verdict for trace in traces} >= {Verdict.FIRED, Verdict.BLOCKED, Verdict.DROPPED, Verdict.ENDED}

    home = VirtualHome()
    home.engine.add(chosen, home.now)
    ended = 0
    for change in [*story, None]:
        until = change.at if change else end
        while (due := home.engine.next_at) is not None and due <= until:
            home.now = due
            home.engine.tick(due)
            while ended < len(home.began):
                home.engine.ended(home.began[ended].firing_id, "would have ended", home.now)
                ended += 1
        home.now = until
        if change:
            home.state[change.key] = change.value
            home.engine.state_changed(change.key, change.value, home.now)
            while ended < len(home.began):
                home.engine.ended(home.began[ended].firing_id, "would have ended", home.now)
                ended += 1
    fired = [(t.rule_id, t.at, t.why, t.firing_id) for t in traces if t.verdict is Verdict.FIRED]
    assert [(f.rule_id, f.at, f.why, f.firing_id) for f in home.began] == fired
    assert {rule.id: kept for rule, kept in home.engine.rules()} == counts
    home.database.close()


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 40), begin=st.integers(0, 364))
def test_every_kind_of_rule_is_tried_as_it_lives(seed: int, count: int, begin: int) -> None:
    """Over any stretch of a year, so also over both changes of the clocks."""
    chosen, from_at = tuple(make_rules(count)), BEGIN + timedelta(days=begin)
    story = [
        StateChange(change.at + timedelta(days=begin), change.key, change.value) for change in make_history(2, seed)
    ]
    to_at = from_at + timedelta(days=2)
    traces, counts = Simulation(chosen, BERLIN).run(from_at, to_at, story)
    assert Simulation(chosen, BERLIN).run(from_at, to_at, story) == (traces, counts)

    home = VirtualHome(now=from_at, place=BERLIN)
    home.engine.add(chosen, home.now)
    ended = 0

    def end_runs() -> None:
        nonlocal ended
        while ended < len(home.began):
            home.engine.ended(home.began[ended].firing_id, "would have ended", home.now)
            ended += 1

    for change in [*story, None]:
        until = change.at if change else to_at
        while (due := home.engine.next_at) is not None and due <= until:
            home.now = due
            home.engine.tick(due)
            end_runs()
        home.now = until
        if change:
            home.state[change.key] = change.value
            home.engine.state_changed(change.key, change.value, home.now)
            end_runs()
    fired = [(trace.rule_id, trace.at, trace.why) for trace in traces if trace.verdict is Verdict.FIRED]
    assert [(firing.rule_id, firing.why) for firing in home.began] == [(rule, why) for rule, _, why in fired]
    assert {rule.id: kept for rule, kept in home.engine.rules()} == counts
    home.database.close()


def test_a_run_that_takes_long_holds_up_the_next() -> None:
    (rule,) = parse_rules(
        "{id: often, triggers: [{kind: interval, every_s: 60}], action: {code: x()}}", "test", HomePlace()
    )
    _, counts = Simulation([rule], HomePlace(), run_s=90).run(START, START + timedelta(minutes=10), [])
    assert (counts["often"].fired, counts["often"].dropped) == (5, 5)
