"""How many calls code makes at least, as far as its text tells.

The count is a lower bound for a run in which every call ends well: an ``if`` counts as its cheaper branch, a loop of
unknown length or one that may be left early as nothing. What is not known here is left to the run's own budget.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.executor.source.source_map import api_calls, bound_names, is_literal, position_of

_LEAVES = (ast.Break, ast.Continue, ast.Return, ast.Raise)
_LOOPS = (ast.For, ast.While)


def check_budget(tree: ast.Module, source: str, apis: Collection[str], budget: int) -> tuple[Diagnostic, ...]:
    """Report loops that never end and call an API, and code that makes more calls than one run may.

    :param budget: calls that one run may make.
    """
    counter = _Counter(tree, source, apis, budget)
    counter.check()
    return tuple(counter.findings)


class _Counter:
    def __init__(self, tree: ast.Module, source: str, apis: Collection[str], budget: int) -> None:
        self.findings: list[Diagnostic] = []
        self._tree = tree
        self._lines = source.split("\n")
        self._apis = apis
        self._budget = budget
        self._bound = Counter(bound_names(tree))
        self._functions = {
            node.name: node
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and self._bound[node.name] == 1
        }
        self._entered: set[str] = set()
        self._calls_of: dict[str, int] = {}
        self._told = False

    def check(self) -> None:
        for node in ast.walk(self._tree):
            if isinstance(node, ast.While) and _is_endless(node):
                called = next((api for statement in node.body for api, _ in api_calls(statement, self._apis)), None)
                if called is not None:
                    self._report(node, f"this loop never ends, and calls {called}")
        if self.findings:
            return
        total = self._block(self._tree.body)
        if total > self._budget and not self._told:
            self._report_count(self._tree.body[0], total)

    # how many

    def _block(self, statements: Iterable[ast.stmt]) -> int:
        """Count up to the first statement that may leave the block."""
        total = 0
        for statement in statements:
            total += self._statement(statement)
            if any(isinstance(inner, _LEAVES) for inner in _inside(statement)):
                break
        return total

    def _statement(self, node: ast.stmt) -> int:
        if isinstance(node, ast.If):
            return self._expression(node.test) + min(self._block(node.body), self._block(node.orelse))
        if isinstance(node, ast.For):
            times = self._length(node.iter)
            return self._expression(node.iter) + self._repeated(node, times, self._block(node.body))
        if isinstance(node, ast.While):
            return self._expression(node.test)
        if isinstance(node, ast.Try):
            return self._block(node.body) + self._block(node.finalbody)
        if isinstance(node, ast.FunctionDef):
            return 0
        return sum(self._expression(inner) for inner in ast.iter_child_nodes(node))

    def _repeated(self, node: ast.AST, times: int, calls: int) -> int:
        if not calls or not times or any(isinstance(inner, (ast.Break, ast.Return, ast.Raise)) for inner in _own(node)):
            return 0
        total = times * calls
        if total > self._budget and not self._told:
            self._report_count(node, total)
        return total

    def _expression(self, node: ast.AST) -> int:
        if isinstance(node, ast.Lambda):
            return 0
        if isinstance(node, ast.IfExp):
            return self._expression(node.test) + min(self._expression(node.body), self._expression(node.orelse))
        if isinstance(node, ast.BoolOp):
            return self._expression(node.values[0])
        if isinstance(node, ast.Compare):
            return self._expression(node.left) + self._expression(node.comparators[0])
        if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp):
            return self._comprehension(node)
        inner = sum(self._expression(child) for child in ast.iter_child_nodes(node))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return inner + self._called(node.func.id)
        return inner

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp) -> int:
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        calls = sum(self._expression(part) for part in parts)
        first = self._expression(node.generators[0].iter)
        times = 1
        for generator in node.generators:
            times *= 0 if generator.ifs else self._length(generator.iter)
        return first + self._repeated(node, times, calls)

    def _called(self, name: str) -> int:
        if name in self._apis:
            return 1
        function = self._functions.get(name)
        if function is None or name in self._entered:
            return 0
        if name not in self._calls_of:
            self._entered.add(name)
            self._calls_of[name] = self._block(function.body)
            self._entered.discard(name)
        return self._calls_of[name]

    def _length(self, node: ast.expr) -> int:
        """How many items there are to go through, 0 where the text does not tell."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id not in self._bound:
            if node.func.id == "range" and not node.keywords and all(is_literal(value) for value in node.args):
                return _range_length([ast.literal_eval(value) for value in node.args])
            if node.func.id in ("enumerate", "list", "reversed", "sorted", "tuple") and len(node.args) == 1:
                return self._length(node.args[0])
            return 0
        if isinstance(node, ast.List | ast.Tuple):
            return 0 if any(isinstance(item, ast.Starred) for item in node.elts) else len(node.elts)
        return (
            len(ast.literal_eval(node)) if isinstance(node, ast.Constant | ast.Set | ast.Dict) and _sized(node) else 0
        )

    # findings

    def _report_count(self, node: ast.AST, total: int) -> None:
        self._told = True
        shown = f"{total}" if total < 10**9 else "more than 10**9"
        self._report(node, f"this makes {shown} calls or more")

    def _report(self, node: ast.AST, message: str) -> None:
        place = position_of(node, self._lines)
        self.findings.append(
            Diagnostic(
                code="budget",
                message=f"{message}; {self._budget} calls are allowed in one run",
                hint="loop over fewer things, as in `for attempt in range(3):`, or split the instruction",
                line=place.line,
                column=place.column,
            )
        )


def _is_endless(node: ast.While) -> bool:
    """Whether nothing in the text of a loop ends it; a call that fails may, and is no way to count."""
    if not (isinstance(node.test, ast.Constant) and node.test.value):
        return False
    return not any(isinstance(inner, (ast.Break, ast.Return, ast.Raise, ast.Assert)) for inner in _own(node))


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a statement without the functions in it."""
    yield node
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        return
    for child in ast.iter_child_nodes(node):
        yield from _inside(child)


def _own(loop: ast.AST) -> Iterator[ast.AST]:
    """Walk what may end this very loop: a ``break`` of a loop within it does not."""
    for child in ast.iter_child_nodes(loop):
        if isinstance(child, _LOOPS):
            yield from (inner for inner in _inside(child) if not isinstance(inner, ast.Break))
            yield from (inner for statement in child.orelse for inner in _inside(statement))
        elif isinstance(child, ast.FunctionDef | ast.Lambda):
            continue
        else:
            yield child
            yield from _own(child)


def _range_length(bounds: list[object]) -> int:
    numbers = [bound for bound in bounds if type(bound) is int]
    if not 1 <= len(numbers) == len(bounds) <= 3:
        return 0
    start, stop, step = (0, numbers[0], 1) if len(numbers) == 1 else (*numbers, 1)[:3]
    if step == 0:
        return 0
    return max(0, (stop - start + step - (1 if step > 0 else -1)) // step)


def _sized(node: ast.expr) -> bool:
    return is_literal(node) and isinstance(ast.literal_eval(node), str | set | dict)
