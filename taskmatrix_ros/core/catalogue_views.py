"""Parts of a catalogue's documents, without walking through all of them where they are too many to be held."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol, runtime_checkable

from taskmatrix_ros.core.api_document import ApiDocument


@runtime_checkable
class Narrowable(Protocol):
    """Documents that know how to find some of them."""

    def of_kinds(self, kinds: Collection[str]) -> Iterable[ApiDocument]:
        """Give those whose binding is of one of these kinds."""

    def that_speak(self) -> Iterable[ApiDocument]:
        """Give those that have sentences."""


def of_kinds(documents: Sequence[ApiDocument], kinds: Collection[str]) -> Iterable[ApiDocument]:
    """Give the documents whose binding is of one of these kinds."""
    if isinstance(documents, Narrowable):
        return documents.of_kinds(kinds)
    return (document for document in documents if document.binding.kind in kinds)


def that_speak(documents: Sequence[ApiDocument]) -> Iterable[ApiDocument]:
    """Give the documents that matter to whoever reads sentences: all of a few, of very many those that have some."""
    return documents.that_speak() if isinstance(documents, Narrowable) else documents
