"""Grammars of small catalogues made for one question each."""

from __future__ import annotations

from typing import Any

import pytest
from planner_desk import Desk
from shipped_catalogue import FixedCatalogue, package

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.planner.grammar.sentence_grammar import check_sentences


def catalogue(*apis: dict[str, Any], composites: tuple[dict[str, Any], ...] = ()) -> FixedCatalogue:
    """A catalogue of one package."""
    return FixedCatalogue(package({"package": "toy", "apis": list(apis), "composites": list(composites)}))


def api(name: str, *sentences: str, **fields: Any) -> dict[str, Any]:
    """A document with English sentences."""
    return {"name": name, "sentences": {"en": sentences}, "effect": "actuate", **fields}


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        ("go (left|right", "hassil cannot parse it"),
        ("go {where}", "{where} is no parameter; there are list, on"),
        ("go <somewhere>", "<somewhere> is no rule"),
        ("go", "it never says on, which must be given"),
        ("go {on} {list}", "is an object or a list"),
        ("go {on:x}", "not supported"),
        ("", "empty"),
    ],
)
def test_a_bad_sentence_is_named_and_the_rest_works(sentence: str, fault: str) -> None:
    parameters = {"on": {"type": "boolean"}, "list": {"type": "array", "required": False}}
    given = catalogue(api("go_on", sentence, "go on {on}", parameters=parameters))
    (problem,) = check_sentences(given)
    assert "api 'go_on'" in problem.message
    assert repr(sentence) in problem.message
    assert fault in problem.message
    assert Desk(given).code("go on yes") == ["go_on(on=True)"]


@pytest.mark.parametrize(
    ("code", "fault"), [("fly()", "calls fly, which is no API"), ("go(", "no Python"), ("go()\nland()", "calls land")]
)
def test_a_bad_composite_is_named_and_the_rest_works(code: str, fault: str) -> None:
    given = catalogue(api("go", "go"), composites=({"sentences": {"en": ["do it"]}, "code": code, "description": "D"},))
    (problem,) = check_sentences(given)
    assert "composite 'D'" in problem.message
    assert fault in problem.message
    assert Desk(given).code("go") == ["go()"]


def test_values_are_said_as_people_say_them() -> None:
    parameters = {
        "speed": {"type": "integer", "enum": [1, 2, 3]},
        "room": {"type": "string", "enum": ["living_room", "WC"]},
        "slow": {"type": "boolean", "required": False},
    }
    desk = Desk(catalogue(api("fan", "fan {room} [at] {speed} [slowly {slow}]", parameters=parameters)))
    assert desk.code("fan living room at two") == ['fan(room="living_room", speed=2)']
    assert desk.code("fan wc 3 slowly yes") == ['fan(room="WC", speed=3, slow=True)']
    with pytest.raises(PlanningError, match=r"'five' is none of 1, 2, 3"):
        desk.code("fan wc at five")


@pytest.mark.parametrize(
    ("said", "value"),
    [("90 seconds", "90"), ("2 minutes", "120"), ("half", None), ("1.5 hours", "5400"), ("3m", None), ("15", "15")],
)
def test_units_are_converted_to_the_parameter_s_own(said: str, value: str | None) -> None:
    parameters = {"duration_s": {"type": "number", "minimum": 0}}
    desk = Desk(catalogue(api("wait", "wait {duration_s}", parameters=parameters)))
    if value is None:
        with pytest.raises(PlanningError, match="is no number"):
            desk.code(f"wait {said}")
    else:
        assert desk.code(f"wait {said}") == [f"wait(duration_s={value})"]


def test_a_whole_number_is_asked_for_where_one_is_needed() -> None:
    desk = Desk(catalogue(api("go", "go {laps} laps", parameters={"laps": {"type": "integer"}})))
    assert desk.code("go 3 laps") == ["go(laps=3)"]
    with pytest.raises(PlanningError, match=r"2\.5"):
        desk.code("go 2.5 laps")


class TestAmbiguity:
    """The more literal match wins; a true tie is asked about."""

    def test_literal_words_win_over_names(self) -> None:
        names = {"thing": {"type": "string"}}
        desk = Desk(catalogue(api("open_any", "open {thing}", parameters=names), api("open_door", "open the door")))
        assert desk.code("open the door") == ["open_door()"]
        assert desk.code("open the box") == ['open_any(thing="the box")']

    def test_a_tie_lists_both(self) -> None:
        desk = Desk(catalogue(api("lamp_on", "light up"), api("fire_on", "light up [now]")))
        with pytest.raises(PlanningError, match="can mean fire_on or lamp_on") as caught:
            desk.code("light up")
        assert caught.value.error_code == "AMBIGUOUS"
        assert caught.value.nearest == ("light up", "light up now")

    def test_a_composite_whose_condition_holds_goes_first(self) -> None:
        given = catalogue(
            *(api("heat", "warm me"), api("open")),
            composites=(
                {"sentences": {"en": ["warm me"]}, "when": 'state["door.open"] == false', "code": "open()\nheat()"},
                {"sentences": {"en": ["warm me"]}, "when": 'state["door.open"] != null', "code": "heat()\nheat()"},
            ),
        )
        desk = Desk(given)
        assert desk.code("warm me", {"door.open": False}) == ["open()", "heat()"]
        assert desk.code("warm me", {"door.open": True}) == ["heat()", "heat()"]
        assert desk.code("warm me", {}) == ["heat()"]

    def test_a_composite_that_the_state_forbids_is_refused(self) -> None:
        only = {"sentences": {"en": ["warm me"]}, "when": 'state["door.open"] == false', "code": "heat()"}
        with pytest.raises(PlanningError, match="can only be done when") as caught:
            Desk(catalogue(api("heat"), composites=(only,))).code("warm me")
        assert caught.value.error_code == "NOT_NOW"


class TestComposites:
    """Code with slots."""

    def test_slots_have_the_limits_of_the_parameters_they_feed(self) -> None:
        heat = api("heat", parameters={"level": {"type": "integer", "minimum": 1, "maximum": 5}})
        twice = {"sentences": {"en": ["heat {n}"]}, "code": "heat(level={n})\nheat(level={n})", "description": "Twice."}
        desk = Desk(catalogue(heat, composites=(twice,)))
        assert desk.code("heat three") == ["heat(level=3)", "heat(level=3)"]
        with pytest.raises(PlanningError, match=r"Twice: n 9 is outside 1\.\.5"):
            desk.code("heat nine")

    def test_an_optional_slot_that_was_not_said_is_left_out(self) -> None:
        heat = api("heat", parameters={"room": {"type": "string", "required": False}})
        warm = {"sentences": {"en": ["warm up [the {room}]"]}, "code": "heat(room={room})"}
        desk = Desk(catalogue(heat, composites=(warm,)))
        assert desk.code("warm up") == ["heat()"]
        assert desk.code("warm up the hall") == ['heat(room="hall")']

    def test_code_that_is_more_than_calls_is_kept(self) -> None:
        look = api("look", parameters={"room": {"type": "string"}}, returns={"type": "boolean"})
        both = {
            "sentences": {"en": ["check {room}"]},
            "code": "for room in [{room}, 'attic']:\n    if look(room=room):\n        break",
        }
        desk = Desk(catalogue(look, composites=(both,)))
        code = desk.write(desk.outline("check the cellar"))
        assert code.source == "for room in ['the cellar', 'attic']:\n    if look(room=room):\n        break"
        assert [pin.name for pin in code.documents] == ["look"]


class TestOrderRules:
    """Earlier calls that are needed."""

    def test_needs_of_needs_are_pulled_in(self) -> None:
        given = catalogue(
            api("unlock"),
            api("open_door", after=[{"api": "unlock"}]),
            api("enter", "enter", after=[{"api": "open_door"}]),
        )
        assert Desk(given).code("enter") == ["unlock()", "open_door()", "enter()"]

    def test_rules_that_never_end_are_named(self) -> None:
        given = catalogue(api("a", "do a", after=[{"api": "b"}]), api("b", after=[{"api": "a"}]))
        with pytest.raises(PlanningError, match="a -> b -> a never end"):
            Desk(given).code("do a")

    def test_a_need_that_is_not_enabled_is_named(self) -> None:
        given = catalogue(api("enter", "enter", after=[{"api": "unlock"}]), api("unlock", enabled=False))
        with pytest.raises(PlanningError, match="unlock is needed but may not be used now"):
            Desk(given).code("enter")


def test_a_changed_catalogue_is_read_anew() -> None:
    given = catalogue(api("go", "go"))
    desk = Desk(given)
    assert desk.code("go") == ["go()"]
    given.packages = [package({"package": "toy", "apis": [api("halt", "halt")]})]
    given.revision += 1
    assert desk.code("halt") == ["halt()"]
    with pytest.raises(PlanningError, match="'go'"):
        desk.outline("go")


def test_an_empty_catalogue_says_so() -> None:
    with pytest.raises(PlanningError, match="no sentences"):
        Desk(FixedCatalogue()).outline("turn on the tv")


def test_a_sentence_that_holds_a_joint_is_one_command() -> None:
    desk = Desk(catalogue(api("night", "lock up and go to bed"), api("lock", "lock up"), api("bed", "go to bed")))
    assert desk.code("lock up and go to bed") == ["night()"]
    assert desk.code("lock up then go to bed") == ["lock()", "bed()"]


def test_a_command_may_begin_with_a_word_that_is_also_politeness() -> None:
    desk = Desk(catalogue(api("skip", "next song"), api("halt", "stop")))
    assert desk.code("next song") == ["skip()"]
    assert desk.code("next, stop") == ["halt()"]


def test_another_language_works_with_its_sentences_alone() -> None:
    heat = {
        "name": "heat",
        "sentences": {"de": ["heize auf {level_c} Grad"]},
        "parameters": {"level_c": {"type": "number", "unit": "c", "minimum": 5, "maximum": 30}},
    }
    desk = Desk(catalogue(heat))
    outline = desk.outline("Heize auf zweiundzwanzig Grad!", locale="de-AT")
    assert outline.locale == "de"
    assert desk.write(outline).source == "heat(level_c=22)"


def test_hundreds_of_apis_stay_quick_to_read() -> None:
    """Only sentences that share a word with the utterance are looked at."""
    apis = [api(f"a{n}", f"(turn|switch) on gadget{n} [now]", f"gadget{n} on") for n in range(600)]
    desk = Desk(catalogue(*apis, api("find", "find [the] {thing}", parameters={"thing": {"type": "string"}})))
    assert desk.code("turn on gadget77 and find the cup") == ["a77()", 'find(thing="cup")']
