"""Triggers that hang on moments foretold in state: ahead of one moment, or at the entries of a calendar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from taskmatrix_ros.core.rule import BeforeTrigger, CalendarTrigger, Missed, Verdict
from taskmatrix_ros.rules.agenda import Agenda
from taskmatrix_ros.rules.firing_desk import FiringDesk
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.rules.live_rule import LiveRule
from taskmatrix_ros.rules.moments import parse_moment
from taskmatrix_ros.store.rule_store import Deadline

MOST_ENTRIES = 1000
"""Of a calendar that are looked at."""

Foretelling = BeforeTrigger | CalendarTrigger


class Foretold:
    """Sets the deadlines of such triggers, and moves them with what is foretold."""

    def __init__(self, agenda: Agenda, desk: FiringDesk, place: HomePlace) -> None:
        self._agenda, self._desk, self._place = agenda, desk, place

    def take_in(self, live: LiveRule, part: int, trigger: Foretelling, value: Any, now: datetime) -> None:
        """Hear what is foretold now."""
        if isinstance(trigger, CalendarTrigger):
            self._entries(live, part, trigger, value, now)
        else:
            self._moment(live, part, trigger, value, now)

    def call_off(self, live: LiveRule, part: int, key: str, now: datetime) -> None:
        """Hear that nothing is foretold any more."""
        known = self._agenda.get(live.rule.id, part)
        if known is not None and known.due is not None:
            self._agenda.clear(live.rule.id, part)
            self._desk.tell(live, Verdict.NOTED, f"{key} is null: no longer foretold", now, part)

    def passed(self, live: LiveRule, part: int, deadline: Deadline, value: Any, now: datetime) -> None:
        """The moment has come: remember that, and wait for the next entry of a calendar."""
        trigger = live.parts[part]
        self._agenda.set(Deadline(live.rule.id, part, None, {"moment": deadline.data["moment"]}))
        if isinstance(trigger, CalendarTrigger) and value is not None:
            self._entries(live, part, trigger, value, now)

    def _moment(self, live: LiveRule, part: int, trigger: BeforeTrigger, value: Any, now: datetime) -> None:
        watch = (live.rule.id, part)
        try:
            moment = parse_moment(value, self._place)
        except ValueError as error:
            self._desk.tell(live, Verdict.NOTED, f"{trigger.key}: {error}", now, part)
            return
        known = self._agenda.get(*watch)
        if known is not None and known.data.get("moment") == moment.isoformat():
            return
        said = f"{trigger.offset_s:g} s before {trigger.key}, {self._shown(moment)}"
        data = {"moment": moment.isoformat(), "why": said}
        due = moment - timedelta(seconds=trigger.offset_s)
        done = Deadline(*watch, None, data)
        left_s = (moment - now).total_seconds()
        if moment <= now:
            if known is not None and known.due is not None:
                said = f"{trigger.key} is {self._shown(moment)} now and has passed; nothing is left to be done before"
                self._desk.tell(live, Verdict.MISSED, said, now, part)
            self._agenda.set(done)
        elif due >= now:
            if known is not None:
                self._desk.tell(live, Verdict.NOTED, f"moved with {trigger.key} to {self._shown(due)}", now, part)
            self._agenda.set(Deadline(*watch, due, data))
        elif trigger.too_late is Missed.SKIP:
            said = f"{trigger.key} is {left_s:.0f} s away, less than {trigger.offset_s:g} s; too_late is skip"
            self._desk.tell(live, Verdict.MISSED, said, now, part)
            self._agenda.set(done)
        else:
            data["why"] = f"{trigger.key} is {left_s:.0f} s away, less than {trigger.offset_s:g} s: at once"
            if trigger.too_late is Missed.ASK:
                data["ask"] = "too_late is ask"
            self._agenda.set(Deadline(*watch, now, data))

    def _entries(self, live: LiveRule, part: int, trigger: CalendarTrigger, value: Any, now: datetime) -> None:
        watch = (live.rule.id, part)
        known = self._agenda.get(*watch)
        # One that is due, and not yet taken off the agenda, is not overtaken by the next.
        if known is not None and known.due is not None and known.due <= now:
            return
        try:
            moments = sorted(self._moments(trigger, value))
        except ValueError as error:
            self._desk.tell(live, Verdict.NOTED, f"{trigger.key}: {error}", now, part)
            return
        done = known.data.get("moment", "") if known is not None and known.due is None else ""
        for due, title in moments:
            if due > now and due.isoformat() != done:
                data = {"moment": due.isoformat(), "why": f"{_said(trigger)} of {title!r}, {self._shown(due)}"}
                self._agenda.set(Deadline(*watch, due, data))
                return
        if known is not None and known.due is not None:
            self._agenda.clear(*watch)
            self._desk.tell(live, Verdict.NOTED, f"{trigger.key} has no such entry any more", now, part)

    def _shown(self, moment: datetime) -> str:
        return self._place.local(moment).isoformat()

    def _moments(self, trigger: CalendarTrigger, value: Any) -> Iterator[tuple[datetime, str]]:
        if not isinstance(value, list | tuple):
            raise ValueError(f"{str(value)[:60]!r} is no list of entries")  # noqa: TRY004 - it is a value of state
        for entry in value[:MOST_ENTRIES]:
            if not isinstance(entry, Mapping) or (moment := entry.get(f"{trigger.event}s_at")) is None:
                raise ValueError(f"{str(entry)[:60]!r} is no entry with {trigger.event}s_at")
            title = str(entry.get("title") or "")
            if trigger.matching.casefold() in title.casefold():
                yield parse_moment(moment, self._place) + timedelta(seconds=trigger.offset_s), title


def _said(trigger: CalendarTrigger) -> str:
    if not trigger.offset_s:
        return f"the {trigger.event}"
    return f"{abs(trigger.offset_s):g} s {'before' if trigger.offset_s < 0 else 'after'} the {trigger.event}"
