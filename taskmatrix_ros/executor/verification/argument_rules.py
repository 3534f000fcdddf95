"""Arguments of API calls, checked against the documents as far as the source shows them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.executor.source.argument_check import allowed_values, nearest, unknown_argument, value_problem
from taskmatrix_ros.executor.source.source_map import api_calls, is_literal, position_of


def check_arguments(tree: ast.Module, source: str, documents: Mapping[str, ApiDocument]) -> tuple[Diagnostic, ...]:
    """Report unknown, missing, repeated and positional arguments, and constants outside type, enum or limits."""
    lines = source.split("\n")
    return tuple(
        finding
        for api, node in api_calls(tree, documents)
        for finding in _CallCheck(node, documents[api], lines).findings()
    )


@dataclass(frozen=True, slots=True)
class _CallCheck:
    node: ast.Call
    document: ApiDocument
    lines: list[str]

    def findings(self) -> Iterator[Diagnostic]:
        api, parameters = self.document.name, self.document.parameters
        yield from self._positional()
        given: set[str] = set()
        for keyword in self.node.keywords:
            if keyword.arg is None:
                yield self._finding("argument", f"{api} takes no ** arguments", "name each one", keyword)
            elif keyword.arg in given:
                yield self._finding("argument", f"{api}: {keyword.arg} is given twice", "give it once", keyword)
            elif keyword.arg not in parameters:
                meant = nearest(keyword.arg, parameters)
                hint = f"write {meant}=" if meant else "leave it out"
                yield self._finding("argument", f"{api}: {unknown_argument(self.document, keyword.arg)}", hint, keyword)
            else:
                given.add(keyword.arg)
                yield from self._value(keyword.arg, keyword.value)
        if self.node.args or any(keyword.arg is None for keyword in self.node.keywords):
            return
        for name, spec in parameters.items():
            if spec.required and name not in given:
                hint = f"add {name}=..., {allowed_values(spec)}"
                yield self._finding("argument", f"{api}: {name} is missing", hint, self.node)

    def _positional(self) -> Iterator[Diagnostic]:
        names = list(self.document.parameters)
        for index, value in enumerate(self.node.args):
            plain = index < len(names) and not isinstance(value, ast.Starred)
            hint = f"write {names[index]}={ast.unparse(value)}" if plain else "name each one"
            yield self._finding("argument", f"{self.document.name} takes named arguments only", hint, value)

    def _value(self, name: str, value: ast.expr) -> Iterator[Diagnostic]:
        spec = self.document.parameters[name]
        if not is_literal(value):
            return
        if problem := value_problem(spec, ast.literal_eval(value)):
            message = f"{self.document.name}: {name} {problem}"
            yield self._finding("limit", message, f"give {allowed_values(spec)}", value)

    def _finding(self, code: str, message: str, hint: str, place: ast.AST) -> Diagnostic:
        position = position_of(place, self.lines)
        return Diagnostic(code=code, message=message, hint=hint, line=position.line, column=position.column)
