"""The packages of a catalogue in its store: what is written when one comes, changes or goes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pydantic import ValidationError

from taskmatrix_ros.core.api_document import ApiDocument, ApiPackage
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.outcome import utc_now
from taskmatrix_ros.registry.danger import danger_digest, package_danger
from taskmatrix_ros.registry.document_text import from_json, to_json
from taskmatrix_ros.registry.grading import quality_of
from taskmatrix_ros.registry.route import Route
from taskmatrix_ros.store.api_store import ApiStore, Change, PackageRow

_CACHED = 50_000


@dataclass(frozen=True, slots=True)
class Shelved:
    """A package without its documents. ``present``: its peer, or its file, is there in this life."""

    package: ApiPackage
    route: Route
    source: str
    approved: str
    present: bool

    @property
    def is_approved(self) -> bool:
        """Whether its state sources and composites are as they were approved."""
        return self.approved == package_danger(self.package)


class Shelf:
    """Writes packages and reads documents. Every writing method is called inside ``store.transaction()``."""

    def __init__(self, store: ApiStore) -> None:
        self.store = store
        self.packages: dict[str, Shelved] = {}
        self._active: dict[str, ApiDocument] = {}

    def open(self) -> None:
        """Read the packages; those of peers are away until they come."""
        self.store.open()
        with self.store.transaction():
            for row in self.store.packages():
                present = Route(row.route) is not Route.LIVE
                self.packages[row.package] = Shelved(_package(row), Route(row.route), row.source, row.approved, present)
                if not present:
                    self._settle_all(row.package, present=False)

    def forget_read(self) -> None:
        """Read documents anew: what was read may be of a change that was taken back."""
        self._active.clear()

    # --- reading

    def active(self, name: str) -> ApiDocument | None:
        """Give a document that may be used; the same object until it changes."""
        found = self._active.get(name)
        if found is not None:
            return found
        text = self.store.text(name, active=True)
        if text is None:
            return None
        if len(self._active) >= _CACHED:
            del self._active[next(iter(self._active))]
        document = self._active[name] = self._read(name, text)
        return document

    def any(self, name: str) -> ApiDocument | None:
        """Give a document that is not deleted, whether it may be used or not."""
        text = self.store.text(name, active=False)
        return None if text is None else self._read(name, text)

    def walk(self, kind: str = "", *, speaks: bool = False) -> Iterator[ApiDocument]:
        """Give every document that may be used, by name.

        :param kind: of one kind of binding only; ``speaks``: only those with sentences.
        """
        for name, text in self.store.active_texts(kind=kind, speaks=speaks):
            yield self._active.get(name) or self._read(name, text)

    # --- writing

    def take(
        self, package: ApiPackage, route: Route, source: str, author: str, *, trusted: bool, whole: bool, change: Change
    ) -> None:
        """Write a package.

        :param trusted: it needs no approval.
        :param whole: documents of the package that are not in it are deleted.
        """
        old = self.packages.get(package.package)
        if not whole and old is not None:
            package = _with_body_of(package, old.package)
        body = package.model_copy(update={"apis": ()})
        approved = package_danger(body) if trusted else (old.approved if old else "")
        shelved = Shelved(body, route, source, approved, present=True)
        if shelved != old:
            row = PackageRow(
                package=package.package,
                route=route.value,
                source=source,
                body=body.model_dump_json(by_alias=True, exclude_defaults=True),
                approved=approved,
            )
            self.store.save_package(row)
            self.packages[package.package] = shelved
            self.store.bump()
        for api in package.apis:
            self.write(api, author, route=route, trusted=trusted, change=change)
        if whole:
            for name in set(self.store.names_of(package.package)) - {api.name for api in package.apis}:
                self.delete(name, author)
        if old is not None and old.package != body:
            self._derive_anew(package.package)

    def write(self, document: ApiDocument, author: str, *, route: Route, trusted: bool, change: Change) -> int:
        """Write a document as its source has it now. :returns: its version.

        One that an owner has edited stays as it is until its source says something new of it.
        """
        name, text, danger = document.name, to_json(document), danger_digest(document)
        entry = self.store.entry(name)
        is_new = entry is None or entry.deleted
        version = entry.version if entry is not None else 0
        if is_new or (self.store.text(name, active=False) != text and not self._says_nothing_new(name, text)):
            version = self.store.write(
                name,
                text,
                package=document.package,
                kind=document.binding.kind,
                speaks=bool(document.sentences),
                quality=quality_of(document),
                danger=danger,
                change=Change.REGISTERED if is_new and change is Change.UPDATED else change,
                author=author,
                at=utc_now(),
            )
            self.store.set_base(name, version)
            self._active.pop(name, None)
            if trusted:
                self.store.approve(name, danger, author)
            if is_new or route is Route.MANIFEST:
                self.store.enable(name, enabled=document.enabled)
        elif trusted and entry is not None and entry.approved == "":
            self.store.approve(name, danger, author)
        self.settle(name)
        return version

    def edit(self, document: ApiDocument, author: str, change: Change) -> int:
        """Write a version that is not its source's. :returns: its number."""
        version = self.store.write(
            document.name,
            to_json(document),
            package=document.package,
            kind=document.binding.kind,
            speaks=bool(document.sentences),
            quality=quality_of(document),
            danger=danger_digest(document),
            change=change,
            author=author,
            at=utc_now(),
        )
        self._active.pop(document.name, None)
        self.settle(document.name)
        return version

    def delete(self, name: str, author: str) -> None:
        """Take a document out."""
        self.store.delete(name, author=author, at=utc_now())
        self._active.pop(name, None)

    def settle(self, name: str) -> None:
        """Work out whether a document may be used."""
        entry = self.store.entry(name)
        if entry is not None:
            shelved = self.packages.get(entry.package)
            self.store.settle(name, present=shelved is None or shelved.present)
            self._active.pop(name, None)

    def touch(self, name: str) -> None:
        """Have everybody read a document anew."""
        self.store.touch(name)
        self._active.pop(name, None)

    def approve_package(self, package: str, by: str) -> list[str]:
        """Let a package's documents be used, its state sources and composites. :returns: what was not approved yet."""
        shelved = self.packages[package]
        approved = package_danger(shelved.package)
        if approved != shelved.approved:
            self._save(package, replace(shelved, approved=approved))
            self.store.bump()
        new, active = self.store.approve_all(package, by, present=shelved.present)
        for name in active:
            self._active.pop(name, None)
        return new

    def leave(self, package: str) -> None:
        """A peer went away: its documents stay, with their approvals, and may not be used."""
        self.packages[package] = replace(self.packages[package], present=False)
        self.store.bump()
        self._settle_all(package, present=False)

    def forget(self, package: str, author: str) -> None:
        """Delete a package with its documents."""
        for name in self.store.names_of(package):
            self.delete(name, author)
        self.store.delete_package(package)
        self.store.bump()
        self.packages.pop(package, None)

    def _save(self, package: str, shelved: Shelved) -> None:
        self.packages[package] = shelved
        self.store.save_package(
            PackageRow(
                package=package,
                route=shelved.route.value,
                source=shelved.source,
                body=shelved.package.model_dump_json(by_alias=True, exclude_defaults=True),
                approved=shelved.approved,
            )
        )

    def _settle_all(self, package: str, *, present: bool) -> None:
        for name in self.store.names_of(package):
            self.store.settle(name, present=present)
            self._active.pop(name, None)

    def _derive_anew(self, package: str) -> None:
        for name in self.store.names_of(package):
            self.touch(name)

    def _says_nothing_new(self, name: str, text: str) -> bool:
        entry = self.store.entry(name)
        base = self.store.version(name, entry.base) if entry is not None and entry.base else None
        return base is not None and base.document == text

    def _read(self, name: str, text: str) -> ApiDocument:
        try:
            return from_json(text, [example for example, _ in self.store.examples(name)])
        except ValidationError as error:
            raise ConfigError(
                f"api {name!r} in the store cannot be read; another version wrote it: use that one, or delete it"
            ) from error


def _package(row: PackageRow) -> ApiPackage:
    try:
        return ApiPackage.model_validate(json.loads(row.body))
    except (ValueError, ValidationError) as error:
        raise ConfigError(
            f"package {row.package!r} in the store cannot be read; it was written by another version: use that one"
        ) from error


def _with_body_of(package: ApiPackage, old: ApiPackage) -> ApiPackage:
    """Add what a package had to what is added to it now."""
    keys = {state.key for state in package.state}
    state = (*(one for one in old.state if one.key not in keys), *package.state)
    composites = (*(one for one in old.composites if one not in package.composites), *package.composites)
    return package.model_copy(update={"state": state, "composites": composites})
