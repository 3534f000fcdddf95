"""Finds where a person takes back what was said a moment before: ``turn on the lamp, no wait, turn on the fan``."""

from __future__ import annotations

from taskmatrix_ros.planner.language.phrasebook import Phrasebook, phrases, starts_with
from taskmatrix_ros.planner.language.words import Stop, Words, keys

_TAKING_BACK = phrases(
    *(
        "no wait",
        "wait no",
        "no sorry",
        "sorry no",
        "oh no",
        "no actually",
        "actually no",
        "scratch that",
        "correction",
    ),
    *("i mean", "i meant", "no i mean", "no i meant", "sorry i mean", "sorry i meant", "or rather", "make that"),
    *("actually", "strike that"),
)
_ALONE = frozenset({"no", "wait", "sorry", "nope"})
"""Words that take back only where they are set off: ``, no, the fan``; ``no lights`` are something else."""
_STANDING = frozenset({"them", "those", "these", "both", "one", "ones"})


def said_instead(words: Words, book: Phrasebook) -> Words | None:
    """Give what is said instead of all before it: empty where it is no command by itself; None: nothing is taken back.

    What speaks of ``it`` goes on with what was said before, so nothing is taken back there.
    """
    said = keys(words)
    end = 0
    for at in range(1, len(words) - 1):
        if words[at - 1].stop is Stop.NONE:
            continue
        lengths = [len(phrase) for phrase in _TAKING_BACK if starts_with(said, phrase, at)]
        if said[at] in _ALONE and words[at].stop is not Stop.NONE:
            lengths.append(1)
        end = at + max(lengths) if lengths else end
    if not end or end >= len(words) or not (book.pronouns | _STANDING).isdisjoint(said[end:]):
        return None
    return words[end:] if said[end] in book.verbs else ()
