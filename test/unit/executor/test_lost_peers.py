"""A peer that goes away during a call: what became of the call is decided by the world after its return."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from fakes import Bench, failure, run
from home_documents import DOCUMENTS, Shelf, document

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.ports import Progress
from taskmatrix_ros.core.run import RunStatus
from taskmatrix_ros.core.run_ports import RunResult
from taskmatrix_ros.executor.running.dispatcher import CallTimes
from taskmatrix_ros.executor.sandbox.interpreter import Interpreter

PEER = "mqtt:default"
FED = "bowl.fed"
TIMES = CallTimes(grace_s=60.0, cancel_s=60.0, retry_s=0.01, return_s=60.0, device_s=60.0)
FEED = document("feed", idempotent=False, parameters={}, sets={FED: "true"})
LATE_LIGHT = document("light_soon", parameters={}, sets={"light.hall.state": '"on"'}, expires_s=0.05)

Behaviour = Callable[[Call, ApiDocument, Progress], Any]


@pytest.fixture
def bench(interpreter: Interpreter) -> Bench:
    return Bench(interpreter, shelf=Shelf((*DOCUMENTS, FEED, LATE_LIGHT)), times=TIMES)


def losing(bench: Bench, returns: Callable[[], None], status: Status = Status.IN_DOUBT) -> Behaviour:
    """The peer goes during the call, which ends with ``status``, and soon comes back."""

    async def lose(call: Call, _document: ApiDocument, _progress: Progress) -> Outcome:
        bench.state.set_source_live(PEER, live=False)
        asyncio.get_running_loop().call_later(0.05, returns)
        if status is Status.SUCCEEDED:
            return Outcome(call_id=call.call_id, status=status)
        return failure(call, status, message="sent, then the connection was lost")

    return lose


def back(bench: Bench, **heard: Any) -> Callable[[], None]:
    def come_back() -> None:
        bench.state.set_source_live(PEER, live=True)
        for key, value in heard.items():
            bench.state.set(key.replace("__", "."), value, source=PEER, retained=True)

    return come_back


def ends(result: RunResult) -> list[tuple[str, str, str]]:
    return [
        (record.outcome.status.value, record.outcome.confirmation.value, record.outcome.error.code)
        if record.outcome.error
        else (record.outcome.status.value, record.outcome.confirmation.value, "")
        for record in result.calls
        if record.outcome is not None
    ]


@pytest.mark.parametrize("status", [Status.IN_DOUBT, Status.SUCCEEDED])
def test_what_the_world_shows_at_the_peers_return_was_done(
    runner: asyncio.Runner, bench: Bench, status: Status
) -> None:
    bench.devices.behaviours["feed"] = losing(bench, back(bench, bowl__fed=True), status)
    result = run(runner, bench, "feed()")
    assert result.status is RunStatus.SUCCEEDED, result.summary
    assert ends(result) == [("succeeded", "confirmed", "")]
    assert len(bench.sent()) == 1
    assert ("progressed", f"{PEER} is gone; its return will show what was done") in bench.listener.lines


@pytest.mark.parametrize("status", [Status.IN_DOUBT, Status.SUCCEEDED])
def test_what_the_world_does_not_show_then_has_failed_and_is_not_done_twice(
    runner: asyncio.Runner, bench: Bench, status: Status
) -> None:
    bench.devices.behaviours["feed"] = losing(bench, back(bench, bowl__fed=False), status)
    result = run(runner, bench, "feed()")
    assert (result.status, result.error_code) == (RunStatus.FAILED, "NOT_SEEN")
    assert ends(result) == [("failed", "unconfirmed", "NOT_SEEN")]
    assert "nothing shows that it was done" in result.summary
    assert len(bench.sent()) == 1


def test_the_first_word_of_a_device_behind_the_peer_is_waited_for(runner: asyncio.Runner, bench: Bench) -> None:
    """It says ``unknown`` first, and what it is like only after longer than ``confirm_s``."""

    def come_back() -> None:
        back(bench, bowl__fed=None)()
        later = 3 * FEED.confirm_s
        asyncio.get_running_loop().call_later(later, lambda: bench.state.set(FED, True, source=PEER, retained=True))

    bench.devices.behaviours["feed"] = losing(bench, come_back)
    assert ends(run(runner, bench, "feed()")) == [("succeeded", "confirmed", "")]


def test_a_part_of_the_peer_that_is_not_back_yet_is_waited_for(runner: asyncio.Runner, bench: Bench) -> None:
    """The peer is back, what the call was for is not: an entity of a Home Assistant that is starting."""
    part = f"{PEER}/entity"

    def come_back() -> None:
        bench.state.set(FED, None, source=part, retained=True)
        bench.state.set_source_live(part, live=False)
        bench.state.set_source_live(PEER, live=True)
        later = 3 * FEED.confirm_s
        asyncio.get_running_loop().call_later(later, lambda: bench.state.set(FED, True, source=PEER, retained=True))

    bench.state.set(FED, False, source=PEER)
    bench.devices.behaviours["feed"] = losing(bench, come_back)
    assert ends(run(runner, bench, "feed()")) == [("succeeded", "confirmed", "")]


def test_a_call_waits_for_whoever_would_tell_what_it_requires(runner: asyncio.Runner, bench: Bench) -> None:
    bench.shelf.put(document("brew", parameters={}, requires=['state["kettle.full"]'], confirm_s=0.05))
    bench.state.set("kettle.full", True, source=PEER)
    bench.state.set_source_live(PEER, live=False)

    async def main() -> RunResult:
        running = asyncio.create_task(bench.run("brew()"))
        asyncio.get_running_loop().call_later(0.05, lambda: bench.state.set_source_live(PEER, live=True))
        return await running

    runner.run(asyncio.wait_for(main(), 60))
    assert len(bench.sent()) == 1


@pytest.mark.parametrize(
    ("expires_s", "status", "run_status"),
    [(None, "unavailable", RunStatus.UNAVAILABLE), (0.01, "expired", RunStatus.FAILED)],
)
def test_what_requires_the_word_of_somebody_who_is_gone_is_not_sent(
    runner: asyncio.Runner, interpreter: Interpreter, expires_s: float | None, status: str, run_status: RunStatus
) -> None:
    """The caller's mistake it is not: the call is unavailable, not rejected, and never refused for good."""
    brew = document("brew", parameters={}, requires=['state["kettle.full"]'], expires_s=expires_s)
    bench = Bench(interpreter, shelf=Shelf((*DOCUMENTS, brew)), times=CallTimes(told_s=0.05))
    bench.state.set("kettle.full", True, source=PEER)
    bench.state.set_source_live(PEER, live=False)
    result = run(runner, bench, "brew()")
    assert result.status is run_status
    assert [end[0] for end in ends(result)] == [status]
    assert f"{PEER} is gone" in result.summary
    assert not bench.sent()


def test_what_may_be_repeated_is_sent_again_where_the_world_does_not_show_it(
    runner: asyncio.Runner, bench: Bench
) -> None:
    obey = bench.devices.obey
    lose = losing(bench, back(bench, light__hall__state="off"))
    tries = iter([lose])

    async def lost_once(call: Call, entry: ApiDocument, progress: Progress) -> Outcome:
        outcome: Outcome = await next(tries, obey)(call, entry, progress)
        return outcome

    bench.devices.behaviours["light_on"] = lost_once
    result = run(runner, bench, "light_on(light='hall')")
    assert result.status is RunStatus.SUCCEEDED
    assert ends(result) == [("failed", "unconfirmed", "NOT_SEEN"), ("succeeded", "confirmed", "")]


def test_what_may_be_repeated_but_has_expired_is_not_sent_again(runner: asyncio.Runner, bench: Bench) -> None:
    bench.devices.behaviours["light_soon"] = losing(bench, back(bench, light__hall__state="off"))
    result = run(runner, bench, "light_soon()")
    assert (result.status, result.error_code) == (RunStatus.FAILED, "NOT_SEEN")
    assert len(bench.sent()) == 1


def test_a_repetition_is_no_younger_than_the_wish(runner: asyncio.Runner, bench: Bench) -> None:
    ages: list[float | None] = []

    async def unanswered(call: Call, entry: ApiDocument, _progress: Progress) -> Outcome:
        ages.append(entry.expires_s)
        return failure(call, Status.TIMED_OUT)

    bench.shelf.put(LATE_LIGHT.model_copy(update={"expires_s": 600.0}))
    bench.devices.behaviours["light_soon"] = unanswered
    run(runner, bench, "light_soon()")
    first, second = ages
    assert first == 600.0
    assert second is not None
    assert 0 < second < 600.0


def test_without_any_read_back_it_stays_in_doubt(runner: asyncio.Runner, bench: Bench) -> None:
    bench.devices.behaviours["bell_ring"] = losing(bench, back(bench))
    result = run(runner, bench, "bell_ring()")
    assert (result.status, result.error_code) == (RunStatus.FAILED, "IN_DOUBT")
    assert ends(result) == [("in_doubt", "unconfirmed", "IN_DOUBT")]


def test_a_peer_that_does_not_return_leaves_it_in_doubt(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    bench = Bench(interpreter, shelf=Shelf((*DOCUMENTS, FEED)), times=CallTimes(retry_s=0.01, return_s=0.05))
    bench.devices.behaviours["feed"] = losing(bench, lambda: None)
    result = run(runner, bench, "feed()")
    assert ends(result) == [("in_doubt", "unconfirmed", "IN_DOUBT")]


def test_a_live_world_decides_at_once_what_nobody_lost(runner: asyncio.Runner, bench: Bench) -> None:
    """No answer came in time, though the peer is there, and what it tells is not what was asked for."""
    bench.state.set(FED, False, source=PEER)
    bench.devices.behaviours["feed"] = bench.devices.ending(Status.IN_DOUBT)
    assert ends(run(runner, bench, "feed()")) == [("failed", "unconfirmed", "NOT_SEEN")]


def test_a_stop_ends_the_wait_for_a_peer(runner: asyncio.Runner, bench: Bench) -> None:
    async def main() -> RunResult:
        running = asyncio.create_task(bench.run("feed()"))
        while not any(kind == "progressed" for kind, _ in bench.listener.lines):
            await asyncio.sleep(0.005)
        bench.latch.latch("test")
        return await running

    bench.devices.behaviours["feed"] = losing(bench, lambda: None)
    result = runner.run(asyncio.wait_for(main(), 60))
    assert result.status is RunStatus.CANCELLED
    assert ends(result) == [("in_doubt", "unconfirmed", "IN_DOUBT")]
