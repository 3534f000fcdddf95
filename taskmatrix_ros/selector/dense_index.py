"""Nearness in meaning, by an embedding model: beside the words, never instead of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.core.ports import Embedder
from taskmatrix_ros.selector.search_text import SearchText

LARGEST = 20_000
"""Documents beyond which no meaning is looked at: embedding a million would take a hosted model days."""

_TEXT_LETTERS = 2_000


class VectorCache(Protocol):
    """Keeps vectors over restarts, by the text that they are of."""

    def vectors(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Give those that are kept, as little-endian float32."""

    def keep(self, vectors: Mapping[str, bytes]) -> None:
        """Keep some."""


class DenseIndex:
    """Holds one vector for each document; of the same text it asks the model once. Lives in the loop's thread.

    :param model: name of the model, part of what a kept vector is known by.
    :source: Karpukhin et al., "Dense Passage Retrieval for Open-Domain Question Answering", 2020.
    """

    def __init__(self, embedder: Embedder, model: str, cache: VectorCache | None = None) -> None:
        self._embedder = embedder
        self._model = model
        self._cache = cache
        self._vectors: dict[str, NDArray[np.float32]] = {}
        self._texts: dict[str, str] = {}
        self._names: tuple[str, ...] | None = None
        self._matrix: NDArray[np.float32] = np.empty((0, 0), np.float32)

    def __len__(self) -> int:
        """How many documents it holds."""
        return len(self._vectors)

    async def hold(self, texts: Mapping[str, SearchText]) -> None:
        """Hold exactly these documents; only what is new is embedded.

        :raises ModelUnavailable: the model cannot be asked now; what was held stays.
        """
        wanted = {name: _told(text) for name, text in texts.items()}
        new = {name: text for name, text in wanted.items() if self._texts.get(name) != text}
        found = await self._embedded(tuple(dict.fromkeys(new.values())))
        for name in self._texts.keys() - wanted.keys():
            del self._texts[name], self._vectors[name]
        for name, text in new.items():
            self._texts[name], self._vectors[name] = text, found[text]
        if new or len(self._vectors) != len(self._names or ()):
            self._names = None

    async def search(self, queries: Sequence[str], limit: int) -> list[dict[str, float]]:
        """Find the nearest documents of each query.

        :returns: name -> cosine in 0..1, best first, for each query.
        :raises ModelUnavailable: the model cannot be asked now.
        """
        if not self._vectors or limit < 1 or not queries:
            return [{} for _ in queries]
        if self._names is None:
            self._names = tuple(self._vectors)
            self._matrix = np.stack([self._vectors[name] for name in self._names])
        asked = np.stack([_unit(vector) for vector in await self._embedder.embed(list(queries))])
        if asked.shape[1] != self._matrix.shape[1]:
            return [
                {} for _ in queries
            ]  # the server was given another model: the next change of the catalogue mends it
        findings = []
        for cosines in asked @ self._matrix.T:
            best = np.argsort(-cosines, kind="stable")[:limit]
            findings.append({self._names[n]: float(cosines[n]) for n in best if cosines[n] > 0})
        return findings

    async def _embedded(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        keys = {text: hashlib.sha256(f"{self._model}\n{text}".encode()).hexdigest() for text in texts}
        kept = self._cache.vectors(list(keys.values())) if self._cache is not None else {}
        found = {text: np.frombuffer(kept[key], "<f4") for text, key in keys.items() if key in kept}
        lacking = [text for text in texts if text not in found]
        if lacking:
            fresh = {
                text: _unit(vector) for text, vector in zip(lacking, await self._embedder.embed(lacking), strict=True)
            }
            found |= fresh
            if self._cache is not None:
                self._cache.keep({keys[text]: vector.astype("<f4").tobytes() for text, vector in fresh.items()})
        return found


def _told(text: SearchText) -> str:
    parts: Iterable[str] = (text.words_of_name, text.description, text.sentences, text.examples, text.composition)
    return ". ".join(part for part in parts if part)[:_TEXT_LETTERS]


def _unit(vector: Sequence[float]) -> NDArray[np.float32]:
    array = np.asarray(vector, np.float32)
    length = float(np.linalg.norm(array))
    return array / length if length > 0 else array
