"""What is said after a rule was made goes on with that rule, and what follows something done may become one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from rule_desk import NOW, ZONE, rule_desk

from taskmatrix_ros.core.conversation import Turn
from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.ports import PlanningContext
from taskmatrix_ros.core.rule import Rule
from taskmatrix_ros.planner.grammar.sentence_reader import calls_in
from taskmatrix_ros.planner.talk.follow_up_planner import FollowUpPlanner


class Talk:
    """A conversation in which every rule that is asked for is confirmed."""

    def __init__(self) -> None:
        self.planner = FollowUpPlanner(rule_desk().planner, rule_desk().registry)
        self.turns: list[Turn] = []
        self.rules: dict[str, Rule] = {}

    async def say(self, text: str) -> list[str]:
        """Give the APIs that are called."""
        context = PlanningContext(now=NOW, zone=ZONE, rules=tuple(self.rules.values()), conversation=tuple(self.turns))
        outline = await self.planner.outline(Instruction(text=text), context)
        code = await self.planner.write_code(outline, (), context)
        calls = tuple(calls_in(code.source))
        for call in calls:
            if call.api in ("rule_add", "rule_change"):
                self._keep(Rule.model_validate(call.arguments["rule" if call.api == "rule_add" else "new"]))
            elif call.api == "rule_delete":
                del self.rules[call.arguments["rule"]]
        steps = tuple(step.text for step in outline.steps)
        self.turns.append(Turn(said=text, steps=steps, status="succeeded", calls=calls))
        return [call.api for call in calls]

    def _keep(self, rule: Rule) -> None:
        self.rules.pop(rule.id, None)
        self.rules[rule.id] = rule


def talked(*texts: str) -> tuple[list[list[str]], list[Rule]]:
    async def main() -> tuple[list[list[str]], list[Rule]]:
        talk = Talk()
        said = [await talk.say(text) for text in texts]
        return said, list(talk.rules.values())

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("correction", "code", "at"),
    [
        ("no, the TV", "tv_close()", "14:35"),
        ("I meant the TV", "tv_close()", "14:35"),
        ("no, turn off the TV", "tv_close()", "14:35"),
        ("at 10 instead", "fan_off()", "22:00"),
        ("no, in half an hour", "fan_off()", "14:45"),
        ("do it at 8 instead", "fan_off()", "20:00"),
        ("ten minutes later", "fan_off()", "14:45"),
    ],
)
def test_a_rule_is_corrected_in_place(correction: str, code: str, at: str) -> None:
    said, (rule,) = talked("turn off the fan in 20 minutes", correction)
    assert said[-1] == ["rule_change"]
    (trigger,) = rule.triggers
    assert (rule.action.code, f"{getattr(trigger, 'at', None):%H:%M}") == (code, at)


@pytest.mark.parametrize("more", ["and the TV too", "the TV too"])
def test_the_same_for_another_thing_is_another_rule(more: str) -> None:
    said, rules = talked("turn off the fan in 20 minutes", more)
    assert said[-1] == ["rule_add"]
    assert [rule.action.code for rule in rules] == ["fan_off()", "tv_close()"]


@pytest.mark.parametrize(
    ("then", "code"),
    [
        ("turn it off in 10 minutes", 'light_off(light="kitchen")'),
        ("do the same at 8 pm", 'light_on(light="kitchen")'),
        ("do that every day at 8", 'light_on(light="kitchen")'),
    ],
)
def test_what_was_done_becomes_a_rule(then: str, code: str) -> None:
    said, (rule,) = talked("turn on the kitchen light", then)
    assert said[-1] == ["rule_add"]
    assert rule.action.code == code


def test_a_rule_is_talked_about_for_a_while() -> None:
    talk: tuple[Any, ...] = ("change that to 8", "only on fridays", "pause that")
    said, (rule,) = talked("every weekday at 7 wake me with soft music", *talk)
    assert said[1:] == [["rule_change"]] * 3
    assert not rule.enabled
    said, (rule,) = talked("every weekday at 7 wake me with soft music", *talk, "switch it back on")
    assert (rule.enabled, said[-1]) == (True, ["rule_change"])
    said, rules = talked("every weekday at 7 wake me with soft music", *talk, "never mind")
    assert (rules, said[-1]) == ([], ["rule_delete"])


@pytest.mark.parametrize(
    ("then", "apis"), [("turn it off", ["tv_close"]), ("no, turn on the kitchen light", ["light_on"])]
)
def test_it_is_the_thing_that_was_spoken_of_last(then: str, apis: list[str]) -> None:
    said, _ = talked("at 9 am open the blinds", "turn on the TV", then)
    assert said[-1] == apis


def test_a_figure_is_that_of_the_thing_that_was_spoken_of_last() -> None:
    said, (rule,) = talked(
        "at 6 pm set the air conditioner to 20", "set the air conditioner to 22", "make it 23 degrees"
    )
    assert said[-1][-1] == "ac_set_temperature"
    assert "=20)" in str(rule.action.code)


@pytest.mark.parametrize("bare", ["at 8", "pause it", "don't", "only on weekends"])
def test_what_leans_on_a_rule_is_nothing_where_none_was_spoken_of(bare: str) -> None:
    with pytest.raises(PlanningError):
        talked("at 9 am open the blinds", "turn on the TV", bare)
