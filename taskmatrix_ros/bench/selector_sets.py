"""Sets of queries with the APIs that answer them, as catalogues and questions for the selector."""

from __future__ import annotations

import csv
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from taskmatrix_ros.bench.clauses import clauses
from taskmatrix_ros.core.api_document import ApiDocument, Composite, StateSpec
from taskmatrix_ros.core.ports import Changes
from taskmatrix_ros.selector.api_selector import ApiSelector

TOP = 10
EXAMPLES, TESTED = 10, 3
"""Confirmed examples given to each tool, and other queries it is tested with."""

_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}


class FixedCatalogue:
    """A ``Catalogue`` that never changes."""

    revision = 1

    def __init__(self, documents: Sequence[ApiDocument]) -> None:
        self._documents = {document.name: document for document in documents}

    def get(self, name: str) -> ApiDocument | None:
        """Give a document."""
        return self._documents.get(name)

    def documents(self) -> Sequence[ApiDocument]:
        """Give all of them."""
        return tuple(self._documents.values())

    def composites(self) -> Sequence[Composite]:
        """None."""
        return ()

    def states(self) -> Sequence[StateSpec]:
        """None."""
        return ()

    def changes(self, _since: int) -> Changes:
        """None."""
        return Changes(frozenset(), frozenset())


class MetaTool:
    """Tools with one-tool queries.

    :source: Huang et al., "MetaTool Benchmark for Large Language Models", 2023.
    """

    def __init__(self, folder: Path) -> None:
        """Read ``all_clean_data.csv`` and ``plugin_des.json``."""
        self._descriptions: dict[str, str] = json.loads((folder / "plugin_des.json").read_text(encoding="utf-8"))
        with (folder / "all_clean_data.csv").open(encoding="utf-8", newline="") as file:
            self._queries = [(row["Query"], row["Tool"]) for row in csv.DictReader(file)]

    def recall(self) -> float:
        """Give the share of all queries whose tool is among the first ten."""
        return _recall(self._catalogue({}), ((query, snake(tool)) for query, tool in self._queries), TOP)

    def recall_with_examples(self, seed: int) -> float:
        """Give the share of queries whose tool comes first, once each tool has ten confirmed examples of others."""
        by_tool: defaultdict[str, list[str]] = defaultdict(list)
        for query, tool in self._queries:
            by_tool[tool].append(query)
        drawn = random.Random(seed)
        examples: dict[str, Sequence[str]] = {}
        tests: list[tuple[str, str]] = []
        for tool in sorted(by_tool):
            queries = drawn.sample(by_tool[tool], len(by_tool[tool]))
            examples[tool] = queries[:EXAMPLES]
            tests += [(query, snake(tool)) for query in queries[EXAMPLES : EXAMPLES + TESTED]]
        return _recall(self._catalogue(examples), tests, 1)

    def _catalogue(self, examples: Mapping[str, Sequence[str]]) -> FixedCatalogue:
        return FixedCatalogue(
            [_document(tool, text, examples=examples.get(tool, ())) for tool, text in self._descriptions.items()]
        )


class SealTools:
    """Tools with queries that need several of them.

    :source: Wu et al., "Seal-Tools: Self-Instruct Tool Learning Dataset", 2024.
    """

    def __init__(self, folder: Path) -> None:
        """Read ``tool.jsonl`` and ``test_in_domain.jsonl``."""
        self._catalogue = FixedCatalogue([_seal_document(row) for row in _rows(folder / "tool.jsonl")])
        self._queries = list(_rows(folder / "test_in_domain.jsonl"))

    def complete(self) -> float:
        """Give the share of queries all of whose tools are among the first ten, the clauses being the outline."""
        selector = ApiSelector(self._catalogue)
        right = 0
        for row in self._queries:
            hits = selector.search(row["query"], TOP, steps=clauses(row["query"]))
            right += {snake(call["api"]) for call in row["calling"]} <= {hit.document.name for hit in hits}
        selector.close()
        return right / len(self._queries)


def snake(name: str) -> str:
    """Write a tool's name as an API document's: ``getFilmMarketing`` as ``get_film_marketing``."""
    apart = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name))
    return re.sub(r"\W+", "_", apart).strip("_").lower()


def _recall(
    catalogue: FixedCatalogue, queries: Iterator[tuple[str, str]] | Sequence[tuple[str, str]], top: int
) -> float:
    selector = ApiSelector(catalogue)
    found = [tool in {hit.document.name for hit in selector.search(query, top)} for query, tool in queries]
    selector.close()
    return sum(found) / len(found)


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def _seal_document(row: Mapping[str, Any]) -> ApiDocument:
    parameters = {
        snake(name): {"type": _TYPES.get(spec["type"], "string"), "description": spec["description"]}
        for name, spec in row["parameters"].items()
    }
    return _document(row["api_name"], row["api_description"], package=snake(row["field"]), parameters=parameters)


def _document(name: str, description: str, **fields: Any) -> ApiDocument:
    plain = {"name": snake(name), "description": description, "effect": "read", **fields}
    return ApiDocument.model_validate(plain | {"binding": {"kind": "mqtt", "topic": "none"}})
