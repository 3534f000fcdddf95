"""An outline is changed while it is being done: the call under way ends, what is left is done as it now stands."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from model_desk import Desk, coded, outlined, play
from obliging_home import ObligingHome

from taskmatrix_ros.app.runs.outline_desk import Operation
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import RequestError
from taskmatrix_ros.core.instruction import Mode
from taskmatrix_ros.core.outcome import Outcome
from taskmatrix_ros.core.ports import Progress
from taskmatrix_ros.core.run import RunStatus
from taskmatrix_ros.core.state_store import StateStore

TWO = "turn on the kitchen light and turn on the tv"

FEEDER = """
package: feeder
version: 1.0.0
description: A feeder that counts nothing.
apis:
  - name: feeder_dispense
    parameters:
      food: {type: string, enum: [cat food, dog food], description: What to give.}
    description: Give out a portion. Done twice, it is given out twice.
    sentences:
      en: ["(dispense|pour out) {food}"]
    effect: actuate
    idempotent: false
    resources: [feeder]
    deadline_s: 10
    typical_s: 1
    binding: {kind: mqtt, topic: feeder/set, payload: {do: "{food}"}}
"""


@pytest.fixture
def feeder(tmp_path: Path) -> tuple[Path, ...]:
    file = tmp_path / "feeder.yaml"
    file.write_text(FEEDER)
    return (file,)


class SlowHome(ObligingHome):
    """The first call ends when the test says so."""

    def __init__(self, state: StateStore) -> None:
        super().__init__(state)
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()

    async def call(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome:
        self.begun.set()
        await self.go_on.wait()
        return await super().call(call, document, progress)


def slow(scenario: Any, *answers: Any, manifests: tuple[Path, ...] = ()) -> None:
    made: list[SlowHome] = []

    def make(_catalogue: Any, state: StateStore) -> list[SlowHome]:
        state.set("tv.state", "off", source="home")
        made.append(SlowHome(state))
        return made

    async def main(desk: Desk) -> None:
        await scenario(desk, made[0])

    play(main, *answers, make_bindings=make, manifests=manifests)


async def begin(desk: Desk, home: SlowHome, text: str) -> tuple[asyncio.Task[Any], str]:
    task = asyncio.create_task(desk.do(text, Mode.RUN))
    await home.begun.wait()
    assert desk.view is not None
    assert desk.view.episode.outline is not None
    return task, desk.view.episode.outline.outline_id


def test_a_step_that_is_left_is_done_as_it_was_changed() -> None:
    async def scenario(desk: Desk, home: SlowHome) -> None:
        task, key = await begin(desk, home, TWO)
        edit = desk.system.outlines.edit
        await edit(key, Operation.REPLACE, step_id="2", text="play some jazz music")
        await edit(key, Operation.INSERT, text="turn on the bedroom light")
        home.go_on.set()
        episode = await task
        assert episode.status is RunStatus.SUCCEEDED, episode.summary
        assert home.calls == ['light_on(light="kitchen")', 'play_music(music="jazz")', 'light_on(light="bedroom")']
        assert [record.call.api for record in episode.calls] == ["light_on", "play_music", "light_on"]
        assert episode.summary.startswith("done: 3 calls")
        kept = desk.system.journal.run(episode.run_id)
        assert kept is not None
        assert [record.call.api for record in kept.calls_of_code] == ["play_music", "light_on"]
        assert desk.system.session._handing == set()

    slow(scenario, "never")


def test_a_step_that_was_deleted_is_not_done() -> None:
    async def scenario(desk: Desk, home: SlowHome) -> None:
        task, key = await begin(desk, home, TWO)
        await desk.system.outlines.edit(key, Operation.DELETE, step_id="2")
        home.go_on.set()
        episode = await task
        assert (episode.status, home.calls) == (RunStatus.SUCCEEDED, ['light_on(light="kitchen")']), episode.summary

    slow(scenario, "never")


def test_words_that_the_grammar_cannot_read_go_to_the_model() -> None:
    async def scenario(desk: Desk, home: SlowHome) -> None:
        task, key = await begin(desk, home, TWO)
        await desk.system.outlines.edit(key, Operation.REPLACE, step_id="2", text="some relaxing jazz would be nice")
        home.go_on.set()
        episode = await task
        assert home.calls == ['light_on(light="kitchen")', 'play_music(music="jazz")'], episode.summary
        assert "kitchen light" not in desk.server.text_of(0, "user").partition("<outline")[2]

    slow(scenario, coded('play_music(music="jazz")'))


def test_a_models_code_tells_by_its_marks_what_is_done() -> None:
    async def scenario(desk: Desk, home: SlowHome) -> None:
        task, key = await begin(desk, home, "make it cozy in the living room")
        await desk.system.outlines.edit(key, Operation.REPLACE, step_id="2", text="play some rock music")
        home.go_on.set()
        episode = await task
        assert home.calls == ['light_on(light="living_room")', 'play_music(music="rock")'], episode.summary

    plan = outlined("switch on the living room light", "play jazz music")
    code = coded('# 1. light\nlight_on(light="living_room")\n# 2. music\nplay_music(music="jazz")')
    slow(scenario, plan, code, coded('play_music(music="rock")'))


def test_a_change_that_cannot_be_planned_ends_the_run_with_the_reason() -> None:
    async def scenario(desk: Desk, home: SlowHome) -> None:
        task, key = await begin(desk, home, TWO)
        await desk.system.outlines.edit(
            key, Operation.REPLACE, step_id="2", text="set the bedroom light to 400 percent"
        )
        home.go_on.set()
        episode = await task
        assert (episode.status, episode.error_code) == (RunStatus.FAILED, "LIMIT")
        assert home.calls == ['light_on(light="kitchen")']

    slow(scenario, "never")


def test_a_run_can_still_be_cancelled_and_an_ended_one_edited() -> None:
    async def scenario(desk: Desk, home: SlowHome) -> None:
        task, key = await begin(desk, home, TWO)
        await desk.system.outlines.edit(key, Operation.DELETE, step_id="2")
        assert desk.view is not None
        home.go_on.set()
        await desk.system.session.cancel(desk.view.episode.run_id)
        assert (await task).status in (RunStatus.CANCELLED, RunStatus.SUCCEEDED)
        with pytest.raises(RequestError, match="there is no step '2'"):
            await desk.system.outlines.edit(key, Operation.DELETE, step_id="2")

    slow(scenario, "never")


FED = 'feeder_dispense(food="cat food")'
FIND = "pick up the coke"


def test_a_step_that_was_done_is_not_done_again_though_another_takes_more_calls(feeder: tuple[Path, ...]) -> None:
    async def scenario(desk: Desk, home: SlowHome) -> None:
        task, key = await begin(desk, home, f"dispense cat food and {FIND}")
        edit = desk.system.outlines.edit
        await edit(key, Operation.REPLACE, step_id="2", text="turn on the kitchen light")
        home.go_on.set()
        episode = await task
        assert home.calls == [FED, 'light_on(light="kitchen")'], episode.summary
        assert episode.status is RunStatus.SUCCEEDED

    slow(scenario, "never", manifests=feeder)


def test_what_was_done_before_an_earlier_change_is_not_done_after_a_later_one(feeder: tuple[Path, ...]) -> None:
    async def scenario(desk: Desk, home: SlowHome) -> None:
        task, key = await begin(desk, home, "dispense cat food and turn on the tv")
        edit, first = desk.system.outlines.edit, home.go_on
        await edit(key, Operation.REPLACE, step_id="2", text="turn on the kitchen light")
        await edit(key, Operation.INSERT, text="turn on the tv")
        home.begun, home.go_on = asyncio.Event(), asyncio.Event()
        first.set()
        await home.begun.wait()  # the light's call
        await edit(key, Operation.REPLACE, step_id="3", text="turn on the bedroom light")
        home.go_on.set()
        episode = await task
        assert episode.status is RunStatus.SUCCEEDED, episode.summary
        assert home.calls == [FED, 'light_on(light="kitchen")', 'light_on(light="bedroom")']

    slow(scenario, "never", manifests=feeder)


def test_a_done_step_in_other_words_is_refused_where_twice_does_harm(feeder: tuple[Path, ...]) -> None:
    async def scenario(desk: Desk, home: SlowHome) -> None:
        task, key = await begin(desk, home, "dispense cat food and turn on the tv")
        await desk.system.outlines.edit(key, Operation.REPLACE, step_id="1", text="pour out cat food")
        home.go_on.set()
        episode = await task
        assert (episode.status, episode.error_code) == (RunStatus.FAILED, "DONE_ALREADY"), episode.summary
        assert home.calls == [FED]

    slow(scenario, "never", manifests=feeder)


def test_a_restart_finds_no_code_of_an_outline_that_was_changed_and_does_none(feeder: tuple[Path, ...]) -> None:
    async def scenario(desk: Desk, home: SlowHome) -> None:
        task, key = await begin(desk, home, "dispense cat food and turn on the tv")
        assert desk.view is not None
        session, journal, run_id = desk.system.session, desk.system.journal, desk.view.episode.run_id
        desk.system.session.pause(run_id, cancel_call=False)
        home.go_on.set()
        while not desk.view.records[-1].outcome:
            await asyncio.sleep(0)
        await desk.system.outlines.edit(key, Operation.REPLACE, step_id="2", text="turn on the kitchen light")
        kept = journal.run(run_id)
        assert kept is not None
        assert kept.outline is not None
        assert (kept.status, kept.code) == (RunStatus.PAUSED, None)
        assert [step.text for step in kept.outline.steps] == ["dispense cat food", "turn on the kitchen light"]
        await session.rest("the node ends")
        await task
        assert home.calls == [FED]
        kept = journal.run(run_id)
        assert kept is not None
        assert (kept.ended_at, kept.code) == (None, None)
        episode = await session.finish(session.recover(kept))
        assert (episode.status, episode.error_code) == (RunStatus.FAILED, "INTERRUPTED")
        assert home.calls == [FED]

    slow(scenario, "never", manifests=feeder)
