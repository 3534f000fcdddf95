"""Switches, and what is switched like them: sirens, valves and humidifiers have files of their own."""

from __future__ import annotations

from taskmatrix_ros.bindings.discovery.entity_maker import EntityMaker, cel
from taskmatrix_ros.bindings.discovery.templates import quoted, with_value
from taskmatrix_ros.core.binding_spec import Mqtt

ON = ("(turn|switch) on NAME", "(turn|switch) NAME on", "NAME on")
OFF = ("(turn|switch) off NAME", "(turn|switch) NAME off", "NAME off")


def describe(maker: EntityMaker) -> None:
    """Add a switch."""
    fields = maker.fields
    command = fields.topic("command_topic", required=True)
    fields.choice("device_class", ("", "outlet", "switch"), "")
    assert command is not None
    on, off = fields.text("payload_on", "ON"), fields.text("payload_off", "OFF")
    key = maker.on_off_state(
        fields.heard_topic("state_topic"),
        fields.template("value_template"),
        fields.text("state_on", on),
        fields.text("state_off", off),
    )
    template = fields.template("command_template")
    add_on_off(maker, key, word_message(maker, command, on, template), word_message(maker, command, off, template))


def word_message(maker: EntityMaker, topic: str, payload: str, template: str | None) -> Mqtt:
    """Give the message of a fixed word, through the device's command template where it has one."""
    if template is None:
        return maker.message(topic, payload)
    return maker.message(topic, template=with_value(quoted(payload), template))


def add_on_off(maker: EntityMaker, key: str | None, on: Mqtt, off: Mqtt) -> None:
    """Add turning on and off."""
    maker.api("turn_on", f"Switch {maker.name} on.", on, sets={key: cel("on")}, sentences=ON)
    maker.api("turn_off", f"Switch {maker.name} off.", off, sets={key: cel("off")}, sentences=OFF)
