"""A catalogue of as many documents as a bench wants, with realistic names and word frequencies."""

from __future__ import annotations

import json
import random
import sqlite3
from bisect import bisect
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument, Composite, StateSpec
from taskmatrix_ros.core.ports import Changes

_VERBS = (
    "get set list find search create update delete open close start stop send read write check plan book "
    "cancel track measure compute convert translate play pause record move rotate grasp release inspect "
    "calibrate schedule notify "
)
_SYLLABLES = (
    "ka lo mi ra te su no vi da pe ro li ne ta bo shi mu con ver tra ex in ter al or is en ul ment tion sol "
    "gra pho met "
)
_VOCABULARY = 50_000
_WORDS_OF_DESCRIPTION = (10, 24)
_CHUNK = 10_000
_EXPONENT = 1.0
"""Of Zipf's law: the word of rank r is drawn in proportion to 1/r."""


class Words:
    """A vocabulary whose words are drawn as often as those of a natural language.

    :source: Zipf, "Human Behavior and the Principle of Least Effort", 1949.
    """

    def __init__(self, seed: int) -> None:
        made = random.Random(f"vocabulary {seed}")
        syllables = _SYLLABLES.split()
        found: dict[str, None] = {}
        while len(found) < _VOCABULARY:
            found["".join(made.choice(syllables) for _ in range(made.randint(2, 4)))] = None
        self._words = list(found)
        self._shares = list(accumulate(1 / rank**_EXPONENT for rank in range(1, _VOCABULARY + 1)))

    def draw(self, by: random.Random, count: int) -> list[str]:
        """Draw words, with repetitions."""
        whole = self._shares[-1]
        return [self._words[bisect(self._shares, by.random() * whole)] for _ in range(count)]


class GeneratedCatalogue:
    """A ``Catalogue`` in a SQLite file, as a store keeps it: each document is read when it is asked for."""

    def __init__(self, file: Path, seed: int = 0) -> None:
        """:param file: of its own; made anew. :param seed: the same seed gives the same documents."""
        self._seed = seed
        self.words = Words(seed)
        self._verbs = _VERBS.split()
        self._connection = sqlite3.connect(file, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("CREATE TABLE documents (number INTEGER PRIMARY KEY, name TEXT UNIQUE, document TEXT)")
        self._history: list[Changes] = []

    def fill(self, size: int) -> Iterator[int]:
        """Make that many documents; each turn gives how many there are."""
        by = random.Random(f"documents {self._seed}")
        for begun in range(0, size, _CHUNK):
            made = [self._made(number, by, size) for number in range(begun, min(begun + _CHUNK, size))]
            with self._connection:
                self._connection.execute("BEGIN")
                self._connection.executemany("INSERT INTO documents (name, document) VALUES (?, ?)", made)
            yield begun + len(made)

    def _made(self, number: int, by: random.Random, size: int) -> tuple[str, str]:
        name = f"{by.choice(self._verbs)}_{'_'.join(self.words.draw(by, 2))}_{number}"
        first, second = self.words.draw(by, 2)
        document = {
            "name": name,
            "package": f"package_{number % max(1, size // 20)}",
            "description": " ".join(self.words.draw(by, by.randint(*_WORDS_OF_DESCRIPTION))).capitalize() + ".",
            "parameters": {
                first: {"type": "string", "description": " ".join(self.words.draw(by, 4))},
                f"{second}_m": {"type": "number", "unit": "m"},
            },
            "effect": "read",
            "binding": {"kind": "mqtt", "topic": f"generated/{number}"},
        }
        return name, json.dumps(document)

    @property
    def revision(self) -> int:
        """One more with every document that is registered or deleted."""
        return len(self._history)

    def changes(self, since: int) -> Changes | None:
        """Give what changed after a revision; no name comes back once it is deleted."""
        latest = self._history[since:]
        removed = frozenset(name for change in latest for name in change.removed)
        return Changes(frozenset(name for change in latest for name in change.put) - removed, removed)

    def register(self, document: ApiDocument) -> None:
        """Add a document under a new name."""
        row = (document.name, document.model_dump_json(by_alias=True, exclude_defaults=True))
        self._connection.execute("INSERT INTO documents (name, document) VALUES (?, ?)", row)
        self._history.append(Changes(frozenset({document.name}), frozenset()))

    def delete(self, name: str) -> None:
        """Take a document away."""
        self._connection.execute("DELETE FROM documents WHERE name = ?", (name,))
        self._history.append(Changes(frozenset(), frozenset({name})))

    def get(self, name: str) -> ApiDocument | None:
        """Read a document."""
        row = self._connection.execute("SELECT document FROM documents WHERE name = ?", (name,)).fetchone()
        return None if row is None else ApiDocument.model_validate_json(row[0])

    def documents(self) -> Sequence[ApiDocument]:
        """Give all of them, each read when it is reached."""
        return _Documents(self._connection)

    def composites(self) -> Sequence[Composite]:
        """None."""
        return ()

    def states(self) -> Sequence[StateSpec]:
        """None."""
        return ()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class _Documents(Sequence[ApiDocument]):
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM documents").fetchone()[0])

    def __iter__(self) -> Iterator[ApiDocument]:
        for (text,) in self._connection.execute("SELECT document FROM documents ORDER BY number"):
            yield ApiDocument.model_validate_json(text)

    def __getitem__(self, index: Any) -> Any:
        return tuple(self)[index]
