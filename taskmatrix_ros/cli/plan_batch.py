"""Many instructions, one JSON object a line: in and out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from taskmatrix_ros.app.home.home_planning import HomePlan, HomePlanning, PlanStatus
from taskmatrix_ros.cli.exit_status import UsageError
from taskmatrix_ros.core.errors import PlanningError

PROGRESS_S = 2.0
"""Seconds between two lines of progress."""


async def plan_batch(planning: HomePlanning, source: Path, target: Path, announce: Callable[[str], None]) -> int:
    """Plan every line of a file; a line that is wrong is refused in its place, and the rest goes on.

    :param planning: open.
    :returns: how many lines were planned.
    :raises UsageError: a file cannot be read or written.
    """
    lines = _read(source)
    told_at = time.monotonic()
    try:
        with target.open("w", encoding="utf-8") as out:
            for number, line in enumerate(lines, start=1):
                out.write(json.dumps(await planned_line(planning, line, number), ensure_ascii=False) + "\n")
                if time.monotonic() - told_at >= PROGRESS_S:
                    told_at = time.monotonic()
                    announce(f"{number} of {len(lines)} lines")
    except OSError as error:
        raise UsageError(f"--out '{target}' cannot be written: {error.strerror or error}") from error
    return len(lines)


async def planned_line(planning: HomePlanning, line: str, number: int) -> dict[str, Any]:
    """Plan ``{"id", "text", "area"}`` and give the line of its plan."""
    key: Any = None
    try:
        asked = _parse(line, number)
        key = asked.get("id")
        plan = await planning.plan(_text(asked, number), area=_area(asked, number))
    except PlanningError as error:
        plan = HomePlan(status=PlanStatus.REFUSED, answer=error.message)
    return {"id": key} | plan.to_plain()


def _read(source: Path) -> list[str]:
    try:
        with source.open(encoding="utf-8", errors="replace", newline="\n") as file:
            return list(_filled(file))
    except OSError as error:
        raise UsageError(f"--batch '{source}' cannot be read: {error.strerror or error}") from error


def _filled(lines: Iterator[str]) -> Iterator[str]:
    return (line for line in lines if line.strip())


def _parse(line: str, number: int) -> Mapping[str, Any]:
    try:
        value = json.loads(line.lstrip("\ufeff"))
    except (json.JSONDecodeError, RecursionError) as error:
        raise PlanningError(f"line {number} is no JSON: {error}; write {_FORM}") from error
    if not isinstance(value, Mapping):
        raise PlanningError(f"line {number} is no JSON object; write {_FORM}")
    return value


_FORM = '{"id": "1", "text": "turn on the kitchen light"}'


def _text(asked: Mapping[str, Any], number: int) -> str:
    text = asked.get("text")
    if not isinstance(text, str):
        raise PlanningError(f"line {number} has no text; write {_FORM}")
    return text


def _area(asked: Mapping[str, Any], number: int) -> str:
    area = asked.get("area")
    if area is not None and not isinstance(area, str):
        raise PlanningError(f"line {number}: area is no text; write the id or name of an area")
    return area or ""
