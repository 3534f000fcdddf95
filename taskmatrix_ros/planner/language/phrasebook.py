"""What a language says around a command: politeness, joints, pronouns, units."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cached_property

Phrase = tuple[str, ...]


def phrases(*lines: str) -> tuple[Phrase, ...]:
    """Split phrases into words, longest first, so that the longest is the one that is taken."""
    return tuple(sorted((tuple(line.split()) for line in lines), key=len, reverse=True))


@dataclass(frozen=True, kw_only=True)
class Phrasebook:
    """Words of one language, in lower case. An empty one still plans: only bare commands are understood then."""

    openers: tuple[Phrase, ...] = ()
    """Said before a command, and no part of it."""
    gerund_openers: tuple[Phrase, ...] = ()
    """As ``openers``, with the command's verb in its -ing form after them."""
    closers: tuple[Phrase, ...] = ()
    """Said after a command, and no part of it."""
    weak_closers: tuple[Phrase, ...] = ()
    """As ``closers``, unless the command is only understood with them, or they are written as a name."""
    joints: tuple[Phrase, ...] = ()
    """What stands between two commands, or inside a name."""
    sequels: tuple[Phrase, ...] = ()
    """What stands between two commands, never inside a name that is not quoted."""
    negations: tuple[Phrase, ...] = ()
    """What begins a wish that something be not done."""
    wishes: tuple[Phrase, ...] = ()
    """Said before a thing that is wanted: ``wish_verb`` says the same as a command."""
    wish_verb: Phrase = ()
    helps: tuple[Phrase, ...] = ()
    """Asks for what a statement before it is about."""
    verb_leads: frozenset[str] = frozenset()
    """Behind these a verb is no command: ``I can't find it``."""
    reasons: tuple[Phrase, ...] = ()
    """What begins the reason behind a command."""
    statements: tuple[Phrase, ...] = ()
    """What begins a sentence that tells something, unless it is a wish."""
    copulas: frozenset[str] = frozenset()
    """Verbs that tell what something is: ``my snack is late`` tells, ``my snack`` does not."""
    abbreviations: frozenset[str] = frozenset()
    determiners: frozenset[str] = frozenset()
    pronouns: frozenset[str] = frozenset()
    vague: frozenset[str] = frozenset()
    """Words for persons and for several things: they are the name of none."""
    verbs: frozenset[str] = frozenset()
    """Words that begin a command, whether or not there is a sentence for it."""
    particles: frozenset[str] = frozenset()
    """What follows a verb at once and is no object of it."""
    timing: tuple[re.Pattern[str], ...] = ()
    """A time or condition: never part of a name that is not quoted."""
    choice: frozenset[str] = frozenset()
    """Before a determiner: names what stands on both its sides, and leaves open which."""
    minus: tuple[str, ...] = ()
    point: tuple[str, ...] = ()
    units: tuple[tuple[Phrase, str], ...] = ()
    """Spoken unit -> unit of ``spoken_units``; an empty unit stands for the parameter's own."""

    def looks_like_command(self, said: Sequence[str], *, known: Set[str], alone: bool) -> bool:
        """Whether words behind a joint are more likely a command, understood or not, than the rest of a name.

        :param known: words that sentences begin with.
        :param alone: whether a verb by itself is enough; it is not in titles.
        """
        if any(starts_with(said, phrase) for phrase in self.negations):
            return True
        if not said or said[0] in self.particles or said[0] in self.determiners:
            return False
        is_verb = said[0] in self.verbs or said[0] in known
        if len(said) == 1:
            return alone and is_verb
        takes_object = said[1] in self.determiners or said[1] in self.pronouns or said[1] in self.vague
        return takes_object or (is_verb and said[1] in self.particles)

    def command_behind_statement(self, said: Sequence[str], known: Set[str]) -> int:
        """Give where a command begins behind a statement with nothing in between: ``i'm cold close the window``.

        :param known: words that sentences begin with.
        :returns: 0 where there is none.
        """
        if not self.may_tell(said):
            return 0
        wish = max((len(phrase) for phrase in self.wishes if starts_with(said, phrase)), default=0)
        for at in range(max(2, wish + 1), len(said)):
            if said[at - 1] in self.verb_leads or said[at] in self.copulas:
                continue
            asks = any(starts_with(said, phrase, at) for phrase in self.openers if len(phrase) > 1)
            if asks or ((said[at] in self.verbs or said[at] in known) and self._takes_object(said, at)):
                return at
        return 0

    @cached_property
    def _telling(self) -> frozenset[str]:
        return frozenset(phrase[0] for phrase in self.statements)

    @cached_property
    def reason_words(self) -> frozenset[str]:
        """Words that reasons begin with."""
        return frozenset(phrase[0] for phrase in self.reasons)

    def may_tell(self, said: Sequence[str]) -> bool:
        """Whether it begins as a statement does."""
        return bool(said) and said[0] in self._telling and any(starts_with(said, phrase) for phrase in self.statements)

    def _takes_object(self, said: Sequence[str], at: int) -> bool:
        following = said[at + 1] if at + 1 < len(said) else ""
        return following in self.determiners | self.pronouns | self.vague | self.particles

    def is_determiner(self, key: str) -> bool:
        """Whether it is an article or the like."""
        return key in self.determiners


def starts_with(words: Sequence[str], phrase: Phrase, at: int = 0) -> bool:
    """Whether the phrase stands at a place."""
    return tuple(words[at : at + len(phrase)]) == phrase
