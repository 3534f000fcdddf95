"""Drafts of documents from descriptions that others wrote."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from taskmatrix_ros.core.api_document import ApiDocument, ApiPackage
from taskmatrix_ros.core.diagnostic import Diagnostic, Severity
from taskmatrix_ros.core.parameter_spec import ParameterSpec

MAX_DOCUMENTS = 5000
_MAX_NAME = 80
_SEMANTIC = re.compile(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?")


@dataclass
class Draft:
    """A package being drafted. ``source``: the file or address, for messages."""

    package: str
    version: str
    source: str
    description: str = ""
    apis: list[ApiDocument] = field(default_factory=list)
    findings: list[Diagnostic] = field(default_factory=list)
    _names: set[str] = field(default_factory=set)

    def name(self, wanted: str) -> str:
        """Give a name that no other draft has."""
        name, number = wanted[:_MAX_NAME], 2
        while name in self._names:
            name = f"{wanted[: _MAX_NAME - 4]}_{number}"
            number += 1
        self._names.add(name)
        return name

    def add(self, where: str, **fields: Any) -> None:
        """Draft a document; what cannot be one is told. :param where: the operation or tool, for messages."""
        if len(self.apis) >= MAX_DOCUMENTS:
            return
        try:
            document = ApiDocument.model_validate({**fields, "package": self.package, "version": self.version})
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"]))
            self.skip(where, f"{place}: {first['msg']}", "describe it by hand if it is needed")
            return
        self.apis.append(document)

    def skip(self, where: str, problem: str, hint: str) -> None:
        """Tell why something is not drafted."""
        self._tell("left-out", f"{where} is left out: {problem}", hint, Severity.WARNING)

    def tell(self, message: str, hint: str) -> None:
        """Tell the operator what to do beside approving."""
        self._tell("note", message, hint, Severity.INFO)

    def done(self) -> ApiPackage:
        """Give the package."""
        return ApiPackage(
            package=self.package, version=self.version, description=self.description, apis=tuple(self.apis)
        )

    def _tell(self, code: str, message: str, hint: str, severity: Severity) -> None:
        self.findings.append(
            Diagnostic(code=code, message=message, hint=hint, severity=severity, file=self.source, line=1)
        )


def version_of(text: Any) -> str:
    """Give three numbers of whatever somebody calls a version."""
    found = _SEMANTIC.search(str(text))
    return ".".join(part or "0" for part in found.groups()) if found else "0.0.0"


def example_code(name: str, parameters: dict[str, ParameterSpec], values: dict[str, Any]) -> str | None:
    """Write a call with example values; None unless they are a right call."""
    given = {key: value for key, value in values.items() if key in parameters and value is not None}
    if any(spec.required and key not in given for key, spec in parameters.items()):
        return None
    if any(parameters[key].problem(value) for key, value in given.items()):
        return None
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in given.items())})"
