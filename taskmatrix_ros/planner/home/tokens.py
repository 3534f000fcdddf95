"""A clause as the home's grammar reads it: lower case, possessives and hyphens split, contractions written out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from taskmatrix_ros.planner.language.words import Word, Words

_CONTRACTIONS: Mapping[str, tuple[str, ...]] = {
    "what's": ("what", "is"),
    "whats": ("what", "is"),
    "where's": ("where", "is"),
    "wheres": ("where", "is"),
    "who's": ("who", "is"),
    "how's": ("how", "is"),
    "hows": ("how", "is"),
    "it's": ("it", "is"),
    "that's": ("that", "is"),
    "there's": ("there", "is"),
    "when's": ("when", "is"),
    "isn't": ("is", "not"),
    "aren't": ("are", "not"),
    "i'd": ("i", "would"),
    "i'm": ("i", "am"),
    "we're": ("we", "are"),
    "don't": ("do", "not"),
    "dont": ("do", "not"),
    **{
        spelt: (verb, "not")
        for verb in ("should", "must", "need", "would", "could", "does", "did", "has", "have", "had", "was", "were")
        for spelt in (f"{verb}n't", f"{verb}nt")
    },
    **dict.fromkeys(("can't", "cant", "cannot"), ("can", "not")),
    **dict.fromkeys(("won't", "wont"), ("will", "not")),
    **dict.fromkeys(("shan't", "shant"), ("shall", "not")),
    "ain't": ("is", "not"),
    "let's": ("let", "us"),
}
_PARTS = re.compile(r"[-_/]+")
_NUMBER = re.compile(r"-?\d+(?:[.,/]\d+)?")
_CLOCK = re.compile(r"\d{1,2}:\d{2}")
_STUCK_UNIT = re.compile(r"(-?\d+(?:[.,]\d+)?)(%|°[cf]?|k|c|f|pct|percent|degrees|min|mins|s|sec|h|hr|hrs)")


@dataclass(frozen=True, slots=True)
class Token:
    """``key`` is matched; ``word``: which word of the clause it is of; ``comma``: a comma stands after it."""

    key: str
    word: int
    comma: bool = False
    quoted: bool = False


Tokens = tuple[Token, ...]


def tokens_of(words: Words) -> Tokens:
    """Split a clause's words into tokens."""
    found: list[Token] = []
    for at, word in enumerate(words):
        parts = _quoted_parts(word) if word.quoted else key_parts(word)
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            found.append(Token(part, at, comma=last and bool(word.stop), quoted=word.quoted))
    return tuple(found)


def _quoted_parts(word: Word) -> tuple[str, ...]:
    return tuple(part for piece in word.text.split() for part in key_parts(Word(piece, piece)))


def key_parts(word: Word) -> tuple[str, ...]:
    """Give a word's keys: ``Joe's`` -> joe, 's; ``roller-blind`` -> roller, blind; ``what's`` -> what, is."""
    text = _without_accents(word.text.casefold().strip("'\"()"))
    if text == "&":
        return ("and",)
    if text in _CONTRACTIONS:
        return _CONTRACTIONS[text]
    if not text:
        return ()
    if _NUMBER.fullmatch(text) or _CLOCK.fullmatch(text) or text in ("a/c", "1/2"):
        return (text,)
    if stuck := _STUCK_UNIT.fullmatch(text):
        return (stuck[1], stuck[2])
    parts: list[str] = []
    for part in _PARTS.split(text):
        if part.endswith("'s") and len(part) > 2:
            parts += [part[:-2], "'s"]
        elif part.endswith("s'") and len(part) > 2:
            parts += [part[:-1], "'s"]
        elif part:
            parts.append(part.replace("'", ""))
    return tuple(parts)


def _without_accents(text: str) -> str:
    """Give plain letters: ``café`` -> ``cafe``; who types seldom takes the trouble."""
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFC", "".join(part for part in parts if not unicodedata.combining(part)))


def number_in(key: str) -> float | None:
    """Give the value of a numeric token."""
    if not _NUMBER.fullmatch(key):
        return None
    if "/" in key:
        above, _, below = key.partition("/")
        return float(above) / float(below) if float(below) else None
    return float(key.replace(",", "."))
