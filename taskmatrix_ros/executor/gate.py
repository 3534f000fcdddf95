"""The one function every command passes."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.clocks import HomeClock, SteadyClock, WallClock
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import CallRefused, RunStopped
from taskmatrix_ros.core.instruction import ApprovalMode, Instruction
from taskmatrix_ros.core.ports import Catalogue
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.executor.argument_check import argument_problems
from taskmatrix_ros.executor.own_names import forbidden_name
from taskmatrix_ros.executor.stop_latch import StopLatch
from taskmatrix_ros.expressions.expression import Expression

_log = logging.getLogger(__name__)


class Gate:
    """Implements ``core.ports.Gate``. Every check is one method; the first that raises decides."""

    def __init__(
        self,
        catalogue: Catalogue,
        state: StateStore,
        latch: StopLatch,
        *,
        own_namespaces: Sequence[str] = ("/taskmatrix",),
        robot_namespace: str = "",
        home_clock: HomeClock | None = None,
        clock: SteadyClock | None = None,
    ) -> None:
        """:param own_namespaces: absolute ROS namespaces of this node, which no binding may reach.

        :param robot_namespace: what the ROS binding puts before relative names.
        """
        self.latch = latch
        self._catalogue = catalogue
        self._state = state
        self._own_namespaces = tuple(own_namespaces)
        self._robot_namespace = robot_namespace
        self._home_clock = home_clock or WallClock()
        self._clock = clock or SteadyClock()
        self._admitted: dict[str, deque[float]] = {}
        self._checks: tuple[Callable[[Call, ApiDocument, Instruction, dict[str, Any]], None], ...] = (
            self._check_document,
            self._check_name,
            self._check_arguments,
            self._check_speaker,
            self._check_effect,
            self._check_requirements,
            self._check_rate,
        )

    def admit(self, call: Call, document: ApiDocument, instruction: Instruction) -> dict[str, Any]:
        """Let a call pass.

        :returns: the arguments to send, defaults filled in.
        :raises CallRefused: document, name, arguments, speaker, approval, requirement or rate; or a fault of the Gate
            itself, which refuses too. The program may handle it.
        :raises RunStopped: the latch holds: it may not.
        """
        try:
            self._check_latch(call)
            arguments = document.with_defaults(call.arguments)
            for check in self._checks:
                check(call, document, instruction, arguments)
            self._check_latch(call)
        except (CallRefused, RunStopped):
            raise
        except Exception as error:
            _log.exception("the gate failed on %s and refuses it", call.api)
            message = f"{call.api}: the gate failed and refuses: {type(error).__name__}; see the log"
            raise CallRefused(message, code="GATE_FAULT") from error
        return arguments

    def _check_latch(self, call: Call) -> None:
        if self.latch.holds:
            raise RunStopped(f"{call.api} was not sent: stopped: {self.latch.reason}; rearm to go on")

    def _check_document(
        self, call: Call, document: ApiDocument, _instruction: Instruction, _arguments: dict[str, Any]
    ) -> None:
        known = self._catalogue.get(call.api)
        if call.api != document.name or known is None or not known.enabled:
            message = f"{call.api} is no enabled API; see `taskmatrix apis list`"
            raise CallRefused(message, code="UNKNOWN_API")
        if known is not document and known.digest != document.digest:
            message = f"{call.api} {document.version} has been changed since this code was verified; plan anew"
            raise CallRefused(message, code="DOCUMENT_CHANGED")

    def _check_name(
        self, call: Call, document: ApiDocument, _instruction: Instruction, _arguments: dict[str, Any]
    ) -> None:
        problem = forbidden_name(
            document.binding, robot_namespace=self._robot_namespace, own_namespaces=self._own_namespaces
        )
        if problem is not None:
            raise CallRefused(f"{call.api} may not be called: {problem}; correct its manifest", code="OWN_NAME")

    def _check_arguments(
        self, call: Call, document: ApiDocument, _instruction: Instruction, _arguments: dict[str, Any]
    ) -> None:
        if problems := argument_problems(document, call.arguments):
            raise CallRefused(f"{call.api}: {'; '.join(problems)}", code="ARGUMENT")

    def _check_speaker(
        self, call: Call, document: ApiDocument, instruction: Instruction, _arguments: dict[str, Any]
    ) -> None:
        if document.speakers is not None and instruction.speaker not in document.speakers:
            who = instruction.speaker or "somebody unknown"
            allowed = ", ".join(document.speakers) or "nobody"
            raise CallRefused(f"{call.api} is not for {who}; allowed: {allowed}", code="SPEAKER")

    def _check_effect(
        self, call: Call, document: ApiDocument, instruction: Instruction, _arguments: dict[str, Any]
    ) -> None:
        if document.effect is not Effect.HAZARDOUS:
            return
        why = "the instruction allows no approvals"
        if instruction.approval is ApprovalMode.ASK:
            why = "there is no one to ask: this version has no approvals yet"
        raise CallRefused(f"{call.api} is hazardous and needs a person's approval; {why}", code="APPROVAL")

    def _check_requirements(
        self, call: Call, document: ApiDocument, _instruction: Instruction, arguments: dict[str, Any]
    ) -> None:
        """A requirement that cannot be known is not met: nobody has heard whether the gripper is empty."""
        for requirement in document.requires:
            expression = Expression.parse(requirement)
            keys = expression.keys_for(arguments)
            known = self._state.known(keys)
            holds, evidence = expression.decide(known, arguments, now=self._home_clock.now())
            if not holds:
                doubts = filter(None, map(self._state.doubt, keys))
                raise CallRefused(f"{call.api} requires: {'; '.join((evidence, *doubts))}", code="REQUIREMENT")

    def _check_rate(
        self, call: Call, document: ApiDocument, _instruction: Instruction, _arguments: dict[str, Any]
    ) -> None:
        """Count only calls that passed everything else; this check is the last."""
        limit = document.rate_limit
        if limit is None:
            return
        now = self._clock.now_s()
        recent = self._admitted.setdefault(document.name, deque())
        while recent and recent[0] <= now - limit.per_s:
            recent.popleft()
        if len(recent) >= limit.calls:
            wait_s = recent[0] + limit.per_s - now
            message = f"{call.api} may be called {limit.calls} times in {limit.per_s:g} s; again in {wait_s:.1f} s"
            raise CallRefused(message, code="RATE_LIMIT")
        recent.append(now)
