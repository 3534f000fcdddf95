"""The parts of an utterance that lean on each other: a verb said once, ``it``, days that are said of all."""

from __future__ import annotations

import re
from dataclasses import replace

from taskmatrix_ros.planner.grammar.clause import segments
from taskmatrix_ros.planner.language.english import ENGLISH
from taskmatrix_ros.planner.language.phrasebook import Phrasebook
from taskmatrix_ros.planner.language.words import Stop, Word, Words, keys, matched_text
from taskmatrix_ros.planner.timed.rule_builder import said
from taskmatrix_ros.planner.timed.time_phrase import AtClock, AtSun, EveryDays, For, Holiday, InPart, NotOn
from taskmatrix_ros.planner.timed.time_phrases import TimePhrases

NOW = (("now",), ("right", "now"), ("immediately",), ("straight", "away"), ("at", "once"))
BACK = frozenset({"it", "them"})
AGAIN = frozenset({"again", "back"})
_ME = frozenset({"me", "us", "everyone", "everybody"})
_TOLD = frozenset({"remind", "tell"})
_ALARM = re.compile(r"(?:set|create|add|make) (?:an |a |my |the )?(?P<what>alarm|wake up call|wakeup call) (?:for|at)")
_REMINDER = re.compile(r"(?:set|create|add|make|give me|send me) (?:an |a |my |the )?reminder(?: for me)?")
_MAKING = r"(?:(?:set up|set|create|make|add|start|define|build) )?(?:(?:a|an|the) )?(?:new )?"
_PREFACES = (
    (re.compile(rf"{_MAKING}(?:rule|automation|routine)(?: (?:to|so that))? (?!for |about )"), "always "),
    (re.compile(rf"{_MAKING}(?:schedule|timer|task)(?: (?:to|so that))? (?!for |about )"), ""),
    (re.compile(r"from now on "), "always "),
    (re.compile(r"(?:don't|do not) let (?P<who>me|us) forget (?=to )"), "remind me "),
    (re.compile(r"alarm (?=(?:at|for) )"), "set an alarm "),
)
"""What is said around a rule -> what says the same to a reader of commands."""


def as_often(left: Words, right: Words) -> Words:
    """Let what stands behind two times be said of both: ``turn it on at 8 and off at 9 every day``."""
    at_left, _ = TimePhrases(keys(left)).trailing()
    if not at_left or not all(isinstance(phrase, AtClock | AtSun) for phrase in at_left):
        return left
    is_exact = all(clock.exact for phrase in at_left if isinstance(phrase, AtClock) for clock in phrase.clocks)
    for start in range(1, len(right)):
        often = TimePhrases(keys(right[start:])).whole()
        if not any(isinstance(phrase, EveryDays) for phrase in often):
            continue
        # The evening of "every evening" may be that of the second time alone.
        if all(
            isinstance(phrase, EveryDays | NotOn | Holiday) or (is_exact and isinstance(phrase, InPart))
            for phrase in often
        ):
            return (*left[:-1], left[-1].joined(), *right[start:])
    return left


def with_verb(right: Words, left: Words) -> Words:
    """Put verb and ``it`` before what lacks them: ``turn on the TV at 8 and off at 11``."""
    said, before = keys(right), keys(left)
    at = next((i for i, key in enumerate(said) if key not in ("and", "then")), 0)
    if said[at : at + 2] == ("back", "to"):
        to = next((i for i in range(len(left) - 1, 0, -1) if before[i] == "to"), 0)
        return (*right[:at], *left[:to], *right[at + 1 :]) if to else right  # "to 22 … and then back to 20"
    if said[at : at + 1] == ("back",) and said[at + 1 : at + 2] and said[at + 1] in _SIDES:
        right, said = (*right[:at], *right[at + 1 :]), (*said[:at], *said[at + 1 :])  # "back on at 5"
    if said[at : at + 1] and said[at] in _SIDES and before[:1] and before[0] in _SWITCHING and _SIDES & set(before):
        return (*right[:at], left[0].joined(), *spoken("it"), *right[at:])
    if said[at : at + 1] and said[at] in _SIDES and before[-1:] and before[-1] in _SIDES and len(before) > 1:
        thing = tuple(word.joined() for word in left[:-1])
        return (*right[:at], *thing, *right[at:])  # "kitchen light on at 6, off at 11"
    begins = next((i for i, key in enumerate(before) if ENGLISH.is_determiner(key)), 0)
    if begins and said[at : at + 1] and ENGLISH.is_determiner(said[at]):
        # "turn off the TV at 11 and the lamp at 12": a thing by itself would be switched on.
        side = next((key for key in before[1:] if key in _SIDES), "") if before[:begins] in _BARE_SWITCHING else ""
        verb = tuple(word.joined() for word in left[:begins])
        return (*right[:at], *verb, *spoken(side), *right[at:])
    return right


_SIDES = frozenset({"on", "off"})
_BARE_SWITCHING = (("turn",), ("switch",))
_SWITCHING = frozenset({"turn", "switch", "put", "flip", "power"})


def with_object(right: Words, left: Words, book: Phrasebook) -> Words:
    """Put what the part before is about in the place of ``it``: ``turn on the TV at 8 and turn it off at 9``."""
    phrases, cut = TimePhrases(keys(left)).trailing()
    thing = left[:cut] if phrases else left
    begins = next((at for at, key in enumerate(keys(thing)) if book.is_determiner(key)), None)
    at = next((at for at, key in enumerate(keys(right)) if key in BACK), None)
    if begins is None or at is None:
        return right
    named = thing[begins:]
    while len(named) > 2 and named[-1].key in book.particles:
        named = named[:-1]
    return (*right[:at], *(word.joined() for word in named), *right[at + 1 :])


def leans(words: Words) -> bool:
    """Whether a part goes on with the part before it, and not at once: ``and turn it on again``."""
    said = keys(words)
    return not (BACK | AGAIN).isdisjoint(said) and not says_now(words)


def says_now(words: Words) -> bool:
    """Whether a part ends with ``now``."""
    said = keys(words)
    return any(said[-len(phrase) :] == phrase for phrase in NOW)


def goes_back(words: Words) -> bool:
    """Whether a part says to what a value goes back: ``and then back to 20``."""
    said = keys(words)
    return any(said[at : at + 2] == ("back", "to") for at in range(len(said)))


def lasts(words: Words) -> bool:
    """Whether a part says for how long."""
    phrases, _ = TimePhrases(keys(words)).trailing()
    return any(isinstance(phrase, For) for phrase in phrases)


def without_time(words: Words) -> Words:
    """Take off what is said of time before or behind a command."""
    _, begins = TimePhrases(keys(words)).leading()
    words = words[begins:]
    _, cut = TimePhrases(keys(words)).trailing()
    return (*words[: cut - 1], *(word.joined() for word in words[cut - 1 : cut]))


def without_joint_before(words: Words, book: Phrasebook) -> Words:
    """Take off what joins it to the part before."""
    parts = segments(words, book)
    return words[parts[0].first :] if parts else words


def without_joint(words: Words, book: Phrasebook) -> Words:
    """Take off what joined it to the next part."""
    parts = segments(words, book)
    return words[: parts[-1].end] if parts else words


def rearranged(words: Words) -> Words:
    """Put the time of a reminder behind it: ``remind me at noon to eat`` -> ``remind me to eat at noon``."""
    text = matched_text(words).lower()
    if match := _ALARM.match(text):
        count = len(match[0].split())
        return (*spoken("wake me up at"), *words[count:])
    if match := _REMINDER.match(text):
        words = (*spoken("remind me"), *words[len(match[0].split()) :])
        if words[2:3] and words[2].key == "for":
            words = (*words[:2], *spoken("at"), *words[3:])
    said_keys = keys(words)
    for at in range(len(words) - 1):
        if said_keys[at] not in _TOLD or said_keys[at + 1] not in _ME:
            continue
        if (moved := _with_clause_behind(words, at + 2)) is not None:
            return moved
        phrases, end = TimePhrases(said_keys).run(at + 2)
        if phrases and said_keys[end : end + 1] in (("to",), ("that",), ("about",), ("of",)):
            body = (*words[end:-1], *(word.joined() for word in words[-1:]))
            return (*words[: at + 2], *body, *words[at + 2 : end])
    return words


def _with_clause_behind(words: Words, at: int) -> Words | None:
    """``remind me when I get home to feed the cat`` -> ``remind me to feed the cat when I get home``."""
    said = keys(words)
    if said[at : at + 1] not in (("when",), ("if",), ("whenever",), ("once",)):
        return None
    to = next((place for place in range(at + 2, len(words) - 1) if said[place] == "to"), 0)
    if not to:
        return None
    return (*words[:at], *words[to:-1], words[-1].joined(), *words[at : to - 1], words[to - 1].joined())


def without_preface(words: Words) -> Words:
    """``create a rule that turns on the light when …`` -> ``turn on the light when …``."""
    text = matched_text(words).lower()
    for pattern, instead in _PREFACES:
        match = pattern.match(text)
        count = len(match[0].split()) if match else 0
        rest = words[count:]
        if not match or len(rest) < 2:
            continue
        if rest[0].key == "that":
            base = rest[1].key.removesuffix("es" if rest[1].key.endswith("ches") else "s")
            if base not in ENGLISH.verbs:
                continue
            rest = (replace(rest[1], text=base, raw=base), *rest[2:])
        if instead == "always " and match[0] != "from now on " and not _is_of_a_day(rest):
            instead = ""
        led = bool(instead) or rest[0].key in ENGLISH.verbs or bool(TimePhrases(keys(rest)).leading()[0])
        if led or rest[0].key in ("when", "if", "whenever", "every"):
            return (*spoken(instead), *rest)
    return words


def _is_of_a_day(words: Words) -> bool:
    """Whether a command has a time of day and no more: as a rule it comes every day."""
    said = keys(words)
    phrases = (*TimePhrases(said).leading()[0], *TimePhrases(said).trailing()[0])
    return bool(phrases) and all(isinstance(phrase, AtClock | AtSun | InPart) for phrase in phrases)


def listed(words: Words) -> Words:
    """Join numbers in a list: ``at 8, 13 and 20`` is not 8:13."""
    found: list[Word] = []
    for word, behind in zip(words, (*words[1:], None), strict=True):
        listed = (
            behind is not None and word.stop is Stop.SOFT and _HOUR.fullmatch(word.key) and _HOUR.fullmatch(behind.key)
        )
        found += (word.joined(), *spoken("and")) if listed else (word,)
    return tuple(found)


_HOUR = re.compile(r"\d{1,2}(?::\d\d)?(?:am|pm)?")


def spoken(text: str) -> Words:
    """Give words that nobody said."""
    return tuple(Word(part, part) for part in text.split())


def quoted(action: Words, what: str) -> str:
    """Give the last words as they were written."""
    count = len(what.split())
    return said(action[-count:]) if count <= len(action) else what
