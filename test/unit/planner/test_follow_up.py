"""What goes on with the turn before is understood, in words and with the calls it comes to."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from rule_desk import rule_desk
from shipped_catalogue import shipped

from taskmatrix_ros.core.approval import ForetoldCall
from taskmatrix_ros.core.conversation import ASKED, Turn
from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.ports import PlanningContext
from taskmatrix_ros.planner.offline_planner import OfflinePlanner
from taskmatrix_ros.planner.talk.follow_up import FollowUpKind, corrects, parse_follow_up
from taskmatrix_ros.planner.talk.follow_up_planner import FollowUpPlanner

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
STATE = {"ac.state": "on", "ac.target_c": 20.0, "tv.state": "off", "light.kitchen.brightness_pct": 40.0}


class Talk:
    """A conversation with the grammar; what is planned counts as done."""

    def __init__(self, **state: Any) -> None:
        self.catalogue = shipped()
        self.planner = FollowUpPlanner(OfflinePlanner(self.catalogue), self.catalogue)
        self.turns: list[Turn] = []
        self.state = {**STATE, **state}

    async def say(self, text: str, *, undone: tuple[str, ...] = ()) -> str:
        from taskmatrix_ros.planner.grammar.sentence_reader import calls_in

        context = PlanningContext(state=self.state, now=NOW, conversation=tuple(self.turns))
        outline = await self.planner.outline(Instruction(text=text), context)
        code = await self.planner.write_code(outline, (), context)
        assert outline.instruction == text
        self.turns.append(
            Turn(
                said=text,
                steps=tuple(step.text for step in outline.steps),
                status="succeeded",
                calls=tuple(calls_in(code.source)),
                undone=undone,
            )
        )
        return code.source


def said(*texts: str, **state: Any) -> str:
    async def main() -> str:
        talk = Talk(**state)
        for text in texts[:-1]:
            await talk.say(text)
        return await talk.say(texts[-1])

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["turn on the kitchen light", "turn it off again"], 'light_off(light="kitchen")'),
        (["turn on the kitchen light", "now turn that off please"], 'light_off(light="kitchen")'),
        (["turn on the kitchen light", "what about the bedroom"], 'light_on(light="bedroom")'),
        (["turn on the kitchen light", "and the living room"], 'light_on(light="living_room")'),
        (["turn on the kitchen light", "no, the bedroom light"], 'light_on(light="bedroom")'),
        (["turn on the kitchen light", "no, I meant the bedroom one"], 'light_on(light="bedroom")'),
        (["turn on the kitchen light", "not the kitchen, the bedroom"], 'light_on(light="bedroom")'),
        (["turn on the kitchen light", "same for the bedroom"], 'light_on(light="bedroom")'),
        (["turn on the kitchen light", "the bedroom light too"], 'light_on(light="bedroom")'),
        (["turn on the kitchen light", "no, turn on the tv"], "tv_open()"),
        (["turn on the kitchen light", "the tv too"], "tv_open()"),
        (["turn on the kitchen light", "turn on the tv too"], "tv_open()"),
        (["turn on the kitchen light", "turn off the tv"], "tv_close()"),
        (["turn on the tv", "turn it off"], "tv_close()"),
        (["set the bedroom light to 40 percent", "what about the kitchen"],
         'light_on(light="kitchen", brightness_pct=40)'),
        (["set the bedroom light to 40 percent", "actually make it 60 percent"],
         'light_on(light="bedroom", brightness_pct=60)'),
        (["set the bedroom light to 40 percent", "a bit brighter"], 'light_on(light="bedroom", brightness_pct=50)'),
        (["set the bedroom light to 40 percent", "much darker please"], 'light_on(light="bedroom", brightness_pct=10)'),
        (["set the bedroom light to 40 percent", "brighter by 15 percent"],
         'light_on(light="bedroom", brightness_pct=55)'),
        (["turn on the kitchen light", "a bit brighter"], 'light_on(light="kitchen", brightness_pct=50)'),
        (["turn on the kitchen light", "make it a little dimmer"], 'light_on(light="kitchen", brightness_pct=30)'),
        (["set the air conditioner to 20 degrees", "a bit warmer"], "ac_set_temperature(temperature_c=21)"),
        (["set the air conditioner to 20 degrees", "2 degrees colder"], "ac_set_temperature(temperature_c=18)"),
        (["turn on the air conditioner", "a bit cooler"], "ac_set_temperature(temperature_c=19)"),
        (["play some jazz music", "no, rock"], 'play_music(music="rock")'),
        (["play some jazz music", "again"], 'play_music(music="jazz")'),
        (["turn on the kitchen light", "do that again"], 'light_on(light="kitchen")'),
        (["find the coke", "no, the apple"], 'robot_find(object="apple")'),
        (["turn on the kitchen light", "turn on the tv", "turn it off"], "tv_close()"),
    ],
)  # fmt: skip
def test_what_goes_on_with_the_turn_before_is_understood(texts: list[str], code: str) -> None:
    assert said(*texts) == code


def test_what_is_picked_up_can_be_put_down() -> None:
    assert said("pick up the coke", "put it on the kitchen table").endswith(
        'robot_put_down(object="coke", place="kitchen table")'
    )


def test_where_there_are_several_others_it_is_asked() -> None:
    with pytest.raises(PlanningError) as raised:
        said("turn on the kitchen light", "no, the other one")
    assert (raised.value.error_code, raised.value.question) == ("AMBIGUOUS", "Which one: living room, bedroom, hall?")
    assert said("turn on the kitchen light", raised.value.completions["bedroom"]) == 'light_on(light="bedroom")'


def test_more_than_the_most_is_refused() -> None:
    assert said("set the bedroom light to 95 percent", "a bit brighter").endswith("brightness_pct=100)")
    with pytest.raises(PlanningError, match="100 already"):
        said("set the bedroom light to 100 percent", "a bit brighter")


def test_a_correction_keeps_what_was_not_done_yet() -> None:
    async def main() -> None:
        talk = Talk()
        steps = ("turn on the kitchen light", "turn on the tv")
        await talk.say(" and ".join(steps), undone=steps)
        assert await talk.say("no, the bedroom light") == 'light_on(light="bedroom")\ntv_open()'

    asyncio.run(main())


def test_an_answer_completes_what_was_asked_about() -> None:
    async def main() -> None:
        talk = Talk()
        for asked, answer, code in (
            ("turn it off", "the kitchen light", 'light_off(light="kitchen")'),
            ("turn on the light", "kitchen", 'light_on(light="kitchen")'),
            ("turn on the light", "turn on the tv", "tv_open()"),
        ):
            talk.turns = [Turn(said=asked, answered="what?", status=ASKED)]
            assert await talk.say(answer) == code
        talk.turns = [Turn(said="turn it off", answered="what?", status=ASKED)]
        with pytest.raises(PlanningError, match="no answer that fits"):
            await talk.say("blorp")

    asyncio.run(main())


@pytest.mark.parametrize(
    ("answer", "at"), [("in half an hour", "08:30"), ("10 minutes later", "08:30"), ("at 11 am", "11:00")]
)
def test_an_answer_says_when_what_was_done_is_undone(answer: str, at: str) -> None:
    async def main() -> None:
        talk = Talk()
        talk.planner = FollowUpPlanner(rule_desk().planner, talk.catalogue)
        asked = "turn off the fan in 20 minutes and then turn it on again"
        with pytest.raises(PlanningError) as caught:
            await talk.say(asked)
        talk.turns = [Turn(said=asked, answered=caught.value.question, status=ASKED)]
        first, second = (await talk.say(answer)).splitlines()
        assert ("fan_off" in first, "T08:20:00" in first) == (True, True)
        assert ("fan_on" in second, f"T{at}:00" in second) == (True, True)

    asyncio.run(main())


@pytest.mark.parametrize(
    "text", ["bring me the coke", "turn off the light", "stop the music", "no more music", "what is on tv", "play jazz"]
)
def test_a_whole_instruction_is_no_follow_up(text: str) -> None:
    assert parse_follow_up(text) is None
    assert not corrects(text)


@pytest.mark.parametrize(
    "text", ["no, the other one", "stop, the apple", "wait, the bedroom", "the tv instead", "actually, 20 degrees"]
)
def test_what_takes_back_is_known(text: str) -> None:
    assert corrects(text)
    assert parse_follow_up(text) is not None


def test_relative_words_have_a_way_and_an_amount() -> None:
    found = parse_follow_up("a bit warmer, please")
    assert found is not None
    assert (found.kind, found.way, found.step) == (FollowUpKind.RELATIVE, 1, 1.0)
    found = parse_follow_up("3 degrees colder")
    assert found is not None
    assert (found.way, found.amount) == (-1, 3.0)


def test_what_follows_a_turn_that_changed_nothing_changes_nothing() -> None:
    async def main() -> None:
        talk = Talk()
        await talk.say("turn on the kitchen light")
        talk.turns.append(Turn(said="how warm is it in the bedroom", steps=("how warm is it",), status="succeeded"))
        with pytest.raises(PlanningError):
            await talk.say("and in the living room")

    asyncio.run(main())


def test_a_follow_up_that_is_edited_is_written_anew() -> None:
    async def main() -> tuple[str, str]:
        talk = Talk()
        talk.turns.append(
            Turn(
                said="something nice",
                steps=("something nice",),
                status="succeeded",
                calls=(ForetoldCall(api="light_on", arguments={"light": "kitchen"}),),
            )
        )
        context = PlanningContext(state=talk.state, now=NOW, conversation=tuple(talk.turns))
        outline = await talk.planner.outline(Instruction(text="again"), context)
        step = outline.steps[0].model_copy(update={"text": "turn on the tv"})
        changed = outline.model_copy(update={"steps": (step,)})
        first = await talk.planner.write_code(outline, (), context)
        return first.source, (await talk.planner.write_code(changed, (), context)).source

    assert asyncio.run(main()) == ('light_on(light="kitchen")', "tv_open()")
