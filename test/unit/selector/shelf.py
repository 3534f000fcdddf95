"""A catalogue for tests, to be changed at will."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument, Composite, StateSpec
from taskmatrix_ros.core.ports import Changes


def document(name: str, description: str = "x", **fields: Any) -> ApiDocument:
    given_fields = {"name": name, "description": description, "binding": {"kind": "mqtt", "topic": "x"}, **fields}
    return ApiDocument.model_validate(given_fields)


class Shelf:
    """A catalogue to be changed at will; it tells of the latest change only."""

    def __init__(self, *documents: ApiDocument, composites: Sequence[Composite] = ()) -> None:
        self.revision = 0
        self.listings = 0
        self._documents: dict[str, ApiDocument] = {}
        self._composites = tuple(composites)
        self.put(*documents)

    def put(self, *documents: ApiDocument) -> None:
        before, self._documents = self._documents, {entry.name: entry for entry in documents}
        changed = frozenset(name for name, entry in self._documents.items() if before.get(name) != entry)
        self._latest = Changes(changed, frozenset(before.keys() - self._documents.keys()))
        self.revision += 1

    def changes(self, since: int) -> Changes | None:
        return self._latest if since == self.revision - 1 else None

    def get(self, name: str) -> ApiDocument | None:
        return self._documents.get(name)

    def documents(self) -> Sequence[ApiDocument]:
        self.listings += 1
        return tuple(self._documents.values())

    def composites(self) -> Sequence[Composite]:
        return self._composites

    def states(self) -> Sequence[StateSpec]:
        return ()
