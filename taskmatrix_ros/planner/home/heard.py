"""What is told beside a command of a home: ``it's too dark in the kitchen``, ``I don't need the fan any more``."""

from __future__ import annotations

from collections.abc import Set

from taskmatrix_ros.planner.grammar.clause import segments
from taskmatrix_ros.planner.grammar.clause_reader import Doing, Meaning, Scene
from taskmatrix_ros.planner.home.home_index import PLACE_NOTE, HomeIndex
from taskmatrix_ros.planner.home.tokens import Tokens
from taskmatrix_ros.planner.language.english import ENGLISH
from taskmatrix_ros.planner.language.phrasebook import starts_with
from taskmatrix_ros.planner.language.words import Words, keys

_REPORTED = frozenset(
    {
        *("say", "says", "said", "tell", "tells", "told", "ask", "asks", "asked", "think", "thinks", "thought"),
        *("want", "wants", "wanted", "write", "writes", "wrote", "read", "reads", "hear", "heard", "claims", "claimed"),
        *("suggest", "suggests", "suggested", "hope", "hopes", "wish", "wishes", "would", "wouldn't", "could"),
        *("couldn't", "should", "shouldn't", "might", "if", "whether", "unless", "when", "were"),
    }
)
"""Words of what somebody else wants, and of what is not so: nothing is understood from it."""


def heard(index: HomeIndex, words: Words, tokens: Tokens, openings: Set[str]) -> Meaning | None:
    """Understand a statement that names a room or a device: the next command may be about it.

    It does nothing by itself. None: it is no statement, or names nothing here.

    :param openings: words that commands begin with.
    """
    said = keys(words)
    if len(said) < 3 or not ENGLISH.may_tell(said) or not _REPORTED.isdisjoint(said):
        return None
    if any(starts_with(said, phrase) for phrase in (*ENGLISH.wishes, *ENGLISH.openers)):
        return None
    if said[0] in ENGLISH.determiners and ENGLISH.copulas.isdisjoint(said):
        return None
    if any(word.stop for word in words[:-1]) or ENGLISH.command_behind_statement(said, openings):
        return None
    parts = segments(words, ENGLISH)[1:]
    if any(ENGLISH.looks_like_command(said[part.first :], known=openings, alone=True) for part in parts):
        return None
    entities, areas = _named_in(index, tuple(token.key for token in tokens))
    if not (entities or areas):
        return None

    def carry_out(scene: Scene) -> Doing:
        if len(areas) == 1:
            scene.notes[PLACE_NOTE] = areas[0]
        return Doing(mentioned=entities)

    return Meaning(words=words, carry_out=carry_out, weak=True)


def _named_in(index: HomeIndex, said: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the devices and the rooms that are named, each by its longest name."""
    entities: list[str] = []
    areas: list[str] = []
    at = 0
    while at < len(said):
        ends = range(min(len(said), at + index.longest), at, -1)
        found = next(((end, named) for end in ends if (named := index.named(said[at:end])) is not None), None)
        if found is None:
            at += 1
            continue
        at, named = found
        areas += named.areas
        if not named.areas and len(named.entities) == 1:
            entities += named.entities
    return tuple(dict.fromkeys(entities)), tuple(dict.fromkeys(areas))
