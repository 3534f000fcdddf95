"""Conditions of rules: CEL over ``state`` and ``now``, with functions of the home's time.

========================  ====================================================================
``age_s("a.b")``          seconds since the value of that key of state changed
``holiday()``             whether today is a holiday where the home is
``time_between("22:00", "06:00")``  whether the home's clocks show a time from the first up to the second
``weekday("sat", "sun")``  whether today is one of these days
========================  ====================================================================

They are shorthand for keys of state: ``ConditionState`` has what the home's clocks show, and how old values are.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.rule import Weekday, parse_time
from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.expressions.tokens import Token, TokenKind, tokenize
from taskmatrix_ros.rules.condition_state import AGE, HOLIDAY

_AGE_OF = re.compile(r"""age_s\s*\(\s*["']([^"']+)["']""")


@lru_cache(maxsize=16384)
def parse_condition(source: str) -> Expression:
    """Compile a condition. :raises ConfigError: it is no CEL, or a function of it is given what it cannot take."""
    return Expression.parse(_expanded(source))


def ages_read(source: str) -> tuple[str, ...]:
    """Give the keys whose age a condition asks for, without compiling it."""
    return tuple(dict.fromkeys(_AGE_OF.findall(source))) if "age_s" in source else ()


def _expanded(source: str) -> str:
    """Write the functions out."""
    if not any(f"{name}(" in source.replace(" ", "") for name in _FUNCTIONS):
        return source
    tokens = tokenize(source)
    words: list[str] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        follows = place + 1 < len(tokens) and tokens[place + 1].is_operator("(")
        method = place > 0 and tokens[place - 1].is_operator(".")
        write = _FUNCTIONS.get(token.text) if token.kind is TokenKind.NAME and follows and not method else None
        if write is None:
            words.append(token.text)
            place += 1
            continue
        given, place = _texts(token.text, tokens, place + 2)
        words.append(write(given))
    return " ".join(words)


def _texts(name: str, tokens: Sequence[Token], place: int) -> tuple[list[str], int]:
    """Read arguments that are texts. :returns: them, and the place behind the closing bracket."""
    given: list[str] = []
    while place < len(tokens):
        token = tokens[place]
        if token.is_operator(")"):
            return given, place + 1
        if token.kind is TokenKind.STRING:
            given.append(str(ast.literal_eval(token.text)))
        elif not token.is_operator(","):
            raise ConfigError(f"condition: {name} takes texts in quotes, not {token.text}")
        place += 1
    raise ConfigError(f"condition: the bracket of {name} is not closed")


def _age(given: Sequence[str]) -> str:
    if len(given) != 1:
        raise ConfigError(f'condition: age_s takes one key of state, as in age_s("hall.light"), not {len(given)}')
    return f'state["{AGE}{given[0]}"]'


def _holiday(given: Sequence[str]) -> str:
    if given:
        raise ConfigError("condition: holiday takes nothing; the country is that of home.country in the profile")
    return f'(state["{HOLIDAY}"] != null)'


def _between(given: Sequence[str]) -> str:
    if len(given) != 2:
        raise ConfigError('condition: time_between takes two times, as in time_between("22:00", "06:00")')
    try:
        begin, end = (parse_time(text).isoformat() for text in given)
    except ValueError as error:
        raise ConfigError(f"condition: time_between: {error}") from error
    joined = "&&" if begin <= end else "||"
    return f'(state["home.time"] >= "{begin}" {joined} state["home.time"] < "{end}")'


def _weekday(given: Sequence[str]) -> str:
    known = [day.value for day in Weekday]
    if wrong := [day for day in given if day not in known]:
        raise ConfigError(f"condition: weekday knows {', '.join(known)}, not {wrong[0]!r}")
    days = ", ".join(f'"{day}"' for day in given)
    return f'(state["home.weekday"] in [{days}])'


_FUNCTIONS: dict[str, Callable[[Sequence[str]], str]] = {
    "age_s": _age,
    "holiday": _holiday,
    "time_between": _between,
    "weekday": _weekday,
}
