"""Home Assistant away in the middle of commands: each is accounted for, none is done twice or against what was told.

`taskmatrix bench devices` measures how soon it goes on afterwards; here that is only written down.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

import pytest

from taskmatrix_ros.bench.ended_command import MAY_END
from taskmatrix_ros.bench.home_outage import HomeOutage, HomeOutageTruth, drill

pytestmark = pytest.mark.homeassistant

COMMANDS = 40

Record = Callable[[str, object], None]


def test_a_restart_in_the_middle_of_commands(record_property: Record) -> None:
    truth = asyncio.run(drill(HomeOutage(name="restart", gone_s=2.0), commands=COMMANDS))
    every_command_ended_truly(truth)
    write_down(truth, record_property)


def test_one_that_was_killed_and_is_slow_to_start(record_property: Record) -> None:
    outage = HomeOutage(name="kill", gone_s=1.0, kill=True, slow_start_s=4.0)
    truth = asyncio.run(drill(outage, commands=COMMANDS))
    every_command_ended_truly(truth)
    write_down(truth, record_property)


def test_one_that_hangs_does_nothing_late_when_it_goes_on(record_property: Record) -> None:
    truth = asyncio.run(drill(HomeOutage(name="freeze", gone_s=3.0, frozen=True), commands=COMMANDS))
    every_command_ended_truly(truth)
    write_down(truth, record_property)


def every_command_ended_truly(truth: HomeOutageTruth) -> None:
    assert len(truth.ended) == COMMANDS
    assert truth.unaccounted == 0
    assert truth.doubled == 0
    assert truth.untrue == 0
    assert truth.in_doubt == 0
    assert truth.unconfirmed == 0
    ends = [MAY_END[one.outcome.status] for one in truth.ended if one.outcome is not None]
    assert {"succeeded"} < set(ends) <= {"succeeded", "failed", "expired"}, "the outage was felt, and is over"
    for one in truth.ended:
        assert one.outcome is not None
        assert one.outcome.ok or (one.outcome.error is not None and one.outcome.error.message)
    assert math.isfinite(truth.recovery_s), "nothing that was asked for after its end was done and confirmed"


def write_down(truth: HomeOutageTruth, record_property: Record) -> None:
    record_property("ha_recovery_s", round(truth.recovery_s, 3))
    record_property("ha_away_s", round(truth.away_s, 3))
    print(f"ha_recovery_s {truth.recovery_s:.3f} after {truth.away_s:.1f} s away: {truth.counted()}")
