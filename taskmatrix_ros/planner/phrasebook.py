"""What a language says around a command: politeness, joints, pronouns, units."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

Phrase = tuple[str, ...]


def _phrases(*lines: str) -> tuple[Phrase, ...]:
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
    abbreviations: frozenset[str] = frozenset()
    determiners: frozenset[str] = frozenset()
    pronouns: frozenset[str] = frozenset()
    vague: frozenset[str] = frozenset()
    """Words for persons and for several things: they are the name of none."""
    particles: frozenset[str] = frozenset()
    """What follows a verb at once: with it, words behind a joint are a command and no part of a name."""
    timing: tuple[re.Pattern[str], ...] = ()
    """A time or condition: never part of a name that is not quoted."""
    choice: frozenset[str] = frozenset()
    """Before a determiner: names what stands on both its sides, and leaves open which."""
    minus: tuple[str, ...] = ()
    point: tuple[str, ...] = ()
    units: tuple[tuple[Phrase, str], ...] = ()
    """Spoken unit -> unit of ``spoken_units``; an empty unit stands for the parameter's own."""

    def is_determiner(self, key: str) -> bool:
        """Whether it is an article or the like."""
        return key in self.determiners


_ENGLISH = Phrasebook(
    openers=_phrases(
        *("please", "kindly", "hey", "hi", "hello", "ok", "okay", "so", "well", "now", "just", "robot", "computer"),
        *("could you", "can you", "would you", "will you", "could you please", "can we", "you can", "you could"),
        *("i want you to", "i would like you to", "i'd like you to", "i need you to", "you should", "let's"),
        *("go ahead and", "go ahead", "go and", "and", "then", "also", "next", "first", "first of all", "finally"),
        *("lastly", "after that", "afterwards", "when done", "when you are done", "when you're done"),
    ),
    gerund_openers=_phrases("would you mind", "do you mind", "how about", "what about"),
    closers=_phrases(
        *("please", "thanks", "thank you", "thank you very much", "many thanks", "cheers", "would you", "could you"),
        *("will you", "can you", "ok", "okay", "if you can", "if possible", "if you please", "if you don't mind"),
    ),
    weak_closers=_phrases(
        *("for me", "for us", "now", "right now", "right away", "straight away", "immediately", "at once", "again"),
        *("too", "as well", "there", "quickly", "first", "afterwards", "robot", "then"),
    ),
    joints=_phrases("and", "&", "plus"),
    sequels=_phrases(
        *("then", "and then", "and also", "and after that", "and afterwards", "and finally", "then also"),
        *("after that", "afterwards"),
    ),
    negations=_phrases("don't", "dont", "do not", "not", "never", "please don't", "but don't", "but not"),
    abbreviations=frozenset({"mr", "mrs", "ms", "dr", "st", "jr", "sr", "vs", "prof", "feat", "ft", "no", "vol"}),
    determiners=frozenset({"the", "a", "an", "my", "our", "your", "his", "her", "their", "some", "any"}),
    pronouns=frozenset({"it", "that", "this", "there"}),
    vague=frozenset({"them", "those", "these", "both", "me", "us", "you", "him", "her", "he", "she", "they", "one"}),
    particles=frozenset(
        {
            *("the", "a", "an", "my", "your", "our", "some", "all", "every", "me", "us", "him", "it", "them", "that"),
            *("to", "on", "off", "up", "down", "in", "into", "out", "at", "away", "over", "back", "from", "for"),
        }
    ),
    timing=tuple(
        re.compile(pattern)
        for pattern in (
            r"\b(in|after|for|within) (a|an|\d+(\.\d+)?) (couple of |few )?(second|minute|hour|day|week)s?\b",
            r"\bhalf an hour\b",
            r"\b(at|by|before|until|till|after|around) (\d{1,2}:\d\d|\d{1,2} ?(am|pm|o'clock)|noon|midnight)\b",
            r"\b(tomorrow|tonight|later|every (day|hour|minute|morning|evening|night|week))$",
            r"^(if|when|whenever|unless|until|once|while|after|before) ",
            r" (if|when|whenever|unless|until|once|while|after|before) (the|my|i|it|you|he|she|we|they|someone)\b",
        )
    ),
    choice=frozenset({"or"}),
    minus=("minus", "negative"),
    point=("point",),
    units=tuple(
        (tuple(spoken.split()), unit)
        for unit, lines in {
            "": "degrees|degree|°",
            "c": "degrees celsius|degree celsius|celsius|centigrade|degrees centigrade|degrees c|°c|c",
            "f": "degrees fahrenheit|degree fahrenheit|fahrenheit|degrees f|°f|f",
            "deg": "degrees|degree|°|deg",
            "rad": "radians|radian|rad",
            "pct": "percent|per cent|%|pct",
            "s": "seconds|second|secs|sec|s",
            "min": "minutes|minute|mins|min",
            "h": "hours|hour|h",
            "m": "meters|meter|metres|metre|m",
            "cm": "centimeters|centimeter|centimetres|centimetre|cm",
            "mm": "millimeters|millimeter|millimetres|millimetre|mm",
            "km": "kilometers|kilometer|kilometres|kilometre|km",
            "m_s": "meters per second|metres per second|m/s",
            "k": "kelvin|k",
        }.items()
        for spoken in lines.split("|")
    ),
)

_BOOKS = {"en": _ENGLISH}


def phrasebook_of(language: str) -> Phrasebook:
    """Give the words of a language, ``en`` or ``en-US``; an empty book where there is none."""
    return _BOOKS.get(language.replace("_", "-").split("-")[0].lower(), Phrasebook())


def starts_with(words: Sequence[str], phrase: Phrase, at: int = 0) -> bool:
    """Whether the phrase stands at a place."""
    return tuple(words[at : at + len(phrase)]) == phrase
