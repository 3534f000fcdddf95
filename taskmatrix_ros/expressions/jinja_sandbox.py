"""Jinja as devices' templates need it and no more: no imports, no unbounded work, no way to Python's insides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from taskmatrix_ros.expressions.jinja_budget import Budget, bounded, guard_format, guard_operator, guard_replace
from taskmatrix_ros.expressions.jinja_functions import FILTERS, GLOBALS, TESTS

_COUNTED = "counted"
_BOUNDED = "bounded"
_FILTERS_OF_JINJA = (
    *("abs", "attr", "capitalize", "count", "d", "default", "dictsort", "first", "items", "last", "length", "list"),
    *("lower", "map", "max", "min", "reject", "rejectattr", "reverse", "safe", "select", "selectattr", "sort", "sum"),
    *("title", "trim", "truncate", "unique", "upper", "wordcount", "e", "escape", "forceescape", "groupby"),
)
_TEXT_METHODS = frozenset(
    {
        *("capitalize", "count", "endswith", "find", "format", "index", "isalnum", "isalpha", "isdecimal", "isdigit"),
        *("isnumeric", "isspace", "join", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "replace"),
        *("rfind", "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "swapcase"),
        *("title", "upper"),
    }
)
_NEVER = (
    *(nodes.Macro, nodes.CallBlock, nodes.Import, nodes.FromImport, nodes.Include, nodes.Extends, nodes.Block),
    *(nodes.EvalContextModifier, nodes.ScopedEvalContextModifier),
)
_MAX_NODES = 2_000


class Sandbox(ImmutableSandboxedEnvironment):
    """One for the whole process. Every loop, text, number and structure that a template makes is bounded."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self) -> None:
        self.budget = Budget()
        super().__init__(
            extensions=["jinja2.ext.loopcontrols", "jinja2.ext.do"], finalize=self.budget.shown, optimized=False
        )
        self.filters = {name: self.filters[name] for name in _FILTERS_OF_JINJA} | FILTERS
        self.filters |= {_COUNTED: self.budget.counted, _BOUNDED: bounded}
        self.tests = {**self.tests, **TESTS}
        self.globals = {"namespace": self.globals["namespace"], "dict": self.globals["dict"], **GLOBALS}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        size = sum(1 for _ in tree.find_all(nodes.Node))
        if size > _MAX_NODES:
            raise TemplateSyntaxError(f"it has more than {_MAX_NODES} parts", 1)
        for forbidden in tree.find_all(_NEVER):
            raise TemplateSyntaxError(f"{type(forbidden).__name__.lower()} is not allowed", forbidden.lineno)
        for used in tree.find_all((nodes.Filter, nodes.FilterBlock)):
            if isinstance(used, nodes.Filter) and used.name in (_COUNTED, _BOUNDED):
                raise TemplateSyntaxError(f"no filter named {used.name!r}", used.lineno)
        bound: nodes.Template = _Bounding().visit(tree)
        return bound

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Allow of a text only the methods that make no large one."""
        if isinstance(obj, str):
            return attr in _TEXT_METHODS
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """Wrap ``"…".format``, where the text asks for nothing wide."""
        wrapped = super().wrap_str_format(value)
        if wrapped is not None:
            guard_format(str(value.__self__))
        return wrapped

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Compute, if neither what goes in nor what comes out is too large."""
        guard_operator(operator, left, right)
        return bounded(super().call_binop(context, operator, left, right))

    def call(self, context: Context, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Call what is allowed to be called."""
        text = getattr(obj, "__self__", None)
        if isinstance(text, str):
            method = getattr(obj, "__name__", "")
            if method == "replace" and len(args) >= 2:
                guard_replace(text, str(args[0]), str(args[1]))
            elif method == "join" and args:
                args = (list(bounded(list(args[0]))), *args[1:])
                guard_replace("x" * len(args[0]), "x", text)
        return bounded(super().call(context, obj, *args, **kwargs))


class _Bounding(NodeTransformer):
    """Puts the bounds where Jinja itself has no hook: round loops, joined texts and structures."""

    def visit_For(self, node: nodes.For, *args: Any, **kwargs: Any) -> nodes.Node:  # noqa: N802 - Jinja's name
        if node.recursive:
            raise TemplateSyntaxError("a recursive loop is not allowed", node.lineno)
        self.generic_visit(node, *args, **kwargs)
        if isinstance(node.iter, nodes.Expr):
            node.iter = _filtered(node.iter, _COUNTED)
        return node

    def _bound(self, node: nodes.Expr, *args: Any, **kwargs: Any) -> nodes.Node:
        self.generic_visit(node, *args, **kwargs)
        stored = isinstance(node, nodes.Tuple) and node.ctx == "store"
        return node if stored else _filtered(node, _BOUNDED)

    visit_Concat = visit_List = visit_Dict = visit_Tuple = _bound  # noqa: N815 - as Jinja looks for them

    def visit_AssignBlock(self, node: nodes.AssignBlock, *args: Any, **kwargs: Any) -> nodes.Node:  # noqa: N802
        self.generic_visit(node, *args, **kwargs)
        node.filter = _filtered(node.filter, _BOUNDED)
        return node


def _filtered(node: nodes.Expr | None, name: str) -> nodes.Filter:
    lineno = node.lineno if node is not None else 1
    return nodes.Filter(node, name, [], [], None, None, lineno=lineno)
