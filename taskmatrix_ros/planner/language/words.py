"""The words of an utterance: as they are matched, and as they were written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from enum import IntEnum

_PIECES = re.compile(r'"([^"]*)"|“([^”]*)”|«([^»]*)»|([^\s"“”«»]+)')
_OPENING = "¿¡([{<…—–-*,;:.!?"
_CLOSING = ")]}>…—–-*,;:.!?"
_SOFT = frozenset(",—–")
_HARD = frozenset(";.!?…")
_SIGNS = _SOFT | _HARD | {":"}
"""What a name keeps inside; a colon ends nothing: it stands in titles."""
_LINE_END = re.compile(r"[\r\n\u2028\u2029]+")
_NEGATIVE = re.compile(r"-\d")
_INITIALISM = re.compile(r"(?:\w\.){2,}")
_THOUSANDS = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_NUMBER_AND_UNIT = re.compile(r"(-?\d+(?:[.,]\d+)?)(%|°[cCfF]?|[a-zA-Z]{1,3})")


class Stop(IntEnum):
    """What punctuation after a word says of the clause."""

    NONE = 0
    SOFT = 1
    """It may end here: a comma."""
    HARD = 2
    """It ends here: a period."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word, one number or one quoted name.

    ``text`` is matched against sentences; ``raw`` is what a name keeps: case, inner punctuation, quotes. ``spelled`` is
    a number as it was said, empty for all else. ``asked``: its sentence ends with a question mark.
    """

    text: str
    raw: str
    spelled: str = ""
    quoted: bool = False
    stop: Stop = Stop.NONE
    asked: bool = False

    @property
    def key(self) -> str:
        """The word without case, for look-ups in word lists; a quoted name is in none."""
        return "" if self.quoted else self.text.lower()

    @property
    def bare(self) -> str:
        """The word as part of a name: without quotes, punctuation inside kept."""
        return self.text if self.quoted else self.raw

    def joined(self) -> Word:
        """Give the word with no stop after it."""
        bare = self.raw.rstrip(":" if self.stop is Stop.NONE else "".join(_SIGNS))
        return Word(self.text, bare or self.raw, self.spelled, self.quoted, asked=self.asked)


Words = tuple[Word, ...]


def split_words(text: str, units: Set[str] = frozenset(), abbreviations: Set[str] = frozenset()) -> Words:
    """Split a text.

    Time and memory are linear in the text's length.

    :param units: a number that is written together with one of these, in lower case, becomes two words.
    :param abbreviations: a period after one of these, in lower case, ends nothing.
    """
    clean = _LINE_END.sub(" ; ", unicodedata.normalize("NFC", text).replace("’", "'"))
    clean = "".join(" " if unicodedata.category(letter)[0] == "C" else letter for letter in clean)
    if clean.isupper() and len(clean.split()) > 1:
        clean = clean.lower()
    words: list[Word] = []
    for piece in _PIECES.finditer(clean):
        quoted = next((group for group in piece.groups()[:3] if group is not None), None)
        if quoted is not None:
            name = " ".join(quoted.split())
            if name.strip(_OPENING + _CLOSING):
                words.append(Word(name, f'"{name}"', quoted=True))
            continue
        word, stop = _plain(piece[4], abbreviations)
        if word is not None:
            words.extend(_split_unit(word, units))
        elif words:
            words[-1] = replace(words[-1], stop=max(stop, words[-1].stop))
        if words and piece[4].endswith("?"):
            _mark_asked(words)
    return tuple(words)


def _mark_asked(words: list[Word]) -> None:
    """Note of the last sentence's words that they are a question."""
    words[-1] = replace(words[-1], asked=True)
    for at in range(len(words) - 2, -1, -1):
        if words[at].stop is Stop.HARD:
            return
        words[at] = replace(words[at], asked=True)


def matched_text(words: Sequence[Word], *, spelled: bool = False) -> str:
    """Give the text that sentences are matched against; ``spelled``: numbers as they were said."""
    return " ".join((word.spelled or word.text) if spelled else word.text for word in words)


def written_name(words: Sequence[Word]) -> str:
    """Give the words as the value of a name: case and inner punctuation kept, quotes and the last stop dropped."""
    return " ".join([*(word.bare for word in words[:-1]), *(word.joined().bare for word in words[-1:])])


def keys(words: Iterable[Word]) -> tuple[str, ...]:
    """Give the words for look-ups."""
    return tuple(word.key for word in words)


def _plain(piece: str, abbreviations: Set[str]) -> tuple[Word | None, Stop]:
    """Give the word in a piece without its punctuation, and how that ends a clause."""
    body = piece if _NEGATIVE.match(piece) else piece.lstrip(_OPENING)
    core = body.rstrip(_CLOSING)
    tail = body[len(core) :]
    if not core:
        return None, Stop.SOFT if piece in ("-", "--") else _stop_of(piece)
    if _INITIALISM.fullmatch(core + tail[:1]):
        return Word(core.replace(".", ""), core + ".", stop=_stop_of(tail[1:])), Stop.NONE
    if core.lower() in abbreviations and tail[:1] == ".":
        return Word(core, core + ".", stop=_stop_of(tail[1:])), Stop.NONE
    stop = _stop_of(tail)
    text = core.replace(",", "") if _THOUSANDS.fullmatch(core) else core
    return Word(text, core + "".join(sign for sign in tail if sign in _SIGNS), stop=stop), Stop.NONE


def _stop_of(tail: str) -> Stop:
    if not _HARD.isdisjoint(tail):
        return Stop.HARD
    return Stop.NONE if _SOFT.isdisjoint(tail) else Stop.SOFT


def _split_unit(word: Word, units: Set[str]) -> tuple[Word, ...]:
    match = _NUMBER_AND_UNIT.fullmatch(word.text)
    if match is None or match[2].lower() not in units:
        return (word,)
    return Word(match[1], match[1]), Word(match[2], word.raw[len(match[1]) :], stop=word.stop)
