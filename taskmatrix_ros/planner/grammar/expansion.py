"""What a sentence stands for: one API, or the calls of a composite."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument, Composite
from taskmatrix_ros.core.parameter_spec import ParameterSpec


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of action code: a plain call, or text that is kept as it is.

    ``api`` is empty for text; ``apis`` names every API that the statement may call.
    """

    api: str
    arguments: dict[str, Any]
    source: str
    apis: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SlotUse:
    """A parameter that a slot's value goes into."""

    package: str
    parameter: str
    spec: ParameterSpec


@dataclass(frozen=True, eq=False)
class Expansion:
    """Sentences' meaning. Slots are the parameters of an API, or the names in braces of a composite's code."""

    label: str
    """Who it is, for messages."""
    sentences: Mapping[str, tuple[str, ...]]
    slots: Mapping[str, tuple[SlotUse, ...]]
    """Slot -> where its value goes."""
    required: frozenset[str]
    when: str | None
    order: int
    """Place in the catalogue; the first of several composites whose ``when`` holds is taken."""
    document: ApiDocument | None = None
    body: ast.Module | None = None
    known_names: bool = False
    """Its sentences are only read where a map tells which names there are."""
    question: str = ""
    """What is asked instead of doing anything."""
    answer: str = ""
    """What is asked, where a map may know the answer."""
    origins: frozenset[str] = frozenset()
    """Slots that say where a thing is now: an API that does not leave a thing there gets both."""
    names_places: bool = False
    """It names a place of a map itself."""

    @staticmethod
    def of_api(document: ApiDocument, order: int) -> Expansion:
        """Let sentences stand for one call."""
        return Expansion(
            label=document.name,
            sentences=document.sentences,
            slots={name: (SlotUse(document.package, name, spec),) for name, spec in document.parameters.items()},
            required=frozenset(name for name, spec in document.parameters.items() if spec.required),
            when=None,
            order=order,
            document=document,
            origins=frozenset(_origins(document, {name: name for name in document.parameters})),
        )

    @staticmethod
    def of_composite(composite: Composite, order: int, documents: Mapping[str, ApiDocument]) -> Expansion:
        """Let sentences stand for several calls.

        :raises ValueError: its code is no Python, or calls what is no API that may be used now.
        """
        try:
            body = ast.parse(composite.code)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise ValueError(f"its code is no Python: {error}") from error
        slots: dict[str, tuple[SlotUse, ...]] = {}
        required: set[str] = set()
        origins: set[str] = set()
        names_places = False
        for call in _calls(body):
            document = documents.get(call.func.id) if isinstance(call.func, ast.Name) else None
            if document is None:
                raise ValueError(f"its code calls {ast.unparse(call.func)}, which is no API that may be used now")
            said = {keyword.arg or "": slot_name(keyword.value) or "" for keyword in call.keywords}
            origins |= _origins(document, said)
            for keyword in call.keywords:
                slot = slot_name(keyword.value)
                spec = document.parameters.get(keyword.arg or "")
                names_places = names_places or (spec is not None and slot is None and spec.names is not None)
                if slot is None or spec is None:
                    continue
                slots[slot] = (*slots.get(slot, ()), SlotUse(document.package, keyword.arg or "", spec))
                if spec.required:
                    required.add(slot)
        for node in ast.walk(body):
            slot = slot_name(node)
            if slot is not None:
                slots.setdefault(slot, ())
        return Expansion(
            label=composite.description.rstrip(".") or composite.code.split("(")[0],
            sentences=composite.sentences,
            slots=slots,
            required=frozenset(required),
            when=composite.when,
            order=order,
            body=body,
            known_names=composite.known_names,
            question=composite.question,
            answer=composite.answer or "",
            origins=frozenset(origins),
            names_places=names_places,
        )

    def statements(self, values: Mapping[str, Any]) -> Iterator[Statement]:
        """Give the code with the slots' values put in; an optional slot that was not said leaves its argument out."""
        if self.document is not None:
            yield Statement(self.document.name, dict(values), "", (self.document.name,))
            return
        for node in self.body.body if self.body else ():
            yield _statement(node, values)

    def api_names(self) -> tuple[str, ...]:
        """Every API it may call, in order."""
        if self.document is not None:
            return (self.document.name,)
        calls = _calls(self.body) if self.body else ()
        return tuple(dict.fromkeys(call.func.id for call in calls if isinstance(call.func, ast.Name)))


def statements_of(source: str) -> tuple[Statement, ...]:
    """Give the statements of action code. :raises SyntaxError: it is no Python."""
    return tuple(_statement(node, {}) for node in ast.parse(source).body)


def slot_name(node: ast.AST) -> str | None:
    """Give the name in ``{name}``, which Python reads as a set of one; None for anything else."""
    if isinstance(node, ast.Set) and len(node.elts) == 1 and isinstance(node.elts[0], ast.Name):
        return node.elts[0].id
    return None


def _origins(document: ApiDocument, said: Mapping[str, str]) -> set[str]:
    """Give the slots for a place that a call gets beside an object, unless the call leaves the object there."""
    named = {name: spec.names for name, spec in document.parameters.items() if said.get(name)}
    if "object" not in named.values():
        return set()
    return {said[name] for name, what in named.items() if what == "place"}


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _statement(node: ast.stmt, values: Mapping[str, Any]) -> Statement:
    filled = _Filled(values).visit(copy.deepcopy(node))
    source = ast.unparse(ast.fix_missing_locations(filled))
    apis = tuple(dict.fromkeys(call.func.id for call in _calls(filled) if isinstance(call.func, ast.Name)))
    call = filled.value if isinstance(filled, ast.Expr) else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and not call.args:
        try:
            arguments = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords if keyword.arg}
        except ValueError:
            return Statement("", {}, source, apis)
        if len(arguments) == len(call.keywords):
            return Statement(call.func.id, arguments, source, apis)
    return Statement("", {}, source, apis)


class _Filled(ast.NodeTransformer):
    """Puts values in the place of ``{name}``."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def visit_Set(self, node: ast.Set) -> ast.AST:
        name = slot_name(node)
        return self.generic_visit(node) if name is None else ast.Constant(self._values.get(name))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        node.keywords = [k for k in node.keywords if (slot := slot_name(k.value)) is None or slot in self._values]
        return self.generic_visit(node)
