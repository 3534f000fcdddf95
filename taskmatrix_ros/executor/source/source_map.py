"""Where action code calls APIs, by the byte ranges the interpreter reports."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.core.call import SourcePosition

GATHER = "gather"
"""The one function of ours beside the APIs: the calls that are its arguments go side by side."""


@dataclass(frozen=True, slots=True)
class CallSite:
    """One call expression of an API, or of ``gather``. ``result_used``: its value goes somewhere; otherwise it is a
    statement. ``gathered``: it is an argument of ``gather``.
    """

    api: str
    position: SourcePosition
    result_used: bool
    constant: bool
    """Whether every argument is a literal."""
    gathered: bool = False


def parse_source(source: str) -> ast.Module:
    """Parse action code without a word on stderr.

    :raises SyntaxError: it is no Python, or nested beyond what the parser bears.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source, filename="action code")
        except (RecursionError, MemoryError, ValueError) as error:
            raise SyntaxError(f"it cannot be parsed: {error or 'it is nested too deeply'}") from error


def position_of(node: ast.AST, lines: list[str]) -> SourcePosition:
    """Give a node's place, both from 1; columns count characters, not bytes."""
    line = int(getattr(node, "lineno", 0))
    offset = int(getattr(node, "col_offset", 0))
    if not 0 < line <= len(lines):
        return SourcePosition()
    return SourcePosition(line=line, column=len(lines[line - 1].encode()[:offset].decode(errors="ignore")) + 1)


def api_calls(tree: ast.AST, apis: Collection[str]) -> Iterator[tuple[str, ast.Call]]:
    """Every call whose function is the plain name of an API, with that name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in apis:
            yield node.func.id, node


def bound_names(tree: ast.AST) -> Iterator[str]:
    """Every name the code gives a value, once for each place that does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef) or (isinstance(node, ast.ExceptHandler) and node.name):
            yield str(node.name)


def is_literal(node: ast.expr) -> bool:
    """Whether an expression is a constant, or a list, tuple, dict or set of constants."""
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def literal_arguments(tree: ast.AST, apis: Collection[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every API call with those of its named arguments that are literals."""
    for api, node in api_calls(tree, apis):
        yield api, literal_arguments_of(node)


def literal_arguments_of(node: ast.Call) -> dict[str, Any]:
    """Give those named arguments of a call that are literals."""
    shown = (keyword for keyword in node.keywords if keyword.arg is not None and is_literal(keyword.value))
    return {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in shown}


def call_sites(source: str, apis: Collection[str]) -> Mapping[tuple[int, int], CallSite]:
    """Find every place that may call an API or ``gather``.

    :returns: (start, end) in bytes of UTF-8, end exclusive -> the call there. The runtime accepts calls from no other
        place, whatever ``eval`` or an alias may reach.
    :raises SyntaxError: it is no Python.
    """
    tree = parse_source(source)
    lines = source.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode()) + 1)
    statements = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    gathers = [node for _, node in api_calls(tree, {GATHER})]
    gathered = {argument for node in gathers for argument in node.args}
    sites = {}
    for api, node in api_calls(tree, {*apis, GATHER}):
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        span = (starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset)
        values = [*node.args, *(keyword.value for keyword in node.keywords)]
        sites[span] = CallSite(
            api=api,
            position=position_of(node, lines),
            result_used=node not in statements,
            constant=all(is_literal(value) for value in values),
            gathered=node in gathered,
        )
    return sites


def without_comments(source: str) -> str:
    """Cut comments off, keeping every line and column: ``# type: ignore`` must not silence the type checker."""
    lines = source.split("\n")
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                row, column = token.start
                lines[row - 1] = lines[row - 1][:column].rstrip()
    except (tokenize.TokenError, SyntaxError):
        return source
    return "\n".join(lines)
