"""What an instruction is that goes on with what was said before: "the other one", "and the bedroom", "a bit warmer"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

PRONOUN = re.compile(r"\b(it|that|this|them|those|these|there)\b", re.IGNORECASE)
"""A word whose meaning may lie in the turn before."""

_BEFORE = r"(?:(?:no|nope|nah|wait|sorry|oops|actually|please|ok|okay|hmm|well|oh)[\s,.!;:-]+)*"
_AFTER = r"(?:[\s,]+(?:please|thanks|thank you|instead|though|rather))*[.!?\s]*"
_CORRECTS = re.compile(
    r"^(?:no|nope|nah|wait|sorry|oops|actually|i\s+mean|i\s+meant|not\s+the|rather)\b", re.IGNORECASE
)
_STOP = re.compile(r"^(?:stop|hold on|hang on)\s*[,.!;:-]+\s*", re.IGNORECASE)
_AGAIN = re.compile(
    rf"^{_BEFORE}(?:(?:do|repeat|play|say)\s+(?:it|that|this)(?:\s+(?:again|once more|one more time))?|again|once more"
    rf"|one more time|repeat|the same again){_AFTER}$",
    re.IGNORECASE,
)
_AGAIN_WHEN = re.compile(
    rf"^{_BEFORE}(?:do|repeat|play|say)\s+(?:it|that|this|the\s+same(?:\s+thing)?)(?:\s+again)?\s+(?P<when>.+?){_AFTER}$",
    re.IGNORECASE,
)
_OTHER = re.compile(
    rf"^{_BEFORE}(?:(?:i\s+mean(?:t)?|take|use|try|rather|make\s+it)\s+)?the\s+other(?:\s+(?:one|\w+))?{_AFTER}$",
    re.IGNORECASE,
)
_NOT_BUT = re.compile(
    rf"^{_BEFORE}not\s+(?:the\s+|in\s+the\s+)?(?P<old>[^,]+?)[\s,;]+(?:but\s+|i\s+mean(?:t)?\s+)?(?P<thing>(?:the|in|on)\s+.+?)"
    rf"{_AFTER}$",
    re.IGNORECASE,
)
_INSTEAD = (
    re.compile(
        r"^(?:(?:no|nope|nah|wait|sorry|oops|actually)"
        r"(?:\s*[,.!;:-]+\s*|\s+(?=the\b|in\b|on\b|i\s+mean|make\s+(?:it|that)\b|rather\b|no\b|wait\b)))+"
        rf"(?:i\s+mean(?:t)?\s+|rather\s+|make\s+(?:it|that)\s+)?(?P<thing>.+?){_AFTER}$",
        re.IGNORECASE,
    ),
    re.compile(rf"^{_BEFORE}i\s+mean(?:t)?\s+(?P<thing>.+?){_AFTER}$", re.IGNORECASE),
    re.compile(r"^(?P<thing>.+?)\s+instead[.!?\s]*$", re.IGNORECASE),
)
_ALSO = (
    re.compile(
        rf"^(?:and\s+)?(?:what|how)\s+about\s+(?P<thing>.+?)(?:\s+(?:too|as well|also))?{_AFTER}$", re.IGNORECASE
    ),
    re.compile(rf"^(?:and\s+)?(?:(?:do\s+)?the\s+)?same\s+(?:for|with|in|on)\s+(?P<thing>.+?){_AFTER}$", re.IGNORECASE),
    re.compile(rf"^(?:and\s+)?(?P<thing>.+?)\s+(?:too|as well|also){_AFTER}$", re.IGNORECASE),
    re.compile(rf"^and\s+(?:also\s+)?(?P<thing>.+?){_AFTER}$", re.IGNORECASE),
)
_UP = "warmer hotter brighter louder higher faster stronger more up lighter"
_DOWN = "cooler colder dimmer darker quieter softer lower slower weaker less down"
_AMOUNT = r"(?P<amount>\d+(?:[.,]\d+)?)\s*(?:degrees?|percent|per\s+cent|%|°c?|points?)?"
_RELATIVE = re.compile(
    rf"^{_BEFORE}(?:(?:make|turn|set|put)\s+(?:it|that|this)\s+)?"
    r"(?P<much>(?:a\s+)?(?:little|tiny|wee)?\s*(?:bit|little|touch|tad|notch)?\s*|slightly\s+|somewhat\s+|much\s+|a\s+lot\s+|even\s+|still\s+)?"
    rf"(?:{_AMOUNT}\s+)?(?P<way>{'|'.join((_UP + ' ' + _DOWN).split())})(?:\s+by\s+{_AMOUNT.replace('amount', 'by')})?"
    rf"(?:\s+again)?{_AFTER}$",
    re.IGNORECASE,
)
_WAYS = {**dict.fromkeys(_UP.split(), 1), **dict.fromkeys(_DOWN.split(), -1)}
_ARTICLE = re.compile(r"^(?:the|a|an|my|our|in the|in|on the|for the|with the)\s+", re.IGNORECASE)
_ONE = re.compile(r"\s+ones?$", re.IGNORECASE)
_LONGEST = 8
"""Words of a thing: more is an instruction of its own."""


class FollowUpKind(StrEnum):
    """How an instruction leans on the one before."""

    AGAIN = "again"
    OTHER = "other"
    INSTEAD = "instead"
    ALSO = "also"
    RELATIVE = "relative"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """``thing``: what takes another's place; ``old``: whose; ``way``: +1 or -1; ``step``: how much of the usual step;
    ``amount``: how much in the value's own unit, None where it was not said.
    """

    kind: FollowUpKind
    thing: str = ""
    old: str = ""
    way: int = 0
    step: float = 1.0
    amount: float | None = None


def parse_follow_up(text: str) -> FollowUp | None:
    """Read an instruction as one that leans on the turn before, or None.

    >>> parse_follow_up("no, the bedroom one please").thing
    'bedroom'
    """
    said = _STOP.sub("no, ", " ".join(text.split()))
    if _AGAIN.match(said):
        return FollowUp(FollowUpKind.AGAIN)
    if found := _AGAIN_WHEN.match(said):
        return FollowUp(FollowUpKind.AGAIN, thing=found["when"])
    if _OTHER.match(said):
        return FollowUp(FollowUpKind.OTHER)
    if found := _RELATIVE.match(said):
        return _relative(found)
    if found := _NOT_BUT.match(said):
        return FollowUp(FollowUpKind.INSTEAD, thing=_bare(found["thing"]), old=_bare(found["old"]))
    for kind, patterns in ((FollowUpKind.INSTEAD, _INSTEAD), (FollowUpKind.ALSO, _ALSO)):
        for pattern in patterns:
            if (found := pattern.match(said)) and 0 < len((thing := _bare(found["thing"])).split()) <= _LONGEST:
                return FollowUp(kind, thing=thing)
    return None


def corrects(text: str) -> bool:
    """Whether an instruction takes back what is being done."""
    follow_up = parse_follow_up(text)
    if follow_up is None:
        return False
    takes_back = _CORRECTS.match(text.strip()) or _STOP.match(text.strip())
    return follow_up.kind in (FollowUpKind.INSTEAD, FollowUpKind.OTHER) or bool(takes_back)


def _relative(found: re.Match[str]) -> FollowUp:
    much = (found["much"] or "").split()
    step = 3.0 if {"much", "lot"} & set(much) else 1.0
    given = found["amount"] or found["by"]
    amount = float(given.replace(",", ".")) if given else None
    return FollowUp(FollowUpKind.RELATIVE, way=_WAYS[found["way"].casefold()], step=step, amount=amount)


def _bare(thing: str) -> str:
    return _ONE.sub("", _ARTICLE.sub("", thing.strip(" ,.!?"))).strip()
