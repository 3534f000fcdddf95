"""What action code may consist of: a small Python in which APIs are called directly, by name, and nothing else leaves.

Loops whose calls can be counted are counted in ``call_budget``; for the others a run has a budget of calls and of
seconds, and the sandbox one of computing time.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Collection

from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.executor.source.argument_check import nearest
from taskmatrix_ros.executor.source.code_names import ALLOWED, HINTS, REACHING_OUT
from taskmatrix_ros.executor.source.source_map import GATHER, bound_names, parse_source, position_of

MAX_BYTES = 20_000
MAX_DEPTH = 60

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
"""Control characters and those that reorder text on a screen: what a person approves must be what runs."""

_NAMELIKE = (tokenize.NAME, tokenize.OP, tokenize.NUMBER, tokenize.ERRORTOKEN)
"""Tokens that are no text; before Python 3.12 a name with a combining accent falls into pieces of the last kind."""

_ALLOWED_NODES: tuple[type[ast.AST], ...] = (
    ast.Module, ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.NamedExpr, ast.Pass, ast.Assert, ast.Raise,
    ast.If, ast.IfExp, ast.For, ast.While, ast.Break, ast.Continue, ast.Try, ast.ExceptHandler,
    ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Lambda, ast.Call, ast.keyword, ast.Starred,
    ast.Name, ast.Constant, ast.JoinedStr, ast.FormattedValue, ast.Attribute, ast.Subscript, ast.Slice,
    ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
    ast.comprehension, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare,
    ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.type_ignore,
)  # fmt: skip

_NOT_ALLOWED = {
    "Import": ("import", "nothing can be imported; call the APIs directly"),
    "ImportFrom": ("import", "nothing can be imported; call the APIs directly"),
    "ClassDef": ("class", "use dicts and functions"),
    "AsyncFunctionDef": ("async def", "calls are made one after the other; write def"),
    "AsyncFor": ("async for", "calls are made one after the other; write for"),
    "AsyncWith": ("async with", "calls are made one after the other; leave it out"),
    "Await": ("await", "calls are made one after the other; leave await out"),
    "With": ("with", "there is nothing to open; leave it out"),
    "Global": ("global", "pass values as arguments and return them"),
    "Nonlocal": ("nonlocal", "pass values as arguments and return them"),
    "Delete": ("del", "leave it out"),
    "Yield": ("yield", "build a list and return it"),
    "YieldFrom": ("yield", "build a list and return it"),
    "Match": ("match", "write if and elif"),
    "TryStar": ("except*", "write except"),
    "TypeAlias": ("type", "leave it out"),
}


def check_text(source: str) -> Diagnostic | None:
    """Report what keeps code from even being parsed: its size and its characters."""
    size = len(source.encode(errors="replace"))
    if size > MAX_BYTES:
        return Diagnostic(
            code="size", message=f"the code has {size} bytes, {MAX_BYTES} are allowed", hint="use loops and functions"
        )
    found = _CONTROL.search(source)
    if found is None:
        return None
    line = source.count("\n", 0, found.start()) + 1
    column = found.start() - source.rfind("\n", 0, found.start())
    hint = "end lines with \\n alone" if found[0] == "\r" else "leave it out"
    return Diagnostic(
        code="character", message=f"character U+{ord(found[0]):04X} is not allowed", hint=hint, line=line, column=column
    )


def check_structure(source: str) -> ast.Module | Diagnostic:
    """Parse code and measure its nesting. :returns: its tree, or why there is none."""
    try:
        tree = parse_source(source)
    except SyntaxError as error:
        hint = "write plain Python 3 statements"
        line, column = error.lineno or 0, max(0, error.offset or 0)
        return Diagnostic(code="syntax", message=f"not Python: {error.msg}", hint=hint, line=line, column=column)
    if deepest := _too_deep(tree):
        place = position_of(deepest, source.split("\n"))
        return Diagnostic(
            code="nesting",
            message=f"nested more than {MAX_DEPTH} levels deep",
            hint="use variables and functions",
            line=place.line,
            column=place.column,
        )
    return tree


def check_code(tree: ast.Module, source: str, apis: Collection[str]) -> tuple[Diagnostic, ...]:
    """Report every construct, name and use of an API that action code may not have, in the order of the source."""
    rules = _CodeRules(source, apis, frozenset(bound_names(tree)))
    rules.visit(tree)
    rules.check_identifiers()
    return tuple(sorted(rules.findings, key=lambda finding: (finding.line, finding.column)))


class _CodeRules(ast.NodeVisitor):
    def __init__(self, source: str, apis: Collection[str], bound: frozenset[str]) -> None:
        self.findings: list[Diagnostic] = []
        self._source = source
        self._lines = source.split("\n")
        self._apis = apis
        self._bound = bound
        self._no_calls = ""
        self._functions = 0

    def visit(self, node: ast.AST) -> None:
        if not isinstance(node, _ALLOWED_NODES):
            kind = type(node).__name__
            what, hint = _NOT_ALLOWED.get(kind, (kind, "write it with the statements of plain Python"))
            self._report("construct", f"`{what}` is not part of action code", hint, node)
            return
        super().visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._check_binding(node.name, node)
        for decorator in node.decorator_list:
            self._report("construct", "decorators are not part of action code", "leave it out", decorator)
        annotations = [node.returns] if node.returns else []
        self._without_calls("an annotation", annotations)
        self.visit(node.args)
        self._functions += 1
        for statement in node.body:
            self.visit(statement)
        self._functions -= 1

    def visit_arguments(self, node: ast.arguments) -> None:
        self._without_calls("a default value", [*node.defaults, *filter(None, node.kw_defaults)])
        for argument in (*node.posonlyargs, *node.args, *node.kwonlyargs, node.vararg, node.kwarg):
            if argument is not None:
                self._check_binding(argument.arg, argument)
                self._without_calls("an annotation", [argument.annotation] if argument.annotation else [])

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit(node.args)
        self._without_calls("a lambda", [node.body])

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self._without_calls("a generator, which may run them later", [node.elt, *node.generators])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._without_calls("an annotation", [node.annotation])
        self.visit(node.target)
        if node.value is not None:
            self.visit(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._without_calls("an f-string", node.values)

    def visit_Return(self, node: ast.Return) -> None:
        if not self._functions:
            self._report("construct", "`return` stands outside a function", "use if and else", node)
        self.generic_visit(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name is not None:
            self._check_binding(node.name, node)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else None
        if name in self._apis or name == GATHER:
            if self._no_calls:
                hint = f"call {name} in a statement of its own and keep the result in a variable"
                self._report("call-place", f"{name} is called inside {self._no_calls}", hint, node)
        else:
            self.visit(node.func)
        for argument in (*node.args, *node.keywords):
            self.visit(argument)

    def visit_Name(self, node: ast.Name) -> None:
        name = node.id
        if not isinstance(node.ctx, ast.Load):
            self._check_binding(name, node)
        elif name in self._apis:
            self._report("api-as-value", f"{name} may only be called directly", f"write {name}(...)", node)
        elif name == GATHER:
            hint = f"write {GATHER}(one_api(...), another_api(...))"
            self._report("api-as-value", f"{GATHER} may only be called directly", hint, node)
        elif name.startswith("__"):
            self._report("name", f"{name} may not be used", "names with two underscores are not for action code", node)
        elif name not in self._bound and name not in ALLOWED:
            self._report_unknown(name, node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._report("construct", "attributes cannot be set", "use a dict or a variable", node)
        elif node.attr.startswith("_"):
            self._report("name", f"attribute {node.attr} may not be used", "use the methods of plain data", node)
        elif node.attr in self._apis:
            self._report("api-as-value", f"{node.attr} is no attribute", f"write {node.attr}(...)", node)
        self.visit(node.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        if not (node.value is None or isinstance(node.value, str | int | float)):
            kind = type(node.value).__name__
            self._report("construct", f"a {kind} literal is not part of action code", "use text and numbers", node)

    def check_identifiers(self) -> None:
        """Names are ASCII: two that look the same must be the same, for every parser on the way."""
        try:
            tokens = list(tokenize.generate_tokens(io.StringIO(self._source).readline))
        except (tokenize.TokenError, SyntaxError):
            tokens = []
        for token in tokens:
            odd = not token.string.isascii()
            if odd and (token.type in _NAMELIKE or _is_odd_field(token)):
                self.findings.append(
                    Diagnostic(
                        code="name",
                        message=f"{token.string!r} has letters outside ASCII in a name",
                        hint="write names in plain letters; other letters belong into texts",
                        line=token.start[0],
                        column=token.start[1] + 1,
                    )
                )

    def _check_binding(self, name: str, node: ast.AST) -> None:
        if name in self._apis or name == GATHER:
            what = "has a meaning of its own" if name == GATHER else "is an API"
            self._report("api-rebound", f"{name} {what} and cannot be a variable", "choose another name", node)
        elif name in REACHING_OUT or name.startswith("__"):
            self._report("name", f"{name} cannot be a variable", "choose another name", node)

    def _report_unknown(self, name: str, node: ast.Name) -> None:
        if hint := HINTS.get(name):
            self._report("name", f"{name} is not part of action code", hint, node)
        elif name in REACHING_OUT:
            self._report("name", f"{name} is not part of action code", "call the APIs directly, by name", node)
        else:
            meant = nearest(name, [*self._apis, GATHER, *self._bound, *ALLOWED])
            known = ", ".join(sorted(self._apis)) or "none"
            hint = f"did you mean {meant}? " if meant else ""
            self._report("unknown-name", f"{name} is no API of this code", f"{hint}the APIs are {known}", node)

    def _without_calls(self, place: str, nodes: Collection[ast.AST]) -> None:
        before, self._no_calls = self._no_calls, self._no_calls or place
        for node in nodes:
            self.visit(node)
        self._no_calls = before

    def _report(self, code: str, message: str, hint: str, node: ast.AST) -> None:
        place = position_of(node, self._lines)
        finding = Diagnostic(code=code, message=message, hint=hint, line=place.line, column=place.column)
        self.findings.append(finding)


def _too_deep(tree: ast.AST) -> ast.AST | None:
    """Walk without recursion: the depth is what is being measured."""
    stack: list[tuple[ast.AST, int]] = [(tree, 0)]
    while stack:
        node, depth = stack.pop()
        if depth > MAX_DEPTH:
            return node
        stack.extend((child, depth + 1) for child in ast.iter_child_nodes(node))
    return None


def _is_odd_field(token: tokenize.TokenInfo) -> bool:
    """Whether an f-string, one token before Python 3.12, has letters outside ASCII in one of its fields."""
    prefix = re.match(r"[a-zA-Z]*", token.string)
    if token.type != tokenize.STRING or prefix is None or "f" not in prefix[0].lower():
        return False
    return any(not field.isascii() for field in re.findall(r"\{([^{}]*)\}", token.string.replace("{{", "")))
