"""What becomes of moments that nobody saw pass."""

from __future__ import annotations

from datetime import datetime

from taskmatrix_ros.core.rule import Missed, Rule
from taskmatrix_ros.rules.moments import Moments

ON_TIME_S = 5.0
"""Seconds after its moment that a firing is not called late."""

MOST_UNSEEN = 1000
"""Moments that passed unseen and are counted one by one."""


def lateness(rule: Rule, due: datetime, now: datetime) -> tuple[bool, str]:
    """Ask the rule's policy about a moment.

    :returns: whether it still runs, and what to say of it; nothing where it is on time.
    """
    late_s = (now - due).total_seconds()
    if late_s <= ON_TIME_S:
        return True, ""
    if rule.missed is Missed.SKIP:
        return False, f"; skipped, {late_s:.0f} s late: missed is skip"
    if late_s > rule.missed_within_s:
        return False, f"; skipped, {late_s:.0f} s late: missed_within_s is {rule.missed_within_s:g}"
    return True, f"; run {late_s:.0f} s late"


def pass_unseen(moments: Moments, due: datetime, now: datetime) -> tuple[datetime, int, datetime | None]:
    """Go through the moments up to now.

    :param due: the first of them.
    :returns: the latest, how many came before it, ``MOST_UNSEEN`` at most, and the next.
    """
    unseen, following = 0, moments(due)
    while following is not None and following <= now and unseen < MOST_UNSEEN:
        unseen, due, following = unseen + 1, following, moments(following)
    return due, unseen, moments(now) if following is not None and following <= now else following
