"""What the verifier says of calls that whoever asked may not make, and of calls that nobody asked for."""

from __future__ import annotations

import asyncio

import pytest
from home_documents import code

from taskmatrix_ros.core.action_code import VerifiedCode
from taskmatrix_ros.core.diagnostic import Diagnostic, Severity
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import VerificationError
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.core.rights import Rights
from taskmatrix_ros.executor.verification.verifier import Verifier

MQTT = Rights(who="channel mqtt", effects=frozenset({Effect.READ, Effect.NOTIFY}))
FETCH = "robot_find(object='cup'); robot_go_to(object='cup'); robot_pick_up(object='cup')\n"


def outline(*steps: tuple[str, str, tuple[str, ...]]) -> Outline:
    made = tuple(
        OutlineStep(id=str(number), text=text, effect=Effect(effect), targets=targets)
        for number, (text, effect, targets) in enumerate(steps)
    )
    return Outline(instruction="x", steps=made, planner="test")


LIGHT = outline(("switch the hall light on", "actuate", ("light.hall",)))
CUP = outline(("pick up the cup", "actuate", ("robot", "cup")), ("tell me", "notify", ()))
DOOR = outline(("unlock the front door", "hazardous", ("door.front",)))
SHOUT = outline(("unlock the front door", "actuate", ("door.front",)))


def verify(
    verifier: Verifier, runner: asyncio.Runner, source: str, asked: Outline | None = None, rights: Rights | None = None
) -> VerifiedCode:
    return runner.run(verifier.verify(code(source), rights=rights, outline=asked))


def refuse(
    verifier: Verifier, runner: asyncio.Runner, source: str, asked: Outline | None = None, rights: Rights | None = None
) -> tuple[Diagnostic, ...]:
    with pytest.raises(VerificationError) as caught:
        verify(verifier, runner, source, asked, rights)
    return caught.value.diagnostics


def test_a_channel_without_the_right_is_told_what_it_may(verifier: Verifier, runner: asyncio.Runner) -> None:
    (finding,) = refuse(verifier, runner, "say(text='hi')\nlight_on(light='hall')", rights=MQTT)
    assert (finding.code, finding.line, finding.column) == ("effect-policy", 2, 1)
    assert finding.message == "light_on would actuate something, and channel mqtt may only: read, notify"
    assert finding.hint


def test_rights_that_suffice_change_nothing(verifier: Verifier, runner: asyncio.Runner) -> None:
    verify(verifier, runner, "say(text=str(thermometer_read()))", rights=MQTT)
    verify(verifier, runner, "door_unlock()", rights=Rights())


def test_rights_hold_inside_functions_branches_and_gathers(verifier: Verifier, runner: asyncio.Runner) -> None:
    source = "def f():\n    if 0:\n        gather(door_unlock(), light_on(light='hall'))"
    found = refuse(verifier, runner, source, rights=Rights(who="guest", apis=("light_*",)))
    assert [(finding.code, finding.column) for finding in found] == [("effect-policy", 16)]


@pytest.mark.parametrize(
    ("source", "asked"),
    [
        ("light_on(light='hall')", LIGHT),
        ("t = thermometer_read()\nsay(text=str(t))", LIGHT),
        (FETCH, CUP),
        (FETCH + "robot_go_to(place='user'); robot_put_down(object='cup')", CUP),
        ("door_unlock()", DOOR),
        ("for room in ('hall', 'kitchen'):\n    light_on(light=room)", LIGHT),
        ("light_on(light='kitchen')", outline(("all lights on", "actuate", ()))),
        ("ac_set_temperature(temperature_c=20)", outline(("cool down", "actuate", ("ac",)))),
    ],
)
def test_what_was_asked_for_raises_no_alarm(
    verifier: Verifier, runner: asyncio.Runner, source: str, asked: Outline
) -> None:
    assert verify(verifier, runner, source, asked).warnings == ()


@pytest.mark.parametrize(
    ("source", "asked", "line"),
    [
        ("light_on(light='hall')\nac_set_temperature(temperature_c=20)", LIGHT, 2),
        ("light_on(light='bedroom')", LIGHT, 1),
        (FETCH + "light_off(light='hall')", CUP, 2),
        ("bell_ring()", outline(("tell me how warm it is", "notify", ())), 1),
        ("light_on(light='hall')", outline(("say that the hall light is on", "notify", ("light.hall",))), 1),
    ],
)
def test_an_actuation_nobody_asked_for_is_a_warning(
    verifier: Verifier, runner: asyncio.Runner, source: str, asked: Outline, line: int
) -> None:
    (warning,) = verify(verifier, runner, source, asked).warnings
    assert (warning.code, warning.severity, warning.line) == ("faithfulness", Severity.WARNING, line)
    assert "no step of the outline asks for" in warning.message
    assert warning.hint


@pytest.mark.parametrize("asked", [LIGHT, CUP, SHOUT, outline(("force the window open", "hazardous", ("window",)))])
def test_a_hazard_nobody_asked_for_is_refused(verifier: Verifier, runner: asyncio.Runner, asked: Outline) -> None:
    (finding,) = refuse(verifier, runner, "try:\n    door_unlock()\nexcept PermissionError:\n    pass", asked)
    assert (finding.code, finding.line, finding.column) == ("faithfulness", 2, 5)
    assert "door_unlock, which is hazardous" in finding.message
