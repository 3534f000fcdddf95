"""What a call may come to when nobody can know: the values it may return and the errors the code is ready for."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import CallError, CallFailed, CallRefused, CallUnavailable
from taskmatrix_ros.core.parameter_spec import ParameterSpec, ValueType
from taskmatrix_ros.executor.sandbox.call_errors import exception_of
from taskmatrix_ros.executor.sandbox.interpreter import ExternalCall
from taskmatrix_ros.executor.source.argument_check import value_problem
from taskmatrix_ros.executor.source.handled_errors import catches, handled_errors
from taskmatrix_ros.executor.source.source_map import parse_source

MAX_VALUES = 5
"""Other values of one result that are tried."""

_NEUTRAL: dict[ValueType, Any] = {
    ValueType.STRING: "",
    ValueType.NUMBER: 0.0,
    ValueType.INTEGER: 0,
    ValueType.BOOLEAN: False,
    ValueType.OBJECT: {},
    ValueType.ARRAY: [],
}


@dataclass(frozen=True, slots=True)
class Ending:
    """One way a call may end. ``assumed`` says so in one line; it is empty for the one that says as little as possible.

    ``missing``: names of what was made up in ``result``; an empty name stands for the whole.
    """

    assumed: str = ""
    result: Any = None
    missing: tuple[str, ...] = ()
    error: CallError | None = None


class Guesses:
    """Made for one source: the values it compares with are those at which its branches part."""

    def __init__(self, source: str, documents: Mapping[str, ApiDocument]) -> None:
        tree = parse_source(source)
        self._numbers, self._texts = _compared(tree)
        self._reads_errors = any(isinstance(node, ast.ExceptHandler) and node.name for node in ast.walk(tree))
        self._handled = handled_errors(source, documents)

    def endings(self, wanted: ExternalCall, document: ApiDocument, arguments: Mapping[str, Any]) -> list[Ending]:
        """Give the ways a call may end, the plainest first; more than one only where the code may tell them apart.

        :param arguments: those that may be sent; fields of the result of equal name are taken from them.
        """
        result, missing = _foretell(document.returns, arguments)
        offered = _offered(document, arguments)
        if offered:
            result = offered[0]
        endings = [Ending(result=result, missing=missing)]
        place = f"line {wanted.site.position.line}: {document.name}"
        if wanted.site.result_used and document.returns is not None:
            endings += self._other_values(place, document.returns, result, missing, offered)
        caught = self._handled.get(wanted.site.position, frozenset())
        for error in self._told_apart(document):
            if catches(caught, exception_of(error)):
                endings.append(Ending(assumed=f"{place} ends with {error.error_code}", error=error))
        return endings

    def _told_apart(self, document: ApiDocument) -> list[CallError]:
        """Give the errors that the code can tell apart: one of each exception, unless it looks at their text."""
        errors = list(_errors(document))
        if self._reads_errors:
            return errors
        first: dict[type[Exception], CallError] = {}
        for error in errors:
            first.setdefault(type(exception_of(error)), error)
        return list(first.values())

    def _other_values(
        self, place: str, spec: ParameterSpec, result: Any, missing: tuple[str, ...], offered: list[Any]
    ) -> Iterator[Ending]:
        for name in missing:
            field = (spec.properties or {})[name] if name else spec
            usual = result[name] if name else result
            for value in self._values(field, usual, offered):
                what = f"{name} {value!r}" if name else repr(value)
                changed = {**result, name: value} if name else value
                yield Ending(assumed=f"{place} returns {what}", result=changed, missing=missing)

    def _values(self, spec: ParameterSpec, usual: Any, offered: list[Any]) -> list[Any]:
        candidates: list[Any] = []
        if offered:
            candidates = offered
        elif spec.enum is not None:
            candidates = list(spec.enum)
        elif spec.type is ValueType.BOOLEAN:
            candidates = [not usual]
        elif spec.type in (ValueType.NUMBER, ValueType.INTEGER):
            candidates = self._around(spec)
        elif spec.type is ValueType.STRING:
            candidates = self._texts
        elif spec.type is ValueType.ARRAY and spec.items is not None:
            candidates = [[neutral(spec.items)]]
        values: list[Any] = []
        for value in candidates:
            if value != usual and value not in values and value_problem(spec, value) is None:
                values.append(value)
        return values[:MAX_VALUES]

    def _around(self, spec: ParameterSpec) -> list[Any]:
        """Give the ends of the range, and numbers below, at and above those that the code compares with."""
        kind = int if spec.type is ValueType.INTEGER else float
        ends = [bound for bound in (spec.minimum, spec.maximum) if bound is not None and math.isfinite(bound)]
        near = [self._numbers[0] - 1, self._numbers[-1] + 1, *self._numbers] if self._numbers else []
        return [kind(number) for number in (*near[:2], *ends, *near[2:]) if kind is float or number == int(number)]


def _offered(document: ApiDocument, arguments: Mapping[str, Any]) -> list[Any]:
    """Give what a builtin may return, the best first: a wait ends in time, a person takes one of the choices."""
    if document.binding.kind != "builtin" or document.returns is None:
        return []
    if document.returns.type is ValueType.BOOLEAN:
        return [True, False]
    choices = arguments.get("choices")
    return list(choices) if isinstance(choices, list | tuple) else []


def neutral(spec: ParameterSpec) -> Any:
    """Give a value that the spec allows and that says as little as possible."""
    if spec.default is not None:
        return spec.default
    if spec.enum:
        return spec.enum[0]
    value = _NEUTRAL[spec.type]
    if spec.minimum is not None and value < spec.minimum:
        value = type(value)(spec.minimum)
    if spec.maximum is not None and value > spec.maximum:
        value = type(value)(spec.maximum)
    return value


def _foretell(spec: ParameterSpec | None, arguments: Mapping[str, Any]) -> tuple[Any, tuple[str, ...]]:
    """Make a result: fields from arguments of equal name, the rest neutral.

    :returns: it, and the names of what was made up; an empty name stands for the whole.
    """
    if spec is None:
        return None, ()
    if spec.type is not ValueType.OBJECT or not spec.properties:
        return neutral(spec), ("",)
    result, missing = {}, []
    for key, field in spec.properties.items():
        value = arguments.get(key)
        if value is None or field.problem(value) is not None:
            value = neutral(field)
            missing.append(key)
        result[key] = value
    return result, tuple(missing)


def _errors(document: ApiDocument) -> Iterator[CallError]:
    if document.effect is Effect.HAZARDOUS:
        yield CallRefused(f"{document.name}: a person says no", code="APPROVAL")
    for error in document.errors:
        yield CallFailed(f"{document.name}: {error.description}", code=error.code)
    if not document.errors:
        yield CallFailed(f"{document.name}: it does not work", code="FAILED")
    yield CallUnavailable(f"{document.name}: its device is away", code="UNAVAILABLE")


def _compared(tree: ast.AST) -> tuple[list[float], list[str]]:
    """Give the numbers and texts that the code compares with, the numbers in rising order."""
    constants = [
        inner.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Constant)
    ]
    numbers = {float(value) for value in constants if isinstance(value, int | float) and abs(value) < 2**53}
    return sorted(numbers), list(dict.fromkeys(value for value in constants if isinstance(value, str)))
