"""How fast, how fresh and how right APIs are found, up to a million of them."""

from __future__ import annotations

import asyncio
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from taskmatrix_ros.bench.figure import Figure
from taskmatrix_ros.bench.generated_catalogue import GeneratedCatalogue
from taskmatrix_ros.bench.options import BenchOptions
from taskmatrix_ros.bench.selector_sets import MetaTool, SealTools
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.selector.api_selector import ApiSelector

DEFAULT_APIS = 1_000_000
SMALL = 1_000
OUTLINES = 1_000
CHANGES = 50
"""Documents that are registered, and deleted, while queries run."""

Announce = Callable[[str], None]


async def measure(announce: Announce, options: BenchOptions) -> Sequence[Figure]:
    """Take the figures; those of the data sets only where ``--data`` names their folder."""
    with tempfile.TemporaryDirectory(prefix="taskmatrix-bench-") as folder:
        figures = await _generated(Path(folder), options.apis or DEFAULT_APIS, options.seed, announce)
        figures.append(await _small(Path(folder), options.seed, announce))
    if options.data is not None:
        figures += _sets(options.data, options.seed, announce)
    return figures


async def _generated(folder: Path, size: int, seed: int, announce: Announce) -> list[Figure]:
    catalogue = GeneratedCatalogue(folder / "catalogue.sqlite", seed)
    for made in catalogue.fill(size):
        if made % 100_000 == 0:
            announce(f"{made} of {size} documents generated")
        await asyncio.sleep(0)
    selector = ApiSelector(catalogue, folder=folder)
    began = time.perf_counter()
    await selector.prepare(announce)
    build_s = time.perf_counter() - began
    announce(f"{OUTLINES} outlines of four queries each")
    by = random.Random(f"outlines {seed}")
    spent_ms = _search_times_ms(selector, catalogue, by)
    announce(f"{CHANGES} documents registered and deleted while queries run")
    found_ms, returned = await _freshness(selector, catalogue, by)
    selector.close()
    catalogue.close()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    of = f"{size} documents"
    return [
        Figure(name="build_s", value=build_s, unit="s", note=f"{of}, from stored documents to the first answer"),
        Figure(name="search_p50_ms", value=statistics.median(spent_ms), unit="ms", note=f"{of}; an outline, top 10"),
        Figure(name="search_p99_ms", value=_percentile(spent_ms, 0.99), unit="ms", note=of),
        Figure(name="peak_rss_mb", value=peak_mb, unit="MB", note="of this process, generation included"),
        Figure(
            name="register_to_found_ms",
            value=max(found_ms),
            unit="ms",
            note=f"the slowest of {CHANGES}; median {statistics.median(found_ms):.1f}",
        ),
        Figure(name="deleted_returned", value=returned, unit="documents", note=f"of {CHANGES} deleted"),
    ]


async def _small(folder: Path, seed: int, announce: Announce) -> Figure:
    announce(f"the same at {SMALL} documents")
    catalogue = GeneratedCatalogue(folder / "small.sqlite", seed)
    for _ in catalogue.fill(SMALL):
        pass
    selector = ApiSelector(catalogue, folder=folder)
    await selector.prepare()
    spent_ms = _search_times_ms(selector, catalogue, random.Random(f"outlines {seed}"))
    selector.close()
    catalogue.close()
    return Figure(name="small_search_p50_ms", value=statistics.median(spent_ms), unit="ms", note=f"{SMALL} documents")


def _search_times_ms(selector: ApiSelector, catalogue: GeneratedCatalogue, by: random.Random) -> list[float]:
    spent = []
    for _ in range(OUTLINES):
        whole, steps = _outline(catalogue, by)
        began = time.perf_counter()
        selector.search(whole, 10, steps=steps)
        spent.append((time.perf_counter() - began) * 1e3)
    return spent


def _outline(catalogue: GeneratedCatalogue, by: random.Random) -> tuple[str, tuple[str, ...]]:
    """Draw the whole text, of 12 to 20 words, and three steps of 4 to 7, as often as documents have the words."""
    whole = " ".join(catalogue.words.draw(by, by.randint(12, 20)))
    return whole, tuple(" ".join(catalogue.words.draw(by, by.randint(4, 7))) for _ in range(3))


async def _freshness(
    selector: ApiSelector, catalogue: GeneratedCatalogue, by: random.Random
) -> tuple[list[float], int]:
    """Register and delete between the queries of another task.

    :returns: milliseconds from each registration to the search that found it; deleted documents that were given.
    """
    ending = asyncio.Event()

    async def keep_asking() -> None:
        while not ending.is_set():
            whole, steps = _outline(catalogue, by)
            selector.search(whole, 10, steps=steps)
            await asyncio.sleep(0)

    asking = asyncio.create_task(keep_asking())
    found_ms, returned = [], 0
    for number in range(CHANGES):
        word = f"quixotic{number}"
        document = ApiDocument(
            name=f"registered_{number}",
            description=f"A {word} document that came while queries ran.",
            binding={"kind": "mqtt", "topic": "late"},
        )
        began = time.perf_counter()
        catalogue.register(document)
        if not any(hit.document.name == document.name for hit in selector.search(word)):
            raise RuntimeError(f"bench: {document.name} was registered and is not found")
        found_ms.append((time.perf_counter() - began) * 1e3)
        await asyncio.sleep(0.02)
        catalogue.delete(document.name)
        returned += any(hit.document.name == document.name for hit in selector.search(word))
        await asyncio.sleep(0.02)
    ending.set()
    await asking
    return found_ms, returned


def _sets(data: Path, seed: int, announce: Announce) -> list[Figure]:
    figures = []
    if (folder := data / "metatool").is_dir():
        announce("MetaTool: every query, then with confirmed examples")
        tools = MetaTool(folder)
        figures += [
            Figure(name="metatool_r10", value=tools.recall(), unit="share", note="lexical only"),
            Figure(name="metatool_r1_feedback10", value=tools.recall_with_examples(seed), unit="share"),
        ]
    if (folder := data / "seal_tools").is_dir():
        announce("Seal-Tools: every in-domain query by its clauses")
        figures.append(Figure(name="seal_complete10", value=SealTools(folder).complete(), unit="share"))
    return figures


def _percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
