"""What becomes of moments that nobody saw pass."""

from __future__ import annotations

from datetime import datetime

from taskmatrix_ros.core.rule import Missed
from taskmatrix_ros.rules.live_rule import LiveRule
from taskmatrix_ros.rules.moments import Moments

ON_TIME_S = 5.0
"""Seconds after its moment that a firing is not called late."""

MOST_UNSEEN = 1000
"""Moments that passed unseen and are counted one by one."""


def lateness(live: LiveRule, due: datetime, now: datetime) -> tuple[Missed, str]:
    """Ask the rule's policy about a moment.

    :returns: what is to become of it, and what to say of it; nothing where it is on time.
    """
    late_s, within_s = (now - due).total_seconds(), live.rule.missed_within_s
    if late_s <= ON_TIME_S:
        return Missed.RUN, ""
    if live.missed is Missed.SKIP:
        return Missed.SKIP, f"; skipped, {late_s:.0f} s late: missed is skip"
    if late_s > within_s:
        return Missed.SKIP, f"; skipped, {late_s:.0f} s late: missed_within_s is {within_s:g}"
    if live.missed is Missed.ASK:
        return Missed.ASK, f"; {late_s:.0f} s late"
    return Missed.RUN, f"; run {late_s:.0f} s late"


def pass_unseen(moments: Moments, due: datetime, now: datetime) -> tuple[datetime, int, datetime | None]:
    """Go through the moments up to now.

    :param due: the first of them.
    :returns: the latest, how many came before it, ``MOST_UNSEEN`` at most, and the next.
    """
    unseen, following = 0, moments(due)
    while following is not None and following <= now and unseen < MOST_UNSEEN:
        unseen, due, following = unseen + 1, following, moments(following)
    return due, unseen, moments(now) if following is not None and following <= now else following
