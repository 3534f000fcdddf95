"""The states of a run and where they may go."""

from __future__ import annotations

import pytest

from taskmatrix_ros.core.run import TRANSITIONS, RunStatus


def test_every_state_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(RunStatus)


@pytest.mark.parametrize("status", RunStatus)
def test_every_state_is_reached_and_leads_to_an_end(status: RunStatus) -> None:
    reached = {RunStatus.PLANNING}
    while new := {after for state in reached for after in TRANSITIONS[state]} - reached:
        reached |= new
    assert status in reached
    ahead = {status}
    while new := {after for state in ahead for after in TRANSITIONS[state]} - ahead:
        ahead |= new
    assert any(state.ended for state in ahead)


def test_ends_are_ends() -> None:
    assert {status for status in RunStatus if status.ended} == {
        RunStatus.SUCCEEDED,
        RunStatus.UNCONFIRMED,
        RunStatus.FAILED,
        RunStatus.CANCELLED,
        RunStatus.REFUSED,
        RunStatus.UNAVAILABLE,
        RunStatus.DRY_RUN,
    }


def test_a_run_may_always_be_ended() -> None:
    for status in RunStatus:
        if not status.ended:
            assert {RunStatus.CANCELLED, RunStatus.FAILED} <= TRANSITIONS[status]
    assert RunStatus.SUCCEEDED not in TRANSITIONS[RunStatus.STOPPING], "what was stopped did not succeed"
    assert RunStatus.RUNNING not in TRANSITIONS[RunStatus.STOPPING]
    assert RunStatus.PLANNING not in {after for ends in TRANSITIONS.values() for after in ends}
