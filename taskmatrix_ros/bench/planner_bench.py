"""How right the offline planner is: sentences of homes, instructions of robots, and how long it takes."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from taskmatrix_ros.app.home.home_planning import HomePlan, HomePlanning, PlanStatus
from taskmatrix_ros.bench.benches import Announce
from taskmatrix_ros.bench.figure import Figure
from taskmatrix_ros.bench.ha_expected import Expected, expected_of
from taskmatrix_ros.bench.ha_sentences import HaSentence, ha_sentences
from taskmatrix_ros.bench.options import BenchOptions
from taskmatrix_ros.bench.robot_figures import saycan_figures, sentence_figures
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.home import Home

FAILURES = "planner_failures.jsonl"
"""File of every sentence that is not right, below ``--out``."""

_DATA = (Path("../shared/data"), Path("data"))


async def measure(announce: Announce, options: BenchOptions) -> Sequence[Figure]:
    """Take the figures; what is wrong goes to a file where a folder for it is given.

    :raises ConfigError: the data sets are not there.
    """
    data = options.data or next((folder for folder in _DATA if folder.is_dir()), None)
    if data is None:
        raise ConfigError("bench planner: name the folder of the data sets by --data")
    failures: list[dict[str, Any]] = []
    figures = [
        *await home_figures(data, announce, failures),
        *await saycan_figures(data, announce, failures),
        *await sentence_figures(announce, failures),
    ]
    if options.out is None:
        announce(f"{len(failures)} sentences failed; --out FOLDER keeps them")
        return figures
    options.out.mkdir(parents=True, exist_ok=True)
    file = options.out / FAILURES
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in failures), encoding="utf-8")
    announce(f"{len(failures)} sentences failed; they are in {file}")
    return figures


async def home_figures(data: Path, announce: Announce, failures: list[dict[str, Any]]) -> list[Figure]:
    """Plan Home Assistant's own sentences, each in its home."""
    sentences = ha_sentences(data)
    announce(f"{len(sentences)} sentences of Home Assistant")
    right = wrong = 0
    times: list[float] = []
    desks = _Desks()
    try:
        for sentence in sentences:
            plan = await (await desks.of(sentence.home)).plan(sentence.text, area=sentence.area)
            expected = expected_of(sentence)
            times.append(plan.ms)
            acts_wrongly = bool(plan.calls) and not _same_calls(plan, expected)
            is_right = not acts_wrongly and _is_right(plan, expected)
            wrong += acts_wrongly
            right += is_right
            if not is_right:
                failures.append(_failure(sentence, plan, expected))
    finally:
        await desks.close()
    share = 100 * right / len(sentences)
    note = f"{right} of {len(sentences)}"
    return [
        Figure(name="ha_right_pct", value=round(share, 2), unit="%", note=note),
        Figure(name="ha_wrong_actuations", value=wrong, unit="sentences", note="calls other than the expected ones"),
        Figure(
            name="sentence_median_ms",
            value=round(statistics.median(times), 3),
            unit="ms",
            note=f"words to verified and rehearsed calls; mean {statistics.mean(times):.2f}",
        ),
    ]


class _Desks:
    """One planning desk for each home; opened when it is needed."""

    def __init__(self) -> None:
        self._open: dict[int, HomePlanning] = {}

    async def of(self, home: Home) -> HomePlanning:
        desk = self._open.get(id(home))
        if desk is None:
            desk = self._open[id(home)] = HomePlanning(home)
            await desk.open()
        return desk

    async def close(self) -> None:
        for desk in self._open.values():
            await desk.close()


def _is_right(plan: HomePlan, expected: Expected) -> bool:
    if expected.may_ask and plan.status is PlanStatus.AMBIGUOUS:
        return True
    if expected.status == "refused":
        return plan.status is PlanStatus.REFUSED
    if expected.status == "answered":
        told = plan.answer.casefold()
        return plan.status is PlanStatus.ANSWERED and all(fact.casefold() in told for fact in expected.facts)
    if not expected.calls:
        return plan.status is not PlanStatus.ANSWERED
    return plan.status is PlanStatus.PLANNED and _same_calls(plan, expected)


def _same_calls(plan: HomePlan, expected: Expected) -> bool:
    got = {_comparable(call["service"], call["entity_id"], call["data"]) for call in plan.calls}
    return got == {_comparable(*call) for call in expected.calls}


def _comparable(service: str, entity_ids: Sequence[str], data: Any) -> tuple[Any, ...]:
    values = sorted(
        (name, value.casefold().strip() if isinstance(value, str) else value) for name, value in data.items()
    )
    return service, tuple(entity_ids), repr(values)


def _failure(sentence: HaSentence, plan: HomePlan, expected: Expected) -> dict[str, Any]:
    return {
        "set": "home_assistant",
        "file": sentence.file,
        "text": sentence.text,
        "area": sentence.area,
        "intent": sentence.intent,
        "slots": dict(sentence.slots),
        "status": plan.status.value,
        "calls": list(plan.calls),
        "said": plan.answer or plan.question,
        "expected": {"status": expected.status, "calls": list(expected.calls), "facts": list(expected.facts)},
    }
