"""An outline is drafted, changed in words, kept, and run; by the grammar as long as it reads every step."""

from __future__ import annotations

import pytest
from model_desk import Desk, coded, outlined, play

from taskmatrix_ros.app.runs.outline_desk import Operation
from taskmatrix_ros.core.errors import RequestError
from taskmatrix_ros.core.instruction import Mode
from taskmatrix_ros.core.run import RunStatus


async def drafted(desk: Desk, text: str) -> str:
    episode = await desk.do(text, Mode.OUTLINE_ONLY)
    assert episode.outline is not None, episode.summary
    return episode.outline.outline_id


async def run(desk: Desk, outline_id: str, **parameters: str) -> list[str]:
    episode = await desk.do("as outlined", outline_id=outline_id, parameters=parameters)
    assert episode.rehearsed is not None, episode.summary
    return [str(call).replace(", brightness_pct=None", "") for call in episode.rehearsed.calls]


def test_an_edited_outline_is_what_is_done() -> None:
    async def scenario(desk: Desk) -> None:
        key = await drafted(desk, "turn on the kitchen light and turn on the tv")
        edit = desk.system.outlines.edit
        await edit(key, Operation.INSERT, step_id="1", text="turn off the bedroom light")
        await edit(key, Operation.DELETE, step_id="2")
        changed = await edit(key, Operation.REPLACE, step_id="1", text="turn on the living room light")
        assert [step.id for step in changed.steps] == ["3", "1"]
        assert [step.effect.value for step in changed.steps] == ["actuate", "actuate"]
        assert changed.steps[1].goal == 'state["light.living_room.state"] == "on"'
        assert await run(desk, key) == ["light_off(light='bedroom')", "light_on(light='living_room')"]
        await edit(key, Operation.MOVE, step_id="1", before="3")
        assert await run(desk, key) == ["light_on(light='living_room')", "light_off(light='bedroom')"]
        assert desk.server.requests == []

    play(scenario, "never")


def test_a_step_that_the_grammar_cannot_read_goes_to_the_model() -> None:
    async def scenario(desk: Desk) -> None:
        key = await drafted(desk, "turn on the kitchen light")
        await desk.system.outlines.edit(key, Operation.INSERT, text="some relaxing jazz would be nice")
        assert await run(desk, key) == ["light_on(light='kitchen')", "play_music(music='jazz')"]
        assert "some relaxing jazz would be nice" in desk.server.text_of(0, "user")

    play(scenario, coded('light_on(light="kitchen")\nplay_music(music="jazz")'))


def test_a_models_outline_can_be_edited_too() -> None:
    async def scenario(desk: Desk) -> None:
        key = await drafted(desk, "make it cozy in the living room")
        await desk.system.outlines.edit(key, Operation.DELETE, step_id="2")
        assert await run(desk, key) == ["light_on(light='living_room')"]
        assert len(desk.server.requests) == 1

    play(scenario, outlined("turn on the living room light", "play jazz music"))


def test_a_template_is_run_by_name_with_other_values() -> None:
    async def scenario(desk: Desk) -> None:
        key = await drafted(desk, "turn on the kitchen light and turn on the tv")
        edit = desk.system.outlines.edit
        await edit(key, Operation.REPLACE, step_id="1", text="turn on the {room} light")
        saved = await edit(key, Operation.SAVE_TEMPLATE, name="evening", parameters=["room"])
        assert saved.outline_id != key
        assert await run(desk, "evening", room="bedroom") == ["light_on(light='bedroom')", "tv_open()"]
        assert await run(desk, saved.outline_id, room="kitchen") == ["light_on(light='kitchen')", "tv_open()"]
        refused = await desk.do("as outlined", outline_id="evening", parameters={"place": "attic"})
        assert (refused.status, "its parameters are room" in refused.summary) == (RunStatus.REFUSED, True)

    play(scenario, "never")


def test_what_is_not_there_is_said() -> None:
    async def scenario(desk: Desk) -> None:
        refused = await desk.do("as outlined", outline_id="01J")
        assert (refused.status, refused.error_code) == (RunStatus.REFUSED, "UNKNOWN_OUTLINE")
        with pytest.raises(RequestError, match="unknown"):
            await desk.system.outlines.edit("01J", Operation.DELETE, step_id="1")
        key = await drafted(desk, "turn on the tv")
        await desk.system.outlines.edit(key, Operation.DELETE, step_id="1")
        empty = await desk.do("as outlined", outline_id=key)
        assert (empty.status, "no steps" in empty.summary) == (RunStatus.REFUSED, True)

    play(scenario, "never")
