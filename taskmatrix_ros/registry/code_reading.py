"""What a piece of action code in a manifest calls, without judging whether it may: that is the verifier's."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.registry.findings import Findings, nearest_hint
from taskmatrix_ros.registry.yaml_reader import Path


@dataclass(frozen=True)
class CodeReading:
    """Code with the names it calls. ``slots``: the names that stand in braces, as in composites."""

    calls: tuple[ast.Call, ...]
    defined: frozenset[str]
    slots: frozenset[str]

    @staticmethod
    def of(code: str) -> CodeReading | None:
        """Read code; None where it is no Python."""
        return CodeReading._read(code)[0]

    @staticmethod
    def checked(code: str, path: Path, findings: Findings) -> CodeReading | None:
        """Read code; None, with a finding, where it is no Python."""
        reading, problem = CodeReading._read(code)
        if reading is None:
            findings.error(path, "code", f"no Python: {problem}", "write calls of APIs, name(argument=value)")
        return reading

    @staticmethod
    def _read(code: str) -> tuple[CodeReading | None, str]:
        try:
            nodes = tuple(ast.walk(ast.parse(code)))
        except SyntaxError as error:
            return None, f"{error.msg}, its line {error.lineno}" if "\n" in code.strip() else error.msg
        except (ValueError, RecursionError, MemoryError) as error:
            return None, str(error) or "nested too deep"
        return CodeReading(
            calls=tuple(node for node in nodes if isinstance(node, ast.Call)),
            defined=frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef)),
            slots=frozenset(name for node in nodes if (name := slot_name(node))),
        ), ""

    def called(self) -> Iterator[tuple[str, ast.Call]]:
        """Give the calls of plain names that are neither Python's nor the code's own."""
        for call in self.calls:
            if isinstance(call.func, ast.Name):
                name = call.func.id
                if name not in self.defined and not hasattr(builtins, name):
                    yield name, call

    def check_calls(self, documents: Mapping[str, ApiDocument], path: Path, findings: Findings) -> None:
        """Report calls of what is no API and arguments that it does not have or misses."""
        for name, call in self.called():
            document = documents.get(name)
            if document is None:
                findings.error(path, "unknown-api", f"calls {name!r}, which is no API", nearest_hint(name, documents))
                continue
            given = {keyword.arg for keyword in call.keywords if keyword.arg}
            for argument in sorted(given - set(document.parameters)):
                hint = nearest_hint(argument, document.parameters, f"{name} takes")
                findings.error(path, "unknown-parameter", f"{name} has no parameter {argument!r}", hint)
            whole = not call.args and all(keyword.arg for keyword in call.keywords)
            needed = {parameter for parameter, spec in document.parameters.items() if spec.required}
            if whole and (missing := sorted(needed - given)):
                findings.error(path, "missing", f"calls {name} without {', '.join(missing)}", "add it")


def slot_name(node: ast.AST) -> str | None:
    """Give the name in ``{name}``, which Python reads as a set of one; None for anything else."""
    if isinstance(node, ast.Set) and len(node.elts) == 1 and isinstance(node.elts[0], ast.Name):
        return node.elts[0].id
    return None
