"""The catalogue of API documents, read from manifests."""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from taskmatrix_ros.core.action_code import ActionCode, DocumentPin
from taskmatrix_ros.core.api_document import ApiDocument, ApiPackage, Composite, StateSpec
from taskmatrix_ros.core.diagnostic import Diagnostic, Severity
from taskmatrix_ros.core.errors import ConfigError, ManifestError, VerificationError
from taskmatrix_ros.core.ports import Changes
from taskmatrix_ros.registry.catalogue_checks import check_catalogue
from taskmatrix_ros.registry.code_reading import CodeReading
from taskmatrix_ros.registry.document_checks import check_manifest
from taskmatrix_ros.registry.findings import Findings
from taskmatrix_ros.registry.manifest_loader import Manifest, load_manifest
from taskmatrix_ros.registry.yaml_reader import YamlDocument

VerifyExample = Callable[[ActionCode], Awaitable[Any]]
"""A verifier's ``verify``."""


class Registry:
    """The catalogue of ``core.ports``. Empty, at revision 0, until ``load``."""

    def __init__(self, trusted: Collection[str] = ()) -> None:
        """:param trusted: sources whose live packages need no approval of their documents."""
        self._trusted = frozenset(trusted)
        self._live: dict[str, Manifest] = {}
        self._manifests: tuple[Manifest, ...] = ()
        self._documents: dict[str, ApiDocument] = {}
        self._composites: tuple[Composite, ...] = ()
        self._warnings: tuple[Diagnostic, ...] = ()
        self._revision = 0

    def load(self, paths: Sequence[Path]) -> None:
        """Read manifests in the place of those that were loaded. All of them are taken or, if any is wrong, none.

        :param paths: files, and folders whose ``*.yaml`` files are meant.
        :raises ManifestError: with every finding of every file.
        :raises ConfigError: a path does not exist, or there is no manifest in any.
        """
        manifests: list[Manifest] = []
        errors: list[Diagnostic] = []
        for path in _files(paths):
            try:
                manifests.append(load_manifest(path))
            except ManifestError as error:
                errors += error.diagnostics
        found = [finding for manifest in manifests for finding in check_manifest(manifest)]
        errors += _only(found, Severity.ERROR)
        if not errors:  # a file that is wrong by itself would let references of others lead nowhere
            found += check_catalogue(manifests)
            errors = _only(found, Severity.ERROR)
        if errors:
            raise ManifestError(errors)
        self._take((*manifests, *self._live.values()), tuple(_only(found, Severity.WARNING)))

    def put(self, package: ApiPackage, *, source: str) -> tuple[Diagnostic, ...]:
        """Take a package that a peer offers now, in the place of the one of its name.

        A document whose name another package has is left out. Documents are enabled where ``source`` is trusted.

        :param source: who offers it: ``homeassistant``, ``mqtt_discovery``.
        :returns: what was left out and why, and what its author should know.
        :raises ManifestError: it does not fit together; nothing was changed.
        """
        others = [manifest for manifest in self._manifests if manifest.package.package != package.package]
        if len(others) < len(self._manifests) and package.package not in self._live:
            raise ManifestError(
                [_clash(source, f"package {package.package!r} is a manifest's", "give it another name")]
            )
        owners = {api.name: manifest.package.package for manifest in others for api in manifest.package.apis}
        given: dict[str, Any] = {"package": package.package, "version": package.version, "source": source}
        if source not in self._trusted:
            given["enabled"] = False
        apis = tuple(api.model_copy(update=given) for api in package.apis if api.name not in owners)
        left_out = tuple(
            _clash(source, f"API {api.name!r} is package {owners[api.name]!r}'s already", "it is left out; rename it")
            for api in package.apis
            if api.name in owners
        )
        manifest = Manifest(Path(source), package.model_copy(update={"apis": apis}), YamlDocument(source))
        found = [*check_manifest(manifest), *check_catalogue([*others, manifest])]
        if errors := _only(found, Severity.ERROR):
            raise ManifestError(errors)
        self._live[package.package] = manifest
        self._take((*others, manifest), self._warnings)
        return (*left_out, *_only([one for one in found if one.file == source], Severity.WARNING))

    def remove(self, package: str) -> None:
        """Forget a package that ``put`` took; nothing where there is none."""
        if self._live.pop(package, None) is not None:
            self._take(tuple(one for one in self._manifests if one.package.package != package), self._warnings)

    def _take(self, manifests: tuple[Manifest, ...], warnings: tuple[Diagnostic, ...]) -> None:
        self._manifests = manifests
        self._warnings = warnings
        apis = (api for manifest in manifests for api in manifest.package.apis if api.enabled)
        self._documents = {api.name: api for api in sorted(apis, key=lambda api: api.name)}
        composites = (composite for manifest in manifests for composite in manifest.package.composites)
        self._composites = tuple(composite for composite in composites if self._may_use(composite))
        self._revision += 1

    @property
    def revision(self) -> int:
        """Rises with every successful ``load``."""
        return self._revision

    def changes(self, since: int) -> Changes | None:
        """Give what changed after a revision: nothing, or, as ``load`` takes all files anew, unknown."""
        return Changes(frozenset(), frozenset()) if since == self._revision else None

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What authors of the loaded manifests should know."""
        return self._warnings

    @property
    def packages(self) -> tuple[ApiPackage, ...]:
        """What the loaded files hold, documents that are not enabled included."""
        return tuple(manifest.package for manifest in self._manifests)

    def get(self, name: str) -> ApiDocument | None:
        """Give the enabled document of that name."""
        return self._documents.get(name)

    def documents(self) -> Sequence[ApiDocument]:
        """Every enabled document, by name."""
        return tuple(self._documents.values())

    def composites(self) -> Sequence[Composite]:
        """Sentences that expand to several calls, all of them of enabled documents."""
        return self._composites

    def states(self) -> Sequence[StateSpec]:
        """Where state keys come from."""
        return tuple(state for manifest in self._manifests for state in manifest.package.state)

    def nearest(self, name: str, limit: int = 3) -> tuple[str, ...]:
        """Name the documents that could have been meant, best first."""
        return tuple(difflib.get_close_matches(name, self._documents, n=limit, cutoff=0.5))

    async def check_examples(self, verify: VerifyExample) -> tuple[Diagnostic, ...]:
        """Have the code of every usage example of an enabled document verified.

        :param verify: the verifier's; it may call any enabled document.
        :returns: a finding for each that it refuses, at the example's place.
        """
        pins = tuple(
            DocumentPin(name=api.name, version=api.version, digest=api.digest) for api in self._documents.values()
        )
        found: list[Diagnostic] = []
        for manifest in self._manifests:
            findings = Findings(manifest.document)
            for index, api in enumerate(manifest.package.apis):
                for number, example in enumerate(api.usage_examples if api.enabled else ()):
                    code = ActionCode(source=example.code, documents=pins, planner="usage_example")
                    try:
                        await verify(code)
                    except VerificationError as error:
                        path = ("apis", index, "usage_examples", number, "code")
                        findings.error(path, "example", error.message, "correct the example or the document")
            found += findings.found
        return tuple(found)

    def _may_use(self, composite: Composite) -> bool:
        reading = CodeReading.of(composite.code)
        return reading is not None and all(name in self._documents for name, _ in reading.called())


def _files(paths: Sequence[Path]) -> tuple[Path, ...]:
    files: dict[Path, Path] = {}
    for path in paths:
        if path.is_dir():
            found = sorted(inner for inner in path.iterdir() if inner.suffix in (".yaml", ".yml"))
        elif path.exists():
            found = [path]
        else:
            raise ConfigError(f"manifest '{path}' does not exist; correct the profile or make it")
        files |= {file.resolve(): file for file in found}
    if not files:
        named = ", ".join(f"'{path}'" for path in paths) or "what was named"
        raise ConfigError(f"there is no API manifest (*.yaml) in {named}; correct the profile or add one")
    return tuple(files.values())


def _clash(source: str, problem: str, remedy: str) -> Diagnostic:
    return Diagnostic(code="duplicate", message=problem, severity=Severity.WARNING, hint=remedy, file=source, line=1)


def _only(found: Sequence[Diagnostic], severity: Severity) -> list[Diagnostic]:
    return [finding for finding in found if finding.severity is severity]
