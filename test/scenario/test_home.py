"""From instruction to world state, with everything real: what the first flight must show."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from running_home import PATIENCE_S, RunningHome, Watcher

pytestmark = [pytest.mark.ros, pytest.mark.mqtt, pytest.mark.mujoco]

CANCELED = 5
STANDING_S = 1.0
"""Simulated seconds in which the robot stands; half of it is what watching a simulation at twice the speed may add."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, leaks: object) -> Iterator[RunningHome]:
    with leaks.long_lived("home"):
        home = RunningHome(tmp_path_factory.mktemp("home"), "processes.simulator.seed=1", "processes.simulator.speed=2")
        try:
            home.wait_for_line("^up;")
            yield home
        finally:
            assert home.close() == []


def watch(home: RunningHome, scenario: Callable[[Watcher], Awaitable[None]]) -> None:
    async def main() -> None:
        async with Watcher(home) as watcher:
            await scenario(watcher)

    asyncio.run(main())


def test_pick_up_the_apple(home: RunningHome) -> None:
    status, result = home.do("do", "pick up the apple")
    assert status == 0, result
    assert [call["api"] for call in result["calls"]] == ["robot_find", "robot_go_to", "robot_pick_up"]
    assert {(call["status"], call["confirmation"]) for call in result["calls"]} == {("succeeded", "confirmed")}

    async def judge(watcher: Watcher) -> None:
        assert (await watcher.truth.read())["robot.holding"] == "apple"

    watch(home, judge)
    status, result = home.do("do", "put the apple on the coffee table")
    assert status == 0, result

    async def judge_again(watcher: Watcher) -> None:
        truth = await watcher.truth.read()
        assert (truth["robot.holding"], truth["object.apple.on"]) == (None, "coffee_table")

    watch(home, judge_again)


def test_it_tells_what_it_sees_and_keeps_the_picture(home: RunningHome) -> None:
    status, result = home.do("do", "find the coke and tell me what you see")
    assert status == 0, result
    assert [call["api"] for call in result["calls"]] == ["robot_find", "describe_scene"]
    seen = result["calls"][1]["value"]
    assert "coke" in [thing["object"] for thing in seen["objects"]]
    assert seen["description"].startswith("In sight: ")
    (picture,) = home.folder.rglob(seen["picture"])
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_ctrl_c_while_driving_cancels_and_the_next_instruction_works(home: RunningHome) -> None:
    async def scenario(watcher: Watcher) -> None:
        with home.doing("go to the bedroom") as doing:
            await watcher.until(lambda: watcher.moving, "the robot drives")
            before = len(watcher.goal_ends.get("go_to", []))
            doing.send_signal(signal.SIGINT)
            await watcher.until(lambda: len(watcher.goal_ends.get("go_to", [])) > before, "the goal ends")
            ended_at_s = watcher.sim_s
            assert watcher.goal_ends["go_to"][-1][1] == CANCELED
            await watcher.until(lambda: not watcher.moving, "the robot stands")
            assert watcher.stood_at_s - ended_at_s <= STANDING_S
            output, _errors = await asyncio.to_thread(doing.communicate)
            assert doing.returncode == 1
            assert '"status": "cancelled"' in output

    watch(home, scenario)
    status, result = home.do("do", "turn on the tv")
    assert status == 0, result


def test_what_the_robot_does_not_know_is_refused_before_it_moves(home: RunningHome) -> None:
    status, result = home.do("do", "find the unicorn in the living room")
    assert status == 3
    assert result["calls"] == []
    assert "unicorn" in result["summary"]
    assert "coke" in result["summary"]


def test_stop_holds_until_rearm(home: RunningHome) -> None:
    assert home.do("do", "turn on the tv")[0] == 0

    async def scenario(watcher: Watcher) -> None:
        with home.doing("go to the bedroom") as doing:
            await watcher.until(lambda: watcher.moving, "the robot drives")
            stopped = await watcher.client.request("taskmatrix_interfaces/srv/Stop", "stop", reason="test")
            stopped_at_s = watcher.sim_s
            assert (stopped.success, list(stopped.not_told)) == (True, [])
            await watcher.until(lambda: not watcher.moving, "the robot stands")
            assert watcher.stood_at_s - stopped_at_s <= STANDING_S
            await asyncio.to_thread(doing.communicate)
            assert doing.returncode != 0
        status, refused = await asyncio.to_thread(home.do, "do", "turn off the tv")
        assert status != 0
        assert "stop" in refused["summary"]
        assert (await watcher.truth.read())["tv.power"] == "on"
        assert (await asyncio.to_thread(home.do, "rearm"))[0] == 0
        status, result = await asyncio.to_thread(home.do, "do", "turn off the tv")
        assert status == 0, result
        assert (await watcher.truth.read())["tv.power"] == "off"

    watch(home, scenario)


@pytest.mark.parametrize(
    ("arguments", "text", "expected", "said"),
    [
        (("do", "make me a sandwich with the blorp"), None, 3, "blorp"),
        (("do", ""), None, 2, "empty"),
        (("do", "-"), "x" * 1_000_000, 2, "1,000,000 characters"),
        (("do", "set the air conditioner to 90 degrees"), None, 3, "30"),
        (("do", "turn on the garage light"), None, 3, "garage"),
        (("runs", "show", "01ARZ3NDEKTSV4RRFFQ69G5FAV"), None, 3, "unknown"),
    ],
)
def test_bad_input_is_one_clear_line_and_changes_nothing(
    home: RunningHome, arguments: tuple[str, ...], text: str | None, expected: int, said: str
) -> None:
    status, document = home.do(*arguments, text=text)
    assert status == expected, document
    assert said in str(document)
    assert document.get("calls", []) == []


def test_kill_9_of_the_node_while_driving_stops_the_robot_and_the_run_goes_on(home: RunningHome) -> None:
    async def scenario(watcher: Watcher) -> None:
        with home.doing("go to the bedroom"):
            await watcher.until(lambda: watcher.moving, "the robot drives")
            said = len(home.lines)
            os.kill(home.child("node.process"), signal.SIGKILL)
            await watcher.until(lambda: not watcher.moving, "the robot stands")
        await asyncio.to_thread(home.wait_for_line, "node is ready again", said)
        ended = ""
        async with asyncio.timeout(PATIENCE_S):
            while ended not in ("succeeded", "failed", "unconfirmed", "unavailable"):
                status, runs = await asyncio.to_thread(home.do, "runs", "list")
                assert status == 0
                ended = runs["runs"][0]["status"]
        assert ended == "succeeded", runs["runs"][0]
        assert (await watcher.truth.read())["robot.room"] == "bedroom"
        status, result = await asyncio.to_thread(home.do, "do", "turn on the tv")
        assert status == 0, result

    watch(home, scenario)


def test_peers_that_go_away_are_unavailable(home: RunningHome, tmp_path: Path) -> None:
    async def scenario(watcher: Watcher) -> None:
        with home.doing("go to the kitchen") as doing:
            await watcher.until(lambda: watcher.moving, "the robot drives")
            os.kill(home.child("sim.mujoco.process"), signal.SIGKILL)
            output, _errors = await asyncio.to_thread(doing.communicate)
            assert doing.returncode == 4, output
            # The node misses the clock and the skill server its driver, at about the same time.
            assert "/clock" in output or "driver has not published" in output
        status, result = await asyncio.to_thread(home.do, "do", "go to the kitchen")
        assert status == 4, result
        os.kill(home.child("mosquitto"), signal.SIGKILL)
        status, result = await asyncio.to_thread(home.do, "do", "turn off the tv")
        assert status == 4, result
        assert "broker" in result["summary"]

    watch(home, scenario)
