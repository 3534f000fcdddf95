"""Whether a model's phrasing of an answer says nothing beyond the facts it was given."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"[^\W_]+(?:[.,'’][^\W_]+)*%?")
_NUMBER_WORDS = frozenset(
    {"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "twenty"}
    | {"thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred", "thousand", "half", "twice"}
)
_VERDICTS = frozenset(
    {"on", "off", "open", "opened", "closed", "shut", "locked", "unlocked", "armed", "disarmed", "failed", "not", "no"}
    | {
        "never",
        "every",
        "all",
        "everything",
        "nothing",
        "none",
        "both",
        "safe",
        "done",
        "empty",
        "full",
        "home",
        "away",
    }
)
"""Words that turn a sentence: a fact has to say so too."""
MAX_ANSWER = 400


def says_only(answer: str, facts: Iterable[str], asked: str) -> bool:
    """Whether each number, each name and each verdict in an answer stands in the facts, or in what was asked.

    A number of the question is no fact: who asks whether it is 20 degrees may not be told so for that.
    """
    if not answer.strip() or len(answer) > MAX_ANSWER or "\n" in answer.strip():
        return False
    known = {word for fact in facts for word in _words(fact)}
    named = known | {word for word in _words(asked) if not word[0].isdigit()}
    for at, word in _placed(answer):
        plain = word.casefold()
        has_digit = any(letter.isdigit() for letter in word)
        if (has_digit or plain in _NUMBER_WORDS or plain in _VERDICTS) and plain not in known:
            return False
        if not at and not has_digit:
            continue
        if (word[0].isupper() or "." in word) and plain not in named and plain != "i":
            return False
    return True


def _placed(text: str) -> Iterable[tuple[int, str]]:
    """Give the words with their place in their sentence."""
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        yield from enumerate(_parts(sentence))


def _parts(text: str) -> list[str]:
    return [word.rstrip("%").rstrip(".,") for word in _WORD.findall(text.replace("_", " "))]


def _words(text: str) -> set[str]:
    plain = {word.casefold() for word in _parts(text)}
    return plain | {part for word in plain for part in re.split(r"[.,'’]", word) if part and not part.isdigit()}
