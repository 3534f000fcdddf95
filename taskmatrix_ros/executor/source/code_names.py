"""The names action code may use beside those of its APIs and its own."""

from __future__ import annotations

import builtins
import keyword

from taskmatrix_ros.executor.source.source_map import GATHER

FUNCTIONS = frozenset(
    {
        "abs", "all", "any", "bool", "dict", "divmod", "enumerate", "float", "int", "isinstance", "len", "list", "max",
        "min", "pow", "range", "repr", "reversed", "round", "set", "sorted", "str", "sum", "tuple", "zip",
    }
)  # fmt: skip
"""Builtins that compute on plain data; each is known to the sandbox and to its type checker."""

EXCEPTIONS = frozenset(
    {
        "ArithmeticError", "AssertionError", "BaseException", "Exception", "IndexError", "KeyError", "LookupError",
        "OSError", "OverflowError", "PermissionError", "RuntimeError", "TimeoutError", "TypeError", "ValueError",
        "ZeroDivisionError",
    }
)  # fmt: skip
"""What ``except`` and ``raise`` may name; ``executor.call_errors`` says which of them a call raises."""

ALLOWED = FUNCTIONS | EXCEPTIONS

REACHING_OUT = frozenset(
    {
        "breakpoint", "classmethod", "compile", "delattr", "eval", "exec", "getattr", "globals", "locals", "memoryview",
        "open", "property", "setattr", "staticmethod", "super", "vars",
    }
)  # fmt: skip
"""Builtins that run text, name things by text or leave plain data. They may not be bound either: a name that is bound
on one path only still means the builtin on the others."""

NOT_FOR_APIS = frozenset({GATHER, *dir(builtins), *keyword.kwlist, *keyword.softkwlist})
"""Names that mean something else in code, so that no document may carry them."""

HINTS = {
    "print": "it reaches nobody; leave it out, or call an API that tells the person",
    "input": "nobody is asked that way; leave it out",
    "open": "there are no files; leave it out",
    "ConnectionError": "a device that is not there raises OSError; write `except OSError`",
    "IOError": "write `except OSError`",
    "EnvironmentError": "write `except OSError`",
    "hasattr": 'ask a dict with `"key" in value`',
    "getattr": 'read a dict with `value["key"]`',
    "map": "write a comprehension or a for loop",
    "filter": "write a comprehension or a for loop",
    "time": "there is no clock; leave it out",
    "asyncio": "calls are made one after the other; for some side by side write gather(a(...), b(...))",
}
