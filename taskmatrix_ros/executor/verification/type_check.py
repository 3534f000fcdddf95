"""The sandbox's type checker, asked about action code and put into our words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.diagnostic import Diagnostic, Severity
from taskmatrix_ros.executor.sandbox.interpreter import Interpreter
from taskmatrix_ros.executor.source.source_map import without_comments
from taskmatrix_ros.executor.verification.stubs import stubs_of

_HINTS = {
    "invalid-argument-type": "give the expected type; loop over a tuple, as in for x in (...), to keep allowed values",
    "invalid-key": "use a key of the returned object",
    "unresolved-attribute": 'returned objects are dicts: read them with value["key"]',
    "not-subscriptable": "only objects, lists and texts have parts",
    "unresolved-reference": "assign the variable before using it, on every path",
    "invalid-syntax": "write plain Python 3 statements",
    "unsupported": "write it with simpler statements",
}

_ADVICE = frozenset({"redundant-condition", "possibly-unresolved-reference", "deprecated", "unused-expression"})
"""Findings about style: true, and no reason to refuse code."""


async def check_types(
    interpreter: Interpreter, source: str, documents: Mapping[str, ApiDocument]
) -> tuple[Diagnostic, ...]:
    """Check code against stubs of its documents; none of it runs.

    :raises RunError: the checker itself failed.
    """
    found = await interpreter.check_types(without_comments(source), stubs_of(documents.values()))
    return tuple(map(_diagnostic, found))


def _diagnostic(found: Mapping[str, Any]) -> Diagnostic:
    place = found.get("location") or {}
    name = str(found.get("name") or "type")
    serious = found.get("severity") in ("error", "fatal") and name not in _ADVICE
    return Diagnostic(
        code=f"type-{name}",
        message=" ".join(str(found.get("message", "")).split()).replace("`", ""),
        severity=Severity.ERROR if serious else Severity.WARNING,
        hint=_HINTS.get(name, "") if serious else "",
        line=max(0, int(place.get("row", 0)) - 1),
        column=int(place.get("column", 0)),
    )
