"""Jinja text put round a device's own templates: conversions between its numbers and ours."""

from __future__ import annotations

PLAIN = "{{ value }}"


def with_value(expression: str, template: str | None, *more: tuple[str, str]) -> str:
    """Give the template of a command.

    :param expression: Jinja for what the device calls ``value``, over our arguments.
    :param template: the device's own; None where ``value`` itself is the payload.
    :param more: further variables and their expressions.
    """
    setting = "".join(f"{{% set {name} = {given} %}}" for name, given in (("value", expression), *more))
    return setting + (template or PLAIN)


def optional_variable(parameter: str, name: str, expression: str) -> str:
    """Set a variable only where an argument was given: templates ask whether it ``is defined``."""
    return f"{{% set {name} = ({expression}) if {parameter} is not none %}}"


def converted(template: str | None, expression: str) -> str:
    """Give a state template that computes with the number which the device's own template gives.

    :param expression: Jinja over ``raw``, a double.
    """
    own = template or PLAIN
    return (
        f"{{% set found %}}{own}{{% endset %}}{{% set found = found | trim %}}"
        "{% if found and found != 'None' %}{% set raw = found | float %}"
        f"{{{{ {expression} }}}}{{% else %}}{{{{ found }}}}{{% endif %}}"
    )


def whole(expression: str) -> str:
    """Round to an integer."""
    return f"(({expression}) | round(0) | int)"


def percent_of(parameter: str, low: float, high: float) -> str:
    """Give the device's number in ``low..high`` for our percentage."""
    return whole(f"{low:g} + {parameter} * {high - low:g} / 100")


def as_percent(low: float, high: float) -> str:
    """Give our percentage of ``raw`` in ``low..high``."""
    return f"[0, [100, ((raw - {low:g}) * 100 / {high - low:g}) | round(2)] | min] | max"


def quoted(text: str) -> str:
    """Write a text as a Jinja literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"


def verbatim(text: str) -> str:
    """Write a text so that Jinja gives it as it is."""
    return "{{ " + quoted(text) + " }}"
