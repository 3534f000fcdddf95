"""Makes rules of a sentence that was taken apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.rule import BeforeTrigger, DateTrigger, Rule, RuleAction, StateTrigger, Trigger, Weekday
from taskmatrix_ros.planner.code.code_writer import call_source
from taskmatrix_ros.planner.grammar.reading import INCOMPLETE, TIMED
from taskmatrix_ros.planner.language.words import Words, matched_text
from taskmatrix_ros.planner.timed.atoms import Atom
from taskmatrix_ros.planner.timed.rule_sentence import FIRST, IF, UNLESS, Clause, Sentence
from taskmatrix_ros.planner.timed.time_phrase import Ahead, Delay, EveryDays, Phrase
from taskmatrix_ros.planner.timed.time_schedule import Schedule, Scheduler

PlanText = Callable[[str], str]
"""Gives the action code of a command. Raises ``PlanningError`` where it is not understood."""

_OPPOSITES = (
    ("turn on", "turn off"),
    ("switch on", "switch off"),
    ("open", "close"),
    ("start", "stop"),
    ("raise", "lower"),
    ("mute", "unmute"),
    ("enable", "disable"),
    ("pause", "resume"),
    ("power on", "power off"),
    ("activate", "deactivate"),
    ("run", "stop"),
)
_STARTING = frozenset({"run", "start", "activate", "enable", "water"})
_PARTICLES = {"on": "off", "off": "on"}
_KEEP = re.compile(r"(?:keep|leave) (?P<what>.+) (?P<how>on|off|open|closed|shut|running)")
_SO = r"(?:turned |switched |left )?(?P<how>on|off|open|opened|closed|shut|running|locked|unlocked)"
_WISHED = re.compile(
    r"(?:i want|i'd like|i would like|i need|we want|we need|we'd like|make sure|be sure|ensure|see to it|see)"
    rf"(?: that)? (?P<what>.+?) (?:(?:is|are|to be|be|should be) )?{_SO}"
)
_OUGHT = re.compile(rf"(?P<what>.+?) (?:should|must|has to|have to|ought to|shall|is to|are to) (?:be )?{_SO}")
_TO_DO = re.compile(
    r"(?:i want|i'd like|i would like|i need|we want|we need|we'd like|have|get|schedule) (?P<what>.+?) "
    r"to (?P<how>open|close|turn on|turn off|switch on|switch off|go on|go off|come on|start|stop)"
)
_PUT = re.compile(r"put (?P<what>(?:the|my|our) .+) (?P<how>on|off)")
_WISHES = (_KEEP, _TO_DO, _WISHED, _OUGHT, _PUT)
_TERSE = re.compile(r"(?P<what>.+?) (?P<how>on|off|out|open|closed|shut|up|down)")
_BRINGS_ABOUT = {
    **dict.fromkeys(("on", "running", "go on", "come on", "start"), "turn on"),
    **dict.fromkeys(("off", "out", "go off", "stop"), "turn off"),
    **dict.fromkeys(("opened", "up"), "open"),
    **dict.fromkeys(("closed", "shut", "down"), "close"),
    "locked": "lock",
    "unlocked": "unlock",
}
"""How something shall be -> the command that makes it so."""
_SLUG_DROPPED = frozenset({"the", "a", "an", "my", "to", "me", "please", "in", "at", "of", "and"})
_KEPT_WORDS = 6


@dataclass(frozen=True, slots=True)
class Deed:
    """What is to be done: its code, or what else the words amount to."""

    code: str
    words: str
    label: str = ""
    """What the rule is named after."""


@dataclass(frozen=True)
class Built:
    """The result: code to do now, and rules."""

    now: str = ""
    rules: tuple[Rule, ...] = ()


class RuleBuilder:
    """Serves one utterance.

    :param now: aware, in the home's zone.
    """

    def __init__(self, plan: PlanText, now: datetime) -> None:
        self._plan = plan
        self._now = now

    def build(self, sentence: Sentence, deed: Deed, text: str, *, once: bool = False) -> Built:
        """Make the rules.

        :param text: the person's words, which the rules keep.
        :param once: the deed is one that is done once: a reminder.
        :raises PlanningError: the phrases do not fit together, or the end of what is done is not known.
        """
        atoms = tuple(
            replace(atom, is_event=False, trigger=None, test=f"!({_tested(atom)})")
            if clause.conjunction in UNLESS
            else atom
            for clause in sentence.clauses
            for atom in clause.read.atoms
        )
        phrases: list[Phrase] = [*sentence.phrases]
        exceptions: list[str] = []
        for clause in sentence.clauses:
            for phrase in clause.read.phrases:
                if clause.conjunction not in UNLESS:
                    phrases.append(phrase)
                elif isinstance(phrase, EveryDays):
                    phrases.append(EveryDays(tuple(day for day in Weekday if day not in phrase.weekdays)))
                else:
                    around = Scheduler(self._now).schedule([phrase], among=True).conditions
                    exceptions += (f"!({condition})" for condition in around)
        phrases = _ahead_of_those(phrases, atoms)
        either = any(clause.read.either for clause in sentence.clauses)
        starts = [atom for atom in atoms if atom.trigger is not None]
        delays = [phrase for phrase in phrases if isinstance(phrase, Delay)] if starts else []
        if delays and _is_asked_then(sentence, delays[0]):
            delays = []
        timed = Scheduler(self._now).schedule(
            [phrase for phrase in phrases if phrase not in delays], among=bool(starts)
        )
        if timed.triggers and any(map(_happens, sentence.clauses)):
            raise PlanningError(
                "offline planner: a time and something that happens both begin it; say one of them, or two rules",
                code=TIMED,
            )
        first = any(clause.conjunction in FIRST for clause in sentence.clauses)
        timed = replace(timed, conditions=(*timed.conditions, *exceptions))
        schedule = _joined(timed, atoms, either=either)
        if not schedule.triggers:
            return self._from_now(schedule, deed, text)
        code = deed.code
        if delays:
            code = f"{call_source('wait', {'duration_s': delays[0].delay_s})}\n{code}"
        rules = []
        if schedule.lasts_s is not None:
            wait = call_source("wait", {"duration_s": schedule.lasts_s})
            code = f"{code}\n{wait}\n{self._opposite(deed)}"
        ends = schedule.once or first or (once and not sentence.clauses and not _repeats(schedule.triggers))
        rules.append(
            _rule(deed, text, code, schedule.triggers, schedule.conditions, once=ends, expires_at=schedule.expires_at)
        )
        if schedule.ends:
            closing = Deed(self._opposite(deed), deed.words, f"end {deed.label or deed.words}")
            rules.append(_rule(closing, text, closing.code, schedule.ends, (), once=schedule.once))
        return Built(rules=tuple(rules))

    def _from_now(self, schedule: Schedule, deed: Deed, text: str) -> Built:
        """``for 10 minutes``, ``until 10 pm``: it is done now, and undone then.

        :raises PlanningError: it has no end either, or hangs on something, which nothing done now could.
        """
        if schedule.conditions:
            raise PlanningError("offline planner: when? say a time, or do it without the condition", code=INCOMPLETE)
        ends: tuple[Trigger, ...] = schedule.ends
        if schedule.lasts_s is not None:
            ends = (DateTrigger(kind="date", at=Scheduler(self._now).after(schedule.lasts_s)),)
        if not ends:
            raise PlanningError("offline planner: when? say a time or what it waits for", code=INCOMPLETE)
        closing = Deed(self._opposite(deed), deed.words, f"end {deed.label or deed.words}")
        return Built(now=deed.code, rules=(_rule(closing, text, closing.code, ends, schedule.conditions, once=True),))

    def _opposite(self, deed: Deed) -> str:
        for words in opposites(deed.words):
            try:
                return self._plan(words)
            except PlanningError:
                continue
        raise PlanningError(
            f"offline planner: what is to be done after {deed.words!r} is not clear; say both, each with its time",
            code=INCOMPLETE,
        )


def deed_of(action: Words, plan: PlanText) -> Deed:
    """Plan what is to be done. :raises PlanningError: it is not understood."""
    words = matched_text(action)
    wished = next((found for pattern in _WISHES if (found := pattern.fullmatch(words.lower()))), None)
    if wished is not None:
        words = _brought_about(wished)
        return Deed(plan(words), words)
    try:
        return Deed(plan(said(action)), words)
    except PlanningError:
        if (terse := _TERSE.fullmatch(words.lower())) is None:
            raise
        try:
            return Deed(plan(_brought_about(terse)), _brought_about(terse))
        except PlanningError:
            pass
        raise


def _brought_about(wished: re.Match[str]) -> str:
    """Give the command that makes something so: ``the blinds closed`` -> ``close the blinds``."""
    how, what = wished["how"], wished["what"]
    return f"{_BRINGS_ABOUT.get(how, how)} {what}"


def said(words: Words) -> str:
    """Give words as they were written, to be read again."""
    return " ".join(word.raw if at < len(words) - 1 else word.joined().raw for at, word in enumerate(words))


def opposites(words: str) -> Iterable[str]:
    """Give commands that may undo one: ``turn on the fan`` -> ``turn off the fan``."""
    lowered = words.lower()
    if " and " in lowered:
        return  # of several things none alone is the opposite
    for pair in _OPPOSITES:
        for one, other in (pair, pair[::-1]):
            if lowered.startswith(f"{one} "):
                yield f"{other} {words[len(one) + 1 :]}"
    first, _, rest = words.partition(" ")
    head, _, last = rest.rpartition(" ")
    if last.lower() in _PARTICLES:
        yield f"{first} {head} {_PARTICLES[last.lower()]}".replace("  ", " ")
    if first.lower() in _STARTING:
        yield f"turn off {rest}"
    if first.lower() == "play":
        yield "stop the music"
    if first.lower() in ("dim", "set") and "light" in lowered:
        yield f"turn off {rest.split(' to ')[0]}"


def _joined(timed: Schedule, atoms: Sequence[Atom], *, either: bool) -> Schedule:
    """Let events start it and what is so be the condition; where nothing happens, to become so starts it."""
    triggers: list[Trigger] = list(timed.triggers)
    ahead = {trigger.key for trigger in triggers if isinstance(trigger, BeforeTrigger)}
    atoms = [atom for atom in atoms if not (isinstance(atom.trigger, BeforeTrigger) and atom.trigger.key in ahead)]
    tests = [atom.test for atom in atoms if atom.test]
    if either:
        if triggers:
            conditions = (f"({' || '.join(tests)})",) if tests else ()
            return replace(timed, conditions=(*timed.conditions, *conditions))
        return replace(timed, triggers=tuple(atom.trigger for atom in atoms if atom.trigger is not None))
    if triggers:
        events = [atom for atom in atoms if atom.is_event and not atom.test]
        if events:
            raise PlanningError(
                "offline planner: a time and something that happens both begin it; say one of them, or two rules",
                code=TIMED,
            )
        return replace(timed, conditions=(*timed.conditions, *tests))
    events = [atom for atom in atoms if atom.is_event and atom.trigger is not None]
    states = [atom for atom in atoms if atom not in events]
    if events:
        tests = [atom.test for atom in states if atom.test]
        if len(events) > 1:
            # Two things cannot happen at one moment: whichever comes last starts it, if the others are so.
            tests += [atom.test for atom in events if atom.test]
        return replace(
            timed,
            triggers=tuple(atom.trigger for atom in events if atom.trigger is not None),
            conditions=(*timed.conditions, *tests),
        )
    starts = tuple(atom.trigger for atom in states if atom.trigger is not None)
    tests = [atom.test for atom in states if atom.test and (len(states) > 1 or atom.trigger is None)]
    return replace(timed, triggers=starts, conditions=(*timed.conditions, *tests))


def _is_asked_then(sentence: Sentence, delay: Delay) -> bool:
    """Whether ``in 10 minutes turn on the fan if the TV is on`` waits, then asks; a condition said first starts it."""
    begins = delay not in sentence.behind or not sentence.leading
    return begins and all(
        (clause.conjunction in IF or clause.conjunction in UNLESS)
        and not any(atom.is_event for atom in clause.read.atoms)
        for clause in sentence.clauses
    )


def _happens(clause: Clause) -> bool:
    """Whether a clause says what happens to a thing, not how it is: ``the front door opens``."""
    if clause.conjunction in UNLESS or not _STANDING.isdisjoint(word.key for word in clause.words):
        return False
    return any(
        atom.is_event and isinstance(atom.trigger, StateTrigger) and atom.trigger.to and not atom.trigger.for_s
        for atom in clause.read.atoms
    )


_STANDING = frozenset({"is", "are", "it's", "they're", "isn't", "aren't", "been", "am", "i'm"})


def _ahead_of_those(phrases: Sequence[Phrase], atoms: Sequence[Atom]) -> list[Phrase]:
    """Let ``ten minutes before`` be ahead of what a clause foretells: ``when I leave, … ten minutes before``."""
    foretold = next((atom.trigger.key for atom in atoms if isinstance(atom.trigger, BeforeTrigger)), "")
    return [
        replace(phrase, key=foretold) if isinstance(phrase, Ahead) and not phrase.key else phrase for phrase in phrases
    ]


def _tested(atom: Atom) -> str:
    if not atom.test:
        raise PlanningError("offline planner: what may not be so has to be a state; say it as one", code=TIMED)
    return atom.test


def _repeats(triggers: Sequence[Trigger]) -> bool:
    return any(trigger.kind in ("time", "cron", "interval") for trigger in triggers)


def _rule(
    deed: Deed,
    text: str,
    code: str,
    triggers: Sequence[Trigger],
    conditions: Sequence[str],
    *,
    once: bool,
    expires_at: datetime | None = None,
) -> Rule:
    try:
        return Rule(
            id=slug(deed.label or deed.words),
            text=text,
            triggers=tuple(triggers),
            condition=" && ".join(dict.fromkeys(conditions)) or None,
            action=RuleAction(code=code),
            once=once,
            expires_at=expires_at,
        )
    except ValidationError as error:
        first: Any = error.errors()[0]
        raise PlanningError(f"offline planner: this makes no rule: {first['msg']}", code=TIMED) from error


def slug(words: str) -> str:
    """Make an id of words: ``turn off the fan`` -> ``turn_off_fan``."""
    parts = [part for part in re.findall(r"[a-z0-9]+", words.lower()) if part not in _SLUG_DROPPED]
    name = "_".join(parts[:_KEPT_WORDS]) or "rule"
    return (name if name[0].isalpha() else f"rule_{name}")[:60]
