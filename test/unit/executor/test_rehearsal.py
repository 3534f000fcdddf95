"""What the symbolic world foretells, refuses, and leaves open."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from home_documents import DOCUMENTS, Shelf, code, document

from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.errors import VerificationError
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.core.ports import Rehearsal as RehearsalPort
from taskmatrix_ros.core.run import Alternative, Rehearsed
from taskmatrix_ros.executor.budgets import Budgets
from taskmatrix_ros.executor.rehearsal import rehearsal as rehearsal_module
from taskmatrix_ros.executor.rehearsal.rehearsal import Rehearsal
from taskmatrix_ros.executor.sandbox.interpreter import Interpreter
from taskmatrix_ros.executor.verification.verifier import Verifier

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
FETCH = 'robot_find(object="cup"); robot_go_to(object="cup"); robot_pick_up(object="cup"); '
EXTRA = (
    document("window_state", returns={"type": "string", "enum": ["shut", "tilted", "open"]}, effect="read"),
    document("rain_falls", returns={"type": "boolean"}, effect="read"),
    document("lamp_copy", sets={"lamp.b.pct": 'state["lamp.a.pct"]'}),
    document(
        "wait",
        parameters={"duration_s": {"type": "number", "unit": "s", "minimum": 0, "maximum": 100}},
        effect="read",
        binding={"kind": "builtin", "name": "wait"},
    ),
    document(
        "ask_user",
        parameters={"choices": {"type": "array", "items": {"type": "string"}, "required": False}},
        returns={"type": "string"},
        effect="notify",
        binding={"kind": "builtin", "name": "ask_user"},
    ),
    document(
        "wait_until",
        parameters={"condition": {"type": "string"}},
        returns={"type": "boolean"},
        effect="read",
        binding={"kind": "builtin", "name": "wait_until"},
    ),
    document(
        "robot_door",
        parameters={"n": {"type": "integer"}},
        errors=[{"code": "STUCK", "description": "Stuck."}, {"code": "LOCKED", "description": "Locked."}],
    ),
    document("fridge_count", returns={"type": "integer", "minimum": 0, "maximum": 99}, effect="read"),
    document("fridge_set", parameters={"level": {"type": "integer", "minimum": 1, "maximum": 5}}, effect="read"),
)


class Stage:
    def __init__(self, runner: asyncio.Runner, interpreter: Interpreter, budgets: Budgets | None = None) -> None:
        self._runner = runner
        self._shelf = Shelf([*DOCUMENTS, *EXTRA])
        self._verifier = Verifier(self._shelf, interpreter)
        self.rehearsal = Rehearsal(interpreter, budgets=budgets)

    def rehearse(
        self, source: str, state: Mapping[str, Any] | None = None, outline: Outline | None = None
    ) -> Rehearsed:
        async def main() -> Rehearsed:
            verified = await self._verifier.verify(code(source, self._shelf.documents()), outline=outline)
            return await self.rehearsal.rehearse(verified, state or {}, NOW)

        return self._runner.run(asyncio.wait_for(main(), 60))

    def ways(self, source: str, state: Mapping[str, Any] | None = None) -> dict[tuple[str, ...], list[str]]:
        """Give what the alternatives assume, and the APIs each calls."""
        return {way.assumed: [call.api for call in way.calls] for way in self.rehearse(source, state).alternatives}

    def refusal(self, source: str, state: Mapping[str, Any] | None = None) -> Diagnostic:
        with pytest.raises(VerificationError) as refused:
            self.rehearse(source, state)
        (finding,) = refused.value.diagnostics
        return finding


@pytest.fixture(autouse=True)
def time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no way be left out because a machine is slow."""
    monkeypatch.setattr(rehearsal_module, "EXPLORE_S", 60.0)


@pytest.fixture
def stage(runner: asyncio.Runner, interpreter: Interpreter) -> Stage:
    return Stage(runner, interpreter)


def test_it_is_the_port(stage: Stage) -> None:
    port: RehearsalPort = stage.rehearsal
    assert port is stage.rehearsal


def test_calls_changes_and_time_are_foretold(stage: Stage) -> None:
    state = {"robot.holding": None, "light.hall.state": "on", "light.bedroom.state": "off"}
    foretold = stage.rehearse(FETCH + "\nlight_off(light='hall'); light_off(light='bedroom')", state)
    assert [str(call) for call in foretold.calls] == [
        "robot_find(object='cup', place=None)",
        "robot_go_to(object='cup', place=None)",
        "robot_pick_up(object='cup')",
        "light_off(light='hall')",
        "light_off(light='bedroom')",
    ]
    assert [(call.position.line, call.position.column) for call in foretold.calls][3:] == [(2, 1), (2, 26)]
    assert foretold.diff == {
        "light.hall.state": ("on", "off"),
        "robot.holding": (None, "cup"),
        "robot.located": (None, ["cup"]),
        "robot.near": (None, ["cup"]),
    }
    assert foretold.duration_s == 20 + 15 + 12 + 1 + 1
    assert foretold.risks == ()
    assert foretold.unknown == ()


def test_the_given_state_is_left_alone(stage: Stage) -> None:
    state = {"light.hall.state": "on"}
    stage.rehearse("light_off(light='hall')", state)
    assert state == {"light.hall.state": "on"}


def test_a_requirement_that_an_earlier_call_brings_about_holds(stage: Stage) -> None:
    state = {"robot.holding": None}
    assert stage.rehearse(FETCH + 'robot_put_down(object="cup")', state).diff["robot.near"] == (None, ["cup"])


@pytest.mark.parametrize(
    ("source", "state", "line", "said"),
    [
        (FETCH, {"robot.holding": "mug"}, 1, "robot.holding is 'mug'"),
        (FETCH + '\nrobot_put_down(object="mug")', {"robot.holding": None}, 2, "robot.holding is 'cup'"),
        ('robot_put_down(object="cup")', {"robot.holding": None}, 1, "robot.holding is missing"),
        ("robot_go_to()", {}, 1, "object is None"),
    ],
)
def test_a_requirement_that_is_false_refuses(
    stage: Stage, source: str, state: dict[str, Any], line: int, said: str
) -> None:
    finding = stage.refusal(source, state)
    assert (finding.code, finding.line) == ("requires", line)
    assert said in finding.message
    assert finding.hint


def test_a_requirement_on_what_was_never_heard_is_unknown(stage: Stage) -> None:
    foretold = stage.rehearse('robot_put_down(object="cup")')
    assert len(foretold.calls) == 1
    (line,) = foretold.unknown
    assert line.startswith("line 1: robot_put_down requires: ")
    assert "cannot be known (robot.holding is missing)" in line


def test_an_argument_that_only_running_shows(stage: Stage) -> None:
    finding = stage.refusal("x = 20\nx = x * 2\nac_set_temperature(temperature_c=x)")
    assert (finding.code, finding.line, finding.column) == ("limit", 3, 1)
    assert "40 is outside 16..30 c" in finding.message


def test_code_that_raises_is_refused(stage: Stage) -> None:
    finding = stage.refusal("light_on(light='hall')\nx = [1]\nx[3]")
    assert finding.code == "rehearsal"
    assert "line 3: IndexError" in finding.message


def test_code_without_end_is_refused(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    stage = Stage(runner, interpreter, Budgets(calls=10))
    assert "more than 10 calls" in stage.refusal("x = 1\nwhile x:\n    light_on(light='hall')").message
    assert "2 s" in stage.refusal("while True:\n    pass").message


def test_a_result_that_is_used_is_said_to_be_unknown(stage: Stage) -> None:
    foretold = stage.rehearse("t = thermometer_read()\nsay(text=str(t))\nthermometer_read()")
    assert foretold.unknown == ("line 1: what it returns of thermometer_read",)
    foretold = stage.rehearse("r = robot_find(object='cup')\nsay(text=r['object'])")
    assert foretold.unknown == ("line 1: confidence of robot_find",)
    assert foretold.calls[1].arguments["text"] == "cup"


def test_after_a_guess_nothing_is_refused_for_certain(stage: Stage) -> None:
    foretold = stage.rehearse("t = thermometer_read()\nac_set_temperature(temperature_c=t)")
    assert foretold.diff == {}
    assert any("temperature_c 0 is outside 16..30 c; this may come of a value" in line for line in foretold.unknown)
    foretold = stage.rehearse("n = fridge_count()\nfridge_set(level=n)\nx = [1][n + 1]\nlight_on(light='hall')")
    assert [call.api for call in foretold.calls] == ["fridge_count", "fridge_set"]
    assert "how it goes on" in foretold.unknown[-1]
    foretold = stage.rehearse("if thermometer_read() < 5:\n    robot_put_down(object='cup')", {"robot.holding": None})
    assert any("robot_put_down requires" in line for line in foretold.unknown)


def test_a_guess_that_nobody_looks_at_excuses_nothing(stage: Stage) -> None:
    assert stage.refusal("thermometer_read()\nrobot_put_down(object='cup')", {"robot.holding": None}).line == 2


def test_a_change_that_copies_the_unknown_stays_unknown(stage: Stage) -> None:
    assert stage.rehearse("lamp_copy()").diff == {}
    assert stage.rehearse("lamp_copy()", {"lamp.a.pct": 7.0}).diff == {"lamp.b.pct": (None, 7.0)}


def test_risks_are_named(stage: Stage) -> None:
    foretold = stage.rehearse("door_unlock()\nbell_ring()")
    assert foretold.risks == (
        "line 1: door_unlock is hazardous and needs a person's approval",
        "line 2: bell_ring cannot be confirmed: nothing tells what it brings about",
    )
    assert foretold.duration_s is None


def test_a_rehearsal_survives_json(stage: Stage) -> None:
    foretold = stage.rehearse(FETCH, {"robot.holding": None})
    assert Rehearsed.model_validate_json(foretold.model_dump_json()) == foretold


def test_nothing_is_rehearsed_of_nothing(stage: Stage) -> None:
    assert stage.rehearse("") == Rehearsed(duration_s=0)


def test_without_guesses_there_is_one_path(stage: Stage) -> None:
    foretold = stage.rehearse("light_on(light='hall')\nthermometer_read()")
    assert (foretold.alternatives, foretold.paths, foretold.bounded) == ((), 1, False)


def test_a_boolean_goes_both_ways(stage: Stage) -> None:
    source = "if rain_falls():\n    say(text='wet')\nelse:\n    light_on(light='hall')"
    foretold = stage.rehearse(source)
    assert [call.api for call in foretold.calls] == ["rain_falls", "light_on"]
    (other,) = foretold.alternatives
    assert isinstance(other, Alternative)
    assert other.assumed == ("line 1: rain_falls returns True",)
    assert [call.api for call in other.calls] == ["rain_falls", "say"]
    assert (foretold.diff, other.diff) == ({"light.hall.state": (None, "on")}, {})
    assert (foretold.paths, foretold.bounded) == (2, False)


def test_every_value_of_an_enum_is_tried(stage: Stage) -> None:
    source = """
s = window_state()
if s == "open":
    bell_ring()
elif s == "tilted":
    say(text="tilted")
"""
    assert stage.ways(source) == {
        ("line 2: window_state returns 'tilted'",): ["window_state", "say"],
        ("line 2: window_state returns 'open'",): ["window_state", "bell_ring"],
    }


def test_numbers_are_tried_around_what_the_code_compares_with(stage: Stage) -> None:
    source = "t = thermometer_read()\nif t > 24:\n    ac_set_temperature(temperature_c=20)"
    assert stage.ways(source) == {
        ("line 1: thermometer_read returns 25.0",): ["thermometer_read", "ac_set_temperature"],
    }
    source = "r = robot_find(object='cup')\nif r['confidence'] > 0.5:\n    say(text='sure')"
    assert stage.ways(source) == {("line 1: robot_find returns confidence 1.0",): ["robot_find", "say"]}


def test_ways_combine(stage: Stage) -> None:
    source = """
if rain_falls():
    bell_ring()
    if thermometer_read() > 24:
        say(text='warm rain')
"""
    assert stage.ways(source) == {
        ("line 2: rain_falls returns True",): ["rain_falls", "bell_ring", "thermometer_read"],
        ("line 2: rain_falls returns True", "line 4: thermometer_read returns 25.0"): [
            "rain_falls", "bell_ring", "thermometer_read", "say",
        ],
    }  # fmt: skip


def test_an_error_that_is_handled_opens_a_way(stage: Stage) -> None:
    source = "try:\n    door_unlock()\nexcept PermissionError:\n    say(text='no')"
    assert stage.ways(source) == {("line 2: door_unlock ends with APPROVAL",): ["door_unlock", "say"]}
    handled = FETCH.replace("; robot_pick", "\ntry:\n    robot_pick").strip("; ")
    source = handled + "\nexcept RuntimeError as error:\n    say(text=str(error))"
    foretold = stage.rehearse(source, {"robot.holding": None})
    (other,) = foretold.alternatives
    assert other.assumed == ("line 3: robot_pick_up ends with OUT_OF_REACH",)
    assert other.calls[-1].arguments["text"] == "OUT_OF_REACH: robot_pick_up: Too far."
    assert "robot.holding" in foretold.diff
    assert "robot.holding" not in other.diff


def test_an_error_is_handled_around_a_function_too(stage: Stage) -> None:
    source = "def f():\n    bell_ring()\ntry:\n    f()\nexcept OSError:\n    say(text='away')"
    assert stage.ways(source) == {("line 2: bell_ring ends with UNAVAILABLE",): ["bell_ring", "say"]}
    assert stage.ways("bell_ring()\ntry:\n    x = 1 // 1\nexcept OSError:\n    bell_ring()") == {}


def test_an_alternative_says_how_it_ends_and_what_it_risks(stage: Stage) -> None:
    source = "s = window_state()\nif s == 'open':\n    door_unlock()\n    x = [1][2]"
    foretold = stage.rehearse(source)
    (other,) = foretold.alternatives
    assert "line 4: IndexError" in other.ends_with
    assert foretold.risks == ("line 3: door_unlock is hazardous and needs a person's approval",)


def test_a_requirement_on_another_way_is_not_a_refusal(stage: Stage) -> None:
    (other,) = stage.rehearse(
        "if rain_falls():\n    robot_put_down(object='cup')", {"robot.holding": None}
    ).alternatives
    assert any("robot_put_down requires" in line for line in other.unknown)


def test_paths_are_bounded_and_varied(stage: Stage) -> None:
    source = (
        "for x in range(30):\n    if rain_falls():\n        bell_ring()\n"
        "if window_state() == 'open':\n    say(text='a')"
    )
    foretold = stage.rehearse(source)
    assert (foretold.paths, foretold.bounded) == (16, True)
    assumed = {line for way in foretold.alternatives for line in way.assumed}
    assert assumed == {"line 2: rain_falls returns True", "line 4: window_state returns 'open'"}


def test_a_way_that_never_ends_is_cut(stage: Stage) -> None:
    foretold = stage.rehearse("if rain_falls():\n    while True:\n        pass")
    (other,) = foretold.alternatives
    assert "2 s" in other.ends_with


def test_the_longest_way_is_the_duration(stage: Stage) -> None:
    source = "r = robot_find(object='cup')\nif r['confidence'] > 0.5:\n    robot_go_to(object='cup')"
    assert stage.rehearse(source).duration_s == 35


def test_gathered_calls_take_as_long_as_the_longest(stage: Stage) -> None:
    foretold = stage.rehearse("gather(robot_find(object='cup'), light_on(light='hall'))\nlight_off(light='hall')")
    assert foretold.duration_s == 21
    assert [call.api for call in foretold.calls] == ["robot_find", "light_on", "light_off"]
    foretold = stage.rehearse("r = gather(robot_find(object='cup'), light_on(light='hall'))\nsay(text=r[0]['object'])")
    assert foretold.calls[-1].arguments["text"] == "cup"


def test_the_first_error_of_gathered_calls_is_raised(stage: Stage) -> None:
    source = "try:\n    gather(door_unlock(), bell_ring())\nexcept PermissionError:\n    say(text='no')"
    (other,) = stage.rehearse(source).alternatives
    assert [call.api for call in other.calls] == ["door_unlock", "bell_ring", "say"]


def test_a_call_nobody_asked_for_is_a_risk(stage: Stage) -> None:
    outline = Outline(instruction="x", steps=(OutlineStep(id="1", text="tell the time"),), planner="t")
    foretold = stage.rehearse("light_on(light='hall')", outline=outline)
    assert foretold.risks == (
        "line 1: no step of the outline asks for light_on, which is actuate; asked for: 'tell the time'",
    )


def test_alternatives_survive_json(stage: Stage) -> None:
    foretold = stage.rehearse("if rain_falls():\n    light_on(light='hall')")
    assert Rehearsed.model_validate_json(foretold.model_dump_json()) == foretold


def test_a_wait_takes_what_it_says(stage: Stage) -> None:
    assert stage.rehearse("light_on(light='hall')\nwait(duration_s=90)").duration_s == 91


def test_a_person_may_take_each_of_the_choices(stage: Stage) -> None:
    source = "a = ask_user(choices=['tea', 'coke'])\nif a == 'tea':\n    bell_ring()\nelse:\n    robot_find(object=a)"
    foretold = stage.rehearse(source)
    assert [call.api for call in foretold.calls] == ["ask_user", "bell_ring"]
    (other,) = foretold.alternatives
    assert other.assumed == ("line 1: ask_user returns 'coke'",)
    assert other.calls[-1].arguments["object"] == "coke"


def test_a_wait_ends_in_time_unless_it_does_not(stage: Stage) -> None:
    source = "if wait_until(condition='true'):\n    bell_ring()\nelse:\n    say(text='too late')"
    foretold = stage.rehearse(source)
    assert [call.api for call in foretold.calls] == ["wait_until", "bell_ring"]
    assert [call.api for call in foretold.alternatives[0].calls] == ["wait_until", "say"]


def test_errors_that_the_code_cannot_tell_apart_are_tried_once(stage: Stage) -> None:
    source = "try:\n    robot_door(n=1)\nexcept {}:\n    say(text={})"
    assert stage.rehearse(source.format("RuntimeError", "'no'")).paths == 2
    assert stage.rehearse(source.format("RuntimeError as e", "str(e)")).paths == 3
    assert stage.rehearse(source.format("(RuntimeError, OSError)", "'no'")).paths == 3
