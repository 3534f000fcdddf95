"""Which steps of an outline a run has not done yet."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from taskmatrix_ros.core.action_code import ActionCode
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.outcome import Status
from taskmatrix_ros.core.outline import OutlineStep
from taskmatrix_ros.core.run import Episode
from taskmatrix_ros.expressions.expression import Expression

_MARK = re.compile(r"^\s*#\s*(\w+)\.", re.MULTILINE)
"""A model names the step before its calls: ``# 2. play jazz``."""


_FLOW = (ast.If, ast.For, ast.While, ast.Try, ast.FunctionDef, ast.IfExp, ast.BoolOp, ast.comprehension)
"""What decides which calls are made: a step with it is done once a later one has begun."""


def undone_steps(run: Episode, state: Mapping[str, Any], now: datetime) -> tuple[OutlineStep, ...]:
    """Give the steps whose goal does not hold, or, where they have none, whose calls were not all made.

    :param run: with its calls.
    """
    if run.outline is None:
        return ()
    done = steps_by_calls(run)
    return tuple(step for step in run.outline.steps if not _is_done(step, done, state, now))


def _is_done(step: OutlineStep, done: frozenset[str], state: Mapping[str, Any], now: datetime) -> bool:
    if step.goal is None:
        return step.id in done
    try:
        return bool(Expression.parse(step.goal).holds(state, {}, now=now)[0])
    except ConfigError:
        return step.id in done


def steps_by_calls(run: Episode) -> frozenset[str]:
    """Give the steps whose calls have all succeeded: by the lines that the planner tells of each, else by the marks in
    the code, else by what was foretold.
    """
    if run.outline is None:
        return frozenset()
    records = [record for record in run.calls_of_code if record.outcome is not None]
    succeeded = [record for record in records if record.outcome and record.outcome.status is Status.SUCCEEDED]
    foretold = len(run.rehearsed.calls) if run.rehearsed else 0
    if foretold and len(succeeded) >= foretold:
        return frozenset(step.id for step in run.outline.steps)
    source = run.code.source if run.code else ""
    if run.code is not None and run.code.steps:
        made = {record.call.position.line for record in records}
        return _done_by_lines(run.code, {record.call.position.line for record in succeeded}, max(made, default=0))
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


def _done_by_lines(code: ActionCode, succeeded: Collection[int], reached: int) -> frozenset[str]:
    """:param succeeded: lines with a call that succeeded; ``reached``: the last line with a call that ended."""
    try:
        nodes = list(ast.walk(ast.parse(code.source)))
    except (SyntaxError, ValueError):
        return frozenset()
    apis = {pin.name for pin in code.documents}
    calls = {n.lineno for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in apis}
    flow = {lines[0] for node in nodes if isinstance(node, _FLOW) and (lines := _spanned(node))}
    done: list[str] = []
    for number, step in enumerate(code.steps):
        own = range(step.first, step.last + 1)
        if not own:  # those before it do what it asks for
            is_done = len(done) == number
        elif flow.isdisjoint(own):
            is_done = all(line in succeeded for line in calls.intersection(own))
        else:
            is_done = reached > step.last
        if is_done:
            done.append(step.step)
    return frozenset(done)


def _spanned(node: ast.AST) -> list[int]:
    return [child.lineno for child in ast.walk(node) if isinstance(child, ast.expr | ast.stmt)]


def _lines_of(source: str) -> tuple[list[int], list[int]]:
    """Give the lines on which calls and loops begin."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):
        return [], []
    calls = [node.lineno for node in nodes if isinstance(node, ast.Call)]
    return calls, [node.lineno for node in nodes if isinstance(node, ast.For | ast.While | ast.FunctionDef)]
