"""A stretch of an utterance that is one command."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from taskmatrix_ros.planner.grammar.clause_reader import Meaning
from taskmatrix_ros.planner.grammar.reading import Reading
from taskmatrix_ros.planner.language.phrasebook import Phrasebook, starts_with
from taskmatrix_ros.planner.language.words import Stop, Words, keys


@dataclass(frozen=True, eq=False)
class Clause:
    """Words and every way to understand them, the most literal first; none if they are not understood.

    ``shared``: a part of it stands in another clause and was put in. ``swallowed``: joints that stand inside a name.
    ``meaning``: how a reader understands it, which goes before the sentences' ``readings``.
    """

    words: Words
    readings: tuple[Reading, ...] = ()
    shared: bool = False
    swallowed: int = 0
    dubious: bool = False
    """A name holds what looks like a command of its own."""
    meaning: Meaning | None = None

    @property
    def is_understood(self) -> bool:
        """Whether there is any way to understand it."""
        return self.meaning is not None or bool(self.readings)

    @property
    def best(self) -> Reading | None:
        """The most literal reading."""
        return self.readings[0] if self.readings else None

    @property
    def is_closed(self) -> bool:
        """Whether it is a command to which no word can be added: it does not end with a name."""
        best = self.best
        return best is not None and not best.relaxed and all(span.end < len(best.words) for span in best.names)

    @property
    def cost(self) -> tuple[int, int, int, int, int]:
        """What it costs to cut an utterance so; costs add up, and the cheapest cut is taken."""
        if self.meaning is not None:
            return (0, self.swallowed, int(bool(self.meaning.problem)), int(self.shared or self.meaning.weak), 1)
        best = self.best
        unread = best is None or self.dubious
        return (int(unread), self.swallowed, int(best is not None and bool(best.problem)), int(self.shared), 1)


class Joint(IntEnum):
    """What stands before a segment, from the loosest to the firmest end of the one before it."""

    START = 0
    AND = 1
    """``and``, a comma: it may also stand in a name."""
    NEXT = 2
    """``then``: the two may still share a verb."""
    STOP = 3
    """A period."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch between joints: words ``first`` up to, not including, ``end``."""

    first: int
    end: int
    joint: Joint


def segments(words: Words, phrasebook: Phrasebook) -> tuple[Segment, ...]:
    """Give the stretches between joints and stops."""
    said = keys(words)
    found: list[Segment] = []
    first = at = 0
    joint = Joint.START
    while at < len(words):
        length, kind = _joint_at(said, at, phrasebook)
        if length:
            if at > first:
                found.append(Segment(first, at, joint))
                joint = Joint.START
            joint = max(joint, kind)
            at += length
            first = at
        elif words[at].stop:
            found.append(Segment(first, at + 1, joint))
            joint = Joint.STOP if words[at].stop is Stop.HARD else Joint.AND
            at += 1
            first = at
        else:
            at += 1
    if first < len(words):
        found.append(Segment(first, len(words), joint))
    return tuple(found)


def _joint_at(said: tuple[str, ...], at: int, phrasebook: Phrasebook) -> tuple[int, Joint]:
    for phrases, joint in ((phrasebook.sequels, Joint.NEXT), (phrasebook.joints, Joint.AND)):
        phrase = next((phrase for phrase in phrases if starts_with(said, phrase, at)), None)
        if phrase is not None:
            return len(phrase), joint
    return 0, Joint.START
