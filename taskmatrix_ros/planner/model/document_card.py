"""An API document as a model reads it: everything it must know, in as few words as may be."""

from __future__ import annotations

from collections.abc import Sequence

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.parameter_spec import ParameterSpec
from taskmatrix_ros.planner.model.quoted_data import one_line

MAX_EXAMPLES = 2


def document_card(document: ApiDocument) -> str:
    """Render one document: signature, description, parameters, what comes first, errors, composition, examples."""
    returns = "" if document.returns is None else f" -> {document.returns.type.value}"
    lines = [f"{document.signature}{returns}", f"  {one_line(document.description)} ({document.effect.value})"]
    lines += [f"  {name}: {words}" for name, spec in document.parameters.items() if (words := _words(spec))]
    if document.returns is not None:
        inside = ", ".join(f"{key} ({spec.type.value})" for key, spec in (document.returns.properties or {}).items())
        lines.append(f"  returns: {one_line(document.returns.description)}{': ' if inside else ''}{inside}")
    for rule in document.after:
        same = f" with the same {', '.join(rule.same)}" if rule.same else ""
        lines.append(f"  first: {rule.api}{same}")
    lines += [f"  requires: {one_line(condition)}" for condition in document.requires]
    if document.errors:
        lines.append(f"  errors: {', '.join(error.code for error in document.errors)}")
    if document.composition:
        lines.append(f"  use: {one_line(document.composition)}")
    for example in document.usage_examples[:MAX_EXAMPLES]:
        lines.append(f"  example: {one_line(example.instruction)!r}: {one_line(example.code)}")
    lines += [f"  confirmed: {one_line(example)}" for example in document.examples[:MAX_EXAMPLES]]
    return "\n".join(lines)


def catalogue_card(documents: Sequence[ApiDocument], max_names: int) -> str:
    """Name what there is, by package; () where that would be more than ``max_names`` names."""
    if len(documents) > max_names:
        return ""
    packages: dict[str, list[str]] = {}
    for document in documents:
        packages.setdefault(document.package, []).append(document.signature)
    return "\n".join(f"{package}: {'; '.join(names)}" for package, names in packages.items())


def _words(spec: ParameterSpec) -> str:
    parts = [one_line(spec.description)] if spec.description else []
    if spec.unit:
        parts.append(f"in {spec.unit}")
    if spec.default is not None:
        parts.append(f"default {spec.default!r}")
    return ", ".join(parts)
