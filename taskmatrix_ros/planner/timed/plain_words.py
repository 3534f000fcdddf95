"""Says what a clause says in the words that patterns know."""

from __future__ import annotations

import re
from collections.abc import Sequence

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.planner.grammar.reading import INCOMPLETE
from taskmatrix_ros.planner.timed.condition_words import BY_SOMEBODY, STATES, VAGUE


def plainly(words: Sequence[str]) -> str:
    """Say what is so in the words of ``STATES``: ``are still open`` is ``is open``, ``isn't on`` is ``is off``."""
    text = " ".join(word for word in words if word not in _SAYS_NOTHING)
    text = text.replace(" isn't ", " is not ").replace(" aren't ", " are not ")
    if match := BY_SOMEBODY.fullmatch(text):
        if match["verb"] in ("turn", "switch"):
            side = match["early"] or match["late"]
            return f"{match['name']} is turned {side}" if side else text
        return f"{match['name']} is {_DONE[match['verb']]}"
    return _NOT_SO.sub(lambda found: f" is {_CONTRARY[found[1]]}", text)


def said_of_both(words: Sequence[str], other: Sequence[str]) -> tuple[str, ...] | None:
    """Let what is said behind a joint be said of both: ``the TV`` and ``the fan turns on`` -> ``the TV turns on``."""
    text = plainly(other)
    match = next((found for pattern, *_ in STATES if (found := pattern.fullmatch(text))), None)
    if match is None or not _VERBS.isdisjoint(words):
        return None
    return (*words, *text[len(match["name"]) :].split())


def thing_of(subject: str) -> str:
    """Give the thing of which something is measured: ``the brightness of the hall light``."""
    _, of, thing = subject.rpartition(" of ")
    return thing if of else ""


def refuse_vague(words: Sequence[str]) -> None:
    """:raises PlanningError: ``INCOMPLETE``: it says how something is without a figure."""
    if match := VAGUE.fullmatch(" ".join(words)):
        side = "below 5" if match["how"] in ("cold", "cool", "chilly") else "above 25"
        unit = "percent" if match["how"] in ("humid", "bright") else "degrees"
        raise PlanningError(
            f"offline planner: how {match['how']} is that? say a figure, as in when it is {side} {unit}",
            code=INCOMPLETE,
        )


_VERBS = frozenset({"is", "are", "it's", "i'm", "has", "have", "turns", "goes", "opens", "closes", "it", "i"})
_SAYS_NOTHING = frozenset({"still", "already", "currently", "both", "ever", "suddenly", "accidentally", "just"})
_CONTRARY = {"on": "off", "off": "on", "open": "closed", "closed": "open"}
_NOT_SO = re.compile(r" (?:is|are) not (on|off|open|closed)$")
_DONE = {"open": "opened", "close": "closed", "shut": "closed", "lock": "locked", "unlock": "unlocked"}


def without_it(words: Sequence[str]) -> Sequence[str]:
    """``it is after 10 pm``, ``it's a weekday``: what is said of the time."""
    for opening in (
        ("it", "is"),
        ("it's",),
        ("its",),
        ("the", "time", "is"),
        ("today", "is"),
        ("it", "gets"),
        ("it", "becomes"),
    ):
        if tuple(words[: len(opening)]) == opening:
            rest = list(words[len(opening) :])
            if rest[:1] in (["a"], ["the"]) and len(rest) > 1:
                rest = rest[1:]
            if len(rest) <= 3 and rest and rest[0] in _DAY_WORDS:
                return ["on", f"{rest[0].removesuffix('s')}s"] if not rest[1:] else ["every", *rest]
            if rest and rest[0][:1].isdigit():
                return ["at", *rest]
            return rest
    return words


_DAY_WORDS = frozenset(
    [
        "weekday",
        "weekend",
        "workday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "weekdays",
        "weekends",
    ]
)
