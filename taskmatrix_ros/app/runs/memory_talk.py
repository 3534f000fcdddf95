"""What is said about what shall be remembered, and not about what shall be done."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_PLEASE = r"^(?:(?:please|hey|ok|okay|so|well)[\s,]+)*"
_END = r"[.!?\s]*(?:\bplease\b)?[.!?\s]*$"
_REMEMBER = re.compile(
    rf"{_PLEASE}(?:remember|keep in mind|note|don'?t forget)(?:\s+(?:please\s+)?that|\s*[:,])?\s+(?!to\b)"
    rf"(?P<text>.+?){_END}",
    re.IGNORECASE | re.DOTALL,
)
_FORGET_ALL = re.compile(
    rf"{_PLEASE}forget\s+(?:everything|all)(?:\s+(?:about me|i (?:said|told you|like)|my preferences"
    rf"|you (?:know|remember)(?: about me)?))?{_END}",
    re.IGNORECASE,
)
_FORGET = re.compile(
    rf"{_PLEASE}forget\s+(?:about\s+|that\s+(?=\w)|what\s+(?:i\s+(?:said|told you)|you\s+know)\s+about\s+)"
    rf"(?P<text>.+?){_END}",
    re.IGNORECASE | re.DOTALL,
)
_LIST = re.compile(
    rf"{_PLEASE}(?:what\s+(?:do|did)\s+you\s+(?:remember|know)(?:\s+about\s+(?:me|us|my preferences))?"
    rf"|what\s+do\s+i\s+like|what\s+are\s+my\s+preferences|(?:list|show)(?:\s+me)?\s+my\s+preferences){_END}",
    re.IGNORECASE,
)
_CANCEL = re.compile(
    rf"{_PLEASE}(?:(?:no|wait|oh)[\s,]+)*(?:cancel(?:\s+(?:that|it|this|everything))?|never\s*mind(?:\s+(?:that|it))?"
    rf"|forget\s+(?:it|that)|abort(?:\s+(?:that|it))?|scratch\s+that|leave\s+it(?:\s+be)?|stop\s+(?:that|it|doing\s+that)"
    rf"|don'?t\s+(?:bother|do\s+(?:that|it))){_END}",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")
_EMPTY = frozenset(
    {"a", "an", "at", "i", "in", "is", "it", "like", "me", "my", "of", "on", "that", "the", "to", "want"}
)


class Talk(StrEnum):
    """What an instruction is, where it is no wish for a plan."""

    REMEMBER = "remember"
    FORGET = "forget"
    FORGET_ALL = "forget_all"
    LIST = "list"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class MemoryTalk:
    """``text``: what shall be remembered or forgotten, in the person's words."""

    talk: Talk
    text: str = ""


def parse_memory_talk(text: str) -> MemoryTalk | None:
    """Read an instruction about the memory or about the run itself, or None.

    >>> parse_memory_talk("please remember that I like jazz").text
    'I like jazz'
    """
    if _CANCEL.match(text):
        return MemoryTalk(Talk.CANCEL)
    if _LIST.match(text):
        return MemoryTalk(Talk.LIST)
    if _FORGET_ALL.match(text):
        return MemoryTalk(Talk.FORGET_ALL)
    for talk, pattern in ((Talk.FORGET, _FORGET), (Talk.REMEMBER, _REMEMBER)):
        if found := pattern.match(text):
            return MemoryTalk(talk, " ".join(found["text"].split()))
    return None


def best_match(text: str, known: tuple[str, ...]) -> str | None:
    """Give the preference that shares most words with a text, None where none shares any."""
    words = _words(text)
    ranked = [(len(words & _words(each)), each) for each in known]
    most, best = max(ranked, default=(0, ""), key=lambda pair: pair[0])
    return best if most else None


def _words(text: str) -> frozenset[str]:
    return frozenset(word for word in _WORD.findall(text.casefold()) if word not in _EMPTY)
