"""Whether all manifests together make one catalogue: names once, references that lead somewhere."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from taskmatrix_ros.core.api_document import ApiDocument, Composite
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.expressions.key_template import key_pattern
from taskmatrix_ros.registry.code_reading import CodeReading, slot_name
from taskmatrix_ros.registry.findings import Findings, nearest_hint
from taskmatrix_ros.registry.manifest_loader import Manifest
from taskmatrix_ros.registry.sentence_check import check_sentences
from taskmatrix_ros.registry.yaml_reader import Path


def check_catalogue(
    manifests: Sequence[Manifest],
    known: Mapping[str, ApiDocument] | None = None,
    known_keys: Mapping[str, str] | None = None,
) -> tuple[Diagnostic, ...]:
    """Check files that are right by themselves against each other, and against what is there already.

    :param known: documents of other packages, which they may name.
    :param known_keys: state keys of other packages -> the package.
    """
    own = {api.name: api for manifest in manifests for api in manifest.package.apis}
    documents = ChainMap(own, cast("dict[str, ApiDocument]", {} if known is None else known))
    others = known_keys or {}
    keys = _Keys([*(state.key for manifest in manifests for state in manifest.package.state), *others])
    names = _Names({("state key", key): f"package {package!r}" for key, package in others.items()})
    found: list[Diagnostic] = []
    for manifest in manifests:
        findings = Findings(manifest.document)
        package = manifest.package
        names.take("package", package.package, ("package",), manifest, findings)
        for index, state in enumerate(package.state):
            names.take("state key", state.key, ("state", index, "key"), manifest, findings)
        for index, api in enumerate(package.apis):
            names.take("API", api.name, ("apis", index, "name"), manifest, findings)
            _check_references(api, ("apis", index), documents, findings)
            _check_undo(api, ("apis", index), documents, findings)
            _check_keys(api, ("apis", index), keys, findings)
        for index, composite in enumerate(package.composites):
            _check_composite(composite, ("composites", index), documents, keys, findings)
        found += findings.found
    return tuple(found)


class _Keys:
    """The state keys there are; those with ``{name}`` in them are patterns."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.all = keys
        self._exact = frozenset(key for key in keys if "{" not in key)
        self._patterns = [key_pattern(key) for key in keys if "{" in key]

    def know(self, key: str) -> bool:
        return key in self._exact or any(pattern.fullmatch(key) for pattern in self._patterns)


class _Names:
    """Names that may stand once among all files."""

    def __init__(self, taken: Mapping[tuple[str, str], str]) -> None:
        self._places = dict(taken)

    def take(self, kind: str, name: str, path: Path, manifest: Manifest, findings: Findings) -> None:
        first = self._places.get((kind, name))
        if first is not None:
            findings.error(path, "duplicate", f"{kind} {name!r} stands twice, first in {first}", "rename one of them")
            return
        place = manifest.document.place(path)
        self._places[kind, name] = f"{manifest.document.file}:{place.line}"


def _check_references(api: ApiDocument, path: Path, documents: Mapping[str, ApiDocument], findings: Findings) -> None:
    for index, rule in enumerate(api.after):
        place = (*path, "after", index)
        earlier = documents.get(rule.api)
        if earlier is None:
            hint = nearest_hint(rule.api, documents)
            findings.error((*place, "api"), "unknown-api", f"{rule.api!r} is no API", hint)
            continue
        for name in rule.same:
            if name not in earlier.parameters:
                hint = nearest_hint(name, earlier.parameters, f"{rule.api} takes")
                findings.error((*place, "same"), "unknown-parameter", f"{rule.api} has no parameter {name!r}", hint)
    for index, example in enumerate(api.usage_examples):
        place = (*path, "usage_examples", index, "code")
        if (reading := CodeReading.checked(example.code, place, findings)) is not None:
            reading.check_calls(documents, place, findings)


def _check_undo(api: ApiDocument, path: Path, documents: Mapping[str, ApiDocument], findings: Findings) -> None:
    """``undo`` is code in which ``{name}`` is an argument of the call it takes back."""
    if api.undo is None:
        return
    place = (*path, "undo")
    reading = CodeReading.checked(api.undo, place, findings)
    if reading is None:
        return
    reading.check_calls(documents, place, findings)
    for slot in sorted(reading.slots - set(api.parameters)):
        hint = nearest_hint(slot, api.parameters, f"{api.name} takes")
        findings.error(place, "unknown-parameter", f"{{{slot}}} is no argument of {api.name}", hint)


def _check_composite(
    composite: Composite, path: Path, documents: Mapping[str, ApiDocument], keys: _Keys, findings: Findings
) -> None:
    reading = CodeReading.checked(composite.code, (*path, "code"), findings)
    if reading is not None:
        reading.check_calls(documents, (*path, "code"), findings)
        required = {
            slot
            for name, call in reading.called()
            if name in documents
            for keyword in call.keywords
            if (slot := slot_name(keyword.value)) and _is_required(documents[name], keyword.arg)
        }
        check_sentences(composite.sentences, reading.slots, required, (*path, "sentences"), findings)
    if composite.when is not None:
        _check_keys_of((composite.when,), (*path, "when"), keys, findings)


def _is_required(document: ApiDocument, parameter: str | None) -> bool:
    spec = document.parameters.get(parameter or "")
    return spec is not None and spec.required


def _check_keys(api: ApiDocument, path: Path, keys: _Keys, findings: Findings) -> None:
    for key in api.sets:
        _check_key(key.replace("{", "").replace("}", ""), (*path, "sets", key), keys, findings)
    for field, sources in (("requires", api.requires), ("ensures", api.ensures), ("sets", tuple(api.sets.values()))):
        _check_keys_of(sources, (*path, field), keys, findings)


def _check_keys_of(sources: Iterable[str], path: Path, keys: _Keys, findings: Findings) -> None:
    read: dict[str, None] = {}
    for source in sources:
        expression = Expression.parse(source)
        # An argument's own name stands for its value, so that keys made of arguments are looked at too.
        read |= dict.fromkeys(expression.keys_for({name: name for name in expression.arg_names}))
    for key in read:
        _check_key(key, path, keys, findings)


def _check_key(key: str, path: Path, keys: _Keys, findings: Findings) -> None:
    if not keys.know(key):
        hint = nearest_hint(key, keys.all, "known are")
        findings.warn(path, "unknown-state", f"state key {key!r} comes from no source", hint)
