"""Where a person is asked for a yes."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from taskmatrix_ros.core.approval import Approval, ApprovalAnswer, ApprovalRequest
from taskmatrix_ros.core.clocks import HomeClock, WallClock
from taskmatrix_ros.core.errors import CallRefused, RequestError, TaskMatrixError
from taskmatrix_ros.core.event_bus import Event, EventBus
from taskmatrix_ros.core.policy import NEVER_ANSWER, Policy
from taskmatrix_ros.core.ports import Catalogue
from taskmatrix_ros.executor.gate.gate import Audit
from taskmatrix_ros.executor.gate.masking import masked
from taskmatrix_ros.executor.people.waiting_room import WaitingRoom

_log = logging.getLogger(__name__)


class ApprovalDesk:
    """Implements ``core.ports.Approvals`` in memory: what waits does not outlive the node, so a restart is a no.

    Lives in the loop's thread.
    """

    def __init__(
        self,
        events: EventBus,
        *,
        catalogue: Catalogue | None = None,
        policy: Policy | None = None,
        audit: Audit | None = None,
        clock: HomeClock | None = None,
    ) -> None:
        """:param catalogue: says which arguments are sensitive; those are not shown.

        :param clock: what requests expire by, with steady time; the machine's if left out.
        """
        self._events = events
        self._catalogue = catalogue
        self._policy = policy or Policy()
        self._audit = audit
        self._room: WaitingRoom[ApprovalRequest, ApprovalAnswer] = WaitingRoom(
            "approval", "taskmatrix approve", clock or WallClock()
        )

    async def ask(self, request: ApprovalRequest) -> Approval:
        """Ask and wait, until the request expires at the latest.

        :raises CallRefused: a no, no answer, nobody may answer, or it cannot be written down who did.
        """
        if not self._policy.answers_from:
            raise CallRefused(f"{request.api} needs a person's approval, and nobody may give one here", code="APPROVAL")
        try:
            answer = await self._room.wait(
                request.approval_id, request, request.expires_at, lambda: self._tell("approval_requested", request)
            )
        except ValueError as error:
            raise CallRefused(f"{request.api}: {error}; ask anew", code="APPROVAL") from error
        except (OSError, TaskMatrixError) as error:
            message = f"{request.api}: nobody could be asked: the audit log cannot be written: {error}; mend that"
            raise CallRefused(message, code="AUDIT") from error
        except BaseException:
            self._tell_late("approval_withdrawn", request)
            raise
        if answer is None:
            self._tell_late("approval_expired", request)
            raise CallRefused(f"{request.api} was not approved: nobody answered in time", code="APPROVAL")
        if not answer.approved:
            why = f": {answer.comment}" if answer.comment else ""
            raise CallRefused(f"{request.api} was not approved: a person said no{why}", code="APPROVAL")
        return Approval(request=request, answer=answer)

    def answer(self, answer: ApprovalAnswer) -> None:
        """Take a person's word. The same word again, from one who did not hear us, changes nothing.

        :raises RequestError: no such request is pending, it has expired, that channel may not answer it, or the audit
            log cannot be written. The request goes on waiting.
        """
        channel = answer.channel
        if channel in NEVER_ANSWER or channel not in self._policy.answers_from:
            allowed = ", ".join(sorted(known.value for known in self._policy.answers_from - NEVER_ANSWER)) or "none"
            self._note("approval_answer_refused", {"approval_id": answer.approval_id, "channel": channel.value})
            raise RequestError(
                f"nobody may approve on channel {channel.value}; allowed: {allowed}", code="CHANNEL_FORBIDDEN"
            )
        earlier = self._room.earlier(answer.approval_id)
        if earlier is not None and earlier.approved == answer.approved:
            return
        request = self._room.find(answer.approval_id)
        said = {"approved": answer.approved, "channel": channel.value, "comment": answer.comment}
        try:
            self._tell("approval_answered", request, **said)
        except (OSError, TaskMatrixError) as error:
            raise RequestError(
                f"approval {request.approval_id} was not taken: the audit log cannot be written: {error}; mend that",
                code="AUDIT",
            ) from error
        self._room.settle(answer.approval_id, answer)

    def pending(self, run_id: str = "") -> Sequence[ApprovalRequest]:
        """What waits for an answer, oldest first."""
        return tuple(request for request in self._room.pending() if run_id in ("", request.run_id))

    def shown_arguments(self, request: ApprovalRequest) -> dict[str, Any]:
        """Give the arguments as people and logs may see them."""
        document = self._catalogue.get(request.api) if self._catalogue is not None else None
        return masked(request.arguments, document.parameters) if document is not None else dict(request.arguments)

    def _tell(self, kind: str, request: ApprovalRequest, **more: Any) -> None:
        """Write it down, then tell the world. Raises where it cannot be written."""
        facts = {
            "approval_id": request.approval_id,
            "api": request.api,
            "arguments": self.shown_arguments(request),
            "effect": request.effect.value,
            "reason": request.reason,
            "scope": request.scope.value,
        }
        if self._audit is not None:
            asked_by = {"run_id": request.run_id, "call_id": request.call_id, "speaker": request.speaker}
            self._audit.record(kind, {**asked_by, "channel": request.channel.value, **facts, **more})
        shown = {"summary": request.summary, "diff": request.diff, "expires_at": request.expires_at.isoformat()}
        self._events.publish(
            Event(kind=kind, run_id=request.run_id, call_id=request.call_id, data={**facts, **shown, **more})
        )

    def _tell_late(self, kind: str, request: ApprovalRequest) -> None:
        """Tell of an end that is none of ours to hinder."""
        try:
            self._tell(kind, request)
        except (OSError, TaskMatrixError) as error:
            _log.error("the audit log cannot be written: %s of %s: %s", kind, request.approval_id, error)

    def _note(self, kind: str, facts: Mapping[str, Any]) -> None:
        if self._audit is None:
            return
        try:
            self._audit.record(kind, facts)
        except (OSError, TaskMatrixError) as error:
            _log.error("the audit log cannot be written: %s: %s", kind, error)
