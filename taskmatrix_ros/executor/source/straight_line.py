"""Code that is nothing but calls with literals, one after the other: it needs no interpreter to know what it does."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from typing import Any

from taskmatrix_ros.executor.source.source_map import GATHER, CallSite, parse_source, position_of


def straight_line(source: str, apis: Collection[str]) -> list[tuple[CallSite, Mapping[str, Any]]] | None:
    """Give the calls of such code, in order; None for any other code.

    :raises SyntaxError: it is no Python.
    """
    lines = source.split("\n")
    calls = []
    for statement in parse_source(source).body:
        found = _call(statement, apis, lines)
        if found is None:
            return None
        calls.append(found)
    return calls


def has_no_types_to_check(source: str, apis: Collection[str]) -> bool:
    """Whether it is nothing but calls with literals, alone or gathered.

    :raises SyntaxError: it is no Python.
    """
    lines = source.split("\n")
    for statement in parse_source(source).body:
        node = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == GATHER:
            if node.keywords or not all(_call(ast.Expr(value), apis, lines) for value in node.args):
                return False
        elif _call(statement, apis, lines) is None:
            return False
    return True


def _call(statement: ast.stmt, apis: Collection[str], lines: list[str]) -> tuple[CallSite, Mapping[str, Any]] | None:
    node = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in apis or node.args:
        return None
    arguments: dict[str, Any] = {}
    for keyword in node.keywords:
        try:
            value = ast.literal_eval(keyword.value)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return None
        if keyword.arg is None or keyword.arg in arguments or not _is_plain(value):
            return None
        arguments[keyword.arg] = value
    site = CallSite(api=node.func.id, position=position_of(node, lines), result_used=False, constant=True)
    return site, arguments


def _is_plain(value: Any) -> bool:
    """Whether the interpreter would hand over the very same value."""
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(name, str) and _is_plain(part) for name, part in value.items())
    return value is None or isinstance(value, str | bool | int | float)
