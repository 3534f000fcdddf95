"""Checks what comes against what is there, before anything of it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from taskmatrix_ros.core.api_document import ApiDocument, ApiPackage
from taskmatrix_ros.core.diagnostic import Diagnostic, Severity
from taskmatrix_ros.registry.catalogue_checks import check_catalogue
from taskmatrix_ros.registry.document_checks import check_manifest
from taskmatrix_ros.registry.findings import Findings
from taskmatrix_ros.registry.known_documents import MAX_NAMES, KnownDocuments
from taskmatrix_ros.registry.manifest_loader import Manifest
from taskmatrix_ros.registry.namespacing import renamed
from taskmatrix_ros.registry.route import Conflicts, Route
from taskmatrix_ros.registry.shelf import Shelf
from taskmatrix_ros.registry.yaml_reader import YamlDocument

Objection = Callable[[ApiDocument], str | None]
"""Says why a document may not be here at all, such as a binding to this node's own services; None where it may."""


def manifest_of(package: ApiPackage, source: str) -> Manifest:
    """Give a package that is no file the shape of one; ``source`` stands for the file in messages."""
    given = {"package": package.package, "version": package.version}
    apis = tuple(api.model_copy(update=given) for api in package.apis)
    named = {"apis": [{"name": api.name} for api in apis]}  # so that findings name documents, not places
    return Manifest(Path(source), package.model_copy(update={"apis": apis}), YamlDocument(source, named))


class Intake:
    """Reads from the shelf, writes nothing."""

    def __init__(self, shelf: Shelf, objection: Objection, conflicts: Conflicts) -> None:
        self._shelf = shelf
        self._objection = objection
        self._conflicts = conflicts

    def check_alone(self, manifest: Manifest) -> tuple[Diagnostic, ...]:
        """Check a manifest by itself."""
        findings = Findings(manifest.document)
        for index, api in enumerate(manifest.package.apis):
            if problem := self._objection(api):
                findings.error(("apis", index, "binding"), "refused", problem, "bind it to something else")
        return (*check_manifest(manifest), *findings.found)

    def check_together(self, manifests: Sequence[Manifest], *, whole: bool = True) -> tuple[Diagnostic, ...]:
        """Check manifests against each other and against what is there.

        :param whole: they replace their packages; else they are added to them.
        """
        packages = {manifest.package.package for manifest in manifests} if whole else set()
        own_keys = {state.key for manifest in manifests for state in manifest.package.state}
        keys = {
            state.key: shelved.package.package
            for shelved in self._shelf.packages.values()
            if shelved.package.package not in packages and shelved.present
            for state in shelved.package.state
            if whole or state.key not in own_keys
        }
        return check_catalogue(manifests, self.known(packages), keys)

    def known(self, without: Iterable[str] = ()) -> KnownDocuments:
        """Give the documents that others may name, of all but some packages."""
        left_out = frozenset(without)

        def find(name: str) -> ApiDocument | None:
            document = self._shelf.any(name)
            return None if document is None or document.package in left_out else document

        return KnownDocuments(find, lambda: iter(self._shelf.store.names(limit=MAX_NAMES)))

    def settle_names(
        self, manifest: Manifest, route: Route, source: str, *, lenient: bool
    ) -> tuple[Manifest, tuple[Diagnostic, ...]]:
        """Decide about names that other packages have.

        :param lenient: a document whose name is taken is left out with a warning; else it is refused or renamed.
        :returns: the manifest with what may be taken of it, and findings.
        """
        findings = Findings(manifest.document)
        package = manifest.package
        taken = {api.name: owner for api in package.apis if (owner := self._keeper(api, route, source))}
        if taken and not lenient and self._conflicts is Conflicts.NAMESPACE:
            names = {name: f"{package.package}_{name}"[:80] for name in taken}
            package = renamed(package, names)
            taken = {api.name: owner for api in package.apis if (owner := self._keeper(api, route, source))}
            for index, api in enumerate(manifest.package.apis):
                if api.name in names:
                    problem = f"the name is taken; it is registered as {names[api.name]!r}"
                    findings.warn(("apis", index, "name"), "renamed", problem, "give it a name of its own")
        for index, api in enumerate(package.apis):
            if (owner := taken.get(api.name)) is None:
                continue
            problem = f"API {api.name!r} belongs to package {owner!r} already"
            if lenient:
                findings.warn(("apis", index, "name"), "duplicate", problem, "it is left out; rename one of them")
            else:
                findings.error(("apis", index, "name"), "duplicate", problem, "rename one of them")
        kept = tuple(api for api in package.apis if api.name not in taken)
        return (
            Manifest(manifest.path, package.model_copy(update={"apis": kept}), manifest.document),
            findings.found,
        )

    def _keeper(self, api: ApiDocument, route: Route, source: str) -> str | None:
        """Name the package that keeps a name against this one, or None."""
        entry = self._shelf.store.entry(api.name)
        if entry is None or entry.deleted or entry.package == api.package:
            return None
        holder = self._shelf.packages.get(entry.package)
        if holder is None or holder.route.rank(holder.source) > route.rank(source):
            return None
        return entry.package


def errors_of(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Give what keeps it from being used."""
    return [finding for finding in found if finding.severity is Severity.ERROR]


def warnings_of(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Give what its author should know."""
    return [finding for finding in found if finding.severity is not Severity.ERROR]
