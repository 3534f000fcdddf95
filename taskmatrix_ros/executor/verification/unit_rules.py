"""Units of values on their way from one call to another: metres do not become degrees by being passed on.

Python's types cannot say it, as a number that code writes itself has no unit and fits anywhere. So values are followed
from a call's result through variables that are bound once, fields, sums and ``min``/``max``; products convert.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.parameter_spec import ParameterSpec
from taskmatrix_ros.executor.source.source_map import api_calls, bound_names, position_of

_KEEPING = frozenset({"abs", "float", "int", "max", "min", "round", "sum"})
"""Builtins whose result has the unit of their arguments."""


def check_units(tree: ast.Module, source: str, documents: Mapping[str, ApiDocument]) -> tuple[Diagnostic, ...]:
    """Report arguments whose value is known to be in another unit than the parameter's."""
    units = _Units(tree, documents)
    lines = source.split("\n")
    findings = []
    for api, node in api_calls(tree, documents):
        for keyword in node.keywords:
            spec = documents[api].parameters.get(keyword.arg or "")
            given = units.of(keyword.value) if spec is not None and spec.unit else None
            if spec is None or given is None or given == spec.unit:
                continue
            place = position_of(keyword.value, lines)
            message = f"{api}: {keyword.arg} is in {spec.unit}, and {ast.unparse(keyword.value)} is in {given}"
            hint = f"convert it with a factor, or give a value in {spec.unit}"
            findings.append(Diagnostic(code="unit", message=message, hint=hint, line=place.line, column=place.column))
    return tuple(findings)


class _Units:
    def __init__(self, tree: ast.Module, documents: Mapping[str, ApiDocument]) -> None:
        self._documents = documents
        bound = Counter(bound_names(tree))
        self._values = {
            node.targets[0].id: node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            and len(node.targets) == 1
            and isinstance(node.targets[0], ast.Name)
            and bound[node.targets[0].id] == 1
        }

    def of(self, node: ast.expr, depth: int = 0) -> str | None:
        """Give the unit of an expression's value, None where it is not known."""
        if depth > 20:
            return None
        if isinstance(node, ast.UnaryOp):
            return self.of(node.operand, depth + 1)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            return self._common([node.left, node.right], depth)
        if isinstance(node, ast.IfExp):
            return self._common([node.body, node.orelse], depth)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _KEEPING:
            return self._common(node.args, depth)
        if isinstance(node, ast.Name) and node.id in self._values:
            return self.of(self._values[node.id], depth + 1)
        spec = self._spec(node, depth)
        return spec.unit if spec is not None else None

    def _common(self, nodes: list[ast.expr], depth: int) -> str | None:
        """Give the one unit that parts have; parts without a unit go with any."""
        known = {unit for node in nodes if (unit := self.of(node, depth + 1)) is not None}
        return known.pop() if len(known) == 1 else None

    def _spec(self, node: ast.expr, depth: int = 0) -> ParameterSpec | None:
        """Give what a document says of an expression's value."""
        if depth > 20:
            return None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in self._documents:
            return self._documents[node.func.id].returns
        if isinstance(node, ast.Name) and node.id in self._values:
            return self._spec(self._values[node.id], depth + 1)
        if isinstance(node, ast.Subscript):
            whole = self._spec(node.value, depth + 1)
            key = node.slice.value if isinstance(node.slice, ast.Constant) else None
            if whole is not None and isinstance(key, str):
                return (whole.properties or {}).get(key)
            return whole.items if whole is not None else None
        return None
