"""The table of our own sentences, as ``taskmatrix bench planner`` runs it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from taskmatrix_ros.app.home.home_planning import HomePlan, PlanStatus
from taskmatrix_ros.bench.sentences import (
    RULE,
    OwnRule,
    OwnSentence,
    judge,
    load_sentences,
    run_sentences,
    sentences_home,
)
from taskmatrix_ros.planner.code.code_writer import call_source


def call(service: str, **data: str) -> dict[str, Any]:
    return {"service": service, "entity_id": [], "data": data}


def judged(*calls: dict[str, Any], robot: tuple[str, ...] = (), lines: tuple[str, ...] = ()) -> tuple[str, bool]:
    sentence = OwnSentence(group="-", say="-", robot=robot, calls=lines)
    result = judge(sentence, HomePlan(status=PlanStatus.PLANNED, calls=calls), sentences_home())
    return result.why, result.is_wrong_actuation


def test_the_table_is_large_and_has_no_sentence_twice() -> None:
    sentences = load_sentences()
    assert len(sentences) >= 220
    assert len({(one.say, one.area) for one in sentences}) == len(sentences)


def test_what_is_said_comes_to_what_was_meant() -> None:
    results = asyncio.run(run_sentences(load_sentences(), sentences_home()))
    assert [one.sentence.say for one in results if one.is_wrong_actuation] == []
    wrong = [f"{one.sentence.say}: {one.why}" for one in results if one.why]
    assert len(wrong) <= 0.05 * len(results), "\n".join(wrong)


class TestJudge:
    FETCH = (
        call("robot.find", object="keys"),
        call("robot.go_to", object="keys"),
        call("robot.pick_up", object="keys"),
        call("robot.go_to", place="user"),
        call("robot.put_down", object="keys", place="user"),
    )

    def test_a_plan_that_does_what_was_meant_is_right(self) -> None:
        assert judged(*self.FETCH, robot=("move keys|remote user",)) == ("", False)

    def test_another_thing_moved_is_a_wrong_actuation(self) -> None:
        why, is_wrong = judged(*self.FETCH, robot=("move remote user",))
        assert "pick keys" in why
        assert is_wrong

    def test_less_than_was_asked_is_wrong_but_harms_nobody(self) -> None:
        why, is_wrong = judged(*self.FETCH[:3], robot=("move keys user",))
        assert why
        assert not is_wrong

    @pytest.mark.parametrize(
        ("calls", "named"),
        [
            ((FETCH[2],), "without having gone to it"),
            ((*FETCH[:3], FETCH[4]), "standing at"),
            ((*FETCH[:3], call("robot.go_to", object="remote"), call("robot.pick_up", object="remote")), "holding"),
            ((call("robot.find", object="car keys"),), "nothing here"),
            ((call("robot.go_to", place="attic"),), "no place"),
        ],
    )
    def test_what_no_robot_can_do_is_found(self, calls: tuple[dict[str, Any], ...], named: str) -> None:
        why, is_wrong = judged(*calls)
        assert named in why
        assert is_wrong

    def test_what_a_rule_does_then_is_judged_too(self) -> None:
        code = "\n".join(call_source(c["service"].replace(".", "_"), c["data"]) for c in self.FETCH)
        rule = {"triggers": [{"kind": "time", "at": "07:00"}], "action": {"code": code}}
        plan = HomePlan(status=PlanStatus.PLANNED, calls=({"service": RULE, "entity_id": [], "data": {"rule": rule}},))

        def why(at: str, move: str) -> str:
            later = OwnRule(when={"kind": "time", "at": at}, robot=(move,))
            return judge(OwnSentence(group="-", say="-", later=later), plan, sentences_home()).why

        assert why("07:00", "move keys user") == ""
        assert "triggered" in why("08:00", "move keys user")
        assert "pick keys" in why("07:00", "move remote user")
        assert judge(OwnSentence(group="-", say="-"), plan, sentences_home()).is_wrong_actuation

    def test_devices_are_compared_one_by_one(self) -> None:
        both = {"service": "light.turn_on", "entity_id": ["light.desk", "light.hall"], "data": {"brightness_pct": 40.0}}
        lines = ("light.turn_on light.hall brightness_pct=40", "light.turn_on light.desk brightness_pct=40")
        assert judged(both, lines=lines) == ("", False)
        why, is_wrong = judged(both, lines=lines[:1])
        assert "light.desk" in why
        assert is_wrong
