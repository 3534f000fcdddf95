"""Which of the rules that live a person means: the last one, an alarm, the one about the blinds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.rule import DateTrigger, Rule, TimeTrigger, Trigger, parse_time
from taskmatrix_ros.planner.grammar.reading import AMBIGUOUS
from taskmatrix_ros.planner.timed.time_phrase import Clock
from taskmatrix_ros.planner.timed.time_scanner import TimeScanner

_DROPPED = frozenset(
    {
        *("the", "a", "an", "my", "at", "to", "me", "us", "for", "that", "of", "on", "in", "and", "is", "about"),
        *("which", "this", "it", "please", "i", "again", "anymore", "up"),
    }
)
_KINDS = {"reminder": ("remind", "reminder"), "alarm": ("wake", "alarm"), "wake": ("wake", "alarm")}
"""Word for rules of a kind -> words of such rules."""
_ENDINGS = re.compile(r"(?<=[a-z]{2})(?:ing|es|s)$")


class RuleSearch:
    """Finds among rules, the one made last at the end. Pure."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)

    def of_kind(self, said: str) -> tuple[Rule, ...] | None:
        """Give the rules of a kind: ``reminders``, ``alarm``; None where the word stands for any rule."""
        own = next((words for kind, words in _KINDS.items() if said.startswith(kind)), None)
        if own is None:
            return None
        return tuple(rule for rule in self._rules if not _words_of(rule).isdisjoint(own))

    def one_of_kind(self, said: str) -> Rule:
        """Give the one rule of a kind.

        :raises PlanningError: there is none, or there are several.
        """
        found = self.of_kind(said) or ()
        if not found:
            raise self._unknown(said)
        if len(found) > 1:
            raise _several(said, found)
        return found[0]

    def named(self, said: str) -> Rule:
        """Give the rule that words mean, by its own words, its id and its times.

        :raises PlanningError: none is called so, or several are.
        """
        found = self._best(said, whole=False)
        if not found:
            raise self._unknown(said)
        if len(found) > 1:
            raise _several(said, found)
        return found[0]

    def wholly_named(self, said: str) -> Rule | None:
        """Give the rule whose words hold all that was said, whatever its endings; None where there is no such rule.

        :raises PlanningError: several do.
        """
        found = self._best(said, whole=True)
        if len(found) > 1:
            raise _several(said, found)
        return found[0] if found else None

    def _best(self, said: str, *, whole: bool) -> tuple[Rule, ...]:
        words = {word for word in re.findall(r"[a-z0-9:]+", said) if word not in _DROPPED}
        clocks = _clocks(said.split())
        ranked: list[tuple[int, Rule]] = []
        for rule in self._rules:
            own = _words_of(rule)
            if whole:
                stems = {_stem(word) for word in own}
                score = len(words) if words and all(_stem(word) in stems for word in words) else 0
            else:
                timed = any(_shows(trigger, clock) for trigger in rule.triggers for clock in clocks)
                score = len(words & own) + 3 * timed
            ranked.append((score, rule))
        best = max((score for score, _ in ranked), default=0)
        return tuple(rule for score, rule in ranked if score == best and score > 0)

    def _unknown(self, said: str) -> PlanningError:
        names = [rule.text or rule.id for rule in self._rules]
        there = f"; there are: {'; '.join(names[-5:])}" if names else "; there are none"
        return PlanningError(f"offline planner: no rule is called {said!r}{there}", code="UNKNOWN_RULE")


def _several(said: str, found: Sequence[Rule]) -> PlanningError:
    names = "; or ".join((rule.text or rule.id) for rule in found[:4])
    return PlanningError(f"offline planner: {said!r} can mean {names}; say more of it", code=AMBIGUOUS)


def _words_of(rule: Rule) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9:]+", rule.text.lower())) | frozenset(rule.id.split("_"))


def _stem(word: str) -> str:
    stem = _ENDINGS.sub("", word)
    return (stem[:-1] if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "lsfe" else stem).removesuffix("e")


def _clocks(words: Sequence[str]) -> list[Clock]:
    scan = TimeScanner(words)
    return [found[0] for at in range(len(words)) if (found := scan.clock(at))]


def _shows(trigger: Trigger, clock: Clock) -> bool:
    """Whether a trigger's time of day is the one said."""
    if isinstance(trigger, TimeTrigger):
        at = parse_time(trigger.at)
    elif isinstance(trigger, DateTrigger):
        at = trigger.at.time()
    else:
        return False
    return (at.hour, at.minute) in {(side.hour, side.minute) for side in faces(clock)}


def faces(clock: Clock) -> tuple[time, ...]:
    """Give the times of day that may be meant."""
    return (clock.at,) if clock.exact else (clock.at, clock.later().at)
