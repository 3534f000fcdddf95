"""Rules made, changed and forgotten by calls: each only after a person's yes to what it will do."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from taskmatrix_ros.app.rules.rule_reader import parse_rules, write_rule
from taskmatrix_ros.app.rules.rule_runs import RuleRuns
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.approval import ApprovalRequest
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.clocks import HomeClock, WallClock
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import CallRefused, ManifestError, PlanningError, TaskMatrixError
from taskmatrix_ros.core.home_spec import Rules
from taskmatrix_ros.core.instruction import ApprovalMode, Channel, Instruction
from taskmatrix_ros.core.outcome import ErrorReport, Outcome, Status, utc_now
from taskmatrix_ros.core.ports import Approvals, Progress, ProgressReport
from taskmatrix_ros.core.rule import DateTrigger, Rule, RuleAction
from taskmatrix_ros.planner.code.code_writer import call_source
from taskmatrix_ros.planner.timed.rule_builder import slug
from taskmatrix_ros.planner.timed.rule_changes import LAST, RuleChanges
from taskmatrix_ros.planner.timed.rule_words import rule_words

_log = logging.getLogger(__name__)

InstructionOf = Callable[[str], Instruction | None]
"""Gives the instruction of a run that goes on."""

ALL = "all"


class RuleBinding:
    """Implements ``core.ports.Binding`` for the kind ``rules``.

    A rule is verified before the person is asked, and the person sees it in words and as YAML. It has the rights of
    the speaker who asked for it, whatever the code says, and does nothing that they may not do on their channel. Only
    its speaker changes it, or somebody who gives no name. A run that a rule began changes no rules.
    """

    kinds = frozenset({"rules"})

    def __init__(
        self,
        rules: RuleRuns,
        approvals: Approvals,
        instruction_of: InstructionOf,
        clock: HomeClock,
        *,
        answer_within_s: float = 120.0,
    ) -> None:
        """:param answer_within_s: wall seconds a person has for an answer."""
        self._rules, self._approvals, self._instruction_of = rules, approvals, instruction_of
        self._clock, self._wall = clock, WallClock()
        self._answer_within = timedelta(seconds=answer_within_s)

    async def open(self) -> None:
        """Nothing to connect."""

    async def close(self) -> None:
        """Nothing to give back."""

    async def call(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome:
        """Do what is asked, once a person has said yes; see ``core.ports.Binding.call``."""
        started = utc_now()
        try:
            outcome = Outcome(
                call_id=call.call_id, status=Status.SUCCEEDED, value=await self._do(call, document, progress)
            )
        except (ManifestError, PlanningError, CallRefused, TaskMatrixError) as error:
            report = ErrorReport(code=error.error_code, message=f"{call.api}: {error.message}")
            outcome = Outcome(call_id=call.call_id, status=Status.REJECTED, error=report)
        return outcome.model_copy(update={"started_at": started, "ended_at": utc_now()})

    async def cancel(self, call_id: str) -> None:
        """The wait for an answer ends with its run."""

    async def recover(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome | None:  # noqa: ARG002
        """It is asked for anew: the same rule twice is one rule."""
        return None

    def stop(self) -> None:
        """Nothing of this moves."""

    async def _do(self, call: Call, document: ApiDocument, progress: Progress) -> Any:
        spec = document.binding
        assert isinstance(spec, Rules)
        if spec.name == "list":
            return [self._told(rule) for rule in self._rules.made()]
        asked = self._instruction_of(call.run_id)
        if asked is None or asked.channel is Channel.RULE:
            raise CallRefused("a run that a rule began changes no rules; say it yourself", code="RIGHTS")
        work: dict[str, Callable[[Call, Instruction, _Confirm], Awaitable[Any]]] = {
            "add": self._add,
            "at": self._at,
            "remind": self._remind,
            "change": self._change,
            "delete": self._delete,
        }

        async def confirm(words: str, rule: Rule | None = None) -> None:
            await self._confirmed(call, document, asked, progress, words, rule)

        return await work[spec.name](call, asked, confirm)

    # --- what is asked ------------------------------------------------------------------------------------------------

    async def _add(self, call: Call, asked: Instruction, confirm: _Confirm) -> Any:
        rule = self._read(call.arguments.get("rule"))
        return await self._made(rule, asked, confirm)

    async def _at(self, call: Call, asked: Instruction, confirm: _Confirm) -> Any:
        code = str(call.arguments.get("code") or "")
        moment = self._moment(call)
        rule = Rule(
            id=slug(asked.text),
            text=asked.text,
            triggers=(DateTrigger(kind="date", at=moment),),
            action=RuleAction(code=code)
            if code
            else RuleAction(instruction=str(call.arguments.get("instruction") or "")),
            once=True,
        )
        return await self._made(rule, asked, confirm)

    async def _remind(self, call: Call, asked: Instruction, confirm: _Confirm) -> Any:
        text = str(call.arguments.get("text") or "")
        rule = Rule(
            id=slug(f"remind {text}"),
            text=asked.text,
            triggers=(DateTrigger(kind="date", at=self._moment(call)),),
            action=RuleAction(code=call_source("say", {"text": f"Reminder: {text}"})),
            once=True,
        )
        return await self._made(rule, asked, confirm)

    async def _change(self, call: Call, asked: Instruction, confirm: _Confirm) -> Any:
        old = self._find(str(call.arguments.get("rule") or LAST), asked)
        if asked.speaker not in ("", old.speaker):
            owner = f"is {old.speaker}'s" if old.speaker else "has no speaker"
            raise CallRefused(
                f"rule {old.id} {owner}, and {asked.speaker} may not change it; make a rule of your own", code="RIGHTS"
            )
        given, words = call.arguments.get("new"), str(call.arguments.get("change") or "")
        new = self._worded(old, words, asked.text) if given is None else self._read(given)
        new = new.model_copy(update={"id": old.id, "speaker": old.speaker})
        await self._rules.check(new)
        await self._rules.code.verify_for(new, asked.channel, asked.speaker)
        await confirm(f"Instead of: {self._words(old)} Now: {self._words(new)}", new)
        await self._rules.update(new)
        self._rules.note_made(new.id, asked.conversation_id)
        return self._told(new)

    async def _delete(self, call: Call, asked: Instruction, confirm: _Confirm) -> Any:
        wanted = str(call.arguments.get("rule") or LAST)
        gone = self._rules.made() if wanted == ALL else (self._find(wanted, asked),)
        if not gone:
            raise CallRefused("there are no rules", code="UNKNOWN_RULE")
        await confirm(f"Forget: {' '.join(self._words(rule) for rule in gone)}")
        for rule in gone:
            self._rules.delete(rule.id)
        return {"deleted": [rule.id for rule in gone]}

    # --- how it is done -----------------------------------------------------------------------------------------------

    async def _made(self, rule: Rule, asked: Instruction, confirm: _Confirm) -> Any:
        rule = rule.model_copy(update={"speaker": asked.speaker, "text": rule.text or asked.text})
        known = {other.id: other for other in self._rules.made()}
        same = next((other for other in known.values() if other.model_copy(update={"id": rule.id}) == rule), None)
        if same is not None:
            return self._told(same)  # asked twice: after a crash, or by somebody who heard no answer
        number, name = 2, rule.id
        while rule.id in known:
            rule = rule.model_copy(update={"id": f"{name}_{number}"})
            number += 1
        warnings = await self._rules.check(rule)
        await self._rules.code.verify_for(rule, asked.channel, asked.speaker)
        doubts = "".join(f" Mind: {warning.message}." for warning in warnings)
        await confirm(f"{self._words(rule)}{doubts}", rule)
        await self._rules.add([rule])
        self._rules.note_made(rule.id, asked.conversation_id)
        return self._told(rule)

    async def _confirmed(
        self,
        call: Call,
        document: ApiDocument,
        asked: Instruction,
        progress: Progress,
        words: str,
        rule: Rule | None,
    ) -> None:
        """:raises CallRefused: a no, no answer in time, or nobody may be asked."""
        if asked.approval is ApprovalMode.DENY:
            raise CallRefused("a rule needs a person's yes, and the instruction allows no approvals", code="APPROVAL")
        progress(ProgressReport(None, words))
        hazardous = rule is not None and self._rules.code.is_hazardous(rule)
        yaml = "" if rule is None else write_rule(rule)
        await self._approvals.ask(
            ApprovalRequest(
                run_id=call.run_id,
                call_id=call.call_id,
                api=call.api,
                arguments=call.arguments,
                effect=Effect.HAZARDOUS if hazardous else document.effect,
                reason="a rule goes live only with a person's yes",
                summary=f"{words}\n{yaml}".strip(),
                channel=asked.channel,
                speaker=asked.speaker,
                expires_at=self._wall.now() + self._answer_within,
            )
        )

    def _read(self, given: Any) -> Rule:
        """:raises ManifestError: it is no rule; each finding with its remedy."""
        if not isinstance(given, Mapping):
            raise CallRefused("the rule is no mapping; give it as {id, triggers, action, …}", code="ARGUMENT")
        (rule,) = parse_rules(json.dumps(given, ensure_ascii=False), "rule", self._rules.place)
        return rule

    def _worded(self, rule: Rule, words: str, text: str) -> Rule:
        """Change a rule by words said before it was known which. :raises PlanningError: they do not fit it."""
        wishes = RuleChanges([rule], self._local_now()).read(f"change that to {words.lower()}".split(), text)
        new = wishes[0].arguments.get("new") if wishes else None
        if new is None:
            raise CallRefused(f"{words!r} says nothing that a rule could be changed to; say a time", code="ARGUMENT")
        return self._read(new)

    def _moment(self, call: Call) -> datetime:
        text = str(call.arguments.get("at") or "")
        try:
            moment = self._rules.place.utc(datetime.fromisoformat(text))
        except (ValueError, OverflowError) as error:
            raise CallRefused(f"at {text!r} is no moment; write it like 2026-12-24T18:00", code="ARGUMENT") from error
        if moment <= self._clock.now():
            raise CallRefused(f"at {text} has passed; give a moment that is to come", code="ARGUMENT")
        return self._rules.place.local(moment)

    def _find(self, wanted: str, asked: Instruction) -> Rule:
        made = self._rules.made(asked.conversation_id)
        if wanted == LAST:
            if not made:
                raise CallRefused("there are no rules", code="UNKNOWN_RULE")
            return made[-1]
        return self._rules.engine.find(wanted)[0]

    def _words(self, rule: Rule) -> str:
        return rule_words(rule, self._rules.place.time_zone)

    def _told(self, rule: Rule) -> dict[str, Any]:
        return {"id": rule.id, "words": self._words(rule), "enabled": rule.enabled}

    def _local_now(self) -> datetime:
        return self._rules.place.local(self._clock.now())


_Confirm = Callable[..., Awaitable[None]]
"""``confirm(words, rule)`` returns once a person has said yes; the rule, if one comes of it, is shown as YAML."""
