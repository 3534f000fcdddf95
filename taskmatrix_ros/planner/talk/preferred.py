"""Sentences in which a preference stands in the place of "my usual" and "as I like it"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_VALUE = (
    re.compile(
        r"^(?:i|we)(?:'d)?\s+(?:would\s+)?(?:always\s+)?(?:like|prefer|want|love|need|have)\s+(?P<thing>.+?)\s+"
        r"(?:to\s+be\s+(?:at\s+)?|(?:set\s+)?(?:at|to|on)\s+)(?P<value>.+)$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^(?:my|our)\s+(?:favou?rite\s+|usual\s+|preferred\s+)?(?P<thing>.+?)\s+(?:is|are|should\s+be)\s+(?P<value>.+)$",
        re.IGNORECASE,
    ),
    re.compile(r"^(?:i|we)\s+(?:really\s+)?(?:like|prefer|love)\s+(?P<thing>(?P<value>.+))$", re.IGNORECASE),
)
_AS_LIKED = re.compile(
    r"\s*\b(?:(?:just\s+)?(?:as|the way|how|like)\s+(?:i|we)\s+(?:like|prefer|want)\s+(?:it|that|them)|as usual"
    r"|to\s+my\s+liking)\b",
    re.IGNORECASE,
)
_MINE = re.compile(r"\b(?:my|the|our)\s+(?:usual|favou?rite|preferred)\b(?P<noun>\s+\w+)?", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_EMPTY = frozenset(
    {"a", "an", "as", "at", "i", "in", "it", "like", "make", "my", "of", "on", "set", "the", "to", "turn"}
)


def preferred_texts(text: str, preferences: Sequence[str]) -> Iterator[str]:
    """Give the instruction with a preference filled in, the one that shares most words with it first.

    Nothing where the instruction does not ask for what is usual.
    """
    asks = _AS_LIKED.search(text) or _MINE.search(text)
    if not asks:
        return
    words = _words(text)
    values = [(len(words & _words(found["thing"])), number, found["value"], found["thing"])
              for number, each in enumerate(preferences) for found in _found(each)]  # fmt: skip
    for _, _, value, _thing in sorted(values, reverse=True):
        bare = value.strip(" .!")
        if _AS_LIKED.search(text):
            yield _AS_LIKED.sub(f" to {bare}", text)
            yield _AS_LIKED.sub(f" {bare}", text)
        else:
            yield _MINE.sub(lambda found, bare=bare: f"{bare}{found['noun'] or ''}", text)  # type: ignore[misc]
            yield _MINE.sub(bare, text)


def _found(preference: str) -> list[re.Match[str]]:
    return [found for pattern in _VALUE if (found := pattern.match(preference.strip()))][:1]


def _words(text: str) -> frozenset[str]:
    return frozenset(word for word in _WORD.findall(text.casefold()) if word not in _EMPTY)
