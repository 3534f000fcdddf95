"""What must hold after a call, as expressions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.expressions.key_template import key_access
from taskmatrix_ros.expressions.tokens import tokenize


def ensures_of(document: ApiDocument) -> tuple[str, ...]:
    """Give the document's ``ensures``, or those that follow from ``sets`` where it has none.

    An assignment whose value depends on state or on the moment is left out: read back later, it would compare the new
    world with a value computed from itself.

    :raises ConfigError: a value of ``sets`` is no expression.
    """
    if document.ensures:
        return document.ensures
    return tuple(
        _unless_left_out(document, value, _equals(key, value, document.tolerance.get(key)))
        for key, value in document.sets.items()
        if is_read_back(value)
    )


def is_left_out(document: ApiDocument, value: str, arguments: Mapping[str, Any]) -> bool:
    """Whether a value of ``sets`` is an optional argument that this call leaves out: it then assigns nothing."""
    name = _optional_argument(document, value)
    return name is not None and arguments.get(name) is None


def _unless_left_out(document: ApiDocument, value: str, condition: str) -> str:
    name = _optional_argument(document, value)
    return condition if name is None else f"args.{name} == null || {condition}"


def _optional_argument(document: ApiDocument, value: str) -> str | None:
    """Name the parameter that the value is, and that has neither to be given nor a default."""
    name = value.strip().removeprefix("args.")
    spec = document.parameters.get(name) if value.strip().startswith("args.") else None
    return name if spec is not None and not spec.required and spec.default is None else None


def is_read_back(value: str) -> bool:
    """Whether an ``ensures`` can follow from this value of ``sets``.

    :raises ConfigError: it is no expression.
    """
    expression = Expression.parse(value)
    return not expression.reads_state and not expression.uses_now


def _equals(key: str, value: str, tolerance: float | None) -> str:
    access = key_access(key)
    tokens = tokenize(value)
    # A comment would swallow what follows it, so such a value is put together again from its tokens.
    wanted = value.strip() if "//" not in value else " ".join(token.text for token in tokens)
    if not (len(tokens) == 1 or (len(tokens) == 3 and tokens[1].is_operator("."))):
        wanted = f"({wanted})"
    if tolerance is None:
        return f"{access} == {wanted}"
    return f"math.abs({access} - {wanted}) <= {float(tolerance)!r}"
