"""Stop in the worst moments, with everything real; `taskmatrix bench stop` takes the figures."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from taskmatrix_ros.bench.stop_drill import StopDrill
    from taskmatrix_ros.bench.stop_watch import Stopping

pytestmark = [pytest.mark.ros, pytest.mark.mqtt, pytest.mark.mujoco]

STANDING_S = 0.5
FIRST_ZERO_MS = 250.0
"""Of a single stop on a machine that does other things, too; the bench holds the p95 of 20 against 100 ms."""
STOPS = 5
ROUND_TRIPS = 20.0
"""So many times a plain service call to the node, just then, a stop may take where the machine is slower still."""


Moment = Callable[[], Awaitable[None]]


async def quick_stop(drill: StopDrill, moment: Moment, again: Moment | None = None) -> Stopping:
    """Stop in a moment, and hold how long it took against what the machine takes for anything else just then.

    The quickest of a few counts: a busy machine may hold up any one of them.

    :param again: called before the moment is brought about once more.
    """
    slow: list[Stopping] = []
    for _ in range(STOPS):
        if slow:
            await drill.rearm()
            if again is not None:
                await again()
        await moment()
        stopping = await drill.stop()
        first_zero_ms = max(FIRST_ZERO_MS, ROUND_TRIPS * await drill.round_trip_ms())
        standing_s = STANDING_S + max(0.0, stopping.first_zero_ms - FIRST_ZERO_MS) / 1000
        if stopping.first_zero_ms <= first_zero_ms and stopping.standing_s <= standing_s:
            return stopping
        slow.append(stopping)
    pytest.fail(f"none of these stops was quick: {slow}")


def test_a_stop_is_fast_and_holds_whatever_else_goes_on(tmp_path: Path) -> None:
    from taskmatrix_ros.bench.stop_drill import AWKWARD, StopDrill

    async def check(drill: StopDrill, stopping: Stopping, told: set[str], hangs: str = "") -> None:
        """All but who hangs are told; whom a busy machine did not let answer in time is told by another stop."""
        wanted, found = {"HttpBinding", "FunctionBinding", *told}, set(stopping.told)
        for _ in range(STOPS):
            if wanted <= found:
                break
            found |= set(await drill.stop_again())
        assert found == wanted, stopping
        assert f"{hangs}: did not answer within 100 ms" in stopping.not_told or not hangs, stopping

    async def main() -> None:
        async with StopDrill(tmp_path, speed=1.0, announce=print) as drill:
            async with drill.node():
                stopping = await quick_stop(drill, drill.inactive, again=drill.activate)
                await check(drill, stopping, {"MqttBinding", "Ros2Binding"})
                await drill.activate()
                assert await drill.faults_until_rearm() == []
                await drill.rearm()
                stopping = await quick_stop(drill, drill.driving)  # the latch is really lifted
                await check(drill, stopping, {"MqttBinding", "Ros2Binding"})
                await drill.rearm()
            async with drill.node(AWKWARD, "--hold-s", "20"):
                await check(drill, await quick_stop(drill, drill.blocked), {"Awkward", "Ros2Binding"})
                journalled = await drill.kill_and_restart()
                assert not journalled, "the loop was to be blocked until the end"
                assert await drill.faults_until_rearm() == []
                await drill.rearm()
            async with drill.node(AWKWARD, "--hang"):
                await check(drill, await quick_stop(drill, drill.driving), {"Ros2Binding"}, hangs="Awkward")
                assert await drill.faults_until_rearm() == []

    asyncio.run(main())


def test_a_stop_while_another_program_computes(tmp_path: Path) -> None:
    from taskmatrix_ros.bench.stop_drill import StopDrill

    async def main() -> None:
        async with StopDrill(tmp_path, speed=1.0, announce=print) as drill, drill.node():
            await quick_stop(drill, drill.computing)
            assert await drill.faults_until_rearm() == []

    asyncio.run(main())
