"""Writes calls one below the other, with the earlier calls they need."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.core.action_code import DocumentPin
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.ports import Catalogue
from taskmatrix_ros.planner.code.side_by_side import WrittenLine, grouped, side_by_side
from taskmatrix_ros.planner.grammar.expansion import Statement
from taskmatrix_ros.planner.grammar.symbolic_state import SymbolicState

MAX_CALLS = 200


@dataclass(frozen=True, eq=False)
class WrittenCall:
    """A call as it stands in the code. ``touched``: the state keys it assigns."""

    document: ApiDocument
    arguments: Mapping[str, Any]
    touched: frozenset[str]


class CodeWriter:
    """Appends statements to action code and follows what they do to the state.

    An order rule (``after``) that no earlier call in the code satisfies pulls that call in, with the same arguments. An
    earlier call satisfies it until a later one assigns what it set and its ``ensures`` then no longer hold: who has
    driven away from an object has to go there again.
    """

    def __init__(self, catalogue: Catalogue, state: SymbolicState) -> None:
        self._catalogue = catalogue
        self._state = state
        self._calls: list[WrittenCall] = []
        self._lines: list[WrittenLine] = []
        self._documents: dict[str, ApiDocument] = {}

    @property
    def source(self) -> str:
        """The code so far, one call per line."""
        return "\n".join(line.source for line in self._lines)

    @property
    def side_by_side(self) -> str:
        """The code so far, with devices of Home Assistant that share nothing side by side."""
        return "\n".join(side_by_side(self._lines))

    @property
    def pins(self) -> tuple[DocumentPin, ...]:
        """The documents it calls, in the order of their first call."""
        return tuple(
            DocumentPin(name=document.name, version=document.version, digest=document.digest)
            for document in self._documents.values()
        )

    @property
    def length(self) -> int:
        """How many statements are written: what ``lines`` is asked with."""
        return len(self._lines)

    def lines(self, *, side_by_side: bool) -> list[tuple[int, int]]:
        """Give the first and the last line of each statement in the code as it is written."""
        groups = grouped(self._lines) if side_by_side else [[line] for line in self._lines]
        places: list[tuple[int, int]] = []
        at = 1
        for group in groups:
            around = int(len(group) > 1)
            at += around
            for line in group:
                end = at + line.source.count("\n")
                places.append((at, end))
                at = end + 1
            at += around
        return places

    def append(self, statement: Statement, *, unless_done: bool = False) -> list[WrittenCall]:
        """Write a statement after the calls it needs.

        :param unless_done: leave out an idempotent call that the code makes already, and whose effect still holds.
        :returns: the calls written, those it needs first; of a statement that is no plain call, one for each API in it,
            with no arguments.
        :raises PlanningError: an API that it needs may not be used now, or the rules never end.
        """
        mark = len(self._calls)
        if statement.api:
            document = self._document(statement.api)
            if not (unless_done and document.idempotent and self._made(statement.api, statement.arguments)):
                self._write(document, statement.arguments, ())
            return self._calls[mark:]
        for name in statement.apis:
            document = self._document(name)
            self._documents.setdefault(name, document)
            self._state.forget(document)
            self._calls.append(WrittenCall(document, {}, frozenset()))
        self._lines.append(WrittenLine(statement.source))
        return self._calls[mark:]

    def _write(self, document: ApiDocument, arguments: Mapping[str, Any], needed_by: tuple[str, ...]) -> None:
        if document.name in needed_by:
            chain = " -> ".join((*needed_by, document.name))
            raise PlanningError(f"offline planner: the order rules {chain} never end; mend `after` in the manifest")
        for rule in document.after:
            values = {name: arguments.get(name) for name in rule.same}
            if all(value is not None for value in values.values()) and not self._made(rule.api, values):
                self._write(self._document(rule.api), values, (*needed_by, document.name))
        if len(self._calls) >= MAX_CALLS:
            raise PlanningError(
                f"offline planner: more than {MAX_CALLS} calls; ask for less at a time", code="TOO_LONG"
            )
        self._documents.setdefault(document.name, document)
        touched = self._state.apply(document, arguments)
        self._calls.append(WrittenCall(document, dict(arguments), touched))
        self._lines.append(WrittenLine(call_source(document.name, arguments), document, dict(arguments)))

    def _made(self, api: str, values: Mapping[str, Any]) -> bool:
        """Whether the code calls it with these values and what that call did still holds."""
        for at, call in enumerate(self._calls):
            if call.document.name != api or any(call.arguments.get(k) != v for k, v in values.items()):
                continue
            since = frozenset().union(*(later.touched for later in self._calls[at + 1 :]))
            if since.isdisjoint(call.touched) or self._state.still_holds(call.document, call.arguments):
                return True
        return False

    def _document(self, name: str) -> ApiDocument:
        document = self._catalogue.get(name)
        if document is None:
            raise PlanningError(f"offline planner: {name} is needed but may not be used now; enable it")
        return document


def call_source(api: str, arguments: Mapping[str, Any]) -> str:
    """Write a call: ``robot_find(object="coke")``."""
    return f"{api}({', '.join(f'{name}={literal(value)}' for name, value in arguments.items())})"


def literal(value: Any) -> str:
    """Write a value as a Python literal; texts in double quotes.

    :raises PlanningError: a value that has none.
    """
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=not value.isprintable())
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    text = repr(value)
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError) as error:
        raise PlanningError(f"offline planner: {text} cannot be written in code") from error
    return text
