"""Sentences to code over the shipped manifests."""

from __future__ import annotations

import pytest
from planner_desk import Desk
from sentence_table import REFUSED, UNDERSTOOD, bring, light

from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.outline import Outline


def test_the_tables_are_not_thinned_out() -> None:
    assert len(UNDERSTOOD) + len(REFUSED) >= 120


def test_shipped_sentences_can_all_be_used(desk: Desk) -> None:
    assert desk.planner.problems() == ()


@pytest.mark.parametrize(("text", "lines"), UNDERSTOOD, ids=[text for text, _ in UNDERSTOOD])
def test_sentence_becomes_code(desk: Desk, text: str, lines: list[str]) -> None:
    assert desk.code(text) == lines


@pytest.mark.parametrize(("text", "code", "named"), REFUSED, ids=[text for text, _, _ in REFUSED])
def test_sentence_is_refused_with_its_reason(desk: Desk, text: str, code: str, named: str) -> None:
    with pytest.raises(PlanningError) as caught:
        desk.outline(text)
    assert caught.value.error_code == code
    assert named in caught.value.message
    assert "\n" not in caught.value.message
    assert 1 <= len(caught.value.nearest) <= 3


def test_steps_say_what_they_need_change_and_aim_at(desk: Desk) -> None:
    first, second = desk.outline("Could you turn on the TV and dim the bedroom light to 30%?").steps
    assert (first.id, first.text, first.needs, first.effect) == ("1", "turn on the tv", (), Effect.ACTUATE)
    assert (first.targets, first.goal) == (("tv",), 'state["tv.state"] == "on"')
    assert (second.id, second.needs, second.targets) == ("2", ("1",), ("light.bedroom",))
    assert second.goal == 'state["light.bedroom.state"] == "on" && state["light.bedroom.brightness_pct"] == 30'


@pytest.mark.parametrize(
    ("text", "goal"),
    [
        ("go to the kitchen", '"kitchen" in state["robot.near"]'),
        ("find the coke", '"coke" in state["robot.located"]'),
        ("turn on the kitchen light", 'state["light.kitchen.state"] == "on"'),
        ("set the ac to 22.5", 'math.abs(state["ac.target_c"] - 22.5) <= 0.05'),
        ("turn off the tv", 'state["tv.state"] == "off" && state["tv.playing"] == null'),
        ('watch "say \\hi"', 'state["tv.playing"] == "say \\\\hi"'),
    ],
)
def test_goal_is_what_the_last_call_ensures(desk: Desk, text: str, goal: str) -> None:
    assert desk.outline(text).steps[-1].goal == goal


def test_robot_steps_target_things_and_places(desk: Desk) -> None:
    assert desk.outline("bring me the coke from the kitchen").steps[0].targets == ("robot", "coke", "kitchen")


def test_code_pins_each_document_once(desk: Desk) -> None:
    code = desk.write(desk.outline("bring me the coke and turn on the tv"))
    documents = [desk.catalogue.get(pin.name) for pin in code.documents]
    assert [pin.name for pin in code.documents] == [
        *("robot_find", "robot_go_to", "robot_pick_up", "robot_put_down", "tv_open")
    ]
    assert [pin.digest for pin in code.documents] == [document.digest for document in documents if document]
    assert code.planner == "offline"


class TestState:
    """Which composite is taken, and what ``it`` is, depends on the world."""

    def test_a_device_that_is_on_is_not_switched_on(self, desk: Desk) -> None:
        assert desk.code("set the ac to 20", {"ac.state": "on"}) == ["ac_set_temperature(temperature_c=20)"]
        assert desk.code("set the ac to 20", {"ac.state": "off"})[0] == "ac_open()"

    def test_an_earlier_step_counts_as_state(self, desk: Desk) -> None:
        assert desk.code("turn off the tv and play the news", {"tv.state": "on"})[1] == "tv_open()"

    def test_what_is_held_is_not_fetched(self, desk: Desk) -> None:
        held = {"robot.holding": "coke", "robot.holding_names": ["coke", "cola"]}
        assert desk.code("bring me the Cola", held) == bring("cola")[3:]
        assert desk.code("bring me the apple", held) == bring("apple")

    def test_it_is_what_is_held(self, desk: Desk) -> None:
        held = {"robot.holding": "coke", "robot.holding_names": ["coke", "cola"]}
        assert desk.code("put it on the table", held) == bring("coke", "table")[3:]
        assert desk.outline("drop it", held).steps[0].text == "drop coke"

    def test_driving_away_makes_going_there_needed_again(self, desk: Desk) -> None:
        lines = desk.code_of_steps("go to the object apple", "go to the sofa", "pick up the apple")
        assert lines == [
            'robot_find(object="apple")',
            'robot_go_to(object="apple")',
            'robot_go_to(place="sofa")',
            'robot_go_to(object="apple")',
            'robot_pick_up(object="apple")',
        ]

    def test_a_second_find_keeps_what_was_found(self, desk: Desk) -> None:
        lines = desk.code_of_steps("find the apple", "find the cup", "pick up the apple")
        assert lines.count('robot_find(object="apple")') == 1


class TestEditedOutline:
    """Only the words of the steps count."""

    def outline(self, desk: Desk) -> Outline:
        return desk.outline("turn on the tv, play the news and turn off the kitchen light")

    def test_delete(self, desk: Desk) -> None:
        drafted = self.outline(desk)
        edited = drafted.model_copy(update={"steps": drafted.steps[1:]})
        assert desk.write(edited).source.split("\n") == [
            *("tv_open()", 'tv_play_video(title="the news")', light("kitchen", on=False))
        ]

    def test_insert(self, desk: Desk) -> None:
        drafted = self.outline(desk)
        added = drafted.steps[0].model_copy(update={"id": "x", "text": "Please set the ac to 20"})
        edited = drafted.model_copy(update={"steps": (drafted.steps[0], added, *drafted.steps[1:])})
        assert desk.write(edited).source.split("\n")[1:3] == ["ac_open()", "ac_set_temperature(temperature_c=20)"]

    def test_reorder(self, desk: Desk) -> None:
        drafted = self.outline(desk)
        edited = drafted.model_copy(update={"steps": drafted.steps[::-1]})
        assert desk.write(edited).source.split("\n") == [
            *(light("kitchen", on=False), "tv_open()", 'tv_play_video(title="the news")', "tv_open()")
        ]

    def test_reword_with_two_commands_and_a_pronoun(self, desk: Desk) -> None:
        assert desk.code_of_steps("find the apple", "pick it up and give it to me") == bring("apple")

    def test_a_step_nobody_understands_is_named(self, desk: Desk) -> None:
        with pytest.raises(PlanningError, match="'dance a little'"):
            desk.code_of_steps("turn on the tv", "dance a little")

    def test_an_outline_without_steps_is_refused(self, desk: Desk) -> None:
        with pytest.raises(PlanningError, match="no steps"):
            desk.write(Outline(instruction="-", steps=(), planner="person"))


class TestLocale:
    """Sentences are looked up in the language of the instruction."""

    @pytest.mark.parametrize("locale", ["en", "en-US", "EN_gb", ""])
    def test_a_region_falls_back_to_its_language(self, desk: Desk, locale: str) -> None:
        assert desk.outline("turn on the tv", locale=locale).locale == "en"

    def test_a_language_without_sentences_is_refused(self, desk: Desk) -> None:
        with pytest.raises(PlanningError, match="no sentences in 'de'; there are en") as caught:
            desk.outline("mach den Fernseher an", locale="de")
        assert caught.value.error_code == "LOCALE"
