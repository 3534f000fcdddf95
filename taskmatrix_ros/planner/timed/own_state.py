"""Conditions on the very thing that a command is about: ``close the garage door if it's open`` is for now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.rule import StateTrigger
from taskmatrix_ros.planner.grammar.reading import NOT_NOW
from taskmatrix_ros.planner.timed.rule_sentence import IF, UNLESS, Sentence

_STANDS = frozenset({"is", "are", "it's", "they're", "isn't", "aren't"})
_OPPOSITES = frozenset({"on", "off", "open", "closed", "locked", "unlocked", True, False})
"""What a thing is that is not what its opposite command makes of it; a TV that is not paused may be anything."""


def is_for_now(sentence: Sentence, effects: Mapping[str, Any]) -> bool:
    """Whether a command is done now or not at all: its one condition is how the thing is that it changes.

    :param effects: what the command makes of the world, key -> value.
    """
    if sentence.phrases or len(sentence.clauses) != 1:
        return False
    (clause,) = sentence.clauses
    denied = clause.conjunction in UNLESS
    if not (denied or clause.conjunction in IF) or clause.read.phrases or not clause.read.atoms:
        return False
    stands = not _STANDS.isdisjoint(word.key for word in clause.words)
    same = set()
    for atom in clause.read.atoms:
        trigger = atom.trigger
        if not isinstance(trigger, StateTrigger) or trigger.for_s or not trigger.to:
            return False
        if trigger.key not in effects or (atom.is_event and not stands) or _OPPOSITES.isdisjoint(trigger.to):
            return False
        same.add(effects[trigger.key] in trigger.to)
    return len(same) == 1


def asked_then(sentence: Sentence, effects: Mapping[str, Any]) -> Sentence:
    """Let a time begin it, where its condition is how the thing is then: ``turn on the fan at 8 if it's off``.

    :param effects: as of ``is_for_now``.
    """
    if not sentence.phrases or not is_for_now(replace(sentence, phrases=()), effects):
        return sentence
    (clause,) = sentence.clauses
    tested = tuple(replace(atom, trigger=None) for atom in clause.read.atoms)
    return replace(sentence, clauses=(replace(clause, read=replace(clause.read, atoms=tested)),))


def why_not(sentence: Sentence, effects: Mapping[str, Any], state: Mapping[str, Any]) -> str:
    """Say why a command that is for now has nothing to do, empty if it has.

    What is not yet as the command makes it is done unless it is known to be so; what hangs on its being so, ``dim the
    light if it's on``, is done only where that is known.

    :raises PlanningError: ``NOT_NOW``: it hangs on what is not known.
    """
    (clause,) = sentence.clauses
    asked = {
        atom.trigger.key: atom.trigger.to or () for atom in clause.read.atoms if isinstance(atom.trigger, StateTrigger)
    }
    denied = clause.conjunction in UNLESS
    if all((effects[key] in values) is denied for key, values in asked.items()):
        return "it is so already" if all(state.get(key) == effects[key] for key in asked) else ""
    if unknown := [key for key in asked if state.get(key) is None]:
        raise PlanningError(
            f"offline planner: {unknown[0]} is not known now, and this hangs on it; say it without the condition",
            code=NOT_NOW,
        )
    holds = any((state[key] in values) is not denied for key, values in asked.items())
    return "" if holds else "that is not so now"
