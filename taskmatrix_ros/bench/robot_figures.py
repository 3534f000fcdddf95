"""The figures of robot instructions and of our own sentences, for ``taskmatrix bench planner``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from taskmatrix_ros.bench.figure import Figure
from taskmatrix_ros.bench.saycan import kitchen, load_saycan, run_saycan
from taskmatrix_ros.bench.sentences import load_sentences, run_sentences, sentences_home

Announce = Callable[[str], None]
Failures = list[dict[str, Any]]


async def saycan_figures(data: Path, announce: Announce, failures: Failures) -> list[Figure]:
    """Plan the SayCan instructions in one kitchen.

    :param data: the folder of data sets.
    :raises ConfigError: the set is not there, or names what the kitchen lacks.
    """
    cases = load_saycan(data)
    announce(f"{len(cases)} instructions of SayCan")
    results = await run_saycan(cases, kitchen())
    failures += [
        {
            "set": "saycan",
            "id": one.case.key,
            "text": one.case.instruction,
            "status": one.plan.status.value,
            "calls": list(one.plan.calls),
            "said": one.plan.answer or one.plan.question,
            "moved_wrongly": list(one.moved_wrongly),
            "expected": {"steps": list(one.case.steps)},
            "why": one.why,
        }
        for one in results
        if not one.reached or one.moved_wrongly
    ]
    asked = sum(one.plan.status.value == "ambiguous" for one in results)
    return [
        Figure(
            name="saycan_reached",
            value=sum(one.reached for one in results),
            unit="instructions",
            note=f"of {len(results)}; {asked} were asked about, which counts as not reached",
        ),
        Figure(
            name="saycan_wrong_actuations",
            value=sum(bool(one.moved_wrongly) for one in results),
            unit="instructions",
            note="in which a thing was moved that the written plan does not move",
        ),
    ]


async def sentence_figures(announce: Announce, failures: Failures) -> list[Figure]:
    """Plan our own sentences in our own home."""
    sentences = load_sentences()
    announce(f"{len(sentences)} sentences of our own")
    results = await run_sentences(sentences, sentences_home())
    failures += [
        {
            "set": "own",
            "group": one.sentence.group,
            "text": one.sentence.say,
            "area": one.sentence.area,
            "status": one.plan.status.value,
            "calls": list(one.plan.calls),
            "said": one.plan.answer or one.plan.question,
            "why": one.why,
        }
        for one in results
        if one.why
    ]
    right = sum(not one.why for one in results)
    return [
        Figure(
            name="own_right_pct",
            value=round(100 * right / len(results), 2),
            unit="%",
            note=f"{right} of {len(results)}",
        ),
        Figure(
            name="own_wrong_actuations",
            value=sum(one.is_wrong_actuation for one in results),
            unit="sentences",
            note="calls that were not asked for",
        ),
    ]
