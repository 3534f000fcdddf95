"""The catalogue of API documents: what may be used now, and the ways in which it changes while everything runs."""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from taskmatrix_ros.core.action_code import ActionCode, DocumentPin
from taskmatrix_ros.core.api_document import ApiDocument, ApiPackage, Composite, StateSpec
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.errors import ConfigError, ManifestError, VerificationError
from taskmatrix_ros.core.outcome import utc_now
from taskmatrix_ros.core.ports import Changes
from taskmatrix_ros.registry.code_reading import CodeReading
from taskmatrix_ros.registry.findings import Findings
from taskmatrix_ros.registry.intake import Intake, Objection, errors_of, manifest_of, warnings_of
from taskmatrix_ros.registry.known_documents import StoredDocuments
from taskmatrix_ros.registry.manifest_files import ManifestFiles, left_out
from taskmatrix_ros.registry.manifest_loader import Manifest
from taskmatrix_ros.registry.rightful_order import rightful_first
from taskmatrix_ros.registry.route import Conflicts, Route
from taskmatrix_ros.registry.shelf import Shelf
from taskmatrix_ros.store.api_store import ApiStore, Change
from taskmatrix_ros.store.database import Database

VerifyExample = Callable[[ActionCode], Awaitable[Any]]
"""A verifier's ``verify``."""

_HELD = 20_000
"""Documents up to which all of them are held at once."""

_NAMES_LOOKED_THROUGH = 20_000


class Registry:
    """The catalogue of ``core.ports``, kept in a store; in memory, and empty, where none is given.

    Documents of the profile's files are used as they are. What came otherwise waits for an operator, and waits again
    when more than its words has changed. Lives in one thread.
    """

    def __init__(
        self,
        trusted: Collection[str] = (),
        database: Database | None = None,
        *,
        objection: Objection = lambda _document: None,
        conflicts: Conflicts = Conflicts.REFUSE,
    ) -> None:
        """:param trusted: sources whose live packages need no approval of their documents.

        :param database: opened before this is, and closed after it.
        :param objection: says why a document may not be here at all.
        :param conflicts: what becomes of a registered document whose name another package has.
        """
        self._trusted = frozenset(trusted)
        self._own = Database(None) if database is None else None
        self.store = ApiStore(database or self._own or Database(None))
        self.shelf = Shelf(self.store)
        self.intake = Intake(self.shelf, objection, conflicts)
        self._files = ManifestFiles()
        self._alone: dict[Path, tuple[Manifest, tuple[Diagnostic, ...]]] = {}
        self._taken: dict[Path, Manifest] = {}
        self._manifests: tuple[Manifest, ...] = ()
        self._warnings: tuple[Diagnostic, ...] = ()
        self._is_open = False
        self._held: tuple[int, Sequence[ApiDocument]] = (-1, ())
        self._composites: tuple[int, tuple[Composite, ...]] = (-1, ())

    def open(self) -> None:
        """Read what the last life left. Asked for anything before, it opens itself.

        :raises ConfigError: the store cannot be read.
        """
        if not self._is_open:
            if self._own is not None:
                self._own.open()
            self.shelf.open()
            self._is_open = True

    def close(self) -> None:
        """Give memory back; a database that was given stays open."""
        if self._own is not None and self._is_open:
            self._own.close()
            self._is_open = False

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Commit all changes made inside, or none of them."""
        self.open()
        packages = dict(self.shelf.packages)
        try:
            with self.store.transaction():
                yield
        except BaseException:
            self.shelf.packages = packages
            self.shelf.forget_read()
            raise

    # --- files

    def load(self, paths: Sequence[Path]) -> None:
        """Read manifests in the place of those that were loaded. All of them are taken or, if any is wrong, none.

        :param paths: files, and folders whose ``*.yaml`` files are meant.
        :raises ManifestError: with every finding of every file.
        :raises ConfigError: a path does not exist, or there is no manifest in any.
        """
        problems = self._take_files(paths, strict=True)
        if problems:
            raise ManifestError(problems)

    def sync(self, paths: Sequence[Path]) -> tuple[Diagnostic, ...]:
        """Take every file that is right, and keep the last good version of those that are not.

        :returns: what is wrong with those, and which documents are not taken for it.
        :raises ConfigError: a path does not exist, or there is no manifest in any.
        """
        return tuple(self._take_files(paths, strict=False))

    def files_changed(self, paths: Sequence[Path]) -> dict[Path, tuple[int, int]]:
        """Give a stamp of each file, which is another when it was changed."""
        return self._files.stamps(paths)

    def _take_files(self, paths: Sequence[Path], *, strict: bool) -> list[Diagnostic]:
        self.open()
        read = self._files.read(paths)
        if not read:
            named = ", ".join(f"'{path}'" for path in paths) or "what was named"
            raise ConfigError(f"there is no API manifest (*.yaml) in {named}; correct the profile or add one")
        problems = [finding for file in read.values() for finding in file.problems]
        good = {path: file.manifest for path, file in read.items() if file.manifest is not None}
        warnings: list[Diagnostic] = []
        for path, manifest in tuple(good.items()):
            known = self._alone.get(path)
            found = known[1] if known is not None and known[0] is manifest else self.intake.check_alone(manifest)
            self._alone[path] = (manifest, found)
            warnings += warnings_of(found)
            if errors := errors_of(found):
                problems += errors
                del good[path]
        if strict and problems:  # a file that is wrong by itself would let references of others lead nowhere
            return problems
        warnings += self._drop_unfit(good, problems)
        if strict and problems:
            return problems
        broken = [path for path in read if path not in good]
        self._write_files(good, broken)
        in_use = {shelved.source for shelved in self.shelf.packages.values()}
        problems += [left_out(path, kept=str(path.resolve()) in in_use) for path in broken]
        self._manifests = tuple(good.values())
        used = {str(path) for path in good}
        self._warnings = tuple(warning for warning in warnings if warning.file in used)
        return problems

    def _drop_unfit(self, good: dict[Path, Manifest], problems: list[Diagnostic]) -> list[Diagnostic]:
        """Take files out that do not fit the others, until the rest does. :returns: warnings."""
        while True:
            found = list(self.intake.check_together(rightful_first(tuple(good.values()), self._holder)))
            errors = errors_of(found)
            if not errors:
                return warnings_of(found)
            problems += errors
            unfit = {error.file for error in errors}
            for path in [path for path, manifest in good.items() if manifest.document.file in unfit]:
                del good[path]

    def _holder(self, name: str) -> str | None:
        entry = self.store.entry(name)
        return None if entry is None or entry.deleted else entry.package

    def _write_files(self, good: dict[Path, Manifest], broken: Sequence[Path]) -> None:
        with self.changing():
            for path, manifest in good.items():
                if self._taken.get(path) is manifest:
                    continue
                self.shelf.take(
                    manifest.package,
                    Route.MANIFEST,
                    str(path.resolve()),
                    f"file {path.name}",
                    trusted=True,
                    whole=True,
                    change=Change.UPDATED,
                )
            kept = {manifest.package.package for manifest in good.values()}
            waiting = {str(path.resolve()) for path in broken}
            for name, shelved in tuple(self.shelf.packages.items()):
                is_gone = name not in kept and shelved.source not in waiting
                if shelved.route is Route.MANIFEST and is_gone:
                    self.shelf.forget(name, "its file is gone")
        self._taken = good

    # --- peers that come and go

    def put(self, package: ApiPackage, *, source: str) -> tuple[Diagnostic, ...]:
        """Take a package that a peer offers now, in the place of the one of its name.

        A document whose name another package has is left out. Documents are enabled where ``source`` is trusted, or
        once they are approved; that is remembered while the peer is away.

        :param source: who offers it: ``homeassistant``, ``mqtt_discovery``.
        :returns: what was left out and why, and what its author should know.
        :raises ManifestError: it does not fit together; nothing was changed.
        """
        self.open()
        held = self.shelf.packages.get(package.package)
        if held is not None and held.route is not Route.LIVE:
            problem = f"package {package.package!r} is there already, by another way"
            raise ManifestError([Diagnostic(code="duplicate", message=problem, hint="rename it", file=source, line=1)])
        manifest, found = self.intake.settle_names(manifest_of(package, source), Route.LIVE, source, lenient=True)
        found += (*self.intake.check_alone(manifest), *self.intake.check_together([manifest]))
        if errors := errors_of(found):
            raise ManifestError(errors)
        given = {"source": source}
        apis = tuple(api.model_copy(update=given) for api in manifest.package.apis)
        with self.changing():
            self.shelf.take(
                manifest.package.model_copy(update={"apis": apis}),
                Route.LIVE,
                source,
                source,
                trusted=source in self._trusted,
                whole=True,
                change=Change.UPDATED,
            )
        return tuple(warnings_of(found))

    def remove(self, package: str) -> None:
        """A peer went away, and its package is not to be used; nothing where there is none."""
        shelved = self.shelf.packages.get(package)
        if shelved is not None and shelved.route is Route.LIVE and shelved.present:
            with self.changing():
                self.shelf.leave(package)

    # --- what is learned

    def learn_example(self, name: str, text: str, run_id: str, *, keep: int) -> None:
        """Add an example of how people ask for a document; of those beyond ``keep`` the oldest go."""
        with self.changing():
            if self.store.entry(name) is not None:
                self.store.add_example(name, text, run_id, utc_now(), keep=keep)
                self.shelf.touch(name)

    def forget_examples(self, name: str = "", *, text: str = "", run_id: str = "") -> int:
        """Remove a document's examples, those of a text, or those of a run. :returns: how many."""
        with self.changing():
            names = [name] if name else self.store.examples_of_run(run_id)
            removed = sum(self.store.remove_examples(one, text=text, run_id=run_id) for one in names)
            for one in names:
                self.shelf.touch(one)
        return removed

    def examples(self, name: str) -> list[tuple[str, str]]:
        """Give a document's learned examples, newest first, each with the run it comes from."""
        self.open()
        return self.store.examples(name)

    # --- what may be used

    @property
    def revision(self) -> int:
        """Rises with every change of what may be used."""
        return self.store.revision

    def changes(self, since: int) -> Changes | None:
        """Give what changed after a revision; None: that is not of this catalogue."""
        if not 0 <= since <= self.revision:
            return None
        if since == self.revision:
            return Changes(frozenset(), frozenset())
        put, gone = self.store.changes(since)
        return Changes(frozenset(put), frozenset(gone))

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
        return self.shelf.active(name) if self._is_open else None

    def documents(self) -> Sequence[ApiDocument]:
        """Every enabled document, by name; of very many, a sequence that reads them as it is walked through."""
        if not self._is_open:
            return ()
        revision, held = self._held
        if revision != self.revision:
            count = self.store.count()
            if count > _HELD:
                walk = self.shelf.walk
                held = StoredDocuments(count, walk, walk, lambda: walk(speaks=True))
            else:  # one object for each name, whoever asks
                names = self.store.names(limit=count, active=True)
                held = tuple(document for name in names if (document := self.shelf.active(name)) is not None)
            self._held = (self.revision, held)
        return held

    def composites(self) -> Sequence[Composite]:
        """Sentences that expand to several calls, all of them of enabled documents."""
        revision, found = self._composites
        if revision != self.revision:
            found = tuple(one for package in self._usable() for one in package.composites if self._may_use(one))
            self._composites = (self.revision, found)
        return found

    def states(self) -> Sequence[StateSpec]:
        """Where state keys come from."""
        return tuple(state for package in self._usable() for state in package.state)

    def nearest(self, name: str, limit: int = 3) -> tuple[str, ...]:
        """Name the documents that could have been meant, best first."""
        if not self._is_open:
            return ()
        names = self.store.names(limit=_NAMES_LOOKED_THROUGH, active=True)
        return tuple(difflib.get_close_matches(name, names, n=limit, cutoff=0.5))

    async def check_examples(self, verify: VerifyExample) -> tuple[Diagnostic, ...]:
        """Have the code of every usage example of an enabled document verified.

        :param verify: the verifier's; it may call any enabled document.
        :returns: a finding for each that it refuses, at the example's place.
        """
        pins = tuple(DocumentPin(name=api.name, version=api.version, digest=api.digest) for api in self.documents())
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

    def _usable(self) -> Iterator[ApiPackage]:
        packages = self.shelf.packages.values()
        shelved = sorted(packages, key=lambda one: (one.route.rank(one.source), one.package.package))
        return (one.package for one in shelved if one.present and one.is_approved)

    def _may_use(self, composite: Composite) -> bool:
        reading = CodeReading.of(composite.code)
        return reading is not None and all(self.get(name) is not None for name, _ in reading.called())
