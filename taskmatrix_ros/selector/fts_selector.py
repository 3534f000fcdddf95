"""Retrieval of API documents by words, complete with what they need."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outline import Outline
from taskmatrix_ros.core.ports import Catalogue
from taskmatrix_ros.selector.full_text_index import FullTextIndex
from taskmatrix_ros.selector.search_text import SearchText

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that was found. ``score``: sum over the queries, each in 0..1."""

    document: ApiDocument
    score: float


class FtsSelector:
    """The selector of ``core.ports`` over SQLite FTS5; follows the catalogue's revision. Used in one thread."""

    def __init__(self, catalogue: Catalogue, *, limit: int = 10) -> None:
        """:param limit: documents to select before prerequisites."""
        self._catalogue = catalogue
        self._limit = limit
        self._index = FullTextIndex()
        self._revision: int | None = None

    async def select(self, instruction: Instruction, outline: Outline) -> Sequence[ApiDocument]:
        """Give the complete set, best first: the whole instruction and one query per step, with prerequisites."""
        hits = self.search(instruction.text, self._limit, steps=tuple(step.text for step in outline.steps))
        return self._with_prerequisites([hit.document for hit in hits])

    def search(self, query: str, limit: int = 10, *, steps: Sequence[str] = ()) -> tuple[Hit, ...]:
        """Find documents for a text.

        :param query: any text; it holds no operators.
        :param steps: more texts, as the steps of an outline; their scores are added, so that what serves one step
            well stands beside what serves the whole.
        :returns: at most ``limit``, best first; () where no word is known.
        """
        self._refresh()
        scores: defaultdict[str, float] = defaultdict(float)
        for text in dict.fromkeys((query, *steps)):
            # Each query brings more than asked, so that a document that is second everywhere can win.
            for name, score in self._index.search(text, max(limit, 0) * 3).items():
                scores[name] += score
        ranked = sorted(scores, key=lambda name: (-scores[name], name))[: max(limit, 0)]
        return tuple(Hit(document, scores[name]) for name in ranked if (document := self._catalogue.get(name)))

    def close(self) -> None:
        """Give the index back; it is made anew when it is needed again."""
        self._index.close()
        self._revision = None

    def _with_prerequisites(self, chosen: list[ApiDocument]) -> tuple[ApiDocument, ...]:
        """Add what the documents name in ``after`` and in ``composition``, and what those name."""
        complete = {document.name: document for document in chosen}
        waiting = list(chosen)
        while waiting:
            document = waiting.pop(0)
            named = [*(rule.api for rule in document.after), *_IDENTIFIER.findall(document.composition)]
            for name in named:
                needed = None if name in complete else self._catalogue.get(name)
                if needed is not None:
                    complete[name] = needed
                    waiting.append(needed)
        return tuple(complete.values())

    def _refresh(self) -> None:
        if self._catalogue.revision == self._revision:
            return
        sentences: defaultdict[str, list[str]] = defaultdict(list)
        for composite in self._catalogue.composites():
            texts = [text for language in composite.sentences.values() for text in language]
            for name in set(_IDENTIFIER.findall(composite.code)):
                sentences[name] += texts
        documents = self._catalogue.documents()
        self._index.update({d.name: SearchText.of(d, sentences.get(d.name, ())) for d in documents})
        self._revision = self._catalogue.revision
