"""``after`` on every path: a table of shapes, and random programs whose claims are checked by running them."""

from __future__ import annotations

import ast
import contextlib
import random
from typing import Any

import pytest
from home_documents import document
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmatrix_ros.executor.verification.order_rules import check_order

SCALAR = {"type": "string", "required": False}
DOCUMENTS = {
    entry.name: entry
    for entry in (
        document("find", parameters={"o": SCALAR, "p": SCALAR}),
        document("go", parameters={"o": SCALAR}, after=[{"api": "find", "same": ["o"]}]),
        document("lock", parameters={}, after=[{"api": "find"}]),
        document(
            "paint",
            parameters={"path": {"type": "array", "items": {"type": "number"}}},
            after=[{"api": "trace", "same": ["path"]}],
        ),
        document("trace", parameters={"path": {"type": "array", "items": {"type": "number"}}}),
    )
}

SHOWN = [
    "find(o='a'); go(o='a')",
    "find(o='a', p='b'); go(o='a')",
    "find(p='b', o='a'); lock()",
    "go()",
    "x = 'a'\nfind(o=x)\ngo(o=x)",
    "x = 'a'\nfind(o=x)\ngo(o='a')",
    "x = f()\ny = x\nfind(o=x)\ngo(o=y)",
    "x = y = f()\nfind(o=x)\ngo(o=y)",
    "if c:\n    find(o='a')\nelse:\n    find(o='a', p='b')\ngo(o='a')",
    "if c:\n    find(o='a')\n    go(o='a')",
    "x = f()\nfind(o=x)\nif c:\n    go(o=x)",
    "for x in xs:\n    find(o=x)\n    go(o=x)",
    "find(o='a')\nfor x in xs:\n    go(o='a')",
    "if c:\n    raise RuntimeError('no')\nelse:\n    find(o='a')\ngo(o='a')",
    "for x in xs:\n    if c:\n        continue\n    find(o=x)\n    go(o=x)",
    "while True:\n    find(o='a')\n    if c:\n        break\ngo(o='a')",
    "find(o='a') or c\ngo(o='a')",
    "try:\n    find(o='a')\nfinally:\n    f()\ngo(o='a')",
    "try:\n    find(o='a')\nexcept OSError:\n    raise\ngo(o='a')",
    "try:\n    find(o='a')\nexcept OSError:\n    find(o='a', p='b')\ngo(o='a')",
    "try:\n    f()\nfinally:\n    find(o='a')\ngo(o='a')",
    "def g(x):\n    find(o=x)\n    go(o=x)\ng('a')",
    "find(o='a')\ndef g():\n    go(o='a')\ng()",
    "def g():\n    x = f()\n    find(o=x)\n    if c:\n        return\n    go(o=x)",
    "x = find(o='a') if c else find(o='a', p='b')\ngo(o='a')",
    "trace(path=[1, 2]); paint(path=[1, 2])",
    "gather(find(o='a'), find(o='b')); go(o='a'); go(o='b')",
    "x = f()\nfind(o=x)\ngather(go(o=x), find(o='b'))",
]

NOT_SHOWN = [
    "go(o='a')",
    "lock()",
    "go(o='a'); find(o='a')",
    "find(o='b'); go(o='a')",
    "find(p='a'); go(o='a')",
    "find(o=x); go(o=x)",
    "x = 'a'\nfind(o=x)\nx = 'b'\ngo(o=x)",
    "x = f()\nfind(o=x)\nx = f()\ngo(o=x)",
    "x = f()\nfind(o=x)\nx += 'b'\ngo(o=x)",
    "find(o=f()); go(o=f())",
    "if c:\n    find(o='a')\ngo(o='a')",
    "if c:\n    x = 'a'\nelse:\n    x = 'b'\nfind(o='a')\ngo(o=x)",
    "x = 'a'\nfind(o=x)\nif c:\n    x = 'b'\ngo(o=x)",
    "for x in xs:\n    find(o=x)\ngo(o=x)",
    "for x in xs:\n    find(o='a')\ngo(o='a')",
    "for x in xs:\n    go(o='a')\n    find(o='a')",
    "x = 'a'\nfind(o=x)\nfor y in ys:\n    go(o=x)\n    x = y",
    "while c:\n    find(o='a')\ngo(o='a')",
    "while True:\n    if c:\n        break\n    find(o='a')\ngo(o='a')",
    "c and find(o='a')\ngo(o='a')",
    "x = find(o='a') if c else None\ngo(o='a')",
    "y = 1 < c < find(o='a')\ngo(o='a')",
    "[find(o='a') for x in xs]\ngo(o='a')",
    "assert c, find(o='a')\ngo(o='a')",
    "try:\n    find(o='a')\nexcept OSError:\n    pass\ngo(o='a')",
    "try:\n    find(o='a')\nexcept OSError:\n    go(o='a')",
    "try:\n    f()\nexcept find(o='a'):\n    pass\ngo(o='a')",
    "try:\n    f()\nexcept go(o='a'):\n    pass",
    "try:\n    find(o='a')\nfinally:\n    go(o='a')",
    "x = 'a'\ntry:\n    x = f()\nexcept OSError:\n    pass\nfind(o='a')\ngo(o=x)",
    "for i in xs:\n    x = 'a'\n    find(o=x)\n    try:\n        break\n    finally:\n        x = 'b'\ngo(o=x)",
    "while True:\n    x = 'a'\n    find(o=x)\n    try:\n        break\n    finally:\n        x = 'b'\ngo(o=x)",
    "while True:\n    try:\n        f()\n        find(o='a')\n    finally:\n        break\ngo(o='a')",
    "for x in xs:\n    try:\n        find(o='a')\n    finally:\n        continue\n    find(o='a')\ngo(o='a')",
    "def g():\n    find(o='a')\ngo(o='a')",
    "def g():\n    find(o='a')\ng()\ngo(o='a')",
    "def g(x):\n    go(o=x)\nfind(o='a')\ng('b')",
    "x = 'a'\nfind(o=x)\ndef g():\n    go(o=x)\nx = 'b'\ng()",
    "x = 'a'\nfind(o=x)\n(x := 'b')\ngo(o=x)",
    "x = 'a'\nfind(o=x)\ntry:\n    pass\nexcept OSError as x:\n    go(o=x)",
    "x, y = 'a', 'b'\nfind(o='a')\ngo(o=x)",
    "x = [1]\ntrace(path=x)\nx.append(2)\npaint(path=x)",
    "x = [1]\ntrace(path=x)\npaint(path=[1])",
    "xs[go(o='a')] += 1",
    "gather(find(o='a'), go(o='a'))",
    "gather(go(o='a'), find(o='a'))",
    "try:\n    gather(find(o='a'), find(o='b'))\nexcept OSError:\n    pass\ngo(o='a')",
]


def findings(source: str) -> tuple[Any, ...]:
    return check_order(ast.parse(source), source, DOCUMENTS)


@pytest.mark.parametrize("source", SHOWN)
def test_shown_on_every_path(source: str) -> None:
    assert findings(source) == ()


@pytest.mark.parametrize("source", NOT_SHOWN)
def test_not_shown_on_some_path(source: str) -> None:
    assert findings(source) != ()


def test_a_finding_says_what_to_call() -> None:
    (finding,) = findings("\n\ngo(o='a')")
    assert (finding.line, finding.column) == (3, 1)
    assert finding.message == "go needs an earlier find(o='a') on every path"
    assert finding.hint == "call find(o='a') before it, with the same literal or an unchanged variable for o"


def test_it_is_linear_in_nested_finally_blocks() -> None:
    source = "".join(f"{' ' * depth}try:\n{' ' * depth} f()\n{' ' * depth}finally:\n" for depth in range(28))
    assert findings(source + " " * 28 + "go(o='a')") != ()


VALUES = st.sampled_from(["'a'", "'b'", "x", "y"])
SIMPLE = st.one_of(
    st.builds("find(o={})".format, VALUES),
    st.builds("go(o={})".format, VALUES),
    st.builds("x = {}".format, VALUES),
    st.builds("y = {}".format, VALUES),
    st.sampled_from(["x = f()", "y = f()", "x += 'c'", "c() and find(o=x)", "find(o='a') if c() else find(o='b')"]),
    st.sampled_from(["break", "continue", "raise OSError", "pass", "return", "assert c(), find(o='a')"]),
    st.sampled_from(["(x := f())", "[find(o=y) for y in f2()]", "x, y = y, x", "g()"]),
)


def indented(block: list[str]) -> str:
    return "\n".join(" " + line for text in block for line in text.split("\n"))


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    block = st.lists(inner, min_size=1, max_size=4).map(indented)
    return st.one_of(
        st.builds("if c():\n{}".format, block),
        st.builds("if c():\n{}\nelse:\n{}".format, block, block),
        st.builds("for x in f2():\n{}".format, block),
        st.builds("for x in f2():\n{}\nelse:\n{}".format, block, block),
        st.builds("while c():\n{}".format, block),
        st.builds("while True:\n{}".format, block),
        st.builds("try:\n{}\nexcept OSError:\n{}".format, block, block),
        st.builds("try:\n{}\nexcept OSError as e:\n{}\nelse:\n{}".format, block, block, block),
        st.builds("try:\n{}\nfinally:\n{}".format, block, block),
        st.builds("try:\n{}\nexcept OSError:\n{}\nfinally:\n{}".format, block, block, block),
    )


PROGRAMS = st.lists(st.recursive(SIMPLE, compound, max_leaves=12), min_size=2, max_size=6)


class OutOfSteps(BaseException):
    pass


class World:
    """Answers a program at random and keeps the lines of ``go`` that had no earlier ``find`` of its object."""

    def __init__(self, seed: int) -> None:
        self.wrong: set[int] = set()
        self._dice = random.Random(seed)
        self._found: set[str] = set()
        self._steps = 60

    def names(self) -> dict[str, Any]:
        named = {"c": self.chance, "f": self.some, "f2": self.several}
        return named | {name: getattr(self, name) for name in ("find", "go", "forever")}

    def step(self) -> None:
        self.forever()
        if self._dice.random() < 0.15:
            raise OSError

    def forever(self) -> bool:
        self._steps -= 1
        if self._steps < 0:
            raise OutOfSteps
        return True

    def find(self, o: str) -> bool:
        self.step()
        self._found.add(o)
        return self._dice.random() < 0.5

    def go(self, o: str, line: int) -> None:
        if o not in self._found:
            self.wrong.add(line)
        self.step()

    def chance(self) -> bool:
        self.step()
        return self._dice.random() < 0.5

    def some(self) -> str:
        self.step()
        return self._dice.choice("ab")

    def several(self) -> list[str]:
        return self._dice.choices("ab", k=self._dice.randrange(3))


def run(source: str, seed: int) -> set[int]:
    world = World(seed)
    tree = ast.parse(source.replace("while True:", "while forever():"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "go":
            node.keywords.append(ast.keyword("line", ast.copy_location(ast.Constant(node.lineno), node)))
    with contextlib.suppress(OSError, OutOfSteps, AssertionError):
        exec(compile(ast.fix_missing_locations(tree), "generated", "exec"), world.names())
    return world.wrong


def swallows_the_end(source: str) -> bool:
    """Whether a jump out of ``finally`` could go on past the end of steps; such shapes are in the tables."""
    blocks = (node.finalbody for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Try))
    nodes = (inner for block in blocks for statement in block for inner in ast.walk(statement))
    return any(isinstance(node, ast.Break | ast.Continue | ast.Return) for node in nodes)


@settings(max_examples=60, deadline=None)
@given(PROGRAMS, st.integers(0, 2**32))
def test_no_run_of_a_program_it_accepts_breaks_the_order(statements: list[str], seed: int) -> None:
    source = "def main():\n x = 'a'\n y = 'b'\n def g():\n  return go(o=x)\n" + indented(statements) + "\nmain()"
    try:
        compile(source, "generated", "exec")
    except SyntaxError:
        return
    if swallows_the_end(source):
        return
    refused = {finding.line for finding in findings(source)}
    assert 5 in refused
    for offset in range(8):
        broken = run(source, seed + offset)
        assert broken <= refused, source
