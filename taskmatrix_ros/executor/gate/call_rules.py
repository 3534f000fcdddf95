"""What the policy says of one API, worked out once for each document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.approval import ApprovalScope
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.instruction import Channel
from taskmatrix_ros.core.policy import Policy, first_match
from taskmatrix_ros.executor.gate.canonical_name import CanonicalName
from taskmatrix_ros.executor.gate.masking import MASK, has_sensitive, masked
from taskmatrix_ros.executor.gate.own_names import forbidden_name, own_topic_problem
from taskmatrix_ros.executor.gate.rate_window import RateWindow
from taskmatrix_ros.executor.gate.zone_rules import ZoneRules
from taskmatrix_ros.expressions.expression import Expression

_MOST_SPEAKERS = 256


class CallRules:
    """Everything about a document that no call changes, ready to be asked."""

    def __init__(
        self,
        document: ApiDocument,
        policy: Policy,
        *,
        robot_namespace: str,
        own_namespaces: Sequence[str],
        own_topics: Sequence[str] = (),
    ) -> None:
        """:param robot_namespace: what the ROS binding puts before relative names.

        :param own_topics: MQTT topics of this node, which no binding may reach, nor what lies below them.
        """
        self.document = document
        self.right = ""
        """The arguments, as they are written, that were right last: no call changes what the document and the policy
        say of them."""
        self._own_topics = tuple(own_topics)
        self.canonical = CanonicalName(document.binding, robot_namespace=robot_namespace)
        self.forbidden = forbidden_name(
            document.binding, robot_namespace=robot_namespace, own_namespaces=own_namespaces
        )
        self.requirements = tuple(map(Expression.parse, document.requires))
        self.reasons = tuple(map(Expression.parse, document.hazardous_when))
        self.window = RateWindow(document.rate_limit) if document.rate_limit else None
        self._policy = policy
        self._limits = policy.limits.get(document.name, {})
        self._sensitive = tuple(name for name, spec in document.parameters.items() if has_sensitive({name: spec}))
        self._compared: tuple[ApiDocument, bool] | None = None
        self._objections: dict[tuple[Channel, str], str | None] = {}
        self.if_hazardous = self._if_hazardous(robot_namespace, own_namespaces)
        self.fixed = None if self.canonical.depends_on_arguments else self._reaching({})
        """What depends on the name a call reaches, where no argument changes that."""

    def _if_hazardous(self, robot_namespace: str, own_namespaces: Sequence[str]) -> CallRules | None:
        """Give the rules for a call that one of ``hazardous_when`` is true of; None where none can be."""
        if not self.reasons or self.document.effect is Effect.HAZARDOUS:
            return None
        document = self.document.model_copy(update={"effect": Effect.HAZARDOUS})
        rules = CallRules(
            document,
            self._policy,
            robot_namespace=robot_namespace,
            own_namespaces=own_namespaces,
            own_topics=self._own_topics,
        )
        rules.window = self.window
        return rules

    def same_as(self, other: ApiDocument) -> bool:
        """Whether another document says the same. What was compared last is remembered: digests take a while."""
        if self._compared is None or self._compared[0] is not other:
            self._compared = (other, other.digest == self.document.digest)
        return self._compared[1]

    def objection(self, channel: Channel, speaker: str) -> str | None:
        """Say why this channel and speaker may not call it, or None."""
        key = (channel, speaker)
        if key not in self._objections:
            if len(self._objections) >= _MOST_SPEAKERS:
                self._objections.clear()
            self._objections[key] = self._policy.rights(channel, speaker).objection(self.document)
        return self._objections[key]

    def by_name(self, arguments: Mapping[str, Any]) -> _ByName:
        """Give what depends on the name that these arguments reach."""
        return self.fixed or self._reaching(arguments)

    def _reaching(self, arguments: Mapping[str, Any]) -> _ByName:
        return _ByName(self.document, self._policy, self.canonical.all_of(arguments), self._own_topics)

    def limit_problem(self, arguments: Mapping[str, Any]) -> str | None:
        """Say which argument is outside the policy's limits, or None."""
        for name, limit in self._limits.items():
            if name not in self.document.parameters:
                return f"the policy limits {name}, which is no parameter; correct `policy.limits`"
            if problem := limit.problem(arguments.get(name)):
                return f"{name} {problem}"
        return None

    def shown_problem(self, problem: str) -> str:
        """Give a problem that begins with its parameter's name, without the value where that is sensitive."""
        name = problem.partition(" ")[0]
        return f"{name} {MASK} is not allowed" if name in self._sensitive else problem

    def shown(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give the arguments without what is sensitive."""
        return masked(arguments, self.document.parameters) if self._sensitive else arguments


class _ByName:
    """What patterns decide for one API under one canonical name."""

    def __init__(
        self, document: ApiDocument, policy: Policy, reached: tuple[str, ...], own_topics: Sequence[str]
    ) -> None:
        names = (document.name, *reached)
        self.name = reached[0]
        self.own = next(filter(None, (own_topic_problem(name, own_topics) for name in reached)), None)
        self.refusal: str | None = None
        if denied := first_match(names, policy.deny):
            self.refusal = f"the policy denies {denied}"
        elif policy.allow is not None and not all(first_match((document.name, n), policy.allow) for n in reached):
            self.refusal = f"the policy allows only {', '.join(policy.allow) or 'nothing'}"
        self.zones = ZoneRules(policy.zones, names)
        self.approval: tuple[ApprovalScope, str] | None = policy.scope_of(document.name, names, document.effect)
