"""Type stubs of the documents, for the checker that reads action code before it runs."""

from __future__ import annotations

from collections.abc import Iterable

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.parameter_spec import ParameterSpec, ValueType
from taskmatrix_ros.executor.source.source_map import GATHER

_SCALARS = {
    ValueType.STRING: "str",
    ValueType.NUMBER: "float",
    ValueType.INTEGER: "int",
    ValueType.BOOLEAN: "bool",
}

_HEADER = f"""from typing import Any, Literal, TypedDict

class PermissionError(OSError): ...

def {GATHER}(*calls: Any) -> list[Any]:
    "Make the calls side by side and give what they return, in their order."
    ...
"""
"""The checker's own builtins lack ``PermissionError``, which is what a refusal raises."""


def stubs_of(documents: Iterable[ApiDocument]) -> str:
    """Write one typed function per document: keyword-only, enums as ``Literal``, units and limits in its docstring."""
    return "\n".join([_HEADER, *(_Function(document).text() for document in documents)])


class _Function:
    def __init__(self, document: ApiDocument) -> None:
        self._document = document
        self._classes: list[str] = []

    def text(self) -> str:
        document = self._document
        parameters = [self._parameter(name, spec) for name, spec in document.parameters.items()]
        star = "*, " if parameters else ""
        returns = "None" if document.returns is None else self._type(document.returns, "result")
        lines = [f"def {document.name}({star}{', '.join(parameters)}) -> {returns}:", f"    {self._docstring()}"]
        return "\n".join([*self._classes, *lines, "    ...", ""])

    def _parameter(self, name: str, spec: ParameterSpec) -> str:
        kind = self._type(spec, name)
        if spec.required:
            return f"{name}: {kind}"
        return f"{name}: {kind} | None = None" if spec.default is None else f"{name}: {kind} = ..."

    def _type(self, spec: ParameterSpec, path: str) -> str:
        if spec.enum is not None and all(isinstance(value, str | int | bool) for value in spec.enum):
            return f"Literal[{', '.join(map(repr, spec.enum))}]"
        if spec.type is ValueType.ARRAY:
            return f"list[{self._type(spec.items, path + '_item') if spec.items else 'Any'}]"
        if spec.type is not ValueType.OBJECT:
            return _SCALARS[spec.type]
        return self._typed_dict(spec, path) if spec.properties else "dict[str, Any]"

    def _typed_dict(self, spec: ParameterSpec, path: str) -> str:
        name = "".join(part.capitalize() for part in f"{self._document.name}_{path}".split("_"))
        fields = ", ".join(
            f"{key!r}: {self._type(field, f'{path}_{index}')}"
            for index, (key, field) in enumerate((spec.properties or {}).items())
        )
        self._classes.append(f"{name} = TypedDict({name!r}, {{{fields}}}, total=False)")
        return name

    def _docstring(self) -> str:
        document = self._document
        lines = [document.description]
        for name, spec in document.parameters.items():
            lines.append(f":param {name}: {_words(spec)}")
        if document.returns is not None:
            lines.append(f":returns: {_words(document.returns)}")
            lines += [f"    {key}: {_words(spec)}" for key, spec in (document.returns.properties or {}).items()]
        lines += [f":raises {error.code}: {error.description}" for error in document.errors]
        return repr("\n".join(lines))


def _words(spec: ParameterSpec) -> str:
    parts = [spec.description]
    if spec.minimum is not None or spec.maximum is not None:
        low = "" if spec.minimum is None else f"{spec.minimum:g}"
        high = "" if spec.maximum is None else f"{spec.maximum:g}"
        parts.append(f"{low}..{high}")
    if spec.unit:
        parts.append(f"in {spec.unit}")
    if spec.default is not None:
        parts.append(f"default {spec.default!r}")
    return ", ".join(filter(None, parts)) or spec.type.value
