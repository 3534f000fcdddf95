"""Collects what is wrong with a manifest, each finding with its place."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from taskmatrix_ros.core.diagnostic import Diagnostic, Severity
from taskmatrix_ros.registry.yaml_reader import Path, YamlDocument, part_of


class Findings:
    """Findings about one file."""

    def __init__(self, document: YamlDocument) -> None:
        self._document = document
        self._found: list[Diagnostic] = []

    @property
    def found(self) -> tuple[Diagnostic, ...]:
        """All of them, from the top of the file to its end."""
        return tuple(sorted(self._found, key=lambda finding: (finding.line, finding.column)))

    def error(self, path: Path, code: str, problem: str, hint: str) -> None:
        """Note what keeps the file from being used."""
        self._note(path, code, problem, hint, Severity.ERROR)

    def warn(self, path: Path, code: str, problem: str, hint: str) -> None:
        """Note what the author should know."""
        self._note(path, code, problem, hint, Severity.WARNING)

    def _note(self, path: Path, code: str, problem: str, hint: str, severity: Severity) -> None:
        place = self._document.place(path)
        label = describe(path, self._document.value)
        self._found.append(
            Diagnostic(
                code=code,
                message=f"{label}: {problem}" if label else problem,
                severity=severity,
                hint=hint,
                file=self._document.file,
                line=place.line,
                column=place.column,
            )
        )


def describe(path: Path, document: Any) -> str:
    """Write a path as a person names it: ``light_on.binding.topic`` for ``("apis", 7, "binding", "topic")``."""
    text = ""
    value = document
    for index, part in enumerate(path):
        value = part_of(value, part)
        if index == 1 and path[0] in ("apis", "state"):
            name = value.get("name" if path[0] == "apis" else "key") if isinstance(value, Mapping) else None
            if isinstance(name, str) and name:
                text = name[:80]
                continue
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{part[:80]}"
    return text


def nearest_hint(given: str, allowed: Iterable[str], what: str = "allowed are") -> str:
    """Say what could have been meant, or what may stand there."""
    known = sorted(allowed)
    near = difflib.get_close_matches(given, known, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    shown = ", ".join(known[:40]) + (", …" if len(known) > 40 else "")
    return f"{what} {shown}" if known else "leave it out"
