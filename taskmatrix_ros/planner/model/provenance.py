"""Whose words a step is made of: the person's, or those of a device, a message or a picture that a model has read.

A model that reads an order in a calendar entry may put it into its outline. Nothing in the text of such a step tells
that it is wrong; where its words come from does. So as long as a prompt held nothing but names and numbers, a model's
conclusions stand. Once it held sentences that others wrote, a step that acts must be explained by what the person said:
it must share more than a place with it, and must not bring words along that stand in those sentences alone.

:source: Denning, A Lattice Model of Secure Information Flow (1976), for the idea of labels that follow data.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from urllib.parse import unquote

from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.outline import OutlineStep
from taskmatrix_ros.planner.language.english import ENGLISH
from taskmatrix_ros.planner.model.kindred_words import EMPTY_WORDS, PLACE_WORDS, explained, same

PICTURE = "<picture>"
"""Stands among what was heard for a picture, whose text nobody has read."""

_WORD = re.compile(r"[^\W_]+")
_PLAIN = re.compile(r"[\w .,'’°%/()&+-]{0,40}")
_BLOB = re.compile(r"[A-Za-z0-9+/]{8,}={0,2}")
_JOINED = re.compile(r"\b(?:and|then|also|please)\b|,\s", re.IGNORECASE)
_DEICTIC = re.compile(
    r"\b(this|that|these|those|picture|photo|image|screenshot|see|seen|shows?|shown|look)\b",
    re.IGNORECASE,
)
_NAME_WORDS = 4
_REPORT = re.compile(r"[A-Za-z0-9 .,'’:;()°%/-]{0,90}")
_REPORT_WORDS = 12
_REPORTS = frozenset({"the", "is", "has", "was", "were", "are", "not"})
_ORDERS = frozenset({"must", "should", "shall", "need", "needs", "please", "to", "now", "then", "also", "you", "your"})
_ORDERS |= {form for verb in ENGLISH.verbs for form in (verb, f"{verb}s", f"{verb}ed", f"{verb}d", f"{verb}ing")}
_ORDERS |= {f"{verb[:-1]}ing" for verb in ENGLISH.verbs if verb.endswith("e")}
_THINGS = frozenset({"water", "light", "watch", "iron", "heat", "guard"})
"""Verbs that many names begin with."""
_TURNED = frozenset({"off", "out", "stop"})
"""Empty words that turn a sentence around: they may come from the person alone."""
_PREFIX = 4


class Provenance:
    """Holds what the person said against what the model read beside it."""

    def __init__(self, said: Iterable[str], heard: Sequence[str]) -> None:
        """:param said: the person's own words: instruction, earlier turns, answers, preferences.

        :param heard: every text of others that a prompt held.
        """
        said = tuple(said)
        self._said = frozenset(word for text in said for word in _words(text, _TURNED))
        texts = [text for text in heard if text != PICTURE]
        sentences = [text for text in texts if not is_name(text)]
        # A picture tells what "this" is. Who says nothing of it has not asked for what may be written in it.
        unsaid = len(texts) < len(heard) and not any(_DEICTIC.search(text) for text in said)
        self.tainted = bool(sentences) or unsaid
        """Whether somebody else's sentences were read."""
        self._heard = frozenset(word for text in sentences for view in _views(text) for word in _words(view, _TURNED))

    def doubt(self, step: OutlineStep) -> str | None:
        """Say why a step may not be the person's wish, or None."""
        if not self.tainted or step.effect is Effect.READ:
            return None
        if foreign := self.foreign(" ".join([step.text, *step.targets])):
            return f"{_listed(foreign)} stands in what was read, and not in what you said"
        return None if self.explains(step.text) else "nothing you said asks for it"

    def explains(self, text: str) -> bool:
        """Whether what the person said leads to what a text says; always so where nobody else said anything."""
        if not self.tainted:
            return True
        words = _words(text)
        if any(_alike(word, known) for word in words - PLACE_WORDS for known in self._said - PLACE_WORDS):
            return True
        return explained(self._said, words)

    def foreign(self, text: str) -> tuple[str, ...]:
        """Give the words of a text that stand in others' sentences and in nothing the person said."""
        return tuple(
            word
            for word in sorted(_words(text, _TURNED))
            if any(_alike(word, known) for known in self._heard) and not any(_alike(word, own) for own in self._said)
        )

    @staticmethod
    def names(text: str, steps: Iterable[str]) -> bool:
        """Whether one of the steps shares a word with a text."""
        words = _words(text)
        return any(_alike(word, known) for step in steps for word in _words(step) for known in words)


def is_name(text: str) -> bool:
    """Whether a text is no more than a name, a number or a word for a state: too little to hold an order."""
    if _is_report(text):
        return True
    words = _WORD.findall(text)
    if not _PLAIN.fullmatch(text) or len(words) > _NAME_WORDS or _JOINED.search(text):
        return False
    if any(len(word) > 20 or not (word.islower() or word.isupper() or word.istitle() or word.isdigit() or
           len(word) < 8) for word in words):  # fmt: skip
        return False
    return len(words) < 2 or words[0].casefold() not in ENGLISH.verbs - _THINGS


def _is_report(text: str) -> bool:
    """Whether a text is short English that says how something is, without a verb that one could be told to do."""
    words = text.casefold().replace("'", "").split()
    if len(words) > _REPORT_WORDS or not _REPORT.fullmatch(text) or _REPORTS.isdisjoint(words):
        return False
    return not any(word.strip(".,:;()") in _ORDERS for word in words)


def _views(text: str) -> Iterable[str]:
    """Give a text in the ways a model may read it: as it stands, without tricks, and decoded."""
    visible = "".join(letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) != "Cf")
    yield from (text, visible, visible[::-1], unquote(visible), html.unescape(visible))
    for blob in _BLOB.findall(visible):
        try:
            yield base64.b64decode(blob + "=" * (-len(blob) % 4), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue


def _words(text: str, kept: frozenset[str] = frozenset()) -> frozenset[str]:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return frozenset(same(word) for word in _WORD.findall(plain) if word in kept or word not in EMPTY_WORDS)


def _alike(one: str, other: str) -> bool:
    if one == other:
        return True
    if one.isdigit() or other.isdigit():
        return False
    return len(one) >= _PREFIX and len(other) >= _PREFIX and (one.startswith(other) or other.startswith(one))


def _listed(words: Iterable[str]) -> str:
    return ", ".join(repr(word) for word in words)
