"""``gather(a(...), b(...))``: calls that go side by side, written so that what runs is what stands there."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.executor.source.code_names import FUNCTIONS
from taskmatrix_ros.executor.source.source_map import GATHER, api_calls, literal_arguments_of, position_of
from taskmatrix_ros.expressions.key_template import key_parameters
from taskmatrix_ros.expressions.spread import expand_keys

_FORM = f"write {GATHER}(one_api(...), another_api(...))"


def check_gather(tree: ast.Module, source: str, documents: Mapping[str, ApiDocument]) -> tuple[Diagnostic, ...]:
    """Report each ``gather`` that is not made of two or more direct API calls which can go side by side."""
    lines = source.split("\n")
    return tuple(
        _finding(message, hint, place, lines)
        for _, node in api_calls(tree, {GATHER})
        for message, hint, place in (*_form_problems(node, documents), *_collisions(node, documents))
    )


def gathered_calls(node: ast.Call, documents: Mapping[str, ApiDocument]) -> list[ast.Call]:
    """Give the arguments of a ``gather`` that are direct API calls."""
    return [value for value in node.args if _api_of(value, documents) and isinstance(value, ast.Call)]


def is_gather(node: ast.AST) -> bool:
    """Whether this is a call of ``gather`` by its name."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == GATHER


Problem = tuple[str, str, ast.AST]


def _form_problems(node: ast.Call, documents: Mapping[str, ApiDocument]) -> Iterator[Problem]:
    for keyword in node.keywords:
        yield f"{GATHER} takes no named arguments", _FORM, keyword
    for value in node.args:
        if isinstance(value, ast.Starred):
            yield f"{GATHER} takes no * arguments", f"{_FORM}; for a list of unknown length write a for loop", value
        elif not _api_of(value, documents):
            yield f"{GATHER} takes direct calls of APIs only", _FORM, value
    if len(node.args) < 2 and not node.keywords:
        yield f"{GATHER} takes two or more calls, not {len(node.args)}", f"{_FORM}, or make one call alone", node
    for call in gathered_calls(node, documents):
        for inner in _calls_inside(call):
            name = ast.unparse(inner.func)
            hint = f"call it before {GATHER} and keep the result in a variable"
            yield f"{name} is called in an argument of a gathered call", hint, inner


def _calls_inside(call: ast.Call) -> Iterator[ast.Call]:
    """Find calls in the arguments that might be an API's, or raise when others have begun already."""
    for argument in (*call.args, *call.keywords):
        for inner in ast.walk(argument):
            if not isinstance(inner, ast.Call) or isinstance(inner.func, ast.Attribute):
                continue
            if not (isinstance(inner.func, ast.Name) and inner.func.id in FUNCTIONS):
                yield inner


def _collisions(node: ast.Call, documents: Mapping[str, ApiDocument]) -> Iterator[Problem]:
    """Only what collides for certain: ``light.*`` may be two lights."""
    used = [(call, _certain_resources(call, documents)) for call in gathered_calls(node, documents)]
    for (one, its), (other, others) in combinations(used, 2):
        if shared := sorted(its & others):
            names = f"{_api_of(one, documents)} and {_api_of(other, documents)}"
            yield f"{names} both need {', '.join(shared)}", "call them one after the other", other


def _certain_resources(call: ast.Call, documents: Mapping[str, ApiDocument]) -> frozenset[str]:
    document = documents[_api_of(call, documents)]
    given = literal_arguments_of(call)
    names: set[str] = set()
    for template in document.resources:
        values = {name: given.get(name, document.parameters[name].default) for name in key_parameters(template)}
        if all(value is not None for value in values.values()):
            names.update(expand_keys(document, template, values))
    return frozenset(names)


def _api_of(node: ast.AST, documents: Mapping[str, ApiDocument]) -> str:
    direct = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in documents
    return node.func.id if direct else ""  # type: ignore[attr-defined]


def _finding(message: str, hint: str, node: ast.AST, lines: Sequence[str]) -> Diagnostic:
    place = position_of(node, list(lines))
    return Diagnostic(code="gather", message=message, hint=hint, line=place.line, column=place.column)
