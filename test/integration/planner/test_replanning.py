"""A call fails at run time, and the model finds another way, or none."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from model_desk import Desk, coded, outlined, play
from scripted_model import Said

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.ids import new_id
from taskmatrix_ros.core.instruction import Mode
from taskmatrix_ros.core.outcome import ErrorReport, Outcome, Status
from taskmatrix_ros.core.ports import Progress
from taskmatrix_ros.core.run import RunStatus
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.executor.running.replay import Replay
from taskmatrix_ros.executor.sandbox.interpreter import Interpreter

WISH = "my ears fancy some entertainment"
MUSIC = outlined("play jazz music")
NEWS = outlined("watch the morning news on the television")
PLAY_MUSIC = coded('play_music(music="jazz")')
PLAY_NEWS = coded('tv_open()\ntv_play_video(title="the morning news")')


class Home:
    """The devices of home.yaml; those in ``broken`` refuse."""

    kinds = frozenset({"mqtt", "ros2_action"})

    def __init__(self, state: StateStore, broken: Sequence[str], calls: list[str]) -> None:
        self._state = state
        self._broken = broken
        self.calls = calls

    async def open(self) -> None:
        self._state.set("tv.state", "off", source="home")

    async def close(self) -> None: ...

    async def call(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome:
        self.calls.append(call.api)
        if call.api in self._broken:
            report = ErrorReport(code="NO_POWER", message="the speaker has no power")
            return Outcome(call_id=call.call_id, status=Status.FAILED, error=report)
        for key, value in {"tv_open": {"tv.state": "on"}, "tv_play_video": {"tv.playing": "the morning news"}}[
            call.api
        ].items():
            self._state.set(key, value, source="home")
        return Outcome(call_id=call.call_id, status=Status.SUCCEEDED)

    async def cancel(self, call_id: str) -> None: ...

    async def recover(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome | None:
        return None

    def stop(self) -> None: ...


def home(
    scenario: Any, *answers: Any, broken: Sequence[str] = ("play_music",), calls: list[str] | None = None, **more: Any
) -> Home:
    made: list[Home] = []

    def make(_catalogue: Any, state: StateStore) -> list[Home]:
        made.append(Home(state, broken, [] if calls is None else calls))
        return made

    play(scenario, *answers, make_bindings=make, **more)
    return made[0]


def test_the_rest_is_planned_anew_after_a_failure() -> None:
    async def scenario(desk: Desk) -> None:
        episode = await desk.do(WISH, Mode.RUN)
        assert episode.status is RunStatus.SUCCEEDED, episode.summary
        assert [record.call.api for record in episode.calls] == ["play_music", "tv_open", "tv_play_video"]
        assert [step.text for step in episode.outline.steps] == ["watch the morning news on the television"]
        told = desk.server.text_of(2, "user")
        assert "NO_POWER" in told
        assert "the speaker has no power" in told
        assert episode.replanned_after == episode.calls[0].call.call_id
        kept = desk.system.journal.run(episode.run_id)
        assert kept is not None
        assert [record.call.api for record in kept.calls_of_code] == ["tv_open", "tv_play_video"]
        interpreter = Interpreter()
        await interpreter.open()
        try:
            report = await Replay(interpreter).replay(kept)
        finally:
            await interpreter.close()
        assert (report.calls, report.difference) == (2, "")

    done = home(scenario, MUSIC, PLAY_MUSIC, NEWS, PLAY_NEWS)
    assert done.calls == ["play_music", "tv_open", "tv_play_video"]


def test_where_there_is_no_other_way_the_failure_stands() -> None:
    async def scenario(desk: Desk) -> None:
        episode = await desk.do(WISH, Mode.RUN)
        assert (episode.status, episode.error_code) == (RunStatus.FAILED, "NO_POWER")
        assert episode.code.source == PLAY_MUSIC["code"]
        assert episode.replanned_after == ""

    home(scenario, MUSIC, PLAY_MUSIC, {"steps": [], "question": "", "refusal": "nothing else plays"})
    home(scenario, MUSIC, PLAY_MUSIC, "gibberish", "more of it")
    home(scenario, MUSIC, PLAY_MUSIC, NEWS, coded("tv_opne()"), coded("tv_opne()"))
    home(scenario, MUSIC, PLAY_MUSIC, planner={"replans": 0})


def test_another_way_is_looked_for_so_often_and_no_more() -> None:
    async def scenario(desk: Desk) -> None:
        episode = await desk.do(WISH, Mode.RUN)
        assert (episode.status, episode.error_code) == (RunStatus.FAILED, "NO_POWER")
        assert len(episode.calls) == 2
        assert len(desk.server.requests) == 4

    home(scenario, MUSIC, PLAY_MUSIC, NEWS, coded("tv_open()"), broken=["play_music", "tv_open"])


def test_what_the_grammar_planned_stays_without_a_model() -> None:
    async def scenario(desk: Desk) -> None:
        episode = await desk.do("play some jazz music", Mode.RUN)
        assert (episode.status, episode.error_code) == (RunStatus.FAILED, "NO_POWER")
        assert desk.server.requests == []

    home(scenario, "never")


def test_a_run_that_is_planned_anew_can_be_cancelled() -> None:

    async def scenario(desk: Desk) -> None:
        task = asyncio.ensure_future(desk.do(WISH, Mode.RUN))
        while len(desk.server.requests) < 3:
            await asyncio.sleep(0.01)
        assert desk.view is not None
        assert await desk.system.session.cancel(desk.view.episode.run_id)
        assert (await task).status is RunStatus.CANCELLED

    home(scenario, MUSIC, PLAY_MUSIC, Said(text="late", wait_s=30))


def test_a_stop_ends_a_run_that_is_planned_anew() -> None:
    async def scenario(desk: Desk) -> None:
        task = asyncio.ensure_future(desk.do(WISH, Mode.RUN))
        while len(desk.server.requests) < 3:
            await asyncio.sleep(0.01)
        desk.system.session.stop_planning("a person said stop")
        episode = await task
        assert (episode.status, episode.error_code) == (RunStatus.CANCELLED, "STOPPED")
        assert episode.summary.startswith("no more was done")

    done = home(scenario, MUSIC, PLAY_MUSIC, Said(text="late", wait_s=30))
    assert done.calls == ["play_music"]


def test_after_a_crash_the_new_code_goes_on_with_its_own_calls() -> None:
    async def scenario(desk: Desk) -> None:
        ended = await desk.do(WISH, Mode.RUN)
        assert ended.status is RunStatus.SUCCEEDED, ended.summary
        journal, run_id = desk.system.journal, new_id()
        calls = [
            record.model_copy(
                update={
                    "call": (call := record.call.model_copy(update={"run_id": run_id, "call_id": new_id()})),
                    "outcome": record.outcome.model_copy(update={"call_id": call.call_id}),
                }
            )
            for record in ended.calls[:2]  # the last one was not reached
        ]
        changes = {
            "run_id": run_id,
            "status": RunStatus.RUNNING,
            "calls": (),
            "replanned_after": calls[0].call.call_id,
            "ended_at": None,
        }
        journal.save_run(ended.model_copy(update=changes))
        for record in calls:
            journal.begin_call(record.call, durable=False)
            journal.end_call(record.outcome)
        done.clear()
        cut_off = journal.run(run_id)
        assert cut_off is not None
        episode = await desk.system.session.finish(desk.system.session.recover(cut_off))
        assert episode.status is RunStatus.SUCCEEDED, episode.summary
        assert done == ["tv_play_video"]

    done: list[str] = []
    home(scenario, MUSIC, PLAY_MUSIC, NEWS, PLAY_NEWS, calls=done)
