"""Whether the expressions of a manifest can be evaluated, and what they read."""

from __future__ import annotations

from collections.abc import Collection

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.registry.findings import Findings, nearest_hint
from taskmatrix_ros.registry.yaml_reader import Path


def check_expression(
    source: str, names: Collection[str], path: Path, findings: Findings, *, has_result: bool
) -> Expression | None:
    """Parse one and compare what it reads with what there is.

    :param names: of the arguments it may read.
    :param has_result: whether it is evaluated after the call.
    :returns: None where it is no expression.
    """
    try:
        expression = Expression.parse(source)
    except ConfigError as error:
        problem, _, hint = error.message.partition("; ")
        findings.error(path, "expression", problem, hint or "correct it")
        return None
    for name in expression.arg_names:
        if name not in names:
            hint = nearest_hint(name, names, "parameters are")
            findings.error(path, "unknown-parameter", f"args.{name} is no parameter", hint)
    if expression.uses_result and not has_result:
        findings.error(path, "expression", "result is not known before the call", "read state or args instead")
    return expression
