"""Which steps of an outline a run has not done yet."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.outcome import Status
from taskmatrix_ros.core.outline import OutlineStep
from taskmatrix_ros.core.run import Episode
from taskmatrix_ros.expressions.expression import Expression

_MARK = re.compile(r"^\s*#\s*(\w+)\.", re.MULTILINE)
"""A model names the step before its calls: ``# 2. play jazz``."""


def undone_steps(run: Episode, state: Mapping[str, Any], now: datetime) -> tuple[OutlineStep, ...]:
    """Give the steps whose goal does not hold, or, where they have none, whose calls were not all made.

    :param run: with its calls.
    """
    if run.outline is None:
        return ()
    done = _done_by_calls(run)
    return tuple(step for step in run.outline.steps if not _is_done(step, done, state, now))


def _is_done(step: OutlineStep, done: frozenset[str], state: Mapping[str, Any], now: datetime) -> bool:
    if step.goal is None:
        return step.id in done
    try:
        return bool(Expression.parse(step.goal).holds(state, {}, now=now)[0])
    except ConfigError:
        return step.id in done


def _done_by_calls(run: Episode) -> frozenset[str]:
    """Give the steps whose calls have all succeeded: by the marks in the code, else by what was foretold."""
    assert run.outline is not None
    records = [record for record in run.calls_of_code if record.outcome is not None]
    succeeded = [record for record in records if record.outcome and record.outcome.status is Status.SUCCEEDED]
    foretold = len(run.rehearsed.calls) if run.rehearsed else 0
    if foretold and len(succeeded) >= foretold:
        return frozenset(step.id for step in run.outline.steps)
    source = run.code.source if run.code else ""
    marks = [(source.count("\n", 0, mark.start()) + 1, mark[1]) for mark in _MARK.finditer(source)]
    if not marks:
        whole = len(run.outline.steps) == foretold
        return frozenset(step.id for step in run.outline.steps[: len(succeeded)]) if whole else frozenset()
    reached = max((record.call.position.line for record in succeeded), default=0)
    ends = [*(line for line, _ in marks[1:]), source.count("\n") + 2]
    calls, loops = _lines_of(source)
    done = []
    for (begin, name), end in zip(marks, ends, strict=True):
        last = max((line for line in calls if begin < line < end), default=begin)
        again = any(begin < line < end for line in loops)  # its last line may be reached more than once
        if (end if again else last) <= reached:
            done.append(name)
    return frozenset(done)


def _lines_of(source: str) -> tuple[list[int], list[int]]:
    """Give the lines on which calls and loops begin."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):
        return [], []
    calls = [node.lineno for node in nodes if isinstance(node, ast.Call)]
    return calls, [node.lineno for node in nodes if isinstance(node, ast.For | ast.While | ast.FunctionDef)]
