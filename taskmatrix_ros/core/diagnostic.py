"""One finding about action code or a document, with its place and its remedy."""

from __future__ import annotations

from enum import StrEnum

from taskmatrix_ros.core.frozen import Frozen


class Severity(StrEnum):
    """How bad a finding is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Diagnostic(Frozen):
    """A finding a person can act on and a model can repair from.

    ``code`` is stable (``unknown-api``, ``limit``, ``order``); ``line`` and ``column`` count from 1, 0 where there is
    no place; ``file`` is empty for action code.
    """

    code: str
    message: str
    severity: Severity = Severity.ERROR
    hint: str = ""
    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Give ``file:line:column: message; hint``, without the parts that are missing."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        text = f"{place}: {self.message}" if place else self.message
        return f"{text}; {self.hint}" if self.hint else text
