"""Retrieval of API documents, complete with what they need."""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.errors import TaskMatrixError
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outline import Outline
from taskmatrix_ros.core.ports import Catalogue
from taskmatrix_ros.selector.dense_index import LARGEST, DenseIndex
from taskmatrix_ros.selector.full_text_index import FullTextIndex
from taskmatrix_ros.selector.fusion import fuse
from taskmatrix_ros.selector.large_index import LargeIndex
from taskmatrix_ros.selector.search_index import SearchIndex
from taskmatrix_ros.selector.search_text import SearchText

LARGE = 500
"""Documents from which on the index for large catalogues is used."""

FITS_RATIO = 0.03
"""Share of the attainable score below which nothing is taken to fit. Of answerable queries of MetaTool and Seal-Tools
at most one in a hundred is below it; of those that a home's catalogue cannot answer, more than half."""

_EACH = 30
"""Findings of each query: a document that is second everywhere can win."""
_CHUNK = 5_000
_USAGE = 0.05
"""What ten times as many confirmed uses add to a score."""
_log = logging.getLogger(__name__)
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")

Hide = Callable[[Sequence[str]], Sequence[str]]
"""Gives texts without the secrets in them; what one text shows to be secret is so in all of them."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that was found. ``score``: 0..1, the best has 1, apart from what its uses add."""

    document: ApiDocument
    score: float


class ApiSelector:
    """The selector of ``core.ports``: each step of an outline is a query, and so is the whole. Used in one thread.

    A small catalogue is indexed by SQLite FTS5, a large one by tantivy; both follow the catalogue's changes with the
    next query. What the catalogue does not hold any more is never given, whatever the index says.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        limit: int = 10,
        folder: Path | None = None,
        uses: Callable[[str], int] = lambda _name: 0,
        large: int = LARGE,
    ) -> None:
        """:param limit: documents to select before prerequisites.

        :param folder: for the files of a large index; a temporary one if left out.
        :param uses: how often a document's calls were confirmed by the world.
        :param large: documents from which on the index for large catalogues is used.
        """
        self._catalogue = catalogue
        self._limit = limit
        self._folder = folder
        self._uses = uses
        self._large = large
        self._index: SearchIndex = FullTextIndex()
        self._sentences: Mapping[str, tuple[str, ...]] = {}
        self._revision: int | None = None
        self._dense: DenseIndex | None = None
        self._hide: Hide = tuple
        self._dense_revision: int | None = None

    def look_at_meaning(self, dense: DenseIndex, hide: Hide) -> None:
        """From now on ``select`` looks at nearness in meaning as well, up to ``dense_index.LARGEST`` documents.

        :param hide: what a person said passes through it before the model is asked, which may be anybody's server.
        """
        self._dense = dense
        self._hide = hide
        self._dense_revision = None

    async def select(self, instruction: Instruction, outline: Outline) -> Sequence[ApiDocument]:
        """Give the complete set, best first: the whole instruction and one query per step, with prerequisites."""
        queries = tuple(dict.fromkeys((instruction.text, *(step.text for step in outline.steps))))
        self.refresh()
        scores = self._fused(queries, _EACH)
        for name, score in (await self._meant(queries)).items():
            scores[name] = scores.get(name, 0.0) + score
        return self._with_prerequisites([hit.document for hit in self._ranked(scores, self._limit)])

    def missing(self, outline: Outline) -> Mapping[str, str]:
        """Give the steps, by id, that surely no document fits: next to none of their telling words is known."""
        self.refresh()
        return {step.id: step.text for step in outline.steps if not self._fits(step.text)}

    def search(self, query: str, limit: int = 10, *, steps: Sequence[str] = ()) -> tuple[Hit, ...]:
        """Find documents for a text.

        :param query: any text; it holds no operators.
        :param steps: more texts, as the steps of an outline: what serves one step well stands beside what serves the
            whole.
        :returns: at most ``limit``, best first; () where no word is known.
        """
        self.refresh()
        if limit < 1:
            return ()
        return self._ranked(self._fused(tuple(dict.fromkeys((query, *steps))), max(_EACH, limit)), limit)

    def _fused(self, queries: Sequence[str], each: int) -> dict[str, float]:
        return fuse((self._index.search(text, each) for text in queries), each)

    async def _meant(self, queries: Sequence[str]) -> dict[str, float]:
        """Give what is near in meaning; nothing where no model is given, or where it cannot be asked now."""
        dense = self._dense
        if dense is None:
            return {}
        try:
            if self._dense_revision != self._revision:
                documents = self._catalogue.documents()
                if len(documents) > LARGEST:
                    _log.warning("selector: %d documents are too many to look at their meaning", len(documents))
                    self._dense = None
                    return {}
                revision = self._revision
                await dense.hold({document.name: self._text(document, learned=False) for document in documents})
                self._dense_revision = revision
            return fuse(await dense.search(self._hide(queries), _EACH), _EACH)
        except TaskMatrixError as error:
            _log.warning("selector: nearness in meaning is left out: %s", error.message)
            return {}

    def _ranked(self, scores: Mapping[str, float], limit: int) -> tuple[Hit, ...]:
        scores = {name: score * self._bonus(name) for name, score in scores.items()}
        ranked = sorted(scores, key=lambda name: -scores[name])
        hits = (Hit(document, scores[name]) for name in ranked if (document := self._catalogue.get(name)))
        return tuple(itertools.islice(hits, limit))

    def refresh(self) -> None:
        """Bring the index up to date with the catalogue."""
        for _ in self._refreshing():
            pass

    async def prepare(self, announce: Callable[[str], None] = lambda _line: None) -> None:
        """Bring the index up to date in small steps, so that others get their turns: with many documents, at the start.

        :param announce: told in one line how far it is.
        """
        for done in self._refreshing():
            if done % (20 * _CHUNK) == 0:
                announce(f"{done} documents indexed")
            await asyncio.sleep(0)

    def close(self) -> None:
        """Give the index back; it is made anew when it is needed again."""
        self._index.close()
        self._revision = None

    def _fits(self, text: str) -> bool:
        best = max(self._index.search(text, 1).values(), default=0.0)
        return best > 0 and best >= FITS_RATIO * self._index.attainable(text)

    def _bonus(self, name: str) -> float:
        return 1.0 + _USAGE * math.log10(1 + max(self._uses(name), 0))

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

    def _refreshing(self) -> Iterator[int]:
        """Write what changed, in chunks; each turn gives how many documents are written."""
        revision = self._catalogue.revision
        if revision == self._revision:
            return
        changes = None if self._revision is None else self._catalogue.changes(self._revision)
        before, self._sentences = self._sentences, self._composite_sentences()
        if changes is None or self._outgrown(len(changes.put)):
            yield from self._begin_anew()
        else:
            retold = {name for name in {*before, *self._sentences} if before.get(name) != self._sentences.get(name)}
            documents = [self._catalogue.get(name) for name in changes.put | retold]
            self._index.update({d.name: self._text(d) for d in documents if d is not None}, changes.removed)
        self._revision = revision

    def _outgrown(self, more: int) -> bool:
        return isinstance(self._index, FullTextIndex) and len(self._index) + more > 2 * self._large

    def _begin_anew(self) -> Iterator[int]:
        self._revision = None
        documents = self._catalogue.documents()
        large = len(documents) >= self._large
        if isinstance(self._index, LargeIndex) is not large:
            self._index.close()
            self._index = LargeIndex(self._folder) if large else FullTextIndex()
        with self._index.replacing() as write:
            done, remaining = 0, iter(documents)
            while chunk := {d.name: self._text(d) for d in itertools.islice(remaining, _CHUNK)}:
                write(chunk)
                done += len(chunk)
                yield done

    def _text(self, document: ApiDocument, *, learned: bool = True) -> SearchText:
        return SearchText.of(document, self._sentences.get(document.name, ()), learned=learned)

    def _composite_sentences(self) -> dict[str, tuple[str, ...]]:
        sentences: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
        for composite in self._catalogue.composites():
            texts = tuple(text for language in composite.sentences.values() for text in language)
            for name in set(_IDENTIFIER.findall(composite.code)):
                sentences[name] += texts
        return dict(sentences)
