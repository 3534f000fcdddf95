"""API documents with every version they ever had, their approval and their use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from taskmatrix_ros.store.database import Database

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ENTRY = (
    "SELECT number, name, package, version, base, enabled, deleted, active, danger, approved, approved_by, kind,"
    " revision, quality, uses, confirmed, failed, used_us FROM apis"
)
_ACTIVE_TEXT = (
    "SELECT a.name, v.document FROM apis a JOIN api_versions v ON v.name = a.name AND v.version = a.version"
    " WHERE a.active"
)
_PAGE = 500


class Change(StrEnum):
    """Why a version was written."""

    REGISTERED = "registered"
    UPDATED = "updated"
    IMPORTED = "imported"
    DELETED = "deleted"
    ROLLED_BACK = "rolled_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiEntry:
    """What is known of a document beside its text.

    ``base``: the version that its source wrote last, 0 where it has none; ``danger``: digest of what needs approval;
    ``approved``: the one that an operator approved; ``active``: it may be used now. ``number`` never changes, so that
    an index in the same file can use it.
    """

    number: int
    name: str
    package: str
    version: int
    base: int
    enabled: bool
    deleted: bool
    active: bool
    danger: str
    approved: str
    approved_by: str
    kind: str
    revision: int
    quality: float | None
    uses: int
    confirmed: int
    failed: int
    used_at: datetime | None

    @property
    def is_approved(self) -> bool:
        """Whether what needs approval is as it was approved."""
        return self.approved == self.danger


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiVersion:
    """One version of a document. ``document`` is JSON, empty where it was deleted."""

    name: str
    version: int
    change: Change
    author: str
    at: datetime
    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageRow:
    """A package without its documents. ``body`` is JSON: version, description, state, composites."""

    package: str
    route: str
    source: str
    body: str
    approved: str


Follower = Callable[[Sequence[str], Sequence[str]], None]
"""Told, inside the transaction, the names whose active document is new or changed, and those that are gone."""


class ApiStore:
    """Kept in an open ``Database``. Every change is made inside ``transaction`` and has committed when that ends.

    Many changes at once need one transaction only; followers then hear them once, and what they write to the same file
    is committed with it or not at all.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._followers: list[Follower] = []
        self._depth = 0
        self._put: dict[str, None] = {}
        self._gone: dict[str, None] = {}
        self._revision = 0
        self._bumped = False

    def open(self) -> None:
        """Read where the last life ended."""
        (last,) = self._database.execute("SELECT max(revision) FROM apis").fetchone()
        self._revision = last or 0

    @property
    def revision(self) -> int:
        """Rises with every transaction that changed what is active; never falls, also over restarts."""
        return self._revision

    def follow(self, follower: Follower) -> Callable[[], None]:
        """Have changes told inside their transaction. :returns: what ends it."""
        self._followers.append(follower)
        return lambda: self._followers.remove(follower)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything inside at once, or nothing of it; one inside another is part of it."""
        if self._depth:
            yield
            return
        self._depth += 1
        before = self._revision
        try:
            with self._database.transaction():
                yield
                if self._put or self._gone:
                    for follower in tuple(self._followers):
                        follower(tuple(self._put), tuple(self._gone))
        except BaseException:
            self._revision = before
            raise
        finally:
            self._depth -= 1
            self._bumped = False
            self._put.clear()
            self._gone.clear()

    # --- documents

    def entry(self, name: str) -> ApiEntry | None:
        """Give what is known of a document, deleted ones included."""
        row = self._database.execute(f"{_ENTRY} WHERE name = ?", (name,)).fetchone()
        return _entry(row) if row else None

    def entries(self, *, package: str = "", after: str = "", limit: int = 200, active: bool = False) -> list[ApiEntry]:
        """Give documents that are not deleted, by name."""
        where = "name > ? AND NOT deleted" + (" AND active" if active else "") + (" AND package = ?" if package else "")
        values = (after, package, limit) if package else (after, limit)
        rows = self._database.execute(f"{_ENTRY} WHERE {where} ORDER BY name LIMIT ?", values)
        return [_entry(row) for row in rows]

    def names(self, *, limit: int, active: bool = False) -> list[str]:
        """Give names of documents that are not deleted, or that may be used, in their order."""
        where = "active" if active else "NOT deleted"
        rows = self._database.execute(f"SELECT name FROM apis WHERE {where} ORDER BY name LIMIT ?", (limit,))  # noqa: S608
        return [name for (name,) in rows]

    def names_of(self, package: str) -> list[str]:
        """Give the names of a package's documents that are not deleted."""
        rows = self._database.execute("SELECT name FROM apis WHERE package = ? AND NOT deleted", (package,))
        return [name for (name,) in rows]

    def count(self, *, active: bool = True) -> int:
        """Count the documents that may be used, or all that are not deleted."""
        where = "active" if active else "NOT deleted"
        (count,) = self._database.execute(f"SELECT count(*) FROM apis WHERE {where}").fetchone()  # noqa: S608
        return int(count)

    def count_of(self, package: str, *, active: bool) -> int:
        """Count the documents of a package, or of all if it is empty, as ``entries`` gives them."""
        if not package:
            return self.count(active=active)
        where = "active" if active else "NOT deleted"
        row = self._database.execute(f"SELECT count(*) FROM apis WHERE {where} AND package = ?", (package,)).fetchone()  # noqa: S608
        return int(row[0])

    def text(self, name: str, *, active: bool) -> str | None:
        """Give a document as JSON: the active one, or the current one of any that is not deleted."""
        condition = "a.active" if active else "NOT a.deleted"
        row = self._database.execute(
            "SELECT v.document FROM apis a JOIN api_versions v ON v.name = a.name AND v.version = a.version"  # noqa: S608
            f" WHERE a.name = ? AND {condition}",
            (name,),
        ).fetchone()
        return str(row[0]) if row else None

    def active_texts(self, *, kind: str = "", speaks: bool = False) -> Iterator[tuple[str, str]]:
        """Give names and JSON of the active documents, by name; what changes meanwhile may be in or out.

        :param kind: only those whose binding is of this kind.
        :param speaks: only those that have sentences.
        """
        some = "AND a.speaks" if speaks else "AND a.kind = ?" if kind else ""
        after = ""
        query = f"{_ACTIVE_TEXT} {some} AND a.name > ? ORDER BY a.name LIMIT ?"
        while True:
            rows = self._database.execute(
                query,
                (kind, after, _PAGE) if kind and not speaks else (after, _PAGE),
            ).fetchall()
            yield from rows
            if len(rows) < _PAGE:
                return
            after = rows[-1][0]

    def write(
        self,
        name: str,
        document: str,
        *,
        package: str,
        kind: str,
        speaks: bool,
        quality: float,
        danger: str,
        change: Change,
        author: str,
        at: datetime,
    ) -> int:
        """Write a new version of a document and make it the current one.

        :param quality: how good it is by itself, 0..1.
        :returns: its number.
        """
        version = self._append(name, document, change, author, at)
        self._database.execute(
            "INSERT INTO apis (name, package, version, danger, kind, speaks, quality, revision)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET package = excluded.package, version = excluded.version, deleted = 0,"
            " danger = excluded.danger, kind = excluded.kind, speaks = excluded.speaks, quality = excluded.quality",
            (name, package, version, danger, kind, speaks, quality, self._revision),
        )
        self._changed(name)
        return version

    def delete(self, name: str, *, author: str, at: datetime) -> None:
        """Take a document out; its versions stay, and its approval does not."""
        version = self._append(name, "", Change.DELETED, author, at)
        self._database.execute(
            "UPDATE apis SET deleted = 1, active = 0, approved = '', approved_by = '', base = 0, version = ?"
            " WHERE name = ?",
            (version, name),
        )
        self._changed(name)

    def approve(self, name: str, danger: str, by: str) -> None:
        """Write which danger is approved; empty takes the approval back."""
        self._database.execute("UPDATE apis SET approved = ?, approved_by = ? WHERE name = ?", (danger, by, name))

    def approve_all(self, package: str, by: str, *, present: bool) -> tuple[list[str], list[str]]:
        """Approve every document of a package, however many, and work out which may be used.

        :returns: the names that were not approved before, and those that may be used now and could not before.
        """
        new = [
            name
            for (name,) in self._database.execute(
                "UPDATE apis SET approved = danger, approved_by = ?"
                " WHERE package = ? AND NOT deleted AND approved != danger RETURNING name",
                (by, package),
            ).fetchall()
        ]
        if not new or not present:
            return sorted(new), []
        self.bump()
        active = [
            name
            for (name,) in self._database.execute(
                "UPDATE apis SET active = 1, revision = ?"
                " WHERE package = ? AND enabled AND NOT deleted AND NOT active AND approved = danger RETURNING name",
                (self._revision, package),
            ).fetchall()
        ]
        for name in active:
            self._sort(name, active=True)
        return sorted(new), active

    def enable(self, name: str, *, enabled: bool) -> None:
        """Write an operator's wish."""
        self._database.execute("UPDATE apis SET enabled = ? WHERE name = ?", (enabled, name))

    def set_base(self, name: str, version: int) -> None:
        """Write which version the source wrote last."""
        self._database.execute("UPDATE apis SET base = ? WHERE name = ?", (version, name))

    def settle(self, name: str, *, present: bool = True) -> None:
        """Work out whether a document may be used. :param present: its package is there."""
        before, after = self._database.execute(
            "SELECT active, enabled AND NOT deleted AND approved = danger AND ? FROM apis WHERE name = ?",
            (present, name),
        ).fetchone()
        if before != after:
            self._database.execute("UPDATE apis SET active = ? WHERE name = ?", (after, name))
            self._changed(name)
        elif name in self._put or name in self._gone:
            self._sort(name, active=bool(after))

    def bump(self) -> None:
        """Say that something changed that is no document: where state comes from, or a composite."""
        if not self._put and not self._gone and not self._bumped:
            self._revision += 1
            self._bumped = True

    def touch(self, name: str) -> None:
        """Say that what is derived from a document is to be derived anew."""
        self._changed(name)

    def changes(self, since: int) -> tuple[list[str], list[str]]:
        """Give the names put and gone after a revision."""
        rows = self._database.execute("SELECT name, active FROM apis WHERE revision > ?", (since,)).fetchall()
        return [name for name, active in rows if active], [name for name, active in rows if not active]

    # --- versions

    def versions(self, name: str) -> list[ApiVersion]:
        """Give every version of a document, oldest first."""
        rows = self._database.execute(
            "SELECT name, version, change, author, at_us, document FROM api_versions WHERE name = ? ORDER BY version",
            (name,),
        )
        return [_version(row) for row in rows]

    def version(self, name: str, number: int) -> ApiVersion | None:
        """Give one version."""
        row = self._database.execute(
            "SELECT name, version, change, author, at_us, document FROM api_versions WHERE name = ? AND version = ?",
            (name, number),
        ).fetchone()
        return _version(row) if row else None

    # --- packages

    def packages(self) -> list[PackageRow]:
        """Give every package, by name."""
        rows = self._database.execute(
            "SELECT package, route, source, body, approved FROM api_packages ORDER BY package"
        )
        return [PackageRow(package=p, route=r, source=s, body=b, approved=a) for p, r, s, b, a in rows]

    def save_package(self, row: PackageRow) -> None:
        """Write a package, new or changed."""
        self._database.execute(
            "INSERT OR REPLACE INTO api_packages (package, route, source, body, approved) VALUES (?, ?, ?, ?, ?)",
            (row.package, row.route, row.source, row.body, row.approved),
        )

    def delete_package(self, package: str) -> None:
        """Forget a package that has no documents any more."""
        self._database.execute("DELETE FROM api_packages WHERE package = ?", (package,))

    # --- use

    def count_uses(self, name: str, calls: int, confirmed: int, failed: int, at: datetime) -> None:
        """Count calls of a document, the last of them at ``at``."""
        self._database.execute(
            "UPDATE apis SET uses = uses + ?, confirmed = confirmed + ?, failed = failed + ?, used_us = ?"
            " WHERE name = ?",
            (calls, confirmed, failed, _microseconds(at), name),
        )

    # --- examples

    def examples(self, name: str) -> list[tuple[str, str]]:
        """Give the learned examples of a document, newest first, each with the run it comes from."""
        rows = self._database.execute(
            "SELECT text, run_id FROM api_examples WHERE name = ? ORDER BY at_us DESC, text", (name,)
        )
        return [(text, run_id) for text, run_id in rows]

    def add_example(self, name: str, text: str, run_id: str, at: datetime, *, keep: int) -> None:
        """Add an example; of those beyond ``keep`` the oldest go."""
        self._database.execute(
            "INSERT OR REPLACE INTO api_examples (name, text, run_id, at_us) VALUES (?, ?, ?, ?)",
            (name, text, run_id, _microseconds(at)),
        )
        self._database.execute(
            "DELETE FROM api_examples WHERE name = ? AND text NOT IN"
            " (SELECT text FROM api_examples WHERE name = ? ORDER BY at_us DESC, text LIMIT ?)",
            (name, name, keep),
        )
        self._changed(name)

    def remove_examples(self, name: str, *, text: str = "", run_id: str = "") -> int:
        """Remove a document's examples: all, the one of this text, or those of a run. :returns: how many."""
        removed = self._database.execute(
            "DELETE FROM api_examples WHERE name = ? AND (? = '' OR text = ?) AND (? = '' OR run_id = ?)",
            (name, text, text, run_id, run_id),
        ).rowcount
        if removed:
            self._changed(name)
        return removed

    def examples_of_run(self, run_id: str) -> list[str]:
        """Name the documents that have examples of a run."""
        rows = self._database.execute("SELECT DISTINCT name FROM api_examples WHERE run_id = ?", (run_id,))
        return [name for (name,) in rows]

    # --- within

    def _append(self, name: str, document: str, change: Change, author: str, at: datetime) -> int:
        (last,) = self._database.execute("SELECT max(version) FROM api_versions WHERE name = ?", (name,)).fetchone()
        version = (last or 0) + 1
        self._database.execute(
            "INSERT INTO api_versions (name, version, change, author, at_us, document) VALUES (?, ?, ?, ?, ?, ?)",
            (name, version, change.value, author, _microseconds(at), document),
        )
        return version

    def _changed(self, name: str) -> None:
        if not self._depth:
            raise RuntimeError("API documents are changed inside transaction() only")
        self.bump()
        cursor = self._database.execute(
            "UPDATE apis SET revision = ? WHERE name = ? RETURNING active", (self._revision, name)
        )
        row = cursor.fetchone()
        if row is not None:
            self._sort(name, active=bool(row[0]))

    def _sort(self, name: str, *, active: bool) -> None:
        into, out_of = (self._put, self._gone) if active else (self._gone, self._put)
        out_of.pop(name, None)
        into[name] = None


def _entry(row: tuple[Any, ...]) -> ApiEntry:
    number, name, package, version, base, enabled, deleted, active, danger, approved, by, kind, revision, *rest = row
    quality, uses, confirmed, failed, used_us = rest
    return ApiEntry(
        number=number,
        name=name,
        package=package,
        version=version,
        base=base,
        enabled=bool(enabled),
        deleted=bool(deleted),
        active=bool(active),
        danger=danger,
        approved=approved,
        approved_by=by,
        kind=kind,
        revision=revision,
        quality=quality,
        uses=uses,
        confirmed=confirmed,
        failed=failed,
        used_at=None if used_us is None else _moment(used_us),
    )


def _version(row: tuple[str, int, str, str, int, str]) -> ApiVersion:
    name, version, change, author, at_us, document = row
    return ApiVersion(
        name=name, version=version, change=Change(change), author=author, at=_moment(at_us), document=document
    )


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
