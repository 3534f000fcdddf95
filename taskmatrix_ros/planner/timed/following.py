"""Of two moments that were said together the one said last comes last, and on the same days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from taskmatrix_ros.planner.code.code_writer import call_source
from taskmatrix_ros.planner.grammar.expansion import Statement
from taskmatrix_ros.planner.language.words import Word, Words, keys
from taskmatrix_ros.planner.timed.time_phrase import (
    Ahead,
    AtClock,
    AtSun,
    Delay,
    EveryDays,
    EveryMonth,
    EverySpan,
    Holiday,
    InPart,
    NotOn,
    OnDay,
    Phrase,
    Since,
)
from taskmatrix_ros.planner.timed.time_phrases import TimePhrases
from taskmatrix_ros.planner.timed.time_schedule import in_part

_DAY = timedelta(days=1)
_OF_DAYS = (EveryDays, EveryMonth, OnDay, NotOn, Holiday)
_OWN_MOMENT = (*_OF_DAYS, EverySpan, Since, Delay, Ahead)


def following(one: Sequence[Statement], other: Sequence[Statement]) -> tuple[Statement, ...]:
    """Give the other a day later where it would come before: said at nine, ``on at 6 pm and off at 11`` is tomorrow."""
    first, second = _moment(one), _moment(other)
    if first is None or second is None or not first - _DAY < second <= first:
        return tuple(other)
    return (_moved(other[0], second + _DAY),)


def delay_of(said: Sequence[str]) -> Delay | None:
    """Give the delay that is all the time a part speaks of: ``10 minutes later turn it off``."""
    finder = TimePhrases(said)
    phrases = finder.leading()[0] or finder.trailing()[0]
    return phrases[0] if len(phrases) == 1 and isinstance(phrases[0], Delay) else None


def after(
    one: Sequence[Statement], other: Sequence[Statement], delay: Delay, now: datetime
) -> tuple[Statement, ...] | None:
    """Join two parts of which the other comes so long after the first.

    It counts from the first's moment where it is ``later``; of a rule that starts more than once, or at an event, it is
    the end of that rule.

    :returns: None: there is no one moment to count from.
    """
    rules = [statement for statement in one if statement.api == "rule_add"]
    second = _moment(other)
    if not rules or second is None:
        return (*one, *other)
    first = _moment(one)
    if first is not None:
        return (*one, *((_moved(other[0], first + (second - now)),) if delay.later else other))
    if len(one) > 1:
        return None
    begun, ended = rules[0].arguments["rule"], other[0].arguments["rule"]
    wait = call_source("wait", {"duration_s": delay.delay_s})
    code = "\n".join((begun["action"]["code"], wait, ended["action"]["code"]))
    whole = {**begun, "text": f"{begun['text']} {ended['text']}", "action": {"code": code}}
    return (_with_rule(one[0], whole),)


def along(one: Sequence[Statement], code: str, text: str) -> tuple[Statement, ...]:
    """Let what is said behind a rule be done with it: ``turn off the TV every day at 10 and close the blinds``."""
    rule = one[-1].arguments["rule"]
    whole = {**rule, "text": f"{rule['text']} {text}", "action": {"code": f"{rule['action']['code']}\n{code}"}}
    return (*one[:-1], _with_rule(one[-1], whole))


def begins_now(said: Sequence[str]) -> bool:
    """Whether a part has one plain moment of today: then what is said behind it may be for now."""
    finder = TimePhrases(said)
    phrases = (*finder.leading()[0], *finder.trailing()[0])
    return all(
        isinstance(phrase, AtClock | Delay | InPart) or (isinstance(phrase, OnDay) and phrase.is_today)
        for phrase in phrases
    )


def on_those_days(right: Words, left: Words) -> Words:
    """Let a part that has but a time of day be for the days of the part before: ``… and close them at 10 pm``.

    :param right: without what joins it.
    """
    own = [phrase for phrase, _ in _phrases(right)]
    clocks = [clock for phrase in own if isinstance(phrase, AtClock) for clock in phrase.clocks]
    if any(isinstance(phrase, _OWN_MOMENT) for phrase in own) or not (
        clocks or any(isinstance(phrase, AtSun) for phrase in own)
    ):
        return right
    frame: Words = ()
    before = list(_phrases(left))
    for phrase, words in before:
        if isinstance(phrase, OnDay) and phrase.is_today:
            return right
        if isinstance(phrase, _OF_DAYS):
            frame += words
    part = next((phrase.part for phrase, _ in before if isinstance(phrase, InPart)), None)
    if part is not None and any(key in ("every", "each") for key in keys(frame)) and not _goes_on(before, own, part):
        frame = tuple(Word(word, word) for word in ("every", "day")) if frame[-1].key == part else frame
    return (*(word.joined() for word in frame), *right)


def _goes_on(before: Sequence[tuple[Phrase, Words]], own: Sequence[Phrase], part: str) -> bool:
    """Whether the second time is in the same part of the day: ``every evening at 8 … and at 11``."""
    if any(isinstance(phrase, InPart) for phrase in own):
        return False
    first, second = (
        [in_part(clock, part) for phrase in phrases if isinstance(phrase, AtClock) for clock in phrase.clocks]
        for phrases in ([phrase for phrase, _ in before], own)
    )
    return bool(second) and (max(first, default=time(0))) < min(second)


def _phrases(words: Words) -> Iterator[tuple[Phrase, Words]]:
    """Give the phrases before and behind a command, each with its words."""
    said = keys(words)
    finder = TimePhrases(said)
    _, begins = finder.leading()
    _, cut = finder.trailing() if begins < len(said) else ((), len(said))
    for first, end in ((0, begins), (cut, len(said))):
        at, last = first, None
        while at < end:
            start = at + 1 if at > first and said[at] == "and" else at
            found = finder.at(start, after=last)
            if found is None:
                break
            for phrase in found[0]:
                yield phrase, words[start : found[1]]
            last, at = found[0][-1], found[1]


def _moved(statement: Statement, moment: datetime) -> Statement:
    rule: dict[str, Any] = statement.arguments["rule"]
    return _with_rule(statement, {**rule, "triggers": [{**rule["triggers"][0], "at": moment.isoformat()}]})


def _with_rule(statement: Statement, rule: dict[str, Any]) -> Statement:
    return replace(statement, arguments={"rule": rule}, source=call_source("rule_add", {"rule": rule}))


def _moment(statements: Sequence[Statement]) -> datetime | None:
    """Give the one moment at which the one rule that is added starts once."""
    if len(statements) != 1 or statements[0].api != "rule_add":
        return None
    triggers = statements[0].arguments["rule"].get("triggers", [])
    if len(triggers) != 1 or triggers[0].get("kind") != "date":
        return None
    return datetime.fromisoformat(str(triggers[0]["at"]))
