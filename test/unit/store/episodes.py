"""Runs and calls as the journal gets them."""

from __future__ import annotations

from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.run import Episode, RunStatus


def episode(status: RunStatus = RunStatus.RUNNING, request_id: str = "", text: str = "do it") -> Episode:
    return Episode(instruction=Instruction(text=text, request_id=request_id), status=status)


def call(run: Episode, api: str = "light_on") -> Call:
    return Call(run_id=run.run_id, api=api, arguments={"light": "küche", "level_pct": 40}, deadline_s=5.0)
