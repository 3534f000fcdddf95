"""``after``: a call needs an earlier one, with the same arguments, on every path that leads to it.

A forward analysis over the syntax tree. The state at a point is what every path to it has in common: the calls made,
and for each variable a token that stands for its value. Two arguments are the same if they are equal literals or hold
the same token. Where paths meet, calls made on one of them only are dropped and variables that differ get a new token,
so the analysis refuses what it cannot show and never the other way round.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

from taskmatrix_ros.core.api_document import ApiDocument, OrderRule
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.parameter_spec import ValueType
from taskmatrix_ros.executor.source.source_map import position_of
from taskmatrix_ros.executor.verification.gather_rules import is_gather

Token = str
Fact = tuple[str, frozenset[tuple[str, Token | None]]]

_FIXED = (ValueType.STRING, ValueType.NUMBER, ValueType.INTEGER, ValueType.BOOLEAN)
"""Values of these types cannot be changed behind a variable's back."""


def check_order(tree: ast.Module, source: str, documents: Mapping[str, ApiDocument]) -> tuple[Diagnostic, ...]:
    """Report each call that an ``after`` rule asks an earlier call for which some path lacks."""
    analysis = _Analysis(source, documents)
    analysis.block(tree.body, _Point(frozenset(), {}))
    return tuple(analysis.findings.values())


@dataclass(frozen=True, slots=True)
class _Point:
    """What holds at one place on every path to it; ``dead`` where no path leads."""

    made: frozenset[Fact]
    values: Mapping[str, Token]
    dead: bool = False


@dataclass(slots=True)
class _Loop:
    breaks: list[_Point] = field(default_factory=list)


class _Analysis:
    def __init__(self, source: str, documents: Mapping[str, ApiDocument]) -> None:
        self.findings: dict[tuple[int, int, int], Diagnostic] = {}
        self._lines = source.split("\n")
        self._documents = documents
        self._counter = itertools.count()
        self._loops: list[_Loop] = []
        self._asked: dict[str, set[tuple[str, ...]]] = {}
        for rule in (rule for document in documents.values() for rule in document.after):
            self._asked.setdefault(rule.api, set()).add(rule.same)

    # statements

    def block(self, statements: Iterable[ast.stmt], point: _Point) -> _Point:
        for statement in statements:
            if point.dead:
                break
            point = self._statement(statement, point)
        return point

    def _statement(self, node: ast.stmt, point: _Point) -> _Point:
        handlers: dict[type[ast.stmt], Callable[..., _Point]] = {
            ast.Assign: self._assign,
            ast.AnnAssign: self._assign,
            ast.AugAssign: self._augmented,
            ast.If: self._if,
            ast.For: self._for,
            ast.While: self._while,
            ast.Try: self._try,
            ast.FunctionDef: self._function,
            ast.Assert: self._assert,
        }
        if handler := handlers.get(type(node)):
            return handler(node, point)
        point = self._expressions(ast.iter_child_nodes(node), point)
        if isinstance(node, ast.Break) and self._loops:
            self._loops[-1].breaks.append(point)
        if isinstance(node, ast.Break | ast.Continue | ast.Return | ast.Raise):
            return _Point(point.made, point.values, dead=True)
        return point

    def _assign(self, node: ast.Assign | ast.AnnAssign, point: _Point) -> _Point:
        if node.value is None:
            return point
        point = self._expression(node.value, point)
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        token = self._token(node.value, point) or self._new_token()
        for target in targets:
            point = self._expression(target, point)
            point = self._forget(_names_bound([target]), point)
            if isinstance(target, ast.Name):
                point = _Point(point.made, {**point.values, target.id: token})
        return point

    def _augmented(self, node: ast.AugAssign, point: _Point) -> _Point:
        return self._forget(_names_bound([node]), self._expressions([node.target, node.value], point))

    def _assert(self, node: ast.Assert, point: _Point) -> _Point:
        point = self._expression(node.test, point)
        if node.msg is not None:
            self._expression(node.msg, point)
        return point

    def _if(self, node: ast.If, point: _Point) -> _Point:
        point = self._expression(node.test, point)
        return self._merge(self.block(node.body, point), self.block(node.orelse, point))

    def _for(self, node: ast.For, point: _Point) -> _Point:
        point = self._expression(node.iter, point)
        return self._loop(node, point, endless=False)

    def _while(self, node: ast.While, point: _Point) -> _Point:
        endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
        return self._loop(node, point, endless=endless)

    def _loop(self, node: ast.For | ast.While, before: _Point, *, endless: bool) -> _Point:
        """The head is reached before the first pass and after any: only what holds before the loop holds there."""
        head = self._forget(_names_bound([node]), before)
        tested = self._expression(node.test, head) if isinstance(node, ast.While) else head
        self._loops.append(_Loop())
        self.block(node.body, tested)
        loop = self._loops.pop()
        exhausted = _Point(tested.made, tested.values, dead=True) if endless else self.block(node.orelse, tested)
        return reduce(self._merge, loop.breaks, exhausted)

    def _try(self, node: ast.Try, before: _Point) -> _Point:
        loop = self._loops[-1] if self._loops else _Loop()
        first_break = len(loop.breaks)
        done = self.block(node.body, before)
        done = done if done.dead else self.block(node.orelse, done)
        raised = self._forget(_names_bound(node.body), before)
        ends = [done]
        for handler in node.handlers:
            if handler.type is not None:
                self._expression(handler.type, raised)
            point = self._forget([handler.name], raised) if handler.name else raised
            ends.append(self.block(handler.body, point))
        end = reduce(self._merge, ends)
        if not node.finalbody:
            return end
        final = self.block(node.finalbody, self._forget(_names_bound([node]), before))
        changed = _names_bound(node.finalbody)
        loop.breaks[first_break:] = [self._forget(changed, point) for point in loop.breaks[first_break:]]
        end = self._forget(changed, end)
        return _Point(end.made | final.made, end.values, end.dead or final.dead)

    def _function(self, node: ast.FunctionDef, point: _Point) -> _Point:
        """Look into the body as it may run at any time after this: calls made so far hold, no variable does."""
        point = self._expressions(node.args.defaults, point)
        names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
        names |= {inner.arg for inner in ast.walk(node.args) if isinstance(inner, ast.arg)}
        loops, self._loops = self._loops, []
        self.block(node.body, self._forget(names, _Point(point.made, {})))
        self._loops = loops
        return self._forget([node.name], point)

    # expressions

    def _expressions(self, nodes: Iterable[ast.AST], point: _Point) -> _Point:
        for node in nodes:
            point = self._expression(node, point)
        return point

    def _expression(self, node: ast.AST, point: _Point) -> _Point:
        """Go through an expression in the order of evaluation; what may not be evaluated adds no calls."""
        if isinstance(node, ast.BoolOp):
            return self._maybe(node.values[1:], self._expression(node.values[0], point))
        if isinstance(node, ast.Compare):
            point = self._expressions([node.left, node.comparators[0]], point)
            return self._maybe(node.comparators[1:], point)
        if isinstance(node, ast.IfExp):
            point = self._expression(node.test, point)
            return self._merge(self._expression(node.body, point), self._expression(node.orelse, point))
        if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            return self._comprehension(node, point)
        if isinstance(node, ast.Lambda):
            self._expression(node.body, _Point(point.made, {}))
            return point
        if isinstance(node, ast.NamedExpr):
            return self._forget([node.target.id], self._expression(node.value, point))
        if isinstance(node, ast.Call):
            return self._call(node, point)
        return self._expressions(ast.iter_child_nodes(node), point)

    def _maybe(self, nodes: Sequence[ast.expr], point: _Point) -> _Point:
        end = self._expressions(nodes, point)
        return self._merge(point, end)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, point: _Point
    ) -> _Point:
        first, *rest = node.generators
        point = self._expression(first.iter, point)
        inside = self._forget(_names_bound([node]), point)
        inside = self._expressions(first.ifs, inside)
        for generator in rest:
            inside = self._expressions([generator.iter, *generator.ifs], inside)
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._expressions(parts, inside)
        return self._forget(_names_bound([node]), point)

    def _gather(self, node: ast.Call, point: _Point) -> _Point:
        """Calls side by side: none of them is earlier than another, all of them are earlier than what follows."""
        made = point.made
        for value in node.args:
            after = self._expression(value, point)
            made |= after.made
            point = _Point(point.made, after.values)
        return _Point(made, point.values)

    def _call(self, node: ast.Call, point: _Point) -> _Point:
        if is_gather(node):
            return self._gather(node, point)
        point = self._expressions([node.func, *node.args, *(keyword.value for keyword in node.keywords)], point)
        document = self._documents.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if document is None:
            return point
        arguments = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg is not None}
        tokens = {name: self._argument_token(document, name, value, point) for name, value in arguments.items()}
        for index, rule in enumerate(document.after):
            if all(name in arguments for name in rule.same) and _fact(rule.api, rule.same, tokens) not in point.made:
                self._report(node, index, document, rule, arguments)
        made = {_fact(document.name, same, tokens) for same in self._asked.get(document.name, ())}
        return _Point(point.made | {fact for fact in made if fact is not None}, point.values)

    def _report(
        self, node: ast.Call, index: int, document: ApiDocument, rule: OrderRule, arguments: Mapping[str, ast.expr]
    ) -> None:
        place = position_of(node, self._lines)
        same = ", ".join(f"{name}={ast.unparse(arguments[name])}" for name in rule.same)
        needed = f"{rule.api}({same})" if same else f"{rule.api}(...)"
        alike = ", with the same literal or an unchanged variable for " + ", ".join(rule.same) if rule.same else ""
        self.findings[place.line, place.column, index] = Diagnostic(
            code="order",
            message=f"{document.name} needs an earlier {needed} on every path",
            hint=f"call {needed} before it{alike}",
            line=place.line,
            column=place.column,
        )

    # values

    def _argument_token(self, document: ApiDocument, name: str, node: ast.expr, point: _Point) -> Token | None:
        spec = document.parameters.get(name)
        if isinstance(node, ast.Name) and (spec is None or spec.type not in _FIXED):
            return None
        return self._token(node, point)

    def _token(self, node: ast.expr, point: _Point) -> Token | None:
        """Name the value of an expression, so that equal names mean equal values; None where that cannot be shown."""
        if isinstance(node, ast.Name):
            return point.values.get(node.id)
        try:
            value = ast.literal_eval(node)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"literal {value!r}"
        return f"literal {float(value)!r}" if abs(value) < 2**53 else f"literal {value!r}"

    def _forget(self, names: Iterable[str], point: _Point) -> _Point:
        """Give variables new tokens: from here on they may hold anything, but keep it until they are bound again."""
        values = dict(point.values)
        values.update({name: self._new_token() for name in names})
        return _Point(point.made, values, point.dead)

    def _new_token(self) -> Token:
        return f"value {next(self._counter)}"

    def _merge(self, one: _Point, other: _Point) -> _Point:
        if one.dead or other.dead:
            return other if one.dead else one
        values = {name: token for name, token in one.values.items() if other.values.get(name) == token}
        return self._forget(
            (one.values.keys() | other.values.keys()) - values.keys(), _Point(one.made & other.made, values)
        )


def _fact(api: str, same: Iterable[str], tokens: Mapping[str, Token | None]) -> Fact | None:
    """Say that ``api`` was called with these values of the arguments a rule compares; None if one is not known."""
    values = {name: tokens.get(name) for name in same}
    return None if None in values.values() else (api, frozenset(values.items()))


def _names_bound(nodes: Iterable[ast.AST]) -> set[str]:
    """Names that running these nodes may give another value."""
    names = set()
    for node in (inner for outer in nodes for inner in ast.walk(outer)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef) or (isinstance(node, ast.ExceptHandler) and node.name):
            names.add(str(node.name))
    return names
