"""A catalogue of given documents, for those who only look them up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from taskmatrix_ros.core.api_document import ApiDocument, ApiPackage, Composite, StateSpec


class GivenCatalogue:
    """Documents as they were given; ``specs`` may be replaced, and ``revision`` then has to rise."""

    def __init__(self, documents: Iterable[ApiDocument] = (), states: Iterable[StateSpec] = ()) -> None:
        self.revision = 1
        self.specs = tuple(states)
        self._documents = tuple(documents)

    @classmethod
    def of(cls, package: ApiPackage) -> GivenCatalogue:
        """Give what a package holds."""
        return cls(package.apis, package.state)

    def get(self, name: str) -> ApiDocument | None:
        return next((document for document in self._documents if document.name == name), None)

    def documents(self) -> Sequence[ApiDocument]:
        return self._documents

    def composites(self) -> Sequence[Composite]:
        return ()

    def states(self) -> Sequence[StateSpec]:
        return self.specs
