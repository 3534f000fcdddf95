"""A stretch of an utterance that is one command."""

from __future__ import annotations

from dataclasses import dataclass

from taskmatrix_ros.planner.phrasebook import Phrasebook, starts_with
from taskmatrix_ros.planner.reading import Reading
from taskmatrix_ros.planner.words import Words, keys


@dataclass(frozen=True, eq=False)
class Clause:
    """Words and every way to understand them, the most literal first; none if they are not understood.

    ``shared``: a part of it stands in another clause and was put in. ``swallowed``: joints that stand inside a name.
    """

    words: Words
    readings: tuple[Reading, ...] = ()
    shared: bool = False
    swallowed: int = 0
    dubious: bool = False
    """A name holds what looks like a command of its own."""

    @property
    def best(self) -> Reading | None:
        """The most literal reading."""
        return self.readings[0] if self.readings else None

    @property
    def cost(self) -> tuple[int, int, int, int, int]:
        """What it costs to cut an utterance so; costs add up, and the cheapest cut is taken."""
        best = self.best
        unread = best is None or self.dubious
        return (int(unread), self.swallowed, int(best is not None and bool(best.problem)), int(self.shared), 1)


def segments(words: Words, phrasebook: Phrasebook) -> tuple[tuple[int, int], ...]:
    """Give the stretches between joints and stops, as (first, end)."""
    said = keys(words)
    found: list[tuple[int, int]] = []
    first = at = 0
    while at < len(words):
        joint = next((phrase for phrase in phrasebook.joints if starts_with(said, phrase, at)), None)
        if joint is not None and at + len(joint) <= len(words):
            if at > first:
                found.append((first, at))
            at += len(joint)
            first = at
            continue
        if words[at].stop:
            found.append((first, at + 1))
            first = at + 1
        at += 1
    if first < len(words):
        found.append((first, len(words)))
    return tuple(found)
