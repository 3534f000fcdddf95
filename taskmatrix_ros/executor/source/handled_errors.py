"""Which exceptions action code is ready for, call by call."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from taskmatrix_ros.core.call import SourcePosition
from taskmatrix_ros.executor.source.source_map import parse_source, position_of

ANYTHING = "BaseException"
"""The name that every exception goes by."""

Names = frozenset[str]


def handled_errors(source: str, apis: Collection[str]) -> Mapping[SourcePosition, Names]:
    """Name the exceptions that handlers take around each API call, also those around calls of the function it is in.

    :raises SyntaxError: it is no Python.
    """
    survey = _Survey(source.split("\n"), apis)
    survey.walk(parse_source(source), frozenset(), "")
    return survey.result()


def catches(names: Names, error: BaseException) -> bool:
    """Whether a handler that names these takes the exception."""
    return ANYTHING in names or any(kind.__name__ in names for kind in type(error).__mro__)


@dataclass(slots=True)
class _Survey:
    lines: list[str]
    apis: Collection[str]
    sites: dict[SourcePosition, tuple[Names, str]] = field(default_factory=dict)
    uses: list[tuple[str, Names, str]] = field(default_factory=list)

    def walk(self, node: ast.AST, caught: Names, function: str) -> None:
        if isinstance(node, ast.FunctionDef):
            caught, function = frozenset(), node.name
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            self.uses.append((node.func.id, caught, function))
            if node.func.id in self.apis:
                self.sites[position_of(node, self.lines)] = (caught, function)
        guarded: list[ast.stmt] = []
        if isinstance(node, ast.Try):
            guarded = node.body
            inside = caught | _names(node.handlers)
            for statement in guarded:
                self.walk(statement, inside, function)
        for child in ast.iter_child_nodes(node):
            if child not in guarded:
                self.walk(child, caught, function)

    def result(self) -> Mapping[SourcePosition, Names]:
        around: dict[str, Names] = {"": frozenset()}
        grown = True
        while grown:
            grown = False
            for name, caught, function in self.uses:
                more = around.get(name, frozenset()) | caught | around.get(function, frozenset())
                grown |= more != around.get(name, frozenset())
                around[name] = more
        return {place: caught | around.get(function, frozenset()) for place, (caught, function) in self.sites.items()}


def _names(handlers: Iterable[ast.ExceptHandler]) -> Names:
    found = set()
    for handler in handlers:
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        found |= {kind.id if isinstance(kind, ast.Name) else ANYTHING for kind in kinds}
    return frozenset(found)
