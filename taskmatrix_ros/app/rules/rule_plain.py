"""A rule and how it fares, as plain values for people and programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from taskmatrix_ros.app.rules.rule_reader import write_rule
from taskmatrix_ros.app.rules.rule_runs import RuleRuns


def rule_to_plain(rules: RuleRuns, rule_id: str) -> dict[str, Any]:
    """Give the fields of the message Rule by their names; moments as the home's clocks show them, null if none.

    :raises RequestError: there is no such rule.
    """
    place = rules.place
    rule, counts = rules.engine.find(rule_id)
    last = rules.traces(rule_id, 1)

    def shown(moment: datetime | None) -> str | None:
        return None if moment is None else place.local(moment).isoformat(timespec="seconds")

    return {
        "rule_id": rule.id,
        "text": rule.text,
        "yaml": write_rule(rule),
        "speaker": rule.speaker,
        "enabled": rule.enabled,
        "priority": rule.priority,
        "fired": counts.fired,
        "blocked": counts.blocked,
        "dropped": counts.dropped + counts.missed,
        "last_result": last[0].why if last else "",
        "last_fired_at": shown(counts.last_fired_at),
        "next_at": shown(rules.engine.due_of(rule_id)),
        "expires_at": shown(place.utc(rule.expires_at) if rule.expires_at else None),
    }
