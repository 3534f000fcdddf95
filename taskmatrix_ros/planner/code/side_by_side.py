"""Commands to devices that have nothing to do with each other go side by side: one that fails stops no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.expressions.spread import expand_keys


@dataclass(frozen=True, eq=False)
class WrittenLine:
    """A line of code; ``document`` and ``arguments`` where it is one plain call."""

    source: str
    document: ApiDocument | None = None
    arguments: Mapping[str, Any] | None = None


def side_by_side(lines: Sequence[WrittenLine]) -> Iterator[str]:
    """Give the lines with neighbours that share no device in one ``gather``.

    Only what Home Assistant's devices do at once and without danger: what asks a person, waits or answers stays alone.
    """
    yield from map(_written, grouped(lines))


def grouped(lines: Sequence[WrittenLine]) -> Iterator[list[WrittenLine]]:
    """Give the lines that go into one ``gather``; alone each that stands alone."""
    group: list[WrittenLine] = []
    used: set[str] = set()
    for line in lines:
        resources = _resources(line)
        if group and (not resources or resources & used):
            yield group
            group, used = [], set()
        if not resources:
            yield [line]
            continue
        group.append(line)
        used |= resources
    if group:
        yield group


def _written(group: Sequence[WrittenLine]) -> str:
    if len(group) == 1:
        return group[0].source
    calls = "".join(f"    {line.source},\n" for line in group)
    return f"gather(\n{calls})"


def _resources(line: WrittenLine) -> frozenset[str]:
    """Give what a call works on; nothing where it has to stand alone."""
    document = line.document
    if document is None or line.arguments is None or document.binding.kind != "homeassistant":
        return frozenset()
    if document.effect is not Effect.ACTUATE or document.hazardous_when or document.after or document.returns:
        return frozenset()
    given = document.with_defaults(dict(line.arguments))
    try:
        return frozenset(name for template in document.resources for name in expand_keys(document, template, given))
    except ValueError:
        return frozenset()
