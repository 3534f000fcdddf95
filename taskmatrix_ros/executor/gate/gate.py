"""The one function every command passes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Protocol

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.approval import Approval
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.clocks import HomeClock, SteadyClock, WallClock
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import ApprovalRequired, CallRefused, RequirementUntold, RunStopped, TaskMatrixError
from taskmatrix_ros.core.instruction import ApprovalMode, Instruction
from taskmatrix_ros.core.policy import Policy
from taskmatrix_ros.core.ports import Catalogue
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.executor.gate.approval_check import ApprovalCheck
from taskmatrix_ros.executor.gate.call_rules import CallRules
from taskmatrix_ros.executor.gate.masking import masked
from taskmatrix_ros.executor.gate.rate_window import RateWindow
from taskmatrix_ros.executor.gate.stop_latch import StopLatch
from taskmatrix_ros.executor.source.argument_check import argument_problems, printable
from taskmatrix_ros.expressions.spread import spread

_log = logging.getLogger(__name__)

_SHORT = 500
"""Letters of arguments that are remembered as right."""


class Audit(Protocol):
    """Where decisions are written down."""

    def record(
        self, kind: str, fields: Mapping[str, Any], *, durable: bool = False, waiting_call: str | None = None
    ) -> None:
        """Append an entry; it is written when this returns. Raises where it is not.

        One with ``waiting_call``, the id of the call it lets pass, may be written later, by ``make_sure``.
        """

    def make_sure(self, call_id: str) -> None:
        """Make sure that the entry that lets a call pass is written. Raises where it is not."""


@dataclass(slots=True)
class Wish:
    """A call at the gate. ``rules`` and ``name`` are there once its document is known to be right."""

    call: Call
    document: ApiDocument
    instruction: Instruction
    arguments: dict[str, Any]
    approval: Approval | None
    rules: CallRules
    used: Approval | None = None


Check = Callable[[Wish], None]
"""Raises where a call may not pass."""


class Gate:
    """Implements ``core.ports.Gate``. Every check is one method; the first that raises decides."""

    def __init__(
        self,
        catalogue: Catalogue,
        state: StateStore,
        latch: StopLatch,
        *,
        policy: Policy | None = None,
        audit: Audit | None = None,
        own_namespaces: Sequence[str] = ("/taskmatrix",),
        own_topics: Sequence[str] = ("taskmatrix",),
        robot_namespace: str = "",
        home_clock: HomeClock | None = None,
        clock: SteadyClock | None = None,
        approval_clock: HomeClock | None = None,
    ) -> None:
        """:param audit: told every decision; None where nothing can be reached, as when only planning.

        :param own_namespaces: absolute ROS namespaces of this node, which no binding may reach.
        :param own_topics: MQTT topics of this node, with all below them, which no binding may reach.
        :param robot_namespace: what the ROS binding puts before relative names.
        :param approval_clock: what approvals expire by; the machine's if left out.
        """
        self.latch = latch
        self.policy = policy or Policy()
        self._catalogue = catalogue
        self._state = state
        self._audit = audit
        self._own_namespaces = tuple(own_namespaces)
        self._own_topics = tuple(own_topics)
        self._robot_namespace = robot_namespace
        self._home_clock = home_clock or WallClock()
        self._clock = clock or SteadyClock()
        self._approvals = ApprovalCheck(self.policy, approval_clock or WallClock())
        self._window = RateWindow(self.policy.rate) if self.policy.rate else None
        self._rules: dict[str, tuple[ApiDocument, CallRules, tuple[Check, ...]]] = {}

    def admit(
        self, call: Call, document: ApiDocument, instruction: Instruction, approval: Approval | None = None
    ) -> dict[str, Any]:
        """Let a call pass. Whatever is decided is in the audit log when this returns or raises; of calls that come in
        together, that they pass is in it once ``check_again`` has returned.

        :param approval: a person's yes, if there was one; it counts only for what was asked, and while it lasts.
        :returns: the arguments to send, defaults filled in.
        :raises ApprovalRequired: a yes is missing, or the one given does not count; all else would let it pass.
        :raises CallRefused: document, name, arguments, rights, policy, requirement or rate; or a fault of the Gate,
            which refuses too. The program may handle it.
        :raises RequirementUntold: whoever would tell what a requirement asks for is gone.
        :raises RunStopped: the latch holds: it may not.
        """
        try:
            wish = self._pass(call, document, instruction, approval)
            self._write_allowed(wish)
            self._check_latch(call)  # writing to the disk takes a while, and a stop comes from another thread
        except (CallRefused, RunStopped) as error:
            self._write_refused(call, document, instruction, error)
            raise
        except Exception as error:
            _log.exception("the gate failed on %s and refuses it", call.api)
            message = f"{call.api}: the gate failed and refuses: {type(error).__name__}; see the log"
            refused = CallRefused(message, code="GATE_FAULT")
            self._write_refused(call, document, instruction, refused)
            raise refused from error
        return wish.arguments

    def _pass(self, call: Call, document: ApiDocument, instruction: Instruction, approval: Approval | None) -> Wish:
        self._check_latch(call)
        arguments = document.with_defaults(call.arguments)
        rules, checks = self._rules_of(document)
        wish = Wish(call, document, instruction, arguments, approval, rules)
        for check in checks:
            check(wish)
        return wish

    def _rules_of(self, document: ApiDocument) -> tuple[CallRules, tuple[Check, ...]]:
        """Give what the policy says of a document, and the checks that have anything to say of it."""
        kept = self._rules.get(document.name)
        if kept is not None and kept[0] is document:
            return kept[1], kept[2]
        rules = CallRules(
            document,
            self.policy,
            robot_namespace=self._robot_namespace,
            own_namespaces=self._own_namespaces,
            own_topics=self._own_topics,
        )
        if kept is not None and kept[1].window is not None and rules.window is not None:
            rules.window.take_over(kept[1].window)
        checks = self._checks_of(document, rules)
        self._rules[document.name] = (document, rules, checks)
        return rules, checks

    def _checks_of(self, document: ApiDocument, rules: CallRules) -> tuple[Check, ...]:
        """Give the checks in their order, without those that could only let a call of this document pass."""
        fixed, weighed = rules.fixed, rules.if_hazardous is not None
        checks: tuple[tuple[Check, bool], ...] = (
            (self._check_document, True),
            (self._check_name, bool(rules.forbidden)),
            (self._check_arguments, True),
            (self._weigh, weighed),
            (self._check_speaker, document.speakers is not None),
            (self._check_rights, True),
            (self._check_policy, fixed is None or bool(fixed.own or fixed.refusal)),
            (self._check_zones, fixed is None or bool(fixed.zones)),
            (self._check_requirements, bool(rules.requirements)),
            (self._check_rate, rules.window is not None or self._window is not None),
            (self._check_approval, fixed is None or fixed.approval is not None),
        )
        # What may turn out to be hazardous is held to other rules from there on.
        return tuple(check for check, speaks in checks if speaks or weighed)

    def check_again(self, call: Call, document: ApiDocument, instruction: Instruction) -> None:
        """Hold a call back that was let pass, if a stop has come since, or what it requires holds no longer.

        :raises CallRefused: a requirement, which is in the audit log; or that log could not be written.
        :raises RunStopped: the latch holds; that is in the audit log.
        """
        rules, _ = self._rules_of(document)
        try:
            if self._audit is not None:
                try:
                    self._audit.make_sure(call.call_id)
                except (OSError, TaskMatrixError) as error:
                    self._refuse_unwritten(document, error)
            self._check_latch(call)
            if rules.requirements:
                self._check_requirements(Wish(call, document, instruction, call.arguments, None, rules))
        except (CallRefused, RunStopped) as error:
            self._write_refused(call, document, instruction, error)
            raise

    # checks, in their order

    def _check_latch(self, call: Call) -> None:
        if self.latch.holds:
            raise RunStopped(f"{call.api} was not sent: stopped: {self.latch.reason}; rearm to go on")

    def _check_document(self, wish: Wish) -> None:
        call, document = wish.call, wish.document
        known = self._catalogue.get(call.api)
        if call.api != document.name or known is None or not known.enabled:
            message = f"{call.api} is no enabled API; see `taskmatrix apis list`"
            raise CallRefused(message, code="UNKNOWN_API")
        if known is not document and not wish.rules.same_as(known):
            message = f"{call.api} {document.version} has been changed since this code was verified; plan anew"
            raise CallRefused(message, code="DOCUMENT_CHANGED")

    def _check_name(self, wish: Wish) -> None:
        if problem := wish.rules.forbidden:
            raise CallRefused(f"{wish.call.api} may not be called: {problem}; correct its manifest", code="OWN_NAME")

    def _check_arguments(self, wish: Wish) -> None:
        given = repr(wish.call.arguments)
        if given == wish.rules.right:
            return  # a rule calls with the same again and again
        if problems := argument_problems(wish.document, wish.call.arguments):
            said = "; ".join(map(wish.rules.shown_problem, problems))
            raise CallRefused(f"{wish.call.api}: {said}", code="ARGUMENT")
        if problem := wish.rules.limit_problem(wish.arguments):
            said = wish.rules.shown_problem(problem)
            raise CallRefused(f"{wish.call.api}: {said}, by the policy of this profile", code="LIMIT")
        if len(given) <= _SHORT:
            wish.rules.right = given

    def _weigh(self, wish: Wish) -> None:
        """Take the call for hazardous where its document says so of what it reaches, or where that is not known."""
        rules = wish.rules.if_hazardous
        if rules is None:
            return
        for expression, arguments in product(rules.reasons, spread(wish.document, wish.arguments)):
            known = self._state.known(expression.keys_for(arguments))
            if expression.decide(known, arguments, now=self._home_clock.now())[0] is not False:
                wish.document, wish.rules = rules.document, rules
                return

    def _check_speaker(self, wish: Wish) -> None:
        speakers, speaker = wish.document.speakers, wish.instruction.speaker
        if speakers is not None and speaker not in speakers:
            who = speaker or "somebody unknown"
            allowed = ", ".join(speakers) or "nobody"
            raise CallRefused(f"{wish.call.api} is not for {who}; allowed: {allowed}", code="SPEAKER")

    def _check_rights(self, wish: Wish) -> None:
        if objection := wish.rules.objection(wish.instruction.channel, wish.instruction.speaker):
            raise CallRefused(objection, code="RIGHTS")

    def _check_policy(self, wish: Wish) -> None:
        by_name = wish.rules.by_name(wish.arguments)
        if by_name.own:
            raise CallRefused(
                f"{wish.call.api} may not be called: {by_name.own}; correct its manifest", code="OWN_NAME"
            )
        if by_name.refusal:
            raise CallRefused(f"{wish.call.api} ({by_name.name}) may not be called: {by_name.refusal}", code="POLICY")

    def _check_zones(self, wish: Wish) -> None:
        zones = wish.rules.by_name(wish.arguments).zones
        if zones and (problem := zones.problem(wish.arguments)):
            raise CallRefused(f"{wish.call.api}: {problem}; choose another place", code="ZONE")

    def _check_requirements(self, wish: Wish) -> None:
        """A requirement that cannot be known is not met: nobody has heard whether the gripper is empty."""
        for expression, arguments in product(wish.rules.requirements, spread(wish.document, wish.arguments)):
            keys = expression.keys_for(arguments)
            known = self._state.known(keys)
            holds, evidence = expression.decide(known, arguments, now=self._home_clock.now())
            if holds:
                continue
            doubts = filter(None, map(self._state.doubt, keys))
            message = f"{wish.call.api} requires: {'; '.join((evidence, *doubts))}"
            untold = [key for key in keys if self._state.gone_source(key) is not None]
            if holds is None and untold:
                raise RequirementUntold(message, keys=untold)
            raise CallRefused(message, code="REQUIREMENT")

    def _check_rate(self, wish: Wish) -> None:
        now_s = self._clock.now_s()
        for window, what in ((wish.rules.window, wish.call.api), (self._window, "calls of all kinds")):
            if window is not None and (wait_s := window.wait_s(now_s)) > 0:
                limit = window.limit
                raise CallRefused(
                    f"{what} may be called {limit.calls} times in {limit.per_s:g} s; again in {wait_s:.1f} s",
                    code="RATE_LIMIT",
                )

    def _check_approval(self, wish: Wish) -> None:
        """The last check: a person is asked only for what would pass otherwise."""
        wanted = wish.rules.by_name(wish.arguments).approval
        if wanted is None:
            return
        scope, why = wanted
        message = f"{wish.call.api} needs a person's approval: {why}"
        if wish.instruction.approval is ApprovalMode.DENY:
            raise CallRefused(f"{message}; the instruction allows no approvals", code="APPROVAL")
        if wish.approval is not None:
            problem = self._approvals.problem(wish.approval, wish.call, wish.document, wish.arguments, scope)
            if problem is None:
                wish.used = wish.approval
                return
            message += f"; the one given does not count: {problem}"
        raise ApprovalRequired(
            message,
            reason=why,
            scope=scope.value,
            expires_s=self.policy.approval_expires_s,
            hazardous=wish.document.effect is Effect.HAZARDOUS,
        )

    # what is written down

    def _write_allowed(self, wish: Wish) -> None:
        """Write that it passes, then count it. Nothing that acts on the world passes unwritten."""
        rules, document = wish.rules, wish.document
        if self._audit is not None:
            fields = self._fields(wish.call, wish.instruction, rules.shown(wish.arguments))
            fields["name"] = rules.by_name(wish.arguments).name
            if wish.used is not None:
                fields["approval_id"] = wish.used.request.approval_id
            durable = document.effect is Effect.HAZARDOUS
            try:
                waiting_call = None if durable else wish.call.call_id
                self._audit.record("call_allowed", fields, durable=durable, waiting_call=waiting_call)
            except (OSError, TaskMatrixError) as error:
                self._refuse_unwritten(document, error)
        now_s = self._clock.now_s()
        for window in (rules.window, self._window):
            if window is not None:
                window.count(now_s)
        if wish.used is not None:
            self._approvals.use(wish.used, wish.call, wish.arguments)

    def _refuse_unwritten(self, document: ApiDocument, error: Exception) -> None:
        _log.error("the audit log cannot be written: %s", error)
        if document.effect.commands:
            message = f"{document.name} was not sent: the audit log cannot be written: {error}; mend that"
            raise CallRefused(message, code="AUDIT") from error

    def _write_refused(
        self, call: Call, document: ApiDocument, instruction: Instruction, error: CallRefused | RunStopped
    ) -> None:
        """Write that it does not pass; whatever happens here, it does not."""
        if self._audit is None:
            return
        try:
            fields = self._fields(call, instruction, printable(masked(call.arguments, document.parameters)))
            held = isinstance(error, ApprovalRequired)
            decision = {"decision": error.error_code, "reason": error.message}
            self._audit.record("call_held" if held else "call_refused", fields | decision)
        except Exception:  # noqa: BLE001 - a refusal stands, written or not
            _log.exception("a refusal of %s could not be written to the audit log", call.api)

    @staticmethod
    def _fields(call: Call, instruction: Instruction, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "run_id": call.run_id,
            "call_id": call.call_id,
            "api": call.api,
            "name": "",
            "arguments": arguments,
            "decision": "allowed",
            "reason": "",
            "channel": instruction.channel.value,
            "speaker": instruction.speaker,
        }
