"""Locks."""

from __future__ import annotations

from taskmatrix_ros.bindings.discovery.entity_maker import EntityMaker, cel
from taskmatrix_ros.bindings.discovery.fields import DiscoveryProblem
from taskmatrix_ros.bindings.discovery.templates import quoted, with_value
from taskmatrix_ros.core.binding_spec import Mqtt
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.parameter_spec import ParameterSpec, ValueType


def describe(maker: EntityMaker) -> None:
    """Add a lock: whoever unlocks needs a person's yes, and it is never done late."""
    fields = maker.fields
    command = fields.topic("command_topic", required=True)
    assert command is not None
    words = {
        fields.text("state_jammed", "JAMMED"): "jammed",
        fields.text("state_locking", "LOCKING"): "locking",
        fields.text("state_unlocking", "UNLOCKING"): "unlocking",
        fields.text("state_open", "OPEN"): "open",
        fields.text("state_opening", "OPENING"): "opening",
        fields.text("state_locked", "LOCKED"): "locked",
        fields.text("state_unlocked", "UNLOCKED"): "unlocked",
    }
    if fields.text("state_locked", "LOCKED") == fields.text("state_unlocked", "UNLOCKED"):
        raise DiscoveryProblem("the same payload means locked and unlocked")
    key = maker.state(
        "state",
        ValueType.STRING,
        fields.heard_topic("state_topic"),
        template=fields.template("value_template"),
        words=words,
    )
    if fields.text("payload_lock", "LOCK") == fields.text("payload_unlock", "UNLOCK"):
        raise DiscoveryProblem("the same payload locks and unlocks")
    template = fields.template("command_template")
    coded = fields.pattern("code_format") is not None
    code = {
        "code": ParameterSpec(type=ValueType.STRING, description="The lock's code.", sensitive=True, required=False)
    }

    def message(payload: str) -> Mqtt:
        if template is None:
            return maker.message(command, payload)
        given = "code" if coded else "none"
        return maker.message(command, template=with_value(quoted(payload), template, ("code", given)))

    def add(verb: str, what: str, payload: str, state: str, effect: Effect, sentences: tuple[str, ...]) -> None:
        maker.api(
            verb,
            f"{what} {maker.name}.",
            message(payload),
            parameters=code if coded else {},
            sets={key: cel(state)},
            effect=effect,
            sentences=sentences,
            confirm_s=15.0,
            typical_s=3.0,
        )

    add("lock", "Lock", fields.text("payload_lock", "LOCK"), "locked", Effect.ACTUATE, ("lock NAME",))
    add("unlock", "Unlock", fields.text("payload_unlock", "UNLOCK"), "unlocked", Effect.HAZARDOUS, ("unlock NAME",))
    if (payload := fields.text("payload_open")) is not None:
        add("open", "Unlatch and open", payload, "open", Effect.HAZARDOUS, ("unlatch NAME",))
