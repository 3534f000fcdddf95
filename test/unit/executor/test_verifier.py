"""What the verifier lets through, what it refuses, and that it says where and why."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import MappingProxyType

import pytest
from home_documents import DOCUMENTS, Shelf, code, document

from taskmatrix_ros.core.action_code import ActionCode, DocumentPin, VerifiedCode
from taskmatrix_ros.core.diagnostic import Diagnostic, Severity
from taskmatrix_ros.core.errors import VerificationError
from taskmatrix_ros.core.ports import Verifier as VerifierPort
from taskmatrix_ros.executor.sandbox.interpreter import Interpreter
from taskmatrix_ros.executor.verification.verifier import Verifier

FETCH = 'robot_find(object="cup"); robot_go_to(object="cup"); '

REFUSED = [
    # what leaves the sandbox or names things by text
    ("import os", "construct", 1, 1),
    ("from os import path", "construct", 1, 1),
    ('__import__("os")', "name", 1, 1),
    ("eval(\"light_on(light='hall')\")", "name", 1, 1),
    ("exec(\"light_on(light='hall')\")", "name", 1, 1),
    ('compile("1", "x", "eval")', "name", 1, 1),
    ('open("/etc/passwd")', "name", 1, 1),
    ("globals()", "name", 1, 1),
    ('getattr("", "upper")()', "name", 1, 1),
    ("print(1)", "name", 1, 1),
    ('"".__class__', "name", 1, 1),
    ("x = 1\nx._private", "name", 2, 1),
    ("__builtins__", "name", 1, 1),
    ("if 0:\n    eval = 1\neval('1')", "name", 2, 5),
    # an API is called directly, by its name, and by nothing else
    ("lamp = light_on", "api-as-value", 1, 8),
    ('[light_on][0](light="hall")', "api-as-value", 1, 2),
    ('(light_on if 1 else light_off)(light="hall")', "api-as-value", 1, 2),
    ("sorted([1], key=light_on)", "api-as-value", 1, 17),
    ("def f():\n    return light_on", "api-as-value", 2, 12),
    ('x = {"a": door_unlock}', "api-as-value", 1, 11),
    ("light_on = 1", "api-rebound", 1, 1),
    ("for light_on in (1,): pass", "api-rebound", 1, 5),
    ("def light_on(): pass", "api-rebound", 1, 1),
    ("def f(light_on): pass", "api-rebound", 1, 7),
    ("try:\n    pass\nexcept OSError as light_on:\n    pass", "api-rebound", 3, 1),
    ("[light_on for light_on in (1,)]", "api-rebound", 1, 15),
    ("x = (light_on := 1)", "api-rebound", 1, 6),
    ('f = lambda: light_on(light="hall")', "call-place", 1, 13),
    ('def f(x=light_on(light="hall")): pass', "call-place", 1, 9),
    ('x: light_on(light="hall") = 1', "call-place", 1, 4),
    ('say(text=f"{thermometer_read()}")', "call-place", 1, None),
    ('any(light_on(light=x) for x in ("hall",))', "call-place", 1, 5),
    ('@light_on(light="hall")\ndef f(): pass', "construct", 1, 2),
    # what the sandbox or a reader would take otherwise
    ("class A: pass", "construct", 1, 1),
    ("async def f(): pass", "construct", 1, 1),
    ("def f():\n    global x\n    x = 1", "construct", 2, 5),
    ("x = 1\nmatch x:\n    case 1: pass", "construct", 2, 1),
    ("with say(text='a'): pass", "construct", 1, 1),
    ("x = b'1'", "construct", 1, 5),
    ("return", "construct", 1, 1),
    ("ｌight_on(light='hall')", "name", 1, 1),
    ("lіght_on(light='hall')", "unknown-name", 1, 1),
    ("say(text='a')\r\nsay(text='b')", "character", 1, 14),
    ("say(text='\u202eevil')", "character", 1, 11),
    ("say(text='\x00')", "character", 1, 11),
    ("x = 1 +", "syntax", 1, 8),
    ("say(text='a'", "syntax", 1, 4),
    ("-" * 200 + "1", "nesting", 1, None),
    ("(" * 300 + "1" + ")" * 300, "syntax", 1, None),
    ("+".join("1" * 300), "nesting", 1, None),
    ("x = 1\n" * 4000, "size", 0, 0),
    # names and arguments
    ("lights_on(light='hall')", "unknown-name", 1, 1),
    ("light_on(light=lamp)", "unknown-name", 1, 16),
    ("light_on('hall')", "argument", 1, 10),
    ("light_on(ligth='hall')", "argument", 1, 10),
    ("light_on()", "argument", 1, 1),
    ("light_on(light='hall', light='hall')", "argument", 1, 24),
    ("light_on(*['hall'])", "argument", 1, 10),
    ("light_on(**{'light': 'hall'})", "argument", 1, 10),
    ("light_on(light='attic')", "limit", 1, 16),
    ("light_on(light='hall', brightness_pct=101)", "limit", 1, 39),
    ("light_on(light='hall', brightness_pct=True)", "limit", 1, 39),
    ("light_on(light='hall', brightness_pct=1e999)", "limit", 1, 39),
    ("ac_set_temperature(temperature_c=" + "9" * 400 + ")", "limit", 1, 34),
    ("ac_set_temperature(temperature_c=-5)", "limit", 1, 34),
    ("say(text='a', times=2.5)", "limit", 1, 21),
    ("say(text=5) # type: ignore", "limit", 1, 10),
    # types
    ("say(text=thermometer_read())", "type-invalid-argument-type", 1, 5),
    ("say(text=1 + 1) # type: ignore", "type-invalid-argument-type", 1, 5),
    ("r = robot_find(object='cup')\nsay(text=r['objekt'])", "type-invalid-key", 2, 12),
    ("r = robot_find(object='cup')\nsay(text=r.object)", "type-unresolved-attribute", 2, 10),
    ("x = light_on(light='hall')\nsay(text=x)", "type-invalid-argument-type", 2, 5),
    ("rooms = ['hall']\nfor room in rooms:\n    light_on(light=room)", "type-invalid-argument-type", 3, 14),
    # calls side by side
    ("gather(light_on(light='hall'))", "gather", 1, 1),
    ("gather()", "gather", 1, 1),
    ("gather(light_on(light='hall'), 1)", "gather", 1, 32),
    ("gather(*[light_on(light='hall')])", "gather", 1, 8),
    ("gather([light_on(light='hall')], light_off(light='hall'))", "gather", 1, 8),
    ("gather(light_on(light='hall'), bell_ring(), timeout=1)", "gather", 1, 45),
    ("def f():\n    bell_ring()\ngather(f(), bell_ring())", "gather", 3, 8),
    ("gather(gather(bell_ring(), say(text='a')), say(text='b'))", "gather", 1, 8),
    ("gather(say(text=str(thermometer_read())), bell_ring())", "gather", 1, 21),
    ("f = [str]\ngather(say(text=f[0](1)), bell_ring())", "gather", 2, 17),
    ("gather(robot_find(object='a'), robot_find(object='b'))", "gather", 1, 32),
    ("gather(light_on(light='hall'), light_off(light='hall'))", "gather", 1, 32),
    ("gather(light_on('hall'), bell_ring())", "argument", 1, 17),
    ("gather(light_on(light='attic'), bell_ring())", "limit", 1, 23),
    ("g = gather", "api-as-value", 1, 5),
    ("[gather][0](bell_ring(), bell_ring())", "api-as-value", 1, 2),
    ("gather = 1", "api-rebound", 1, 1),
    ("def gather(x): pass", "api-rebound", 1, 1),
    ("f = lambda: gather(bell_ring(), bell_ring())", "call-place", 1, 13),
    ("x = f'{gather(bell_ring(), bell_ring())}'", "call-place", 1, None),
    # how many calls
    ("while True:\n    bell_ring()", "budget", 1, 1),
    ("while 1:\n    for x in (1, 2):\n        bell_ring()\n        break", "budget", 1, 1),
    ("while True:\n    try:\n        bell_ring()\n    except BaseException:\n        pass", "budget", 1, 1),
    ("for x in range(201):\n    bell_ring()", "budget", 1, 1),
    ("for x in range(20):\n    for y in range(0, 55, 5):\n        bell_ring()", "budget", 1, 1),
    ("x = 1\nfor x in range(1_000_000_000_000):\n    bell_ring()", "budget", 2, 1),
    ("[bell_ring() for x in range(15) for y in 'abcdefghijklmn']", "budget", 1, 1),
    ("def f():\n    for x in range(50):\n        bell_ring()\nfor y in [1, 2, 3, 4, 5]:\n    f()", "budget", 4, 1),
    ("bell_ring()\n" * 201, "budget", 1, 1),
    ("for i in range(999, 0, -1):\n    if i:\n        bell_ring()\n    else:\n        bell_ring()", "budget", 1, 1),
    # order
    ("gather(robot_find(object='cup'), robot_go_to(object='cup'))", "order", 1, 34),
    ("robot_pick_up(object='cup')", "order", 1, 1),
    ("robot_find(object='cup'); robot_go_to(object='mug')", "order", 1, 27),
    ("if thermometer_read() > 20:\n    robot_find(object='cup')\nrobot_go_to(object='cup')", "order", 3, 1),
]

ACCEPTED = [
    "",
    "# nothing to do",
    "light_on(light='hall')",
    "light_on(light='hall', brightness_pct=40)",
    "light_on(light='hall', brightness_pct=None)",
    FETCH + 'robot_pick_up(object="cup")',
    "robot_go_to(place='kitchen')",
    "for room in ('kitchen', 'hall'):\n    light_off(light=room)",
    "for room in ['kitchen', 'hall']:\n    light_off(light=room)",
    "warm = thermometer_read(room='hall') > 24\nif warm:\n    ac_set_temperature(temperature_c=22)",
    "t = thermometer_read()\nac_set_temperature(temperature_c=max(16, min(30, t - 2)))",
    "try:\n    door_unlock()\nexcept PermissionError as error:\n    say(text=str(error))",
    "try:\n    light_on(light='hall')\nexcept (RuntimeError, OSError):\n    pass\nfinally:\n    say(text='done')",
    "def lit(pct):\n    for room in ('kitchen', 'hall'):\n        light_on(light=room, brightness_pct=pct)\nlit(4)",
    "def fetch(it):\n    robot_find(object=it)\n    robot_go_to(object=it)\n    robot_pick_up(object=it)\nfetch('cup')",
    "found = robot_find(object='cup', place='kitchen')\nsay(text=found['object'] + ' is there')",
    "r = robot_find(object='cup')\nif r['confidence'] < 0.5:\n    say(text='I am not sure')",
    "while thermometer_read() > 25:\n    ac_set_temperature(temperature_c=20)",
    "thing = 'cup'\nrobot_find(object=thing)\nrobot_go_to(object='cup')",
    "[light_off(light=room) for room in ('kitchen', 'hall')]",
    "object = 'cup'\nrobot_find(object=object)\nrobot_go_to(object=object)",
    "say(text='Grüße, 你好 👋 مرحبا')",
    "temps = sorted([thermometer_read(room=r) for r in ('hall', 'attic')], key=lambda t: -t)\nsay(text=str(temps[0]))",
    "gather(light_on(light='hall'), light_off(light='kitchen'))",
    "x = 'hall'\ngather(light_on(light='hall'), light_on(light='kitchen'), say(text=str(len(x)).upper()))",
    "t, r = gather(thermometer_read(), robot_find(object='cup'))\nif t > 20:\n    say(text=r['object'])",
    "gather(robot_find(object='cup'), light_on(light='hall'))\nrobot_go_to(object='cup')",
    "try:\n    gather(bell_ring(), door_unlock())\nexcept PermissionError:\n    pass",
    "for x in range(200):\n    bell_ring()",
    "for x in range(999):\n    if x > 3:\n        break\n    bell_ring()",
    "for x in range(999):\n    if x > 3:\n        bell_ring()",
    "for x in range(999):\n    if x > 3:\n        continue\n    bell_ring()",
    "def f():\n    while True:\n        if thermometer_read() > 20:\n            return\nf()",
    "def f():\n    f()\n    bell_ring()\nfor x in range(150):\n    f()",
    "range = reversed\nfor x in range([999]):\n    bell_ring()",
    "[bell_ring() for x in range(999) if x > 998]",
    "n = 0\nwhile True:\n    n += 1\n    if n > 3:\n        break\n    say(text=f'{n} of 3')",
    "assert thermometer_read() < 40\nraise_it = False\nif raise_it:\n    raise RuntimeError('no')",
]


def refuse(verifier: Verifier, runner: asyncio.Runner, source: str | ActionCode) -> tuple[Diagnostic, ...]:
    with pytest.raises(VerificationError) as caught:
        runner.run(verifier.verify(code(source) if isinstance(source, str) else source))
    return caught.value.diagnostics


@pytest.mark.parametrize(("source", "kind", "line", "column"), REFUSED, ids=[repr(row[0])[:60] for row in REFUSED])
def test_it_refuses(
    verifier: Verifier, runner: asyncio.Runner, source: str, kind: str, line: int, column: int | None
) -> None:
    findings = refuse(verifier, runner, source)
    assert kind in [finding.code for finding in findings], [str(finding) for finding in findings]
    places = [(finding.line, finding.column) for finding in findings if finding.code == kind]
    assert (line, column) in places or (column is None and line == places[0][0])
    assert all(finding.hint and "\n" not in str(finding) for finding in findings)


@pytest.mark.parametrize("source", ACCEPTED, ids=[repr(source)[:60] for source in ACCEPTED])
def test_it_accepts(verifier: Verifier, runner: asyncio.Runner, source: str) -> None:
    given = code(source)
    verified = runner.run(verifier.verify(given))
    assert verified.code is given
    assert set(verified.documents) == {entry.name for entry in DOCUMENTS}
    assert verifier.is_mine(verified)


def test_the_tables_are_as_large_as_promised() -> None:
    assert len(REFUSED) >= 40
    assert len(ACCEPTED) >= 20


def test_it_is_the_port(verifier: Verifier) -> None:
    port: VerifierPort = verifier
    assert port is verifier


def test_all_findings_come_at_once(verifier: Verifier, runner: asyncio.Runner) -> None:
    findings = refuse(
        verifier, runner, "import os\nlight_on(light='attic')\nrobot_pick_up(object='cup')\nsay(text=1 + 1)"
    )
    assert {finding.line for finding in findings} == {1, 2, 3, 4}


def test_findings_name_the_nearest_and_the_allowed(verifier: Verifier, runner: asyncio.Runner) -> None:
    (finding,) = refuse(verifier, runner, "ac_set_temprature(temperature_c=20)")
    assert "did you mean ac_set_temperature" in finding.hint
    (finding,) = refuse(verifier, runner, "ac_set_temperature(temperature_c=140)")
    assert "140 is outside 16..30 c" in finding.message
    findings = refuse(verifier, runner, "light_on(ligth='hall')")
    assert any("did you mean light?" in finding.message for finding in findings)


def test_a_thousand_faults_give_a_bounded_report(verifier: Verifier, runner: asyncio.Runner) -> None:
    findings = refuse(verifier, runner, "light_on()\n" * 1000)
    assert len(findings) == 51
    assert findings[-1].message == "and 951 more findings"


def test_a_changed_document_is_said_so(verifier: Verifier, runner: asyncio.Runner, shelf: Shelf) -> None:
    given = code("light_on(light='hall')")
    light = shelf.get("light_on")
    assert light is not None
    shelf.put(light.model_copy(update={"version": "1.1.0", "deadline_s": 9.0}))
    (finding,) = refuse(verifier, runner, given)
    assert (finding.code, finding.hint) == ("document-changed", "plan anew")
    assert "light_on 1.0.0, against which the code was written, is now 1.1.0" in finding.message


def test_a_document_that_is_gone_is_said_so(verifier: Verifier, runner: asyncio.Runner, shelf: Shelf) -> None:
    given = code("light_on(light='hall')")
    shelf.remove("light_on")
    kinds = [finding.code for finding in refuse(verifier, runner, given)]
    assert kinds == ["unknown-api", "unknown-name"]


def test_only_pinned_documents_may_be_called(verifier: Verifier, runner: asyncio.Runner) -> None:
    given = code("light_off(light='hall')", [entry for entry in DOCUMENTS if entry.name == "light_on"])
    (finding,) = refuse(verifier, runner, given)
    assert finding.code == "unknown-name"
    assert "the APIs are light_on" in finding.hint


@pytest.mark.parametrize("name", ["print", "eval", "len", "if", "code_starts_here"])
def test_a_document_may_not_be_named_like_a_part_of_python(
    interpreter: Interpreter, runner: asyncio.Runner, name: str
) -> None:
    shelf = Shelf([document(name)])
    findings = refuse(Verifier(shelf, interpreter), runner, code("", shelf.documents()))
    assert findings[0].code == "document-name"


def test_nobody_else_makes_verified_code(verifier: Verifier, runner: asyncio.Runner, interpreter: Interpreter) -> None:
    verified = runner.run(verifier.verify(code("light_on(light='hall')")))
    other_code = code("door_unlock()")
    other_documents = MappingProxyType(dict(verified.documents))
    assert not verifier.is_mine(replace(verified, code=other_code))
    assert not verifier.is_mine(replace(verified, documents=other_documents))
    assert not verifier.is_mine(VerifiedCode(code=other_code, documents=other_documents, seal=object()))
    assert not Verifier(Shelf(), interpreter).is_mine(verified)
    with pytest.raises(TypeError):
        verified.documents["x"] = DOCUMENTS[0]  # type: ignore[index]


def test_style_is_a_warning(verifier: Verifier, runner: asyncio.Runner) -> None:
    verified = runner.run(verifier.verify(code("x = light_on(light='hall')\nif x:\n    say(text='a')")))
    assert [warning.severity for warning in verified.warnings] == [Severity.WARNING]


def test_verifying_runs_nothing(verifier: Verifier, runner: asyncio.Runner) -> None:
    runner.run(asyncio.wait_for(verifier.verify(code("while True:\n    pass\n")), 60))


def test_a_pin_without_documents_allows_plain_code(verifier: Verifier, runner: asyncio.Runner) -> None:
    given = ActionCode(source="x = 1", documents=(), planner="test")
    assert runner.run(verifier.verify(given)).documents == {}
    given = ActionCode(source="x", documents=(DocumentPin(name="y", version="1.0.0", digest="z"),), planner="test")
    assert [finding.code for finding in refuse(verifier, runner, given)] == ["unknown-api", "unknown-name"]


MEASURED = (
    document(
        "look_far",
        returns={
            "type": "object",
            "properties": {
                "distance_m": {"type": "number", "unit": "m"},
                "warm_c": {"type": "number", "unit": "c"},
                "hits_m": {"type": "array", "items": {"type": "number", "unit": "m"}},
            },
        },
        effect="read",
    ),
    document("drive", parameters={"distance_m": {"type": "number", "unit": "m"}, "pct": {"type": "number"}}),
)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("t = thermometer_read()\nlight_on(light='hall', brightness_pct=t)", "brightness_pct is in pct, and t is in c"),
        ("drive(pct=1, distance_m=thermometer_read())", "thermometer_read() is in c"),
        ("r = look_far()\nac_set_temperature(temperature_c=r['distance_m'])", "r['distance_m'] is in m"),
        ("r = look_far()\nx = r['distance_m']\nac_set_temperature(temperature_c=max(16, x + 1))", "max(16, x + 1) is"),
        ("ac_set_temperature(temperature_c=-look_far()['hits_m'][0])", "is in m"),
        ("r = look_far()\nac_set_temperature(temperature_c=20 if r else r['distance_m'])", "is in m"),
    ],
)
def test_a_value_in_another_unit_is_refused(
    interpreter: Interpreter, runner: asyncio.Runner, source: str, said: str
) -> None:
    shelf = Shelf([*DOCUMENTS, *MEASURED])
    with pytest.raises(VerificationError) as caught:
        runner.run(Verifier(shelf, interpreter).verify(code(source, shelf.documents())))
    (finding,) = (finding for finding in caught.value.diagnostics if finding.code == "unit")
    assert said in finding.message
    assert finding.hint


@pytest.mark.parametrize(
    "source",
    [
        "t = thermometer_read()\nac_set_temperature(temperature_c=max(16, min(30, t - 2)))",
        "r = look_far()\ndrive(distance_m=r['distance_m'] + 0.5, pct=r['warm_c'])",
        "r = look_far()\ndrive(distance_m=r['warm_c'] * 0.01, pct=1)",
        "r = look_far()\ndrive(distance_m=sum(r['hits_m']) - r['hits_m'][0], pct=1)",
        "x = thermometer_read()\nx = 2.5\ndrive(distance_m=x, pct=1)",
        "def f(x):\n    drive(distance_m=x, pct=1)\nx = thermometer_read()\nf(1)",
    ],
)
def test_a_value_in_the_right_or_an_unknown_unit_passes(
    interpreter: Interpreter, runner: asyncio.Runner, source: str
) -> None:
    shelf = Shelf([*DOCUMENTS, *MEASURED])
    runner.run(Verifier(shelf, interpreter).verify(code(source, shelf.documents())))
