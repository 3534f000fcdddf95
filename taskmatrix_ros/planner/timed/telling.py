"""Deeds that only tell the person something: reminders, ``tell me when …``, ``ten minutes before I leave tell me``."""

from __future__ import annotations

import re
from collections.abc import Callable

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.planner.grammar.reading import INCOMPLETE
from taskmatrix_ros.planner.language.words import Words, matched_text
from taskmatrix_ros.planner.timed.rule_builder import Deed, said
from taskmatrix_ros.planner.timed.rule_sentence import Sentence
from taskmatrix_ros.planner.timed.rule_words import span_words
from taskmatrix_ros.planner.timed.said_parts import quoted
from taskmatrix_ros.planner.timed.time_phrase import NEXT_EVENT, Ahead

_TELL = re.compile(r"(?:tell|notify|alert|warn|inform|ping) (?:me|us)|let (?:me|us) know|give me a (?:shout|call|sign)")
_TELL_THAT = re.compile(r"tell (?:me|us) (?:that|to) (?P<what>.+)", re.IGNORECASE)
_REMIND = re.compile(r"remind (?:me|us|everyone|everybody) (?P<of>to|that|about|of) (?P<what>.+)", re.IGNORECASE)
_REMIND_ONLY = re.compile(r"remind (?:me|us)")


def tells(words: Words) -> bool:
    """Whether a command says no more than that the person is told."""
    return bool(_TELL.fullmatch(matched_text(words).lower()))


def told_deed(action: Words, sentence: Sentence, say: Callable[[str], str]) -> tuple[Deed, bool] | None:
    """Give what is told, and whether it is told once; None where something else is to be done.

    :param say: gives the code that says something.
    :raises PlanningError: ``INCOMPLETE``: it is not said of what the person shall be reminded.
    """
    text = matched_text(action)
    if match := _REMIND.fullmatch(text):
        what = f"{'Do not forget' if match['of'] == 'to' else 'Reminder'}: {quoted(action, match['what'])}"
        return Deed(say(what), text, f"remind {match['what']}"), True
    if match := _TELL_THAT.fullmatch(text):
        return _told(quoted(action, match["what"]), text, say), False
    reminds = bool(_REMIND_ONLY.fullmatch(text.lower()))
    ahead = next((phrase for phrase in sentence.phrases if isinstance(phrase, Ahead)), None)
    if ahead is not None and (reminds or tells(action)):
        what = "Your next appointment is" if ahead.key == NEXT_EVENT else "It is time to leave"
        when = f"in {span_words(ahead.offset_s)}" if ahead.offset_s else "now"
        return _told(f"{what} {when}", text, say), reminds
    if reminds:
        raise PlanningError("offline planner: remind you of what? say it, as in to call home", code=INCOMPLETE)
    if tells(action) and sentence.clauses:
        return _told(said(sentence.clauses[0].words), text, say), False
    return None


def _told(what: str, text: str, say: Callable[[str], str]) -> Deed:
    return Deed(say(f"{what[:1].upper()}{what[1:]}."), text, f"tell {what}")
