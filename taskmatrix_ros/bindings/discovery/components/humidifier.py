"""Humidifiers and dehumidifiers."""

from __future__ import annotations

from taskmatrix_ros.bindings.discovery.components.choices import add_choice, add_number
from taskmatrix_ros.bindings.discovery.components.switch import add_on_off, word_message
from taskmatrix_ros.bindings.discovery.entity_maker import EntityMaker
from taskmatrix_ros.bindings.discovery.fields import DiscoveryProblem
from taskmatrix_ros.core.parameter_spec import ValueType


def describe(maker: EntityMaker) -> None:
    """Add a humidifier."""
    fields = maker.fields
    command = fields.topic("command_topic", required=True)
    fields.topic("target_humidity_command_topic", required=True)
    assert command is not None
    fields.choice("device_class", ("humidifier", "dehumidifier", ""), "humidifier")
    low = fields.number("min_humidity", 0, low=0, high=100)
    high = fields.number("max_humidity", 100, low=0, high=100)
    if low >= high:
        raise DiscoveryProblem(f"min_humidity {low:g} is not below max_humidity {high:g}")
    on, off = fields.text("payload_on", "ON"), fields.text("payload_off", "OFF")
    key = maker.on_off_state(fields.heard_topic("state_topic"), fields.template("state_value_template"), on, off)
    template = fields.template("command_template")
    add_on_off(maker, key, word_message(maker, command, on, template), word_message(maker, command, off, template))
    add_number(
        maker, "target_humidity", attribute="humidity_pct", verb="set_humidity", said="humidity", low=low, high=high,
        unit="pct",
        sentences=(
            "(set|change) NAME to {humidity_pct} [percent]",
            "(set|change) [the] humidity of NAME to {humidity_pct} [percent]",
        ),
    )  # fmt: skip
    fields.check_together("modes", "mode_command_topic")
    modes = fields.texts("modes")
    add_choice(maker, "mode", modes, attribute="mode", said="mode")
    topic, own = fields.heard_topic("current_humidity_topic"), fields.template("current_humidity_template")
    maker.state("current_humidity_pct", ValueType.NUMBER, topic, template=own, unit="pct")
    action = fields.heard_topic("action_topic")
    maker.state("action", ValueType.STRING, action, template=fields.template("action_template"))
