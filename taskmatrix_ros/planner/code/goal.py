"""What holds when a step is done, as CEL that needs no arguments."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.expressions.ensures import ensures_of
from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.expressions.spread import spread
from taskmatrix_ros.expressions.tokens import Token, TokenKind, tokenize


def goal_of(document: ApiDocument, arguments: Mapping[str, Any], now: datetime) -> str | None:
    """Give the document's ``ensures``, or what its ``sets`` make of them, with the call's arguments put in.

    :returns: ``state["tv.state"] == "on"``; None where the document promises nothing.
    """
    given = document.with_defaults(dict(arguments))
    try:
        conditions = [
            _Reduction(now).of(_folded([*_with_arguments(tokenize(condition), one)]))
            for one in spread(document, given)
            for condition in ensures_of(document)
        ]
    except ConfigError:
        return None
    needed = [condition for condition in conditions if condition != ["true"]]
    several = len(needed) > 1
    return " && ".join(f"({_written(c)})" if several and "||" in c else _written(c) for c in needed) or None


def _with_arguments(tokens: list[Token], arguments: Mapping[str, Any]) -> Iterator[str]:
    at = 0
    while at < len(tokens):
        token = tokens[at]
        is_root = token.kind is TokenKind.NAME and token.text == "args" and not (at and tokens[at - 1].is_operator("."))
        if is_root and at + 2 < len(tokens) and tokens[at + 1].is_operator("."):
            yield _literal(arguments.get(tokens[at + 2].text))
            at += 3
            continue
        if is_root and at + 3 < len(tokens) and tokens[at + 1].is_operator("["):
            yield _literal(arguments.get(tokens[at + 2].text.strip("\"'")))
            at += 4
            continue
        yield token.text
        at += 1


def _literal(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, ensure_ascii=False)


def _folded(parts: list[str]) -> list[str]:
    """Write ``"light." + string("kitchen") + ".state"`` as one string."""
    folded: list[str] = []
    for part in parts:
        folded.append(part)
        if folded[-4:-2] == ["string", "("] and part == ")" and _is_string(folded[-2]):
            folded[-4:] = [folded[-2]]
        if len(folded) > 2 and folded[-2] == "+" and _is_string(folded[-1]) and _is_string(folded[-3]):
            folded[-3:] = [json.dumps(json.loads(folded[-3]) + json.loads(folded[-1]), ensure_ascii=False)]
    return folded


def _is_string(part: str) -> bool:
    if not part.startswith('"'):
        return False
    try:
        return isinstance(json.loads(part), str)
    except ValueError:
        return False


def _written(parts: list[str]) -> str:
    """Join tokens as a person would: space around operators, none around brackets and dots."""
    text = ""
    for before, part in zip(["", *parts], parts, strict=False):
        tight = part in (")", "]", ",", ".", "[") or before in ("(", "[", ".", "!", "")
        called = part == "(" and (before.isidentifier() and before != "in")
        listed = part == "[" and (before in ("==", "!=", "in", "+", "?", ":", "&&", "||", ",") or not before)
        text += part if (tight and not listed) or called else f" {part}"
    return text.strip()


class _Reduction:
    """Puts the value in the place of every part that reads no state: what arguments alone decide."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def of(self, parts: list[str]) -> list[str]:
        """Reduce a condition; ``["true"]`` if it holds whatever the state.

        :raises ConfigError: it is no expression.
        """
        parts = self._without_groups(parts)
        if "?" in parts:
            return parts
        sides = [self._value(side) for side in _split(parts, "||")]
        if ["true"] in sides:
            return ["true"]
        kept = [side for side in sides if side != ["false"]] or [["false"]]
        return [part for at, side in enumerate(kept) for part in (["||", *side] if at else side)]

    def _without_groups(self, parts: list[str]) -> list[str]:
        reduced: list[str] = []
        opened: list[int] = []
        for part in parts:
            reduced.append(part)
            if part == "(":
                opened.append(len(reduced) - 1)
            elif part == ")" and opened:
                start = opened.pop()
                is_call = start > 0 and reduced[start - 1].isidentifier() and reduced[start - 1] != "in"
                if not is_call:
                    inside = self._value(reduced[start + 1 : -1])
                    if len(inside) == 1:
                        reduced[start:] = inside
        return reduced

    def _value(self, parts: list[str]) -> list[str]:
        if len(parts) == 1 or "state" in parts or "result" in parts or "now" in parts:
            return parts
        try:
            return [_literal(Expression.parse(" ".join(parts)).evaluate({}, {}, now=self._now))]
        except (ValueError, TypeError):
            return parts


def _split(parts: list[str], operator: str) -> list[list[str]]:
    """Split at an operator that stands in no brackets."""
    sides: list[list[str]] = [[]]
    depth = 0
    for part in parts:
        depth += (part in "([{") - (part in ")]}") if len(part) == 1 else 0
        if part == operator and not depth:
            sides.append([])
        else:
            sides[-1].append(part)
    return sides
