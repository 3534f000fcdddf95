"""What is secret in a person's words is put aside before a model sees them, and put back where it belongs."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from shipped_catalogue import package

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.planner.model.secret_words import SecretWords

SAFE = package(
    yaml.safe_load("""
package: alarm
state:
  - {key: 'safe.{owner}.code', type: string, sensitive: true, from: {kind: mqtt, topic: s}}
apis:
  - name: alarm_disarm
    parameters: {code: {type: string, sensitive: true}}
  - name: safe_open
    parameters: {pin: {type: integer, sensitive: true}}
  - name: say
    parameters: {text: {type: string}}
""")
)
DOCUMENTS = {document.name: document for document in SAFE.apis}


def secrets(*said: str, **state: str) -> SecretWords:
    return SecretWords.of(said, {key.replace("__", "."): v for key, v in state.items()}, SAFE.state, takes_secrets=True)


@pytest.mark.parametrize(
    ("said", "secret"),
    [
        ("disarm the alarm with code 4711", "4711"),
        ("disarm the alarm, the code is 47 11", "47 11"),
        ("the password is swordfish, open the safe", "swordfish"),
        ("password: sw0rd-fish", "sw0rd-fish"),
        ("open the safe with the password swordfish", "swordfish"),
        ('my passphrase "correct horse battery" opens it', "correct horse battery"),
        ("1234 is the pin of the door", "1234"),
        ("the code of my safe is a1b2", "a1b2"),
        ("disarm it: 471199", "471199"),
    ],
)
def test_a_secret_is_hidden_and_comes_back_in_its_argument(said: str, secret: str) -> None:
    words = secrets(said)
    hidden = words.hide(said)
    assert secret not in hidden
    assert "SECRET_1" in hidden
    assert words.shown(hidden) == said
    assert words.restored('alarm_disarm(code="SECRET_1")', DOCUMENTS, "m") == f"alarm_disarm(code={secret!r})"


@pytest.mark.parametrize(
    "said",
    [
        "turn on the kitchen light",
        "set the light to 2700 kelvin",
        "scan the code on the box",
        "wake me at 7:30 on 2026-03-01",
        "what is the code of the safe of ann",
        "read the pin pad",
    ],
)
def test_what_is_no_secret_stays(said: str) -> None:
    assert secrets(said).hide(said) == said


def test_a_number_that_may_be_a_secret_may_go_anywhere() -> None:
    words = secrets("play radio 4711")
    assert words.hide("play radio 4711") == "play radio SECRET_1"
    assert words.restored('say(text="radio SECRET_1")', DOCUMENTS, "m") == "say(text='radio 4711')"


def test_a_number_is_put_back_as_a_number() -> None:
    words = secrets("open it with pin 4711")
    assert words.restored('safe_open(pin="SECRET_1")', DOCUMENTS, "m") == "safe_open(pin=4711)"


@pytest.mark.parametrize(
    "source",
    ['say(text="SECRET_1")', 'x = "SECRET_1"', 'say(text=f"it is SECRET_1")', 'alarm_disarm(code="SECRET_1" + "x")'],
)
def test_a_secret_goes_nowhere_else(source: str) -> None:
    with pytest.raises(PlanningError) as raised:
        secrets("the code is 4711").restored(source, DOCUMENTS, "m")
    assert raised.value.error_code == "SENSITIVE"
    assert "4711" not in raised.value.message


def test_sensitive_state_is_hidden_wherever_it_stands() -> None:
    words = secrets("open the safe", safe__ann__code="4711-secret")
    assert words.hide("note: 4711-secret, 14711-secretive") == "note: (hidden), 14711-secretive"
    said = "try 4711-secret"
    assert secrets(said, safe__ann__code="4711-secret").hide(said) == "try SECRET_1"


def test_two_lines_and_letters_of_several_bytes_are_put_back_in_place() -> None:
    words = secrets("code 4711")
    source = 'say(text="é")\nalarm_disarm(code="SECRET_1")  # é'
    assert words.restored(source, DOCUMENTS, "m") == "say(text=\"é\")\nalarm_disarm(code='4711')  # é"


@given(st.text(max_size=80))
def test_any_words_can_be_hidden_and_shown(said: str) -> None:
    words = secrets(said)
    assert words.shown(words.hide(said)) == said or "SECRET_" in said
