"""``cancel that``, ``change that to 8``, ``what rules are there``: what is said of rules that live already."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.rule import Rule
from taskmatrix_ros.planner.grammar.reading import AMBIGUOUS
from taskmatrix_ros.planner.timed.rule_edit import ReadCondition, RuleEdit, speaks_of_change, speaks_of_time
from taskmatrix_ros.planner.timed.rule_search import RuleSearch
from taskmatrix_ros.planner.timed.time_phrases import TimePhrases
from taskmatrix_ros.planner.timed.time_scanner import TimeScanner

LAST = "last"
"""Stands for the rule that was made last."""

_RULE = r"(?:rule|schedule|automation|routine)"
_OWN_KIND = r"(?:reminder|alarm|wake up call|wakeup call|wake up|wake-up)"
_KIND = rf"(?:{_RULE}|{_OWN_KIND})"
_KINDS = rf"(?:{_KIND}s?)"
_ABOUT = r"(?:about|for|to|that|with|at|on|of|called|named|which|where)"
_LAST = rf"(?:the |my )?(?:last|latest|previous) (?:one|1|{_RULE})"
_THIS = rf"(?:that|it|this|them|{_LAST}|(?:that|this) (?:{_RULE}|one|1|timer)|the {_RULE})"
_CANCEL = (
    r"(?:cancel|delete|remove|forget about|forget|drop|scrap|call off|get rid of|undo|discard|revoke|clear|abandon)"
)
_PAUSE = r"(?:pause|disable|suspend|deactivate)"
_RESUME = r"(?:resume|enable|reactivate|activate|unpause|reenable|re-enable)"
_CHANGE = (
    r"(?:change|move|set|shift|reschedule|postpone|make|put|push|delay|adjust|update|correct|switch|do|have|run|bring)"
)
_TARGET = (
    rf"(?:(?P<this>{_THIS})|(?:the|my|that|this) (?:last )?(?P<kind>{_OWN_KIND})"
    rf"|(?:the|my) (?:(?P<before>.+?) {_KINDS}|{_KINDS} {_ABOUT} (?P<after>.+?)))"
)
_OPENING = re.compile(r"(?:(?:no|nope|nah|wait|sorry|oops|oh|actually|rather|please|ok|okay|well|then|better) )+")
_CLOSING = re.compile(r" (?:instead|rather|please|though|thanks)$")
_NEVER_MIND = re.compile(r"never ?mind(?: that| it)?|forget (?:about )?(?:it|that)")
"""With no rule to be deleted it means that nothing is to be done."""
_DO_NOT = re.compile(r"(?:don't|do not)(?: do (?:it|that|this))?(?: anymore)?")
_CANCEL_ALL = re.compile(
    rf"{_CANCEL} (?:(?:all|every|all of)(?: of)?(?: the| my)? ?(?:(?P<kinds>{_KINDS})|of them|them)"
    r"|(?P<everything>everything))"
)
_CANCEL_BOTH = re.compile(rf"{_CANCEL} (?:both(?: of them)?|the last two(?: {_KINDS})?|the last 2(?: {_KINDS})?)")
_CANCEL_ONE = re.compile(rf"(?:{_CANCEL}|stop) {_TARGET}")
_CANCEL_WHAT = re.compile(
    r"(?:cancel|delete|forget about|scrap|call off|stop|don't|do not|no need to) (?:the |my )?"
    r"(?P<what>.+?)(?: anymore)?"
)
_PAUSE_ALL = re.compile(rf"(?P<verb>{_PAUSE}|{_RESUME}) (?:all|every)(?: of)?(?: the| my)? ?(?P<kinds>{_KINDS})")
_PAUSE_ONE = re.compile(
    rf"(?P<verb>{_PAUSE}|{_RESUME}) {_TARGET}(?: again| for now)?"
    rf"|(?:turn|switch) (?P<side>on|off) {_TARGET.replace('?P<', '?P<a_')}(?: again)?"
    rf"|(?:turn|switch) {_TARGET.replace('?P<', '?P<b_')} (?:back )?(?P<back>on|off)(?: again)?"
)
_CHANGE_IT = re.compile(
    rf"(?P<verb>{_CHANGE}) (?:the time (?:of|for) )?{_TARGET}(?P<way> back| forward| up)?"
    r"(?: (?:to|until|till|for|by|at))? (?P<what>.+)"
)
_CHANGE_NAMED = re.compile(
    rf"(?P<verb>{_CHANGE}) (?:the|my) {_KINDS} {_ABOUT} (?P<after>.+?)(?P<way> back| forward| up)?"
    r" (?:to|until|till|for|by) (?P<what>.+)"
)
_ELSEWHERE = re.compile(r"-?\d+(?:\.\d+)?(?: (?:degrees|degree|celsius|percent|%))*$|(?:if|when|while) ")
"""Begins what may as well be said of something else, unless it corrects what was said."""
_CHANGE_TIME = re.compile(rf"{_CHANGE} the (?:time|moment|days?|condition|temperature) to (?P<what>.+)")
_CHANGE_WHAT = re.compile(
    r"(?:change|move|shift|reschedule|postpone|delay|push|set) the (?P<name>.+?) (?:to|until|by)"
    r" (?P<what>(?!-?\d+(?:\.\d+)? (?:degrees?|percent|%)).+)"
)
_RATHER = re.compile(r"(?:i mean|i meant|make that|say) (?P<what>.+)")
_LIST = re.compile(
    rf"(?:what|which) {_KINDS} (?:do i have|are there|are set|are active|have i (?:set|made)|"
    rf"did i set)|(?:list|show|show me|tell me|read|read me)"
    rf" (?:all )?(?:of )?(?:the|my)? ?(?:{_KINDS})|what did i (?:schedule|plan)|what is scheduled|what's scheduled"
)
_BARE = frozenset({"it", "that", "this", "them"})
_PUTS_OFF = frozenset({"postpone", "delay"})


@dataclass(frozen=True, slots=True)
class RuleWish:
    """A call about rules: ``rule_delete``, ``rule_change``, ``rule_list``, with its arguments."""

    api: str
    arguments: dict[str, Any]


class RuleChanges:
    """Reads what is said of rules. Serves one utterance.

    :param rules: those that live, the one made last at the end.
    :param now: aware, in the home's zone.
    :param condition: reads what a rule may be made to hang on.
    :param plan: gives the code of a command; raises ``PlanningError`` where it is none.
    :param about_rules: rules were spoken of last: ``it`` may be one, where it may as well be a lamp or some music.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        now: datetime,
        condition: ReadCondition | None = None,
        plan: Callable[[str], str] | None = None,
        *,
        about_rules: bool = True,
    ) -> None:
        self._rules = tuple(rules)
        self._search = RuleSearch(rules)
        self._now = now
        self._condition = condition
        self._plan = plan
        self._about_rules = about_rules

    def read(self, words: Sequence[str], text: str, *, alone: bool = True) -> tuple[RuleWish, ...]:
        """Read a wish about rules; empty where it is none.

        :param text: the words as they were said.
        :param alone: nothing else was said: ``at 8`` may then be what the last rule shall be changed to.
        :raises PlanningError: no such rule, several, or the change does not fit it.
        """
        whole = " ".join(words)
        if _LIST.fullmatch(whole):
            return (RuleWish("rule_list", {}),)
        said = _CLOSING.sub("", _OPENING.sub("", whole) if _OPENING.match(whole) else whole)
        is_correction = len(said) < len(whole)
        return self._cancelled(said) or self._paused(said, text) or self._changed(said, text, is_correction, alone)

    # --- none of them any more ----------------------------------------------------------------------------------------

    def _cancelled(self, said: str) -> tuple[RuleWish, ...]:
        if match := _CANCEL_ALL.fullmatch(said):
            found = self._search.of_kind(match["kinds"] or "")
            if match["everything"] and not self._rules:
                return ()
            return (_deleted("all"),) if found is None else tuple(_deleted(rule.id) for rule in found)
        if _CANCEL_BOTH.fullmatch(said) and len(self._rules) > 1:
            return tuple(_deleted(rule.id) for rule in self._rules[-2:])
        if _NEVER_MIND.fullmatch(said) or (_DO_NOT.fullmatch(said) and self._about_rules):
            return (_deleted(self._rules[-1].id),) if self._rules else ()
        match = _CANCEL_ONE.fullmatch(said)
        if match is not None and not (said.startswith("stop ") and match["this"] in _BARE):
            target = self._target({name: value for name, value in match.groupdict().items() if value})
            return (_deleted(LAST if target is None else target.id),)
        if self._rules and (match := _CANCEL_WHAT.fullmatch(said)):
            named = self._search.wholly_named(match["what"])
            return (_deleted(named.id),) if named is not None else ()
        return ()

    # --- for a while --------------------------------------------------------------------------------------------------

    def _paused(self, said: str, text: str) -> tuple[RuleWish, ...]:
        if match := _PAUSE_ALL.fullmatch(said):
            found = self._search.of_kind(match["kinds"])
            rules = self._rules if found is None else found
            return tuple(self._switched(rule, text, on=not re.fullmatch(_PAUSE, match["verb"])) for rule in rules)
        match = _PAUSE_ONE.fullmatch(said)
        if match is None or not self._rules:
            return ()
        named = {
            name.removeprefix("a_").removeprefix("b_"): value for name, value in match.groupdict().items() if value
        }
        verb = named.get("verb", "")
        on = not re.fullmatch(_PAUSE, verb) if verb else (named.get("side") or named.get("back")) == "on"
        is_bare = named.get("this") in _BARE
        if is_bare and not self._about_rules:
            return ()
        if is_bare and not verb and (not on or self._rules[-1].enabled or self._rules[-1].once):
            return ()  # "turn it off" is about a thing
        rule = self._target(named)
        return () if rule is None else (self._switched(rule, text, on=on),)

    def _switched(self, rule: Rule, text: str, *, on: bool) -> RuleWish:
        new = RuleEdit(rule, self._now).with_fields({"enabled": on}, text)
        return RuleWish("rule_change", {"rule": rule.id, "new": new.to_plain()})

    # --- otherwise ----------------------------------------------------------------------------------------------------

    def _changed(self, said: str, text: str, is_correction: bool, alone: bool) -> tuple[RuleWish, ...]:
        for pattern in (_CHANGE_IT, _CHANGE_NAMED):
            if match := pattern.fullmatch(said):
                what = _moved(match["verb"], match["way"] or "", match["what"])
                if speaks_of_change(what, self._condition):
                    return self._changed_it(match, what, text)
        match = _CHANGE_TIME.fullmatch(said) or _RATHER.fullmatch(said)
        if match is not None and self._rules and self._about_rules and speaks_of_change(match["what"], self._condition):
            return (self._wish(self._rules[-1], match["what"], text),)
        if not self._rules:
            return ()
        alone = alone and self._about_rules
        if alone and (is_correction or not _ELSEWHERE.match(said)) and speaks_of_change(said, self._condition):
            return (self._wish(self._rules[-1], said, text),)
        if (match := _CHANGE_WHAT.fullmatch(said)) and speaks_of_time(match["what"]) and not self._is_command(said):
            named = self._search.wholly_named(match["name"])
            return () if named is None else (self._wish(named, match["what"], text),)
        return self._done_instead(said, text) if is_correction else ()

    def _changed_it(self, match: re.Match[str], what: str, text: str) -> tuple[RuleWish, ...]:
        named = {name: value for name, value in match.groupdict().items() if value}
        if match["verb"] == "set" and "kind" in named and not self._search.of_kind(named["kind"]):
            return ()  # "set my alarm for 7" makes one
        if not self._rules:
            # "set it to 30 percent" is about a thing
            is_of_rule = not {"this", "kind"}.isdisjoint(named)
            is_of_time = is_of_rule and speaks_of_time(what) and not (_is_figure(what) and not what.isdecimal())
            return (RuleWish("rule_change", {"rule": LAST, "change": what}),) if is_of_time else ()
        if named.get("this") in _BARE and _is_figure(what) and not self._about_rules:
            return ()
        rule = self._target(named)
        return () if rule is None else (self._wish(rule, what, text),)

    def _done_instead(self, said: str, text: str) -> tuple[RuleWish, ...]:
        """``open the blinds at 10 instead``: the one rule that opens them."""
        words = said.split()
        phrases, cut = TimePhrases(words).trailing()
        if not phrases or self._plan is None:
            return ()
        try:
            code = self._plan(" ".join(words[:cut]))
        except PlanningError:
            return ()
        found = [rule for rule in self._rules if (rule.action.code or "") == code]
        return (self._wish(found[0], " ".join(words[cut:]), text),) if len(found) == 1 else ()

    def _is_command(self, said: str) -> bool:
        try:
            return self._plan is not None and bool(self._plan(said))
        except PlanningError:
            return False

    def _wish(self, rule: Rule, what: str, text: str) -> RuleWish:
        new = RuleEdit(rule, self._now, self._condition).changed(what, text)
        return RuleWish("rule_change", {"rule": rule.id, "new": new.to_plain()})

    def _target(self, named: Mapping[str, str]) -> Rule | None:
        """Give the rule that is meant; None: the last, where none is known.

        :param named: what was found of ``_TARGET``.
        """
        if not self._rules and ("this" in named or "kind" in named):
            return None
        if "this" in named:
            return self._rules[-1]
        if "kind" in named:
            return self._search.one_of_kind(named["kind"])
        return self._search.named(named.get("before") or named.get("after") or "")


def _deleted(rule: str) -> RuleWish:
    return RuleWish("rule_delete", {"rule": rule})


def _is_figure(said: str) -> bool:
    return bool(re.fullmatch(r"-?\d+(?:\.\d+)?(?: (?:degrees|degree|celsius|percent|%))*", said))


def _moved(verb: str, way: str, what: str) -> str:
    """Say ``push it back an hour`` as an hour later.

    :raises PlanningError: ``move it forward an hour`` is said of both.
    """
    words = what.split()
    found = TimeScanner(words).duration(0)
    if found is None or found[1] != len(words):
        return what
    if way.strip() == "forward" and verb != "bring":
        raise PlanningError(f"offline planner: {what} earlier or later? say which", code=AMBIGUOUS)
    if way.strip() in ("up", "forward"):
        return f"{what} earlier"
    return f"{what} later" if way.strip() == "back" or verb in _PUTS_OFF else what
