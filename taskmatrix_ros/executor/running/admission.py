"""A call's way to being sent: the Gate, and a person where the Gate wants one."""

from __future__ import annotations

from datetime import timedelta

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.approval import ApprovalRequest, ApprovalScope, ForetoldCall
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.clocks import HomeClock
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import ApprovalRequired, CallRefused
from taskmatrix_ros.core.ports import Approvals, Gate, Journal
from taskmatrix_ros.core.run import Rehearsed
from taskmatrix_ros.executor.running.active_run import ActiveRun


class Admission:
    """Lets calls pass, or raises."""

    def __init__(self, gate: Gate, approvals: Approvals | None, journal: Journal, clock: HomeClock) -> None:
        """:param approvals: where a person is asked; without one, whatever needs a yes is refused."""
        self._gate = gate
        self._approvals = approvals
        self._journal = journal
        self._clock = clock

    async def admit(
        self, run: ActiveRun, call: Call, document: ApiDocument, objection: CallRefused | None = None
    ) -> Call:
        """Let it pass.

        :param objection: what the Gate said already; it is not asked again.
        :returns: the call as it is to be sent, defaults filled in.
        :raises CallRefused: by the Gate or by a person; the code may handle it.
        :raises RequirementUntold: whoever would tell what it requires is gone.
        :raises RunStopped: the latch holds.
        """
        try:
            if objection is not None:
                raise objection
            arguments = self._gate.admit(call, document, run.instruction, run.approval)
        except ApprovalRequired as needed:
            if self._approvals is None:
                raise
            return await self._ask(run, call, document, needed, self._approvals)
        return call if arguments == call.arguments else call.model_copy(update={"arguments": arguments})

    def check_again(self, run: ActiveRun, call: Call, document: ApiDocument) -> None:
        """Hold a call back that was let pass, if the world is another since: writing to the disk takes a while.

        :raises CallRefused: what it requires holds no longer.
        :raises RunStopped: the latch holds.
        """
        self._gate.check_again(call, document, run.instruction)

    async def _ask(
        self, run: ActiveRun, call: Call, document: ApiDocument, needed: ApprovalRequired, approvals: Approvals
    ) -> Call:
        call = call.model_copy(update={"arguments": document.with_defaults(call.arguments)})
        self._journal.ask_call(call)
        request = self._request(run, call, document, needed)
        with run.control.waiting(f"an approval of {call}"):
            approval = await approvals.ask(request)
        await run.control.passed()
        if request.scope is ApprovalScope.RUN:
            run.approval = approval
        arguments = self._gate.admit(call, document, run.instruction, approval)
        return call.model_copy(update={"arguments": arguments})

    def _request(self, run: ActiveRun, call: Call, document: ApiDocument, needed: ApprovalRequired) -> ApprovalRequest:
        foretold = run.foretold or Rehearsed()
        covers = tuple(ForetoldCall(api=known.api, arguments=known.arguments) for known in foretold.calls)
        # One yes for the run would not cover a call that was not foretold: it is asked for by itself.
        foreseen = any(known.api == call.api and known.arguments == call.arguments for known in covers)
        whole = needed.scope == ApprovalScope.RUN and foreseen
        return ApprovalRequest(
            run_id=run.run_id,
            call_id=call.call_id,
            api=call.api,
            arguments=call.arguments,
            effect=Effect.HAZARDOUS if needed.hazardous else document.effect,
            reason=needed.reason,
            summary="; ".join(str(known) for known in foretold.calls) if whole else str(call),
            diff=foretold.diff,
            scope=ApprovalScope.RUN if whole else ApprovalScope.CALL,
            covers=covers if whole else (),
            channel=run.instruction.channel,
            speaker=run.instruction.speaker,
            expires_at=self._clock.now() + timedelta(seconds=needed.expires_s),
        )
