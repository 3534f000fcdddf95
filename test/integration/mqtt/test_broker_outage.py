"""The broker is away in the middle of commands, short here; `taskmatrix bench devices` has it away for 30 s."""

from __future__ import annotations

import asyncio

import pytest
from broker_kinds import needs_mosquitto

from taskmatrix_ros.bench.broker_outage import drill
from taskmatrix_ros.bench.ended_command import MAY_END

pytestmark = [pytest.mark.mqtt, needs_mosquitto]


def test_every_command_ends_truly_and_none_is_done_late_or_twice() -> None:
    truth = asyncio.run(drill(5.0, commands=90))
    assert truth.unaccounted == 0
    assert truth.late == 0
    assert truth.doubled == 0
    assert truth.untrue == 0
    assert truth.in_doubt == 0
    assert truth.unconfirmed == 0
    assert truth.recovery_s < 120.0, "`taskmatrix bench devices` measures it"
    assert len(truth.seeing) == 90
    ends = {MAY_END[one.outcome.status] for one in truth.seeing if one.outcome is not None}
    assert {"succeeded"} < ends <= {"succeeded", "failed", "expired"}, "the outage was felt"


def test_what_a_frozen_broker_does_when_it_thaws_is_told_truly() -> None:
    truth = asyncio.run(drill(8.0, commands=60, frozen=True))
    assert truth.unaccounted == 0
    assert truth.doubled == 0
    assert truth.untrue == 0
    assert truth.in_doubt == 0
    assert truth.unconfirmed == 0
