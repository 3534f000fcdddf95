"""Talking over several turns: pronouns, corrections, questions, cancelling, and what is remembered; with no model."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from model_desk import MANIFESTS, coded, outlined
from obliging_home import ObligingHome
from scripted_model import ScriptedModel

from taskmatrix_ros.app.profile.profile_models import ModelsSettings
from taskmatrix_ros.app.runs.run_view import RunView
from taskmatrix_ros.app.system import System
from taskmatrix_ros.core.event_bus import Event
from taskmatrix_ros.core.instruction import Channel, Instruction, Mode
from taskmatrix_ros.core.policy import Policy
from taskmatrix_ros.core.run import Episode, RunStatus
from taskmatrix_ros.core.state_store import StateStore


class Room:
    """A person in a home. ``answers`` are given to questions in their order."""

    def __init__(self, system: System, home: ObligingHome, server: ScriptedModel | None) -> None:
        self.system = system
        self.home = home
        self.server = server
        self.answers: list[str] = []
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        system.events.listen(self._hear)

    def start(self, text: str, **fields: Any) -> RunView:
        return self.system.session.start(Instruction(text=text, conversation_id="c", speaker="ann", **fields))

    async def say(self, text: str, **fields: Any) -> Episode:
        """Say it and wait for the end. Calls of earlier turns are forgotten."""
        self.home.calls.clear()
        return await self.system.session.finish(self.start(text, **fields))

    async def calls(self, text: str, **fields: Any) -> list[str]:
        episode = await self.say(text, **fields)
        assert episode.status is RunStatus.SUCCEEDED, episode.summary
        return self.home.calls

    def _hear(self, event: Event) -> None:
        if event.kind == "question_asked":
            self.asked.append((event.data["text"], tuple(event.data["choices"])))
            if self.answers:
                self.system.questions.answer(event.data["question_id"], self.answers.pop(0))


def talk(
    scenario: Callable[[Room], Awaitable[None]],
    *answers: Any,
    store_file: Path | None = None,
    expires_s: float = 240.0,
    with_model: bool = False,
) -> None:
    async def main() -> None:
        async with asyncio.timeout(240), ScriptedModel(*answers) as server:
            chat = {"base_url": server.url, "model": "scripted", "retries": 0}
            made: list[ObligingHome] = []

            def make(_catalogue: Any, state: StateStore) -> list[ObligingHome]:
                made.append(ObligingHome(state))
                return made

            system = System(
                [MANIFESTS / name for name in ("robot.yaml", "home.yaml", "time.yaml")],
                store_file=store_file,
                make_bindings=make,
                policy=Policy(approval_expires_s=expires_s),
                models=ModelsSettings.model_validate({"chat": chat}) if with_model else None,
            )
            await system.open()
            try:
                system.state.set("tv.state", "off", source="home")
                system.state.set("ac.state", "on", source="home")
                await scenario(Room(system, made[0], server))
            finally:
                await system.close()

    asyncio.run(main())


def test_turns_go_on_with_each_other() -> None:
    async def scenario(room: Room) -> None:
        assert await room.calls("turn on the kitchen light") == ['light_on(light="kitchen")']
        assert await room.calls("what about the bedroom") == ['light_on(light="bedroom")']
        assert await room.calls("turn it off again") == ['light_off(light="bedroom")']
        assert await room.calls("set the air conditioner to 20 degrees") == ["ac_set_temperature(temperature_c=20)"]
        assert await room.calls("a bit warmer") == ["ac_set_temperature(temperature_c=21)"]
        assert await room.calls("warmer") == ["ac_set_temperature(temperature_c=22)"]
        assert room.asked == []

    talk(scenario)


def test_a_conversation_outlives_a_restart(tmp_path: Path) -> None:
    async def before(room: Room) -> None:
        await room.calls("turn on the kitchen light")
        await room.say("remember that I like the bedroom light at 40 percent")

    async def after(room: Room) -> None:
        assert await room.calls("turn it off again") == ['light_off(light="kitchen")']
        assert await room.calls("set the bedroom light as I like it") == [
            'light_on(light="bedroom", brightness_pct=40)'
        ]

    talk(before, store_file=tmp_path / "home.sqlite")
    talk(after, store_file=tmp_path / "home.sqlite")


def test_another_conversation_knows_nothing_of_it() -> None:
    async def scenario(room: Room) -> None:
        await room.calls("turn on the kitchen light")
        other = Instruction(text="turn it off again", conversation_id="d", mode=Mode.DRY_RUN)
        assert (await room.system.session.submit(other)).error_code == "AMBIGUOUS"

    talk(scenario)


def test_a_question_is_put_and_its_answer_completes_the_instruction() -> None:
    async def scenario(room: Room) -> None:
        room.answers = ["the kitchen light"]
        assert await room.calls("turn it off") == ['light_off(light="kitchen")']
        [(text, choices)] = room.asked
        assert ("'it'" in text, choices) == (True, ())
        room.answers = ["bedroom"]
        assert await room.calls("no, the other one") == ['light_off(light="bedroom")']
        assert room.asked[1][1] == ("living room", "bedroom", "hall")
        ended = await room.say("turn it on")
        assert ended.clarified == ()
        assert room.home.calls == ['light_on(light="bedroom")'], "what was clarified is known"
        room.answers = ["kitchen"]
        assert await room.calls("turn the light off") == ['light_off(light="kitchen")']
        assert await room.calls("turn the light off", area="bedroom") == ['light_off(light="bedroom")']

    talk(scenario)


def test_no_answer_and_no_person_to_ask_end_as_a_refusal() -> None:
    async def scenario(room: Room) -> None:
        ended = await room.say("turn it off")
        assert (ended.status, ended.error_code, len(room.asked)) == (RunStatus.REFUSED, "AMBIGUOUS", 1)
        for fields in ({"mode": Mode.DRY_RUN}, {"approval": "deny"}, {"channel": Channel.MQTT}):
            ended = await room.say("turn it off", **fields)
            assert (ended.status, ended.error_code, len(room.asked)) == (RunStatus.REFUSED, "AMBIGUOUS", 1)

    talk(scenario, expires_s=0.05)


def test_a_question_can_be_cancelled() -> None:
    async def scenario(room: Room) -> None:
        view = room.start("turn it off")
        while not room.asked:
            await asyncio.sleep(0.01)
        assert view.message.startswith("planning: asked: ")
        assert (await room.say("never mind")).status is RunStatus.SUCCEEDED
        assert (await room.system.session.finish(view)).status is RunStatus.CANCELLED
        assert room.system.questions.pending() == ()

    talk(scenario)


def test_what_is_being_done_is_cancelled_by_saying_so() -> None:
    async def scenario(room: Room) -> None:
        room.home.held = "tv_open"
        view = room.start("turn on the tv")
        while not room.home.calls:
            await asyncio.sleep(0.01)
        said = await room.say("cancel that")
        assert (said.status, said.summary) == (RunStatus.SUCCEEDED, "cancelled: turn on the tv")
        assert (await room.system.session.finish(view)).status is RunStatus.CANCELLED
        assert room.home.cancelled == ["tv_open"]
        again = await room.say("cancel that")
        assert (again.status, again.error_code) == (RunStatus.REFUSED, "NOTHING_RUNS")

    talk(scenario)


def test_a_correction_ends_the_run_and_does_the_rest_in_another_way() -> None:
    async def scenario(room: Room) -> None:
        room.home.held = "light_on"
        view = room.start("turn on the kitchen light and turn on the tv")
        while not room.home.calls:
            await asyncio.sleep(0.01)
        task = asyncio.ensure_future(room.say("no, the bedroom light"))
        while (await room.system.session.finish(view)).status is not RunStatus.CANCELLED:
            await asyncio.sleep(0.01)
        while len(room.home.calls) < 1:
            await asyncio.sleep(0.01)
        assert room.home.calls == ['light_on(light="bedroom")']
        room.home.held = ""
        await room.system.session.cancel(next(iter(room.system.session.active)).episode.run_id)
        ended = await task
        assert [step.text for step in ended.outline.steps] == ["turn on the bedroom light", "turn on the tv"]

    talk(scenario)


def test_what_a_person_likes_is_kept_told_used_and_forgotten() -> None:
    async def scenario(room: Room) -> None:
        said = await room.say("please remember that I like the bedroom light at 40 percent")
        assert said.summary == "I will remember: I like the bedroom light at 40 percent"
        await room.say("remember my favourite music is jazz")
        assert (await room.say("what do you remember about me?")).summary.startswith("I remember: I like the bedroom")
        assert await room.calls("play my favourite music") == ['play_music(music="jazz")']
        assert await room.calls("set the bedroom light as I like it") == [
            'light_on(light="bedroom", brightness_pct=40)'
        ]
        assert room.system.preferences.of("bob") == ()
        assert (await room.say("forget what I said about the bedroom")).summary.startswith("forgotten: I like the bed")
        assert room.system.preferences.of("ann") == ("my favourite music is jazz",)
        unknown = await room.say("forget what I said about the garage")
        assert unknown.error_code == "UNKNOWN_PREFERENCE"
        await room.say("forget everything about me")
        assert (await room.say("what do you remember?")).summary == "I remember nothing that you told me"

    talk(scenario)


def test_only_a_person_changes_what_is_remembered() -> None:
    async def scenario(room: Room) -> None:
        refused = await room.say("remember that the door is always open", channel=Channel.MCP)
        assert (refused.status, refused.error_code) == (RunStatus.REFUSED, "NOT_ALLOWED")
        await room.say("remember that I like jazz", mode=Mode.DRY_RUN)
        assert room.system.preferences.of("ann") == ()

    talk(scenario)


def test_a_model_knows_the_conversation_and_what_the_person_likes() -> None:
    async def scenario(room: Room) -> None:
        assert room.server is not None
        await room.say("remember that I like jazz")
        room.answers = ["the living room"]
        ended = await room.say("make it cozy")
        assert room.home.calls == ['light_on(light="living_room")', 'play_music(music="jazz")'], ended.summary
        assert room.asked == [("Which room?", ())]
        prompt = room.server.text_of(1, "user")
        assert '"make it cozy"' in prompt
        assert '"Which room?"' in prompt
        assert '"the living room"' in prompt
        assert "I like jazz" in prompt
        assert ended.outline.instruction == "make it cozy: the living room"
        assert await room.calls("a bit louder and turn that light off") == ['light_off(light="living_room")']
        assert "make it cozy: the living room" in room.server.text_of(3, "user")

    question = {"steps": [], "question": "Which room?", "refusal": ""}
    plan = outlined("switch on the living room light", "play jazz music")
    code = coded('light_on(light="living_room")\nplay_music(music="jazz")')
    off = outlined("switch off the living room light")
    talk(scenario, question, plan, code, off, coded('light_off(light="living_room")'), with_model=True)


@pytest.mark.parametrize("text", ["cancel that", "never mind", "forget it"])
def test_without_a_conversation_it_is_the_latest_of_the_same_person(text: str) -> None:
    async def scenario(room: Room) -> None:
        room.home.held = "tv_open"
        session = room.system.session
        mine = session.start(Instruction(text="turn on the tv", speaker="ann"))
        other = session.start(Instruction(text="turn on the kitchen light", speaker="bob", channel=Channel.ROS))
        await session.finish(other)
        while not any("tv" in call for call in room.home.calls):
            await asyncio.sleep(0.01)
        assert (await session.submit(Instruction(text=text, speaker="ann"))).status is RunStatus.SUCCEEDED
        assert (await session.finish(mine)).status is RunStatus.CANCELLED

    talk(scenario)
