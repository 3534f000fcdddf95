"""Argument templates: ``{name}`` in a binding's data stands for an argument of the call.

``{{`` and ``}}`` are braces. A string that is only ``{name}`` keeps the argument's type, every other string stays one.
Strings, mappings and lists are templates; the keys of a mapping are not. An entry of a mapping that is only ``{name}``
is left out where that argument is null, so that an optional parameter leaves no trace.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from taskmatrix_ros.core.errors import CallRefused, ConfigError

_TOKEN = re.compile(r"\{\{|\}\}|\{(?P<name>[a-z][a-z0-9_]*)\}|[{}]")


@dataclass(frozen=True, slots=True)
class Argument:
    """The place of an argument in a template."""

    name: str


@lru_cache(maxsize=4096)
def parse_template(text: str) -> tuple[str | Argument, ...]:
    """Split a string into literal text, never empty and with its braces resolved, and arguments.

    :raises ConfigError: a brace that is neither doubled nor part of ``{name}``.
    """
    pieces: list[str | Argument] = []
    literal = ""
    end = 0
    for token in _TOKEN.finditer(text):
        literal += text[end : token.start()]
        end = token.end()
        if token["name"] is not None:
            if literal:
                pieces.append(literal)
            pieces.append(Argument(token["name"]))
            literal = ""
        elif len(token[0]) == 2:
            literal += token[0][0]
        else:
            raise ConfigError(
                f"template {text!r} has a single {token[0]!r} at character {token.start() + 1}; write {{name}} for an "
                f"argument, {token[0] * 2} for a brace, or give a JSON payload as a mapping"
            )
    literal += text[end:]
    return (*pieces, literal) if literal else tuple(pieces)


def template_names(template: Any) -> frozenset[str]:
    """Give the arguments a template speaks of.

    :raises ConfigError: a string in it is malformed.
    """
    return frozenset(
        piece.name for text in _strings(template) for piece in parse_template(text) if isinstance(piece, Argument)
    )


def check_template(template: Any, parameter_names: Iterable[str]) -> None:
    """Make sure that ``render`` can only fail for the values of a call.

    :raises ConfigError: malformed, or it names what is no parameter.
    """
    known = sorted(parameter_names)
    for name in sorted(template_names(template).difference(known)):
        near = difflib.get_close_matches(name, known, n=1)
        allowed = f"did you mean {{{near[0]}}}?" if near else f"parameters are: {', '.join(known) or 'none'}"
        raise ConfigError(f"template {template!r} names {{{name}}}, which is no parameter; {allowed}")


def render(template: Any, arguments: Mapping[str, Any]) -> Any:
    """Fill a template that was checked.

    :param arguments: values by parameter name; one that is not there counts as null.
    :returns: the template's shape with the arguments' own values where a string was only ``{name}``.
    :raises CallRefused: a null argument would have to stand inside text.
    """
    if isinstance(template, str):
        return _render_string(template, arguments)
    if isinstance(template, Mapping):
        filled = {key: (inner, render(inner, arguments)) for key, inner in template.items()}
        return {key: value for key, (inner, value) in filled.items() if value is not None or not _is_argument(inner)}
    if isinstance(template, list | tuple):
        return [render(inner, arguments) for inner in template]
    return template


def render_text(template: str, arguments: Mapping[str, Any]) -> str:
    """Fill a string template so that the result is text whatever the arguments' types.

    :raises CallRefused: an argument in it is null.
    """
    return "".join(
        piece if isinstance(piece, str) else _as_text(piece.name, arguments.get(piece.name), template)
        for piece in parse_template(template)
    )


def _render_string(template: str, arguments: Mapping[str, Any]) -> Any:
    pieces = parse_template(template)
    if len(pieces) == 1 and isinstance(pieces[0], Argument):
        return arguments.get(pieces[0].name)
    return render_text(template, arguments)


def _as_text(name: str, value: Any, template: str) -> str:
    if value is None:
        raise CallRefused(f"argument {name} is null but has a place in {template!r}; give it a value")
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))  # devices that read a text as an integer would stumble over "40.0"
    try:
        return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise CallRefused(f"argument {name} cannot be written as text: {error}") from error


def _is_argument(template: Any) -> bool:
    if not isinstance(template, str):
        return False
    pieces = parse_template(template)
    return len(pieces) == 1 and isinstance(pieces[0], Argument)


def _strings(template: Any) -> Iterator[str]:
    if isinstance(template, str):
        yield template
    elif isinstance(template, Mapping):
        for inner in template.values():
            yield from _strings(inner)
    elif isinstance(template, list | tuple):
        for inner in template:
            yield from _strings(inner)
