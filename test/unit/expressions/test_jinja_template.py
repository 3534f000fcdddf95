"""Templates of devices: what the usual ones make, and that none of them can hang, fill or look into the node."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.expressions.jinja_template import JinjaTemplate, TemplateFailed

USUAL: list[tuple[str, Any, str]] = [
    ("{{ value_json.temperature }}", {"temperature": 21.5}, "21.5"),
    ("{{ value_json['ENERGY'].Power }}", {"ENERGY": {"Power": 7}}, "7"),
    ("{{ value_json.contact }}", {"contact": False}, "False"),
    ("{{ value_json.t | float | round(1) }}", {"t": "21.456"}, "21.5"),
    ("{{ value_json.t | float(0) }}", {"t": "none"}, "0"),
    ("{{ (value_json.t * 1.8 + 32) | round }}", {"t": 21}, "70"),
    ("{{ 'ON' if value_json.x == 1 else 'OFF' }}", {"x": 1}, "ON"),
    ("{% if value_json.x %}on{% else %}off{% endif %}", {"x": 0}, "off"),
    ("{% set m = {'0': 'off', '1': 'heat'} %}{{ m[value_json.m | string] }}", {"m": 1}, "heat"),
    ("{{ value_json.get('x', 4) }}", {}, "4"),
    ("{{ value_json.x | default('z') }}", {}, "z"),
    ("{{ value_json.missing }}", {}, ""),
    ("{{ value_json.a | tojson }}", {"a": [1, 2]}, "[1,2]"),
    ("{{ '%0.2f' | format(value_json.x) }}", {"x": 2}, "2.00"),
    ("{{ value_json.s.split(',')[1] }}", {"s": "a,b"}, "b"),
    ("{{ value_json.s | regex_replace('[^0-9]', '') }}", {"s": "a1b2"}, "12"),
    ("{{ value_json.x | bitwise_and(2) }}", {"x": 3}, "2"),
    ("{{ iif(value_json.x > 1, 'high', 'low') }}", {"x": 3}, "high"),
    ("{%- for k, v in value_json.items() -%}{{ k }}={{ v }};{%- endfor -%}", {"a": 1, "b": 2}, "a=1;b=2;"),
    ("{{ value_json.at | timestamp_custom('%H:%M', false) }}", {"at": 3600}, "01:00"),
]

HOSTILE = [
    "{% for i in range(1000) %}{% for j in range(1000) %}x{% endfor %}{% endfor %}",
    "{% set a = 'x' %}" + "{% set a = a ~ a %}" * 60 + "{{ a }}",
    "{% set a = 'x' %}" + "{% set a = a + a %}" * 60 + "{{ a }}",
    "{% set a = ['x'] %}" + "{% set a = [a, a] %}" * 60 + "{{ a }}",
    "{% set a = {} %}" + "{% set a = {'b': a, 'c': a} %}" * 60 + "{{ a | tojson }}",
    "{% set a = 3 %}" + "{% set a = a * a %}" * 60 + "{{ a }}",
    "{% set a = 'x' %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 60 + "{{ a }}",
    "{% set n = namespace(x='a') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}",
    "{{ 'a' * 1000000000 }}",
    "{{ 9 ** 99999999 }}",
    "{{ '%1000000000s' % 'x' }}",
    "{{ '{:>1000000000}'.format(1) }}",
    "{{ 'x'.ljust(1000000000) }}",
    "{{ 'x' | center(1000000000) }}",
    "{{ ('x' * 9999).replace('x', 'x' * 9999) }}",
    "{{ ('x' * 9999) | replace('x', 'x' * 9999) }}",
    "{{ range(100000000) | list }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ lipsum.__globals__ }}",
    "{{ states('lock.front') }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% include '/etc/passwd' %}",
    "{% import 'x' as x %}",
    "{{ value | no_such_filter }}",
    "{{ value | bounded }}",
    "{{ value",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "x" * 20_000,
]


@pytest.mark.parametrize(("source", "json", "text"), USUAL)
def test_the_usual_kinds(source: str, json: Any, text: str) -> None:
    assert JinjaTemplate(source).render({"value_json": json}) == text


@pytest.mark.parametrize("source", HOSTILE, ids=range(len(HOSTILE)))
def test_what_costs_too_much_or_reaches_inside_fails_clearly(source: str) -> None:
    with pytest.raises((ConfigError, TemplateFailed)) as failed:
        JinjaTemplate(source).render({"value": "1", "value_json": {}})
    assert "\n" not in str(failed.value)
    assert len(str(failed.value)) < 500


def problem_of(source: str, values: dict[str, Any]) -> str:
    try:
        JinjaTemplate(source).render(values)
    except (ConfigError, TemplateFailed) as failed:
        return str(failed) or "a problem without a word"
    return ""


def test_a_pattern_that_backtracks_ends() -> None:
    problem = problem_of("{{ value | regex_replace('(a|aa)+(a|aa)+(a|aa)+$', '') }}", {"value": "a" * 5000 + "b"})
    assert not problem or "pattern" in problem


def test_attributes_of_insides_give_nothing() -> None:
    assert JinjaTemplate("{{ {} | attr('__class__') }}{{ ''['__class__'] }}").render({}) == ""


def test_a_simple_one_is_a_pointer() -> None:
    assert JinjaTemplate("{{ value_json['a b'].c[0] }}").pointer == ("a b", "c", "0")
    assert JinjaTemplate("{{value_json.temperature}}").pointer == ("temperature",)
    for more in ("{{ value_json.items() }}", "{{ value_json.a | int }}", "{{ value }}", "x{{ value_json.a }}"):
        assert JinjaTemplate(more).pointer is None
    assert JinjaTemplate("{{ value_json.items }}").pointer is None


def test_the_names_it_reads() -> None:
    assert JinjaTemplate("{% set x = 1 %}{{ x + y | float(min(1, 2)) }}").names == {"y"}


@given(st.text(alphabet="{}%a|.()[]'\"~+*-1 vlue_json\n", max_size=80))
def test_any_text_makes_text_or_a_clear_error(source: str) -> None:
    problem = problem_of("{{ " + source + " }}", {"value": "1", "value_json": {"a": 1}})
    assert problem != "a problem without a word"
