"""Whether a person's yes is one for this call, now, and not used up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.approval import Approval, ApprovalScope
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.clocks import HomeClock
from taskmatrix_ros.core.policy import NEVER_ANSWER, Policy

_SET_BACK = timedelta(seconds=5)
"""A yes from further in the future means that the clock was set back; it would then last longer than it should."""


class ApprovalCheck:
    """Remembers which approvals were used, and for what."""

    def __init__(self, policy: Policy, clock: HomeClock) -> None:
        """:param clock: what approvals expire by."""
        self._policy = policy
        self._clock = clock
        self._used: Counter[tuple[str, str]] = Counter()
        self._expiries: dict[str, datetime] = {}

    def problem(
        self, approval: Approval, call: Call, document: ApiDocument, arguments: Mapping[str, Any], wanted: ApprovalScope
    ) -> str | None:
        """Say why it does not count for a call, or None.

        :param arguments: of the call, defaults filled in.
        :param wanted: the widest scope that the policy grants for this call.
        """
        request, answer, now = approval.request, approval.answer, self._clock.now()
        if answer.approval_id != request.approval_id or not answer.approved:
            return "it is no yes to that request"
        if answer.channel in NEVER_ANSWER or answer.channel not in self._policy.answers_from:
            return f"nobody may approve on channel {answer.channel.value}"
        if request.run_id != call.run_id:
            return f"it is for run {request.run_id}"
        if now >= (expires_at := self._expires_at(approval)):
            return f"it expired at {expires_at:%H:%M:%S} UTC"
        if answer.at > now + _SET_BACK:
            return "the clock was set back since it was given"
        if request.scope is ApprovalScope.RUN:
            return self._run_problem(approval, call, document, arguments, wanted)
        if request.api != call.api:
            return f"it is for {request.api}"
        if _canonical(document.with_defaults(request.arguments)) != _canonical(arguments):
            return "it is for other arguments"
        return "it was used already" if self._used[request.approval_id, ""] else None

    def use(self, approval: Approval, call: Call, arguments: Mapping[str, Any]) -> None:
        """Count a call that it let pass."""
        request = approval.request
        key = "" if request.scope is ApprovalScope.CALL else f"{call.api} {_canonical(arguments)}"
        self._forget_expired()
        self._used[request.approval_id, key] += 1
        self._expiries[request.approval_id] = self._expires_at(approval)

    def _expires_at(self, approval: Approval) -> datetime:
        if approval.request.scope is ApprovalScope.RUN:
            return approval.answer.at + timedelta(seconds=self._policy.run_approval_s)
        return approval.request.expires_at

    def _run_problem(
        self, approval: Approval, call: Call, document: ApiDocument, arguments: Mapping[str, Any], wanted: ApprovalScope
    ) -> str | None:
        """A call that may not be repeated is covered as often as it was foretold; any other, as often as it comes."""
        if wanted is not ApprovalScope.RUN:
            return f"it is for the run, and {call.api} needs one for each call"
        text = _canonical(arguments)
        foretold = sum(
            1
            for covered in approval.request.covers
            if covered.api == call.api and _canonical(document.with_defaults(covered.arguments)) == text
        )
        if not foretold:
            return "it does not cover this call with these arguments"
        used = self._used[approval.request.approval_id, f"{call.api} {text}"]
        return None if document.idempotent or used < foretold else f"the call was foretold {foretold} times"

    def _forget_expired(self) -> None:
        now = self._clock.now()
        gone = {approval_id for approval_id, expires_at in self._expiries.items() if expires_at <= now - _SET_BACK}
        if gone:
            self._used = Counter({key: count for key, count in self._used.items() if key[0] not in gone})
            self._expiries = {key: value for key, value in self._expiries.items() if key not in gone}


def _canonical(arguments: Mapping[str, Any]) -> str:
    return json.dumps(arguments, sort_keys=True, default=str)
