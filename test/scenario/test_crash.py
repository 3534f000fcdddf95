"""kill -9 at some commits of a run's journal, with everything real; `taskmatrix bench crash` does it at all of them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

pytestmark = [pytest.mark.ros, pytest.mark.mqtt, pytest.mark.mujoco]

SPEED = 5.0


def test_a_killed_run_is_gone_on_with_and_nothing_is_done_twice(tmp_path: Path) -> None:
    from taskmatrix_ros.bench.crash_drill import CrashDrill
    from taskmatrix_ros.bench.mortal_journal import KillPoint, Side

    async def main() -> list[tuple[str, str, list[str], list[str]]]:
        async with CrashDrill(tmp_path, speed=SPEED, announce=print) as drill:
            undisturbed = await drill.undisturbed()
            assert (undisturbed.status, undisturbed.faults) == ("succeeded", [])
            numbers = {(commit.method, commit.what): commit.number for commit in drill.commits.values()}
            points = [
                KillPoint(number=numbers[method, api], side=side)
                for side, method, api in (
                    (Side.BEFORE, "end_call", "robot_go_to"),
                    (Side.AFTER, "begin_call", "dispenser_give"),
                    (Side.BEFORE, "end_call", "bell_ring"),
                    (Side.BEFORE, "end_call", "hopper_load"),
                )
            ]
            return [
                (verdict.point.partition(" ")[2], verdict.status, verdict.asked, verdict.faults)
                async for verdict in drill.killed_at(points)
            ]

    assert asyncio.run(main()) == [
        ("end_call robot_go_to", "succeeded", [], []),
        ("begin_call dispenser_give", "succeeded", ["dispenser_give: repeat"], []),
        ("end_call bell_ring", "unconfirmed", ["bell_ring: done"], []),
        ("end_call hopper_load", "succeeded", [], []),
    ]
