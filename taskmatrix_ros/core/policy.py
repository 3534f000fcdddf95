"""What a profile allows, asks for and keeps out of, beyond what the documents say. It only ever narrows them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from taskmatrix_ros.core.api_document import RateLimit
from taskmatrix_ros.core.approval import ApprovalScope
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.instruction import Channel
from taskmatrix_ros.core.rights import Rights

Glob = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
"""A name, or a pattern with ``*``, ``?`` and ``[…]``; ``*`` matches ``/`` too, case counts.

Tried on the API's name and on its canonical name: ``/kitchen_robot/robot/find``, ``mqtt://default/home/ac/set``.
"""

NEVER_ANSWER = frozenset({Channel.MQTT, Channel.MCP, Channel.RULE})
"""Channels on which a model, a device or a program speaks: no yes comes from there, whatever a policy says."""


def first_match(names: Iterable[str], patterns: Iterable[str]) -> str | None:
    """Give the first pattern that one of the names fits."""
    known = tuple(names)
    return next((pattern for pattern in patterns if any(fnmatchcase(name, pattern) for name in known)), None)


class Limit(Frozen):
    """What an argument may be here: inclusive bounds in the parameter's unit, or the values to choose from."""

    minimum: float | None = None
    maximum: float | None = None
    enum: tuple[Any, ...] | None = None

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.minimum is None and self.maximum is None and self.enum is None:
            raise ValueError("a limit needs minimum, maximum or enum")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum:g} is above maximum {self.maximum:g}")
        return self

    def problem(self, value: Any) -> str | None:
        """Say what is wrong with a value, or None. What is left out is not limited."""
        if value is None:
            return None
        if self.enum is not None and value not in self.enum:
            return f"{value!r} is none of {', '.join(map(str, self.enum))}"
        if self.minimum is None and self.maximum is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"{value!r} is not a number"
        if (self.minimum is None or value >= self.minimum) and (self.maximum is None or value <= self.maximum):
            return None
        low = "" if self.minimum is None else f"{self.minimum:g}"
        high = "" if self.maximum is None else f"{self.maximum:g}"
        return f"{value:g} is outside {low}..{high}"


class Zone(Frozen):
    """A place where nothing may be sent: by the names people use for it, and by its extent in m in the map frame.

    An extent along one axis only is a strip. ``apis``: the calls it is closed to.
    """

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    places: tuple[str, ...] = ()
    x_m: tuple[float, float] | None = None
    y_m: tuple[float, float] | None = None
    apis: tuple[Glob, ...] = ("*",)

    @model_validator(mode="after")
    def _extent_is_one(self) -> Self:
        for axis, span in (("x_m", self.x_m), ("y_m", self.y_m)):
            if span is not None and not span[0] <= span[1]:
                raise ValueError(f"{axis} [{span[0]:g}, {span[1]:g}] ends before it begins; write [low, high]")
        return self


class ApprovalRule(Frozen):
    """Calls that want a person's yes, and what one yes covers; a bare pattern stands for ``{apis: [pattern]}``.

    A hazardous API is covered for a whole run only where ``apis`` has its very name, no pattern.
    """

    apis: tuple[Glob, ...] = Field(min_length=1)
    scope: ApprovalScope = ApprovalScope.CALL

    @model_validator(mode="before")
    @classmethod
    def _from_a_pattern(cls, given: Any) -> Any:
        if isinstance(given, str):
            return {"apis": (given,)}
        if isinstance(given, dict) and isinstance(given.get("apis"), str):
            return {**given, "apis": (given["apis"],)}
        return given


class RightsRule(Frozen):
    """What a channel or a speaker may do; see ``core.rights.Rights``."""

    effects: frozenset[Effect] = frozenset(Effect)
    apis: tuple[Glob, ...] | None = None
    deny: tuple[Glob, ...] = ()

    def rights(self, who: str) -> Rights:
        """Give them under the name that objections use."""
        return Rights(who=who, effects=self.effects, apis=self.apis, deny=self.deny)


class Watch(Frozen):
    """While ``when`` (CEL over ``state``) is true, runs that use one of ``resources`` are suspended; all if empty.

    ``say``: what the person is told.
    """

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    when: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    resources: tuple[str, ...] = ()
    say: str = ""


class Preempt(StrEnum):
    """What happens to a run that holds what a more urgent one wants."""

    PAUSE = "pause"
    CANCEL = "cancel"
    WAIT = "wait"


class Policy(Frozen):
    """A profile's rules for every call. Left out, what the documents say holds, and only ``hazardous`` asks.

    ``allow`` None allows every name; ``deny`` goes before it. ``limits``: API -> argument -> limit. ``rate``: all
    admitted calls together. ``approval_expires_s``: wall seconds from the request to the call; ``run_approval_s``: wall
    seconds that a yes to a whole run is good for.
    ``answers_from``: the channels on which a person may say yes.
    """

    allow: tuple[Glob, ...] | None = None
    deny: tuple[Glob, ...] = ()
    limits: dict[str, dict[str, Limit]] = Field(default_factory=dict)
    zones: tuple[Zone, ...] = ()
    rate: RateLimit | None = None
    approve: tuple[ApprovalRule, ...] = ()
    approval_expires_s: float = Field(default=120.0, gt=0, le=86_400)
    run_approval_s: float = Field(default=3600.0, gt=0, le=86_400)
    answers_from: frozenset[Channel] = frozenset({Channel.ROS, Channel.CLI, Channel.LIBRARY})
    channels: dict[Channel, RightsRule] = Field(default_factory=dict)
    speakers: dict[str, RightsRule] = Field(default_factory=dict)
    watches: tuple[Watch, ...] = ()
    preempt: Preempt = Preempt.WAIT

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if never := sorted(self.answers_from & NEVER_ANSWER):
            raise ValueError(f"answers_from names {', '.join(never)}: no yes may come from there; leave it out")
        for what, names in (
            ("zones", [zone.name for zone in self.zones]),
            ("watches", [watch.name for watch in self.watches]),
        ):
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"{what}: {twice[0]!r} stands twice; give each its own name")
        return self

    def rights(self, channel: Channel, speaker: str = "") -> Rights:
        """Give what may be done by who asks on this channel; a claimed speaker can only narrow it."""
        rights = self.channels.get(channel, RightsRule()).rights(f"channel {channel.value}")
        rule = self.speakers.get(speaker)
        return rights if rule is None else rights.narrowed(rule.rights(f"speaker {speaker}"))

    def scope_of(self, api: str, names: Iterable[str], effect: Effect) -> tuple[ApprovalScope, str] | None:
        """Say what a yes to a call covers, and why one is wanted; None where none is.

        :param names: what patterns are tried on: the API's name and its canonical name. The narrowest scope counts.
        """
        known = tuple(names)
        matches = [(rule, found) for rule in self.approve if (found := first_match(known, rule.apis))]
        hazardous = effect is Effect.HAZARDOUS
        if not matches and not hazardous:
            return None
        scopes = {rule.scope for rule, found in matches if not hazardous or found == api}
        scope = ApprovalScope.RUN if scopes == {ApprovalScope.RUN} else ApprovalScope.CALL
        why = f"{api} is hazardous" if hazardous else f"the policy asks before {matches[0][1]}"
        return scope, why
