"""YAML: JSON's part of it, every key with a place, nothing that grows."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmatrix_ros.registry.yaml_reader import MAX_DEPTH, Place, read_yaml


def problem(text: str) -> str:
    (found,) = read_yaml(text, "f.yaml").problems
    return str(found)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("on", "on"), ("off", "off"), ("yes", "yes"), ("NO", "NO"), ("12:30", "12:30"), ("2026-01-01", "2026-01-01"),
        ("true", True), ("False", False), ("null", None), ("~", None), ("", None),
        ("5", 5), ("-5", -5), ("010", 10), ("0x1F", 31), ("0o17", 15), ("1.5", 1.5), (".5", 0.5), ("1e3", 1000.0),
        ("1_000", "1_000"), (".inf", ".inf"), ("1e999", "1e999"), ('"5"', "5"), ("'on'", "on"), ("1.0.0", "1.0.0"),
    ],
)  # fmt: skip
def test_words_mean_what_yaml_1_2_says(word: str, value: Any) -> None:
    got = read_yaml(f"a: {word}", "f").value["a"]
    assert (got, type(got)) == (value, type(value))


def test_keys_are_texts() -> None:
    assert read_yaml("{1: a, on: b, null: c, true: d, 1.0: e}", "f").value == {
        "1": "a", "on": "b", "null": "c", "true": "d", "1.0": "e",
    }  # fmt: skip


def test_every_part_has_its_place() -> None:
    document = read_yaml("a: 1\nb:\n  - c: 2\n    d: [3, 4]\n", "f")
    assert document.place(("a",)) == Place(1, 1)
    assert document.place(("b", 0)) == Place(3, 5)
    assert document.place(("b", 0, "d")) == Place(4, 5)
    assert document.place(("b", 0, "d", 1)) == Place(4, 12)
    assert document.place(("b", 0, "d", 1, "nothing", 5)) == Place(4, 12)
    assert document.place(("nothing",)) == Place(1, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3", "f.yaml:3:1: key 'a' stands twice, first in line 1; leave one of them out"),
        ("a: &x 1", "f.yaml:1:4: anchor &x is not allowed; write the value out"),
        ("a: *x", "f.yaml:1:4: alias *x is not allowed; write the value out"),
        ("a: !!python/object:os.system x", "f.yaml:1:4: tag tag:yaml.org,2002:python/object:os.system is not allowed"),
        ("a: !secret x", "f.yaml:1:4: tag !secret is not allowed"),
        ("a: 1\n---\nb: 2", "f.yaml:2:1: a second YAML document"),
        ("? [a]\n: b", "f.yaml:1:3: a key that is a mapping or a list"),
        ("a: {b}}", "f.yaml:1:7: no YAML:"),
        ("a: [1,\nb: 2", "no YAML:"),
        ("a: 'x", "no YAML:"),
        ("a\tb: : x", "no YAML:"),
        ("a: 1\nb: \x00", "f.yaml:2:4: no YAML:"),
        ("[" * 100_000, f"f.yaml:1:{MAX_DEPTH + 1}: nested deeper than {MAX_DEPTH}"),
        ("a:\n" + "".join(" " * n + "- \n" for n in range(100)), f"nested deeper than {MAX_DEPTH}"),
    ],
)
def test_refused_with_place_and_remedy(text: str, expected: str) -> None:
    found = problem(text)
    assert expected in found
    assert "\n" not in found
    assert "; " in found


def test_a_billion_laughs_are_not_laughed() -> None:
    lines = ["a0: &a0 lol"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    document = read_yaml("\n".join(lines), "f")
    assert len(str(document.value)) < 2000
    assert "anchor &a0 is not allowed" in str(document.problems[0])


def test_recursion_by_anchors_ends() -> None:
    document = read_yaml("a: &a\n  b: *a\n", "f")
    assert len(document.problems) == 2
    json.dumps(document.value)


_TEXTS = st.text(
    st.characters(max_codepoint=0x2FFF, exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=8
)  # Zl and Zp break lines in YAML 1.1
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(_TEXTS, _JSON, max_size=3), st.booleans())
def test_what_json_says_is_read(value: dict[str, Any], flow: bool) -> None:
    text = json.dumps(value) if flow else json.dumps(value, indent=2, ensure_ascii=False)
    document = read_yaml(text, "f")
    assert document.problems == []
    assert document.value == value


@given(st.text(st.sampled_from("ab:- \n[]{}&*!|>'\"#%?,\t0~@`é\x00"), max_size=40))
@settings(max_examples=400)
def test_any_text_is_read_or_refused_as_the_library_does(text: str) -> None:
    document = read_yaml(text, "f")
    for found in document.problems:
        assert found.line >= 1
        assert "\n" not in str(found)
    if not document.problems:
        yaml.compose(
            text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        )  # would raise if there had been a problem
