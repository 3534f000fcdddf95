"""kill -9 of the node while it waits for a person's yes: the call was not done, and no yes comes too late."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from running_home import PATIENCE_S, RunningHome

pytestmark = [pytest.mark.ros, pytest.mark.mqtt, pytest.mark.mujoco]


def pending(home: RunningHome) -> list[str]:
    status, said = home.do("approve")
    assert status == 0, said
    return [request["approval_id"] for request in said["approvals"]]


def ended_run(home: RunningHome) -> dict[str, Any]:
    """Wait until the latest run has ended. :returns: it, whole."""
    until = time.monotonic() + PATIENCE_S
    while True:
        _status, said = home.do("runs", "list", "--limit", "1")
        latest = said["runs"][0]
        if latest["ended_at"]:
            return dict(home.do("runs", "show", latest["run_id"])[1]["run"])
        assert time.monotonic() < until, latest


def test_a_yes_that_was_waited_for_is_a_no_after_a_crash(tmp_path: Path, ros_domain: int) -> None:
    home = RunningHome(tmp_path / "state", "policy.approve=[light_off]")
    try:
        home.wait_for_line("node is ready")
        with home.doing("turn off the kitchen light"):
            until = time.monotonic() + PATIENCE_S
            while not (asked := pending(home)):
                assert time.monotonic() < until, "nobody was asked"
            os.kill(home.child("node.process"), signal.SIGKILL)
        home.wait_for_line("node is ready again")
        assert pending(home) == []
        status, said = home.do("approve", asked[0])
        assert status == 3, said
        run = ended_run(home)
        assert (run["status"], run["error_code"]) == ("failed", "APPROVAL")
        assert "before anybody approved it" in run["summary"]
        assert [call["status"] for call in run["calls"]] == ["rejected"]
        status, said = home.do("do", "turn on the kitchen light")
        assert (status, said["status"]) == (0, "succeeded"), "what needs no yes goes on"
    finally:
        left = home.close()
    assert left == []
