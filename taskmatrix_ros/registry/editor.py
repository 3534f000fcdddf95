"""What an operator does with documents: register, change, roll back, delete, approve."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from taskmatrix_ros.core.api_document import ApiDocument, ApiPackage
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.errors import ManifestError, RequestError
from taskmatrix_ros.registry.document_text import diff, from_json, to_json
from taskmatrix_ros.registry.findings import nearest_hint
from taskmatrix_ros.registry.intake import errors_of, manifest_of, warnings_of
from taskmatrix_ros.registry.manifest_loader import Manifest, parse_document, parse_manifest
from taskmatrix_ros.registry.merge import merge
from taskmatrix_ros.registry.registry import Registry
from taskmatrix_ros.registry.route import Route
from taskmatrix_ros.store.api_store import ApiEntry, ApiVersion, Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What became of a document. ``findings``: what its author should know."""

    name: str
    version: int
    needs_approval: bool
    diff: str = ""
    findings: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did, or would do. ``kept``: fields in which an owner's edit was kept against the source's."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    diff: str = ""
    findings: tuple[Diagnostic, ...] = ()


class Editor:
    """Every method checks first and changes all or nothing. Nothing it takes may be used before it is approved.

    :raises ManifestError: by any method that takes a document: what is wrong with it, place by place.
    :raises RequestError: by any method: it does not fit what is there.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._shelf = registry.shelf
        self._store = registry.store

    # --- taking

    def register(
        self, text: str, *, author: str, owner: str = "", source: str = "service", dry_run: bool = False
    ) -> tuple[tuple[str, ...], tuple[Diagnostic, ...]]:
        """Add the documents of a package; what the package had before stays.

        :param text: a manifest in YAML.
        :param source: where it comes from, for people.
        :returns: the names under which they are known, and what their author should know.
        """
        manifest = parse_manifest(text, Path(source))
        return self._register(manifest, author=author, owner=owner, source=source, dry_run=dry_run)

    def register_package(
        self, package: ApiPackage, *, author: str, owner: str = "", source: str = "service", dry_run: bool = False
    ) -> tuple[tuple[str, ...], tuple[Diagnostic, ...]]:
        """Add the documents of a package, as ``register`` does."""
        manifest = manifest_of(package, source)
        return self._register(manifest, author=author, owner=owner, source=source, dry_run=dry_run)

    def _register(
        self, manifest: Manifest, *, author: str, owner: str, source: str, dry_run: bool
    ) -> tuple[tuple[str, ...], tuple[Diagnostic, ...]]:
        self._registry.open()
        manifest, found = self._checked(manifest, Route.REGISTERED, source)
        given = {"source": source, "owner": owner}
        apis = tuple(api.model_copy(update={**given, "owner": api.owner or owner}) for api in manifest.package.apis)
        for api in apis:
            entry = self._store.entry(api.name)
            if entry is not None and not entry.deleted and self._store.text(api.name, active=False) != to_json(api):
                raise RequestError(f"api '{api.name}' is there already; update it, or delete it first", code="EXISTS")
        if not dry_run:
            taken = manifest.package.model_copy(update={"apis": apis})
            with self._registry.changing():
                self._take(taken, Route.REGISTERED, source, author)
        return tuple(api.name for api in apis), tuple(warnings_of(found))

    def register_bulk(
        self, documents: Iterable[ApiDocument], package: str, *, author: str, source: str, batch: int = 1000
    ) -> Iterator[int]:
        """Add very many documents, a batch at a time: each is in, or out, whenever the program ends.

        Documents of a batch that was taken before are passed over, so that an import that was cut off is begun again.

        :returns: after each batch, how many were taken so far.
        """
        taken, waiting = 0, iter(documents)
        while chunk := tuple(islice(waiting, batch)):
            bare = ApiPackage(package=package, version=chunk[0].version, apis=chunk)
            self.register_package(bare, author=author, source=source)
            taken += len(chunk)
            yield taken

    def update(self, name: str, text: str, *, author: str, owner: str = "", dry_run: bool = False) -> Edited:
        """Put a new version in the place of a document.

        :param text: the one document in YAML, without its package.
        """
        entry, old = self._existing(name)
        shelved = self._shelf.packages[entry.package]
        manifest = parse_document(text, Path(name), entry.package, shelved.package.version)
        (new,) = manifest.package.apis
        if new.name != name:
            raise RequestError(f"the text is of '{new.name}', not of '{name}'; give it that name", code="BAD_REQUEST")
        new = new.model_copy(update={"owner": owner or new.owner or old.owner, "source": old.source})
        found = self._check_edit(new)
        if to_json(new) == to_json(old) or dry_run:
            return self._told(name, old, new, found)
        with self._registry.changing():
            self._shelf.edit(new, author, Change.UPDATED)
        return self._told(name, old, new, found)

    def rollback(self, name: str, version: str, *, author: str) -> Edited:
        """Make an earlier version the current one, as a version of its own; also of a deleted document.

        :param version: its number in the history, or a package's version: then the latest document of that.
        """
        self._registry.open()
        entry = self._store.entry(name)
        if entry is None:
            raise self._unknown(name)
        wanted = self._version(name, version)
        document = from_json(wanted.document)
        old = self._shelf.any(name)
        found = self._check_edit(document)
        with self._registry.changing():
            self._shelf.edit(document, author, Change.ROLLED_BACK)
        return self._told(name, old, document, found)

    def delete(self, name: str, *, author: str) -> tuple[str, ...]:
        """Take a document out; its versions stay. :returns: names of documents that speak of it."""
        self._existing(name)
        with self._registry.changing():
            self._shelf.delete(name, author)
        return tuple(
            sorted(document.name for document in self._registry.documents() if name in _speaks_of(document))
            if self._store.count() <= 20_000
            else ()
        )

    def import_package(self, package: ApiPackage, *, source: str, author: str, dry_run: bool = False) -> Imported:
        """Take drafts of an importer; again and again, never over an owner's edits.

        What the source changed since it was imported last is taken over where the owner did not change it, field by
        field. Documents that the source has no more are deleted unless an owner edited them.
        """
        self._registry.open()
        held = self._shelf.packages.get(package.package)
        if held is not None and held.route is not Route.IMPORTED:
            raise RequestError(f"package '{package.package}' is there already, by another way", code="EXISTS")
        manifest, found = self._checked(manifest_of(package, source), Route.IMPORTED, source)
        drafts = {api.name: api.model_copy(update={"source": source}) for api in manifest.package.apis}
        added, changed, kept, texts = [], [], [], []
        plans: list[tuple[ApiDocument, ApiDocument | None]] = []
        for name, draft in drafts.items():
            entry, old = self._store.entry(name), self._shelf.any(name)
            if entry is None or old is None:
                added.append(name)
                plans.append((draft, None))
                texts.append(diff(None, draft, old="/dev/null", new=name))
                continue
            base = self._base(entry)
            draft = draft.model_copy(update={"owner": old.owner})
            if base is not None and to_json(base.model_copy(update={"owner": old.owner})) == to_json(draft):
                continue
            if base is None or to_json(base) == to_json(old):
                plans.append((draft, None))
                result = draft
            else:
                merged = merge(base, old, draft)
                kept += [f"{name}.{field}" for field in merged.kept]
                found = (*found, *self._check_edit(merged.document))
                plans.append((draft, merged.document))
                result = merged.document
            if text := diff(old, result, old=name, new=name):
                changed.append(name)
                texts.append(text)
        removed = self._no_more(package.package, drafts)
        if not dry_run:
            with self._registry.changing():
                self._take(manifest.package.model_copy(update={"apis": ()}), Route.IMPORTED, source, author)
                for draft, edited in plans:
                    self._shelf.write(draft, author, route=Route.IMPORTED, trusted=False, change=Change.IMPORTED)
                    if edited is not None:
                        self._shelf.edit(edited, author, Change.IMPORTED)
                for name in removed:
                    self._shelf.delete(name, author)
        return Imported(
            added=tuple(added),
            changed=tuple(changed),
            removed=tuple(removed),
            kept=tuple(kept),
            diff="\n".join(filter(None, texts)),
            findings=tuple(warnings_of(found)),
        )

    # --- rights

    def approve(self, names: Sequence[str], *, by: str) -> tuple[str, ...]:
        """Let documents be used as they are now. :returns: those that were not approved before."""
        entries = [self._existing(name)[0] for name in names]
        with self._registry.changing():
            for entry in entries:
                self._store.approve(entry.name, entry.danger, by)
                self._shelf.settle(entry.name)
        return tuple(entry.name for entry in entries if not entry.is_approved)

    def approve_package(self, package: str, *, by: str) -> tuple[str, ...]:
        """Let all documents of a package be used, with its state sources and composites."""
        self._registry.open()
        if package not in self._shelf.packages:
            hint = nearest_hint(package, self._shelf.packages, "there are")
            raise RequestError(f"package '{package}' is unknown; {hint}", code="UNKNOWN_PACKAGE")
        with self._registry.changing():
            return tuple(self._shelf.approve_package(package, by))

    def revoke(self, name: str) -> None:
        """Take an approval back."""
        self._existing(name)
        with self._registry.changing():
            self._store.approve(name, "", "")
            self._shelf.settle(name)

    def enable(self, name: str, *, enabled: bool) -> None:
        """Let a document be used, or not, as an operator wishes; approvals stay."""
        self._existing(name)
        with self._registry.changing():
            self._store.enable(name, enabled=enabled)
            self._shelf.settle(name)

    def forget_examples(self, name: str, text: str = "") -> int:
        """Remove an example that a document has learned, or all of them. :returns: how many."""
        self._existing(name)
        return self._registry.forget_examples(name, text=text)

    # --- looking

    def entry(self, name: str) -> tuple[ApiEntry, ApiDocument]:
        """Give a document that is there, usable or not, with what is known of it."""
        return self._existing(name)

    def history(self, name: str) -> list[ApiVersion]:
        """Give every version of a document, oldest first."""
        self._registry.open()
        if not (versions := self._store.versions(name)):
            raise self._unknown(name)
        return versions

    def difference(self, name: str, old: str, new: str = "") -> str:
        """Give the diff of two versions; the current one if ``new`` is left out."""
        before = from_json(self._version(name, old).document)
        after = from_json(self._version(name, new).document) if new else self._existing(name)[1]
        return diff(before, after, old=f"{name} {old}", new=f"{name} {new or 'now'}")

    # --- within

    def _checked(self, manifest: Manifest, route: Route, source: str) -> tuple[Manifest, tuple[Diagnostic, ...]]:
        manifest, found = self._registry.intake.settle_names(manifest, route, source, lenient=False)
        if not errors_of(found):
            intake = self._registry.intake
            found += (*intake.check_alone(manifest), *intake.check_together([manifest], whole=False))
        if errors := errors_of(found):
            raise ManifestError(errors)
        return manifest, found

    def _check_edit(self, document: ApiDocument) -> tuple[Diagnostic, ...]:
        package = self._shelf.packages[document.package].package if document.package in self._shelf.packages else None
        version = package.version if package is not None else document.version
        bare = ApiPackage(package=document.package, version=version, apis=(document,))
        manifest = manifest_of(bare, document.name)
        intake = self._registry.intake
        found = (*intake.check_alone(manifest), *intake.check_together([manifest], whole=False))
        if errors := errors_of(found):
            raise ManifestError(errors)
        return tuple(warnings_of(found))

    def _take(self, package: ApiPackage, route: Route, source: str, author: str) -> None:
        self._shelf.take(package, route, source, author, trusted=False, whole=False, change=Change.UPDATED)

    def _told(self, name: str, old: ApiDocument | None, new: ApiDocument, found: tuple[Diagnostic, ...]) -> Edited:
        entry = self._store.entry(name)
        assert entry is not None
        return Edited(
            name=name,
            version=entry.version,
            needs_approval=not entry.is_approved,
            diff=diff(old, new, old=name, new=name),
            findings=found,
        )

    def _existing(self, name: str) -> tuple[ApiEntry, ApiDocument]:
        self._registry.open()
        entry, document = self._store.entry(name), self._shelf.any(name)
        if entry is None or document is None:
            raise self._unknown(name)
        return entry, document

    def _unknown(self, name: str) -> RequestError:
        names = self._store.names(limit=20_000)
        return RequestError(f"api '{name}' is unknown; {nearest_hint(name, names, 'there are')}", code="UNKNOWN_API")

    def _version(self, name: str, wanted: str) -> ApiVersion:
        versions = [version for version in self._store.versions(name) if version.document]
        fits = [version for version in versions if str(version.version) == wanted]
        fits = fits or [version for version in versions if from_json(version.document).version == wanted]
        if not fits:
            there = ", ".join(str(version.version) for version in versions) or "none"
            raise RequestError(f"api '{name}' has no version '{wanted}'; it has {there}", code="UNKNOWN_VERSION")
        return fits[-1]

    def _base(self, entry: ApiEntry) -> ApiDocument | None:
        version = self._store.version(entry.name, entry.base) if entry.base else None
        return from_json(version.document) if version is not None and version.document else None

    def _no_more(self, package: str, drafts: dict[str, ApiDocument]) -> list[str]:
        found = []
        for name in self._store.names_of(package):
            entry = self._store.entry(name)
            if name not in drafts and entry is not None and entry.version == entry.base:
                found.append(name)
        return sorted(found)


def _speaks_of(document: ApiDocument) -> set[str]:
    return {rule.api for rule in document.after}
