"""The rules' own code: verified when a rule is saved, kept ready, verified again when a document it calls changes."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from typing import Any

from taskmatrix_ros.core.action_code import ActionCode, DocumentPin, VerifiedCode
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import CallRefused, TaskMatrixError
from taskmatrix_ros.core.instruction import Channel
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.core.policy import Policy, RightsRule
from taskmatrix_ros.core.ports import Catalogue, Verifier
from taskmatrix_ros.core.rule import Rule
from taskmatrix_ros.executor.source.source_map import api_calls, parse_source
from taskmatrix_ros.executor.source.straight_line import straight_line
from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.expressions.key_template import expand_key
from taskmatrix_ros.expressions.spread import spread

PLANNER = "rule"
"""What rules' code names as its planner."""

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""For expressions that do not read it."""


@dataclass(frozen=True, slots=True)
class ReadyCode:
    """Code that may run at once. ``revision``: of the catalogue, up to which it is known to fit."""

    source: str
    speaker: str
    outline: Outline
    verified: VerifiedCode
    revision: int


class RuleCode:
    """Verifies the code of rules, and gives it where it need not be verified again. Lives in the loop's thread."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._verifier: Verifier
        self._policy = Policy()
        self._ready: dict[str, ReadyCode] = {}
        """By rule."""
        self._sets: dict[str, Mapping[str, Any]] = {}
        """By code, what it sets."""
        self._sets_revision = -1
        self._verified: dict[tuple[str, str], tuple[VerifiedCode, int]] = {}
        """By code and speaker, each with the catalogue's revision it was verified against."""

    def connect(self, verifier: Verifier, policy: Policy) -> None:
        """Name who verifies, and what the profile allows."""
        self._verifier, self._policy = verifier, policy

    def code_of(self, source: str) -> ActionCode:
        """Pin a rule's code to the documents as they are now."""
        pins = tuple(
            DocumentPin(name=document.name, version=document.version, digest=document.digest)
            for document in self.used(source)
        )
        return ActionCode(source=source, documents=pins, planner=PLANNER)

    def outline_of(self, rule: Rule) -> Outline:
        """Give the steps of a rule's code: a person who saved it asked for each call in it."""
        steps = tuple(
            OutlineStep(id=str(number), text=document.name.replace("_", " "), effect=document.effect)
            for number, document in enumerate(self.used(rule.action.code or ""), start=1)
        )
        return Outline(instruction=rule.words, steps=steps, planner=PLANNER)

    def used(self, source: str) -> tuple[ApiDocument, ...]:
        """Give the documents that code calls, in the order of their first call; none where it cannot be parsed."""
        try:
            tree: ast.AST = parse_source(source)
        except (SyntaxError, ValueError):
            return ()  # the verifier says where and why
        calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
        names = {function.id for function in calls if isinstance(function, ast.Name)}
        known = {name: found for name in names if (found := self._catalogue.get(name)) is not None}
        used = dict.fromkeys(name for name, _ in api_calls(tree, known))
        return tuple(known[name] for name in used)

    async def verify(self, rule: Rule) -> VerifiedCode:
        """Verify a rule's code with the rights it will have, and keep it ready. Rules of one code share a verdict.

        :raises VerificationError: it is refused.
        """
        key, revision = (rule.action.code or "", rule.speaker), self._catalogue.revision
        outline = self.outline_of(rule)
        known = self._verified.get(key)
        if known is not None and known[1] == revision:
            verified = known[0]
        else:
            rights = self._policy.rights(Channel.RULE, rule.speaker)
            verified = await self._verifier.verify(self.code_of(key[0]), rights=rights, outline=outline)
            self._verified = {kept: one for kept, one in self._verified.items() if one[1] == revision}
            self._verified[key] = (verified, revision)
        # Where a person may be asked first, everything is rehearsed, so that it can be shown: the whole way is gone.
        if self._policy.approve or any(map(_may_be_hazardous, verified.documents.values())):
            self._ready.pop(rule.id, None)
        else:
            self._ready[rule.id] = ReadyCode(*key, outline, verified, revision)
        return verified

    async def verify_for(self, rule: Rule, channel: Channel, speaker: str) -> None:
        """Verify that a rule does nothing its asker may not do at once: by a rule nobody gains rights.

        :raises VerificationError: its code calls what they may not.
        :raises CallRefused: it has no code yet, and the channel may not do all that rules may.
        """
        if rule.action.code is not None:
            rights = self._policy.rights(channel, speaker)
            await self._verifier.verify(self.code_of(rule.action.code), rights=rights, outline=self.outline_of(rule))
            return
        narrowed = self._policy.channels.get(channel, RightsRule())
        if narrowed not in (RightsRule(), self._policy.channels.get(Channel.RULE)):
            raise CallRefused(
                f"channel {channel.value} may not do everything, and what the rule will do is decided only when it "
                "fires; say it on another channel, or in words that are understood now",
                code="RIGHTS",
            )

    async def prepare(self, rule: Rule) -> ReadyCode | None:
        """Give code that may run at once; None where the whole way has to be gone, which then also says why."""
        if (ready := self.ready(rule)) is None:
            try:
                await self.verify(rule)
            except TaskMatrixError:
                return None
            ready = self.ready(rule)
        return ready

    def ready(self, rule: Rule) -> ReadyCode | None:
        """Give a rule's code if it was verified, asks nobody, and every document is as it was then."""
        ready = self._ready.get(rule.id)
        if ready is None or ready.source != rule.action.code or ready.speaker != rule.speaker:
            return None
        if ready.revision == self._catalogue.revision:
            return ready
        for name, document in ready.verified.documents.items():
            if self._catalogue.get(name) is not document:
                del self._ready[rule.id]
                return None
        ready = self._ready[rule.id] = replace(ready, revision=self._catalogue.revision)
        return ready

    def sets(self, rule: Rule) -> Mapping[str, Any]:
        """Give what a rule's code sets for certain: of calls with literals, one after the other, all that they set.

        :returns: key of state -> value; of what depends on the world nothing.
        """
        if self._sets_revision != self._catalogue.revision:
            self._sets_revision = self._catalogue.revision
            self._sets.clear()
        source = rule.action.code or ""
        known = self._sets.get(source)
        if known is None:
            known = self._sets[source] = self._set_by(source)
        return known

    def _set_by(self, source: str) -> Mapping[str, Any]:
        documents = {document.name: document for document in self.used(source)}
        try:
            calls = straight_line(source, documents) or ()
        except SyntaxError:
            return {}
        set_to: dict[str, Any] = {}
        for site, given in calls:
            document = documents[site.api]
            arguments = document.with_defaults(dict(given))
            for (template, source), one in product(document.sets.items(), spread(document, arguments)):
                expression = Expression.parse(source)
                if expression.reads_state or expression.uses_now or expression.uses_result:
                    continue
                with suppress(ValueError):  # an argument of the wrong kind, which the verifier refuses
                    set_to[expand_key(template, one)] = expression.evaluate({}, one, now=_NO_TIME)
        return set_to

    def is_hazardous(self, rule: Rule) -> bool:
        """Whether a rule's code calls anything hazardous."""
        return any(map(_may_be_hazardous, self.used(rule.action.code or "")))

    def forget(self, rule_id: str) -> None:
        """Forget a rule that is gone."""
        self._ready.pop(rule_id, None)


def _may_be_hazardous(document: ApiDocument) -> bool:
    return document.effect is Effect.HAZARDOUS or bool(document.hazardous_when)
