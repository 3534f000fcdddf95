"""The index of a large catalogue: a million texts in a few hundredths of a second."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from taskmatrix_ros.selector.search_index import Write
from taskmatrix_ros.selector.search_text import WEIGHTS, SearchText, telling_words

if TYPE_CHECKING:
    import tantivy

_ANALYZER = "taskmatrix_en"
_FILL_BYTES = 240_000_000
_UPDATE_BYTES = 30_000_000
_LONGEST_WORD = 40
_K1 = 1.2
"""tantivy's own."""
_COPIES = tuple(max(1, round(weight)) for weight in WEIGHTS)


class LargeIndex:
    """A ``SearchIndex`` on tantivy, in files of its own that end with it.

    All of a text goes into one field, its weighty parts several times: only then does tantivy skip, by block-max WAND,
    the documents that cannot come first, which is what makes common words cheap.

    :source: Ding and Suel, "Faster Top-k Document Retrieval Using Block-Max Indexes", 2011; tantivy.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """:param folder: where the files go, a temporary folder if left out. Made at the first write."""
        self._parent = folder
        self._folder: Path | None = None
        self._index: tantivy.Index | None = None
        self._writer: tantivy.IndexWriter | None = None
        self._searcher: tantivy.Searcher | None = None
        self._analyzer: tantivy.TextAnalyzer | None = None

    def __len__(self) -> int:
        """How many texts it holds."""
        return 0 if self._searcher is None else int(self._searcher.num_docs)

    @contextmanager
    def replacing(self) -> Iterator[Write]:
        """Begin anew, in new files, so that no deleted text costs anything."""
        self.close()
        writer = self._opened().writer(heap_size=_FILL_BYTES, num_threads=2)

        def write(texts: Mapping[str, SearchText]) -> None:
            for name, text in texts.items():
                writer.add_document(_document(name, text))

        try:
            yield write
        except BaseException:
            self.close()
            raise
        writer.commit()
        writer.wait_merging_threads()
        self._look_anew()

    def update(self, put: Mapping[str, SearchText], removed: Iterable[str]) -> None:
        """Hold these as well, and none of the removed."""
        index = self._opened()
        if self._writer is None:
            self._writer = index.writer(heap_size=_UPDATE_BYTES, num_threads=1)
        for name in {*put, *removed}:
            if self._searcher is not None and self._searcher.doc_freq("name", name):  # a deletion costs a pass
                self._writer.delete_documents_by_term("name", name)
        for name, text in put.items():
            self._writer.add_document(_document(name, text))
        self._writer.commit()
        self._look_anew()

    def search(self, text: str, limit: int) -> dict[str, float]:
        """Find texts that share words with ``text``."""
        terms = self._terms(text)
        if not terms or limit < 1 or self._index is None or self._searcher is None:
            return {}
        from tantivy import Occur, Query

        schema, searcher = self._index.schema, self._searcher
        query = Query.boolean_query(
            [(Occur.Should, Query.term_query(schema, "text", term, index_option="freq")) for term in terms]
        )
        hits = searcher.search(query, limit, count=False).hits
        return {str(searcher.doc(address).get_first("name")): float(score) for score, address in hits}

    def attainable(self, text: str) -> float:
        """Tell what a text would score that had every word of ``text``."""
        return sum(self._weight(term) for term in self._terms(text))

    def _terms(self, text: str) -> tuple[str, ...]:
        """Give the words as the index has them: stemmed."""
        if self._analyzer is None:
            return ()
        return tuple(dict.fromkeys(term for word in telling_words(text) for term in self._analyzer.analyze(word)))

    def _weight(self, term: str) -> float:
        assert self._searcher is not None
        holding, size = self._searcher.doc_freq("text", term), self._searcher.num_docs
        return math.log(1 + (max(size - holding, 0) + 0.5) / (holding + 0.5)) * (_K1 + 1)

    def close(self) -> None:
        """Remove the files."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
        self._index = self._writer = self._searcher = self._analyzer = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _look_anew(self) -> None:
        assert self._index is not None
        self._index.reload()
        self._searcher = self._index.searcher()

    def _opened(self) -> tantivy.Index:
        if self._index is None:
            from tantivy import Filter, Index, SchemaBuilder, TextAnalyzerBuilder, Tokenizer

            if self._parent is not None:
                self._parent.mkdir(parents=True, exist_ok=True)
            self._folder = Path(tempfile.mkdtemp(prefix="taskmatrix-index-", dir=self._parent))
            builder = SchemaBuilder()
            builder.add_text_field("name", stored=True, tokenizer_name="raw", index_option="basic")
            builder.add_text_field("text", tokenizer_name=_ANALYZER, index_option="freq")
            self._index = Index(builder.build(), path=str(self._folder))
            self._analyzer = (
                TextAnalyzerBuilder(Tokenizer.simple())
                .filter(Filter.remove_long(_LONGEST_WORD))
                .filter(Filter.lowercase())
                .filter(Filter.ascii_fold())
                .filter(Filter.stemmer("english"))
                .build()
            )
            self._index.register_tokenizer(_ANALYZER, self._analyzer)
            self._look_anew()
        return self._index


def _document(name: str, text: SearchText) -> tantivy.Document:
    from tantivy import Document

    parts = [part for part, copies in zip(text, _COPIES, strict=True) if part for _ in range(copies)]
    document = Document()
    document.add_text("name", name)
    document.add_text("text", "\n".join(parts))
    return document
