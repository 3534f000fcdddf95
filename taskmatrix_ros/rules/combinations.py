"""Triggers that are made of several: what has happened of them so far, kept over a restart."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from taskmatrix_ros.core.rule import PART, CombinedTrigger
from taskmatrix_ros.rules.agenda import Agenda
from taskmatrix_ros.rules.live_rule import LiveRule
from taskmatrix_ros.store.rule_store import Deadline


class Combinations:
    """Takes the firings of parts, and gives those of the whole."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    def happened(self, live: LiveRule, part: int, at: datetime, why: str) -> tuple[int, str] | None:
        """Take in that a part fired.

        :returns: the number of the whole trigger and why it fires; None while something of it is missing.
        """
        whole, inner = part % PART, part // PART - 1
        trigger = live.rule.triggers[whole]
        assert isinstance(trigger, CombinedTrigger)
        if trigger.kind == "any" or trigger.within_s is None:
            return whole, why
        known = self._agenda.get(live.rule.id, whole)
        seen: dict[str, Any] = dict(known.data) if known is not None else {}
        complete = _in_turn if trigger.kind == "sequence" else _in_any_order
        begun = complete(seen, inner, at, len(trigger.of), trigger.within_s)
        if begun is None:
            self._agenda.set(Deadline(live.rule.id, whole, None, seen))
            return None
        self._agenda.clear(live.rule.id, whole)
        how = "one after the other" if trigger.kind == "sequence" else "all of them"
        return whole, f"{how} within {(at - begun).total_seconds():.0f} s, the last by {why}"


def _in_turn(seen: dict[str, Any], inner: int, at: datetime, count: int, within_s: float) -> datetime | None:
    """Keep for each step when the latest sequence that has come so far began."""
    if inner == 0:
        begun = at
    else:
        before = seen.get(str(inner - 1))
        if before is None:
            return None
        begun = datetime.fromisoformat(before)
        if (at - begun).total_seconds() > within_s:
            return None
    seen[str(inner)] = begun.isoformat()
    return begun if inner == count - 1 else None


def _in_any_order(seen: dict[str, Any], inner: int, at: datetime, count: int, within_s: float) -> datetime | None:
    seen[str(inner)] = at.isoformat()
    moments = [datetime.fromisoformat(moment) for moment in seen.values()]
    begun = min(moments)
    return begun if len(moments) == count and (max(moments) - begun).total_seconds() <= within_s else None
