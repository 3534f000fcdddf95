"""The registry: all manifests or none, every finding with file, line and remedy."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from right_manifest import RIGHT, spoilt

from taskmatrix_ros.core.action_code import ActionCode
from taskmatrix_ros.core.diagnostic import Diagnostic, Severity
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import ConfigError, ManifestError, VerificationError
from taskmatrix_ros.core.ports import Catalogue
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.registry.registry import Registry


def loaded(*paths: Path) -> Registry:
    registry = Registry()
    registry.load(paths)
    return registry


def written(folder: Path, text: str | bytes, name: str = "home.yaml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def findings(path: Path) -> tuple[Diagnostic, ...]:
    registry = Registry()
    with pytest.raises(ManifestError) as caught:
        registry.load([path])
    assert registry.revision == 0
    for finding in caught.value.diagnostics:
        assert finding.file
        assert finding.line >= 1
        assert finding.hint
        assert finding.severity is Severity.ERROR
        assert "\n" not in str(finding)
    return caught.value.diagnostics


def test_what_a_right_manifest_holds(tmp_path: Path) -> None:
    catalogue: Catalogue = (registry := loaded(written(tmp_path, RIGHT)))
    assert [document.name for document in catalogue.documents()] == ["light_off", "light_on"]
    document = catalogue.get("light_on")
    assert document is not None
    assert (document.package, document.version, document.source) == ("home", "1.2.3", "manifest")
    assert document.effect is Effect.ACTUATE
    assert catalogue.get("light") is None
    assert len(catalogue.composites()) == 1
    assert [state.key for state in catalogue.states()] == ["light.{light}.state"]
    assert registry.nearest("light_onn")[0] == "light_on"
    assert registry.warnings == ()
    assert [package.package for package in registry.packages] == ["home"]


def test_the_manifests_that_ship_are_right() -> None:
    registry = loaded(resource("api_manifests"))
    assert {"robot_pick_up", "ac_set_temperature", "tv_play_video"} <= {api.name for api in registry.documents()}
    assert len(registry.composites()) >= 4


def test_revision_rises_with_what_is_new_only(tmp_path: Path) -> None:
    registry = Registry()
    path = written(tmp_path, RIGHT)
    assert registry.revision == 0
    registry.load([path])
    registry.load([tmp_path, path])
    assert registry.revision == 1
    written(tmp_path, spoilt("Switch a light on.", "Switch a lamp on."))
    registry.load([path])
    assert registry.revision == 2
    before = registry.documents()
    written(tmp_path, spoilt("effect:", "efect:"))
    with pytest.raises(ManifestError):
        registry.load([path])
    written(tmp_path, spoilt("1.2.3", "1.2.4"), "other.yaml")
    with pytest.raises(ManifestError):
        registry.load([tmp_path])
    assert (registry.revision, registry.documents()) == (2, before)


def test_disabled_documents_are_out_with_the_composites_that_need_them(tmp_path: Path) -> None:
    text = spoilt("    description: Switch a light off.", "    enabled: false\n    description: Switch a light off.")
    registry = loaded(written(tmp_path, text))
    assert [document.name for document in registry.documents()] == ["light_on"]
    assert registry.composites() == ()
    assert len(registry.packages[0].apis) == 2


@pytest.mark.parametrize(
    ("old", "new", "line", "problem", "hint"),
    [
        # names and shape
        (
            "effect: actuate",
            "undo: 'light_of(light={light})'",
            19,
            "calls 'light_of', which is no API",
            "did you mean 'light_off'",
        ),
        (
            "effect: actuate",
            "undo: 'light_on(light={lamp})'",
            19,
            "{lamp} is no argument of light_on",
            "light_on takes brightness_pct, light",
        ),
        ("effect: actuate", "undo: 'light_on(light='", 19, "no Python", "write calls of APIs"),
        ("effect: actuate", "efect: actuate", 19, "light_on.efect: unknown key 'efect'", "did you mean 'effect'?"),
        ('kind: mqtt, topic: "home/light/{light}/set"', "kind: mqtt, topik: x", 22, "unknown key 'topik'", "'topic'"),
        ('kind: mqtt, topic: "home/light/{light}/set"', "kind: mqqt, topic: x", 22, "'mqqt' is no kind", "'mqtt'"),
        ('kind: mqtt, topic: "home/light/{light}/set"', "topic: x", 22, "'kind' is missing", "there are builtin, f"),
        ("effect: actuate", "effect: actute", 19, "'actute' is not allowed", "did you mean 'actuate'?"),
        ("minimum: 1,", "minimum: '1',", 12, "'1' is a text, a number is wanted", "without quotes"),
        ("maximum: 100", "maximun: 100", 12, "unknown key 'maximun'", "did you mean 'maximum'?"),
        ("maximum: 100", "maximum: 0.5", 12, "minimum 1 is above maximum 0.5", "correct it"),
        ("idempotent: true", "idempotent: yes", 20, "'yes' is a text, true or false is wanted", "write true or false"),
        ("1.2.3", "1.2", 2, "1.2 is a number, a text is wanted", 'put it in quotes: "1.2"'),
        ("1.2.3", "'1.2'", 2, "'1.2' is malformed", "1.0.0"),
        ("name: light_on", "name: Light On", 8, "'Light On' is malformed", "lower-case"),
        ("    description: Switch a light on.\n", "", 8, "light_on: 'description' is missing", "add it"),
        ("requires: ['args.light != \"\"']", "requires: x", 17, "'x' is a text, a list is wanted", "[x]"),
        ("idempotent: true", "deadline_s: 0", 20, "0 should be greater than 0", "correct it"),
        ("idempotent: true", "version: 1.0.0", 20, "unknown key 'version'", "top of the file"),
        (
            'sets: {"light.{light}.state": \'"on"\'}',
            "sets: {light: '1'}",
            18,
            "'light' is malformed",
            "entity.attribute",
        ),
        ("idempotent: true", "effect: read", 20, "key 'effect' stands twice, first in line 19", "leave one"),
        # meaning
        ("name: light_on", "name: print", 8, "'print' means something in Python", "device_print"),
        ("light: {type: string, d", "class: {type: string, d", 11, "'class' means something in Python", "class_name"),
        ("['args.light != \"\"']", "['args.light = 1']", 17, "column 12", "correct it"),
        ("['args.light != \"\"']", "['args.ligt != \"\"']", 17, "args.ligt is no parameter", "'light'"),
        ("['args.light != \"\"']", "['result.ok']", 17, "result is not known before the call", "state or args"),
        ("'\"on\"'", "'on'", 18, "unknown name 'on'", "a text needs quotes"),
        ('sets: {"light.{light}.state"', 'sets: {"light.{lamp}.state"', 18, "'lamp' is no parameter", "light"),
        ('resources: ["light.{light}"]', "tolerance: {a.b: 1}", 21, "'a.b' is not set", "light.{light}.state"),
        ('resources: ["light.{light}"]', 'resources: ["{lamp}"]', 21, "'lamp' is no parameter", "light"),
        ("/{light}/set", "/{lamp}/set", 22, "'lamp' is no parameter", "light"),
        ("/{light}/set", "/{light/set", 22, "a single '{'", "{{"),
        ('"{brightness_pct}"', '"{brightnes_pct}"', 22, "'brightnes_pct' is no parameter", "'brightness_pct'"),
        ('"home/light/{light}/state"', "home/light/state", 4, "{light} is not in topic", "put {light} there"),
        ("turn on [the] {light} light", "turn on [the {light} light", 16, "is no sentence", "[optional]"),
        ("turn on [the] {light} light", "turn on [the] {lamp} {light}", 16, "slot {lamp}", "light"),
        ("turn on [the] {light} light", "turn on <the> {light}", 16, "<the> is no rule", "write its words out"),
        ("turn on [the] {light} light", "turn on the light", 16, "never says light", "add the slot"),
        ("'light_on(light=\"kitchen\")'", "'light_on(light='", 14, "no Python", "name(argument=value)"),
        ("'light_on(light=\"kitchen\")'", "'light_off(light=\"a\")'", 14, "never calls light_on", "show how"),
        ("'light_on(light=\"kitchen\")'", "'light_on(); lihgt_off()'", 14, "calls 'lihgt_off'", "'light_off'"),
        ("'light_on(light=\"kitchen\")'", "'light_on()'", 14, "calls light_on without light", "add it"),
        ("'light_on(light=\"kitchen\")'", "'light_on(lamp=1)'", 14, "no parameter 'lamp'", "light"),
        ("{api: light_on, same", "{api: light_onn, same", 27, "'light_onn' is no API", "'light_on'"),
        ("{api: light_on, same: [light]}", "{api: light_on, same: [lamp]}", 27, "'lamp' is no parameter", "light"),
        ("light_off(light={light})", "light_of(light={light})", 34, "calls 'light_of'", "'light_off'"),
        ("light_off(light={light})", "light_off(light={light)", 34, "no Python: ", "name(argument=value)"),
        ("blink the {light} light", "blink the {lamp} light", 32, "slot {lamp}", "light"),
        ("blink the {light} light", "blink the light", 32, "never says light", "add the slot"),
        ('args.light + ".state"] != ', 'args.lamp + ".state"] != ', 33, "args.lamp is no parameter", "light"),
    ],
)
def test_a_fault_is_named_with_line_and_remedy(
    tmp_path: Path, old: str, new: str, line: int, problem: str, hint: str
) -> None:
    path = written(tmp_path, spoilt(old, new))
    shown = [str(finding) for finding in findings(path)]
    meant = [text for text in shown if text.startswith(f"{path}:{line}:") and problem in text and hint in text]
    assert meant, "\n".join(shown)


def test_all_findings_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    written(tmp_path, spoilt("effect: actuate", "efect: actuate").replace("minimum: 1,", "minimum: x,"), "a.yaml")
    written(tmp_path, spoilt("'\"on\"'", "'on'"), "b.yaml")
    written(tmp_path, b"package: \xff", "c.yaml")
    found = findings(tmp_path)
    assert [(Path(finding.file).name, finding.line) for finding in found] == [
        ("a.yaml", 12),
        ("a.yaml", 19),
        ("c.yaml", 1),
        ("b.yaml", 18),
    ]


def test_duplicate_names_name_both_places(tmp_path: Path) -> None:
    first = written(tmp_path, RIGHT, "a.yaml")
    second = written(tmp_path, spoilt("package: home", "package: other"), "b.yaml")
    shown = [str(finding) for finding in findings(tmp_path)]
    assert f"{second}:8:5: light_on.name: API 'light_on' stands twice, first in {first}:8; rename one of them" in shown
    assert any("state key 'light.{light}.state' stands twice" in text for text in shown)
    twice = written(tmp_path / "..", spoilt("name: light_off", "name: light_on"), f"{tmp_path.name}.yaml")
    shown = [str(finding) for finding in findings(twice)]
    assert any(text.startswith(f"{twice}:23:5:") and f"first in {twice}:8" in text for text in shown), shown


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the file is empty"),
        (b"# nothing\n", "the file is empty"),
        (b"- a\n", "the file is no mapping"),
        (b"5", "the file is no mapping"),
        (b"package: a\n\xe9: 1", ":2: byte 12 is no UTF-8"),
        (RIGHT.encode("utf-16"), "is no UTF-8"),
        (b"# " + b"x" * 1_000_000, "bytes is more than 1000000"),
        (("apis: [" * 300_00).encode(), "nested deeper than"),
        (b"a: &a [*a]\n", "anchor &a is not allowed"),
    ],
)
def test_a_file_that_is_no_manifest(tmp_path: Path, content: bytes, problem: str) -> None:
    shown = [str(finding) for finding in findings(written(tmp_path, content))]
    assert any(problem in text for text in shown), shown


def test_a_file_of_nothing_but_faults_is_cut_short(tmp_path: Path) -> None:
    found = findings(written(tmp_path, "\n".join(f"key{n}: {n}" for n in range(5000))))
    assert len(found) == 51
    assert "more findings" in str(found[-1])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_an_unreadable_file(tmp_path: Path) -> None:
    path = written(tmp_path, RIGHT)
    path.chmod(0)
    assert "cannot be read" in str(findings(path)[0])


def test_a_folder_named_like_a_manifest(tmp_path: Path) -> None:
    (tmp_path / "home.yaml").mkdir()
    assert "cannot be read" in str(findings(tmp_path)[0])


def test_nothing_to_load(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        loaded(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="there is no API manifest"):
        loaded(tmp_path)
    with pytest.raises(ConfigError, match="there is no API manifest"):
        loaded()


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("brightness_pct: {type: number, unit: pct", "brightness_pct: {type: number, unit: lx", 12, "its unit is 'lx'"),
        (
            "      light: {type: string, d",
            "      level: {type: number, default: 1}\n      light: {type: string, d",
            11,
            "says no unit",
        ),
        ('    sets: {"light.{light}.state": \'"off"\'}\n', "", 23, "nothing shows that it worked"),
        ("'\"off\"'", "'state[\"light.kitchen.state\"]'", 28, "cannot be read back"),
        (
            'sets: {"light.{light}.state": \'"off"\'}',
            'sets: {"lihgt.{light}.state": \'"off"\'}',
            28,
            "'lihgt.light.state' comes from no source",
        ),
        (
            'args.light != ""',
            'state["lamp." + args.light + ".state"] == null',
            17,
            "'lamp.light.state' comes from no source",
        ),
        ('args.light + ".state"] !=', 'args.light + ".status"] !=', 33, "'light.light.status' comes from no source"),
    ],
)
def test_what_the_author_should_know(tmp_path: Path, old: str, new: str, line: int, problem: str) -> None:
    path = written(tmp_path, spoilt(old, new))
    shown = [str(warning) for warning in loaded(path).warnings]
    assert any(text.startswith(f"{path}:{line}:") and problem in text for text in shown), shown


def test_usage_examples_are_shown_to_the_verifier(tmp_path: Path) -> None:
    registry = loaded(written(tmp_path, RIGHT))
    seen: list[ActionCode] = []

    async def accept(code: ActionCode) -> None:
        seen.append(code)

    async def refuse(code: ActionCode) -> None:
        raise VerificationError([Diagnostic(code="x", message="light 'kitchen' is dark")])

    assert asyncio.run(registry.check_examples(accept)) == ()
    assert [code.source for code in seen] == ['light_on(light="kitchen")']
    assert {pin.name: pin.digest for pin in seen[0].documents} == {
        document.name: document.digest for document in registry.documents()
    }
    (found,) = asyncio.run(registry.check_examples(refuse))
    assert (found.line, found.hint) == (14, "correct the example or the document")
    assert "light 'kitchen' is dark" in found.message


_LINES = RIGHT.splitlines()
_EDITS = st.lists(
    st.tuples(
        st.sampled_from(["drop", "double", "cut", "swap", "insert", "indent"]),
        st.integers(0, len(_LINES) - 1),
        st.integers(0, 60),
        st.sampled_from(
            ["[", "}", "'", '"', ": ", "- ", "&a ", "{light}", "null", "5", "\t", "é", "#", "|\n", "%", "args."]
        ),
    ),
    min_size=1,
    max_size=3,
)


def _edited(edits: list[tuple[str, int, int, str]]) -> str:
    lines = list(_LINES)
    for kind, number, column, text in edits:
        at = min(number, len(lines) - 1)
        line = lines[at]
        lines[at : at + 1] = {
            "drop": [],
            "double": [line, line],
            "cut": [line[:column]],
            "swap": [line.replace("light", text.strip(), 1)],
            "insert": [line[:column] + text + line[column:]],
            "indent": ["  " + line],
        }[kind]
    return "\n".join(lines)


@given(_EDITS)
@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_whatever_happens_to_a_file_is_loaded_or_named(tmp_path: Path, edits: list[tuple[str, int, int, str]]) -> None:
    path = written(tmp_path, _edited(edits))
    try:
        loaded(path)
    except ManifestError:
        lines = path.read_text().count("\n") + 2
        for finding in findings(path):
            assert finding.file == str(path)
            assert finding.line <= lines
