from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmatrix_ros.bindings.templates import check_template, parse_template, render, render_text, template_names
from taskmatrix_ros.core.errors import CallRefused, ConfigError

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
plain_text = st.text().map(lambda text: text.replace("{", "").replace("}", ""))


@given(json_values)
def test_a_string_that_is_only_a_name_keeps_the_arguments_value(value: Any) -> None:
    assert render("{x}", {"x": value}) == value
    assert type(render("{x}", {"x": value})) is type(value)


@given(st.text())
def test_doubled_braces_give_any_text_back(text: str) -> None:
    escaped = text.replace("{", "{{").replace("}", "}}")
    assert render(escaped, {}) == text
    assert template_names(escaped) == frozenset()


@given(plain_text, st.text(min_size=1), plain_text)
def test_an_argument_is_never_read_as_a_template(before: str, value: str, after: str) -> None:
    assert render(before + "-{x}-" + after, {"x": value}) == before + "-" + value + "-" + after


@given(st.text())
def test_any_text_is_a_template_or_a_config_error(text: str) -> None:
    try:
        pieces = parse_template(text)
    except ConfigError:
        assert "{" in text or "}" in text
    else:
        assert all(pieces)


@given(st.dictionaries(st.sampled_from("abc"), json_values), st.dictionaries(st.text(max_size=3), json_values))
def test_what_passes_the_check_renders_or_is_refused(arguments: dict[str, Any], template: dict[str, Any]) -> None:
    try:
        check_template(template, arguments)
    except ConfigError:
        return
    try:
        filled = render(template, arguments)
    except CallRefused:
        return
    assert set(filled) <= set(template)


def test_mappings_and_lists_are_filled_and_null_entries_left_out() -> None:
    template = {"power": "on", "brightness_pct": "{brightness_pct}", "rgb": ["{r}", 0, "{b}"], "note": None}
    assert render(template, {"brightness_pct": None, "r": 3}) == {"power": "on", "rgb": [3, 0, None], "note": None}
    assert render(template, {"brightness_pct": 40.0, "r": 3, "b": 1})["brightness_pct"] == 40.0


def test_keys_are_no_templates() -> None:
    assert render({"{x}": "{x}"}, {"x": 1}) == {"{x}": 1}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (40.0, "40"),
        (22.5, "22.5"),
        (1e300, "1e+300"),
        ([1, "a"], '[1,"a"]'),
        ({"ä": None}, '{"ä":null}'),
    ],
)
def test_values_inside_text_are_written_as_json(value: Any, text: str) -> None:
    assert render("<{x}>", {"x": value}) == f"<{text}>"


def test_null_inside_text_is_refused_with_its_name() -> None:
    with pytest.raises(CallRefused, match="argument x is null"):
        render_text("a{x}", {})


def test_not_a_number_is_refused_inside_text() -> None:
    with pytest.raises(CallRefused, match="argument x"):
        render("a{x}", {"x": float("nan")})


@pytest.mark.parametrize("template", ["{", "a}b", "{Name}", '{"power": "on"}', "{ x }", "{}", "{{x}"])
def test_a_single_brace_is_a_config_error_that_says_what_to_write(template: str) -> None:
    with pytest.raises(ConfigError, match="as a mapping"):
        check_template({"inner": [template]}, ["x"])


def test_an_unknown_name_is_a_config_error_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"did you mean \{brightness_pct\}\?"):
        check_template({"level": "{brightnes_pct}"}, ["light", "brightness_pct"])
    with pytest.raises(ConfigError, match="parameters are: none"):
        check_template("{anything}", [])


def test_a_template_without_strings_stays_as_it_is() -> None:
    assert render(json.loads('{"a": [1, true, null]}'), {}) == {"a": [1, True, None]}
