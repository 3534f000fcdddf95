"""Documents by name that are looked up one by one, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import overload

from taskmatrix_ros.core.api_document import ApiDocument

MAX_NAMES = 2000
"""That are looked through to say what could have been meant."""


class KnownDocuments(Mapping[str, ApiDocument]):
    """What a check asks of the catalogue. Its names, when listed, are the first ``MAX_NAMES`` only."""

    def __init__(self, find: Callable[[str], ApiDocument | None], names: Callable[[], Iterator[str]]) -> None:
        self._find = find
        self._names = names

    def __getitem__(self, name: str) -> ApiDocument:
        """Give a document. :raises KeyError: there is none of that name."""
        found = self._find(name)
        if found is None:
            raise KeyError(name)
        return found

    def __contains__(self, name: object) -> bool:
        """Whether there is one."""
        return isinstance(name, str) and self._find(name) is not None

    def __iter__(self) -> Iterator[str]:
        """Give some names."""
        return islice(self._names(), MAX_NAMES)

    def __len__(self) -> int:
        """Count those."""
        return sum(1 for _ in self)


class StoredDocuments(Sequence[ApiDocument]):
    """All documents of a catalogue too large to hold; each walk through it reads them anew, page by page."""

    def __init__(
        self,
        count: int,
        walk: Callable[[], Iterator[ApiDocument]],
        walk_kind: Callable[[str], Iterator[ApiDocument]],
        walk_speaking: Callable[[], Iterator[ApiDocument]],
    ) -> None:
        """:param count: how many there are; the others walk through all, those of a kind, and those that speak."""
        self._count = count
        self._walk = walk
        self._walk_kind = walk_kind
        self._walk_speaking = walk_speaking

    def of_kinds(self, kinds: Collection[str]) -> Iterator[ApiDocument]:
        """Give those whose binding is of one of these kinds."""
        for kind in kinds:
            yield from self._walk_kind(kind)

    def that_speak(self) -> Iterator[ApiDocument]:
        """Give those that have sentences."""
        return self._walk_speaking()

    def __len__(self) -> int:
        """Count them as they were when this was made."""
        return self._count

    def __iter__(self) -> Iterator[ApiDocument]:
        """Give them by name."""
        return self._walk()

    @overload
    def __getitem__(self, index: int) -> ApiDocument: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ApiDocument]: ...
    def __getitem__(self, index: int | slice) -> ApiDocument | Sequence[ApiDocument]:
        """Give one or a stretch of them; what lies before is walked past."""
        if isinstance(index, slice):
            start, stop, step = index.indices(self._count)
            return tuple(islice(self._walk(), start, stop, step)) if step > 0 else tuple(self)[index]
        place = index + self._count if index < 0 else index
        found = next(islice(self._walk(), place, None), None) if place >= 0 else None
        if found is None:
            raise IndexError(index)
        return found
