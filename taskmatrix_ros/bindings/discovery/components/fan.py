"""Fans."""

from __future__ import annotations

from taskmatrix_ros.bindings.discovery.components.choices import add_choice
from taskmatrix_ros.bindings.discovery.components.switch import add_on_off, word_message
from taskmatrix_ros.bindings.discovery.entity_maker import EntityMaker, cel, number
from taskmatrix_ros.bindings.discovery.fields import DiscoveryProblem
from taskmatrix_ros.bindings.discovery.templates import converted, with_value
from taskmatrix_ros.core.parameter_spec import ValueType


def describe(maker: EntityMaker) -> None:
    """Add a fan."""
    fields = maker.fields
    command = fields.topic("command_topic", required=True)
    assert command is not None
    on, off = fields.text("payload_on", "ON"), fields.text("payload_off", "OFF")
    key = maker.on_off_state(fields.heard_topic("state_topic"), fields.template("state_value_template"), on, off)
    template = fields.template("command_template")
    add_on_off(maker, key, word_message(maker, command, on, template), word_message(maker, command, off, template))
    _speed(maker)
    fields.check_together("preset_modes", "preset_mode_command_topic")
    presets = fields.texts("preset_modes")
    add_choice(
        maker,
        "preset_mode",
        presets,
        attribute="preset_mode",
        said="preset",
        state_template="value_template",
        sentences=("(set|switch|turn) NAME to {preset_mode} [mode]",),
    )
    _two_ways(
        maker, "oscillation", "oscillating", ("payload_oscillation_on", "oscillate_on", "on"),
        ("payload_oscillation_off", "oscillate_off", "off"),
    )  # fmt: skip
    _two_ways(
        maker, "direction", "direction", ("payload_direction_forward", "forward", "forward"),
        ("payload_direction_reverse", "reverse", "reverse"),
    )  # fmt: skip


def _speed(maker: EntityMaker) -> None:
    """Speeds are ``speed_range_min..speed_range_max`` at the device, 1..100 % of it for people; 0 is off."""
    fields = maker.fields
    low = fields.number("speed_range_min", 1, low=1)
    high = fields.number("speed_range_max", 100)
    if low >= high:
        raise DiscoveryProblem(f"speed_range_min {low:g} is not below speed_range_max {high:g}")
    steps = high - low + 1
    reset = fields.text("payload_reset_percentage", "None")
    own = fields.template("percentage_value_template")
    key = maker.state(
        "speed_pct",
        ValueType.NUMBER,
        fields.heard_topic("percentage_state_topic"),
        template=converted(
            own
            if reset == "None"
            else f"{{% set told %}}{own or '{{ value }}'}{{% endset %}}"
            f"{{{{ 'None' if told | trim == '{reset}' else told }}}}",
            f"[0, ((raw - {low - 1:g}) * 100 / {steps:g}) | round(1)] | max",
        ),
        unit="pct",
    )
    topic = fields.topic("percentage_command_topic")
    if topic is None:
        return
    value = f"(speed_pct * {steps:g} / 100 + {low - 1:g}) | round(0, 'ceil') | int"
    maker.api(
        "set_speed",
        f"Set how fast {maker.name} turns.",
        maker.message(topic, template=with_value(value, fields.template("percentage_command_template"))),
        parameters={"speed_pct": number("How fast.", unit="pct", low=1, high=100)},
        sets={key: "args.speed_pct"},
        tolerance={key: round(100 / steps + 0.5, 1)},
        sentences=(
            "(set|turn|change) NAME to {speed_pct} [percent]",
            "(set|change) [the] speed of NAME to {speed_pct} [percent]",
        ),
    )


def _two_ways(
    maker: EntityMaker, prefix: str, attribute: str, first: tuple[str, str, str], second: tuple[str, str, str]
) -> None:
    fields = maker.fields
    ways = {ours: fields.text(field, default) for field, default, ours in (first, second)}
    key = maker.state(
        attribute,
        ValueType.STRING,
        fields.heard_topic(f"{prefix}_state_topic"),
        template=fields.template(f"{prefix}_value_template"),
        words={payload: ours for ours, payload in ways.items()},
    )
    topic = fields.topic(f"{prefix}_command_topic")
    if topic is None:
        return
    template = fields.template(f"{prefix}_command_template")
    for ours, payload in ways.items():
        verb = f"oscillation_{ours}" if prefix == "oscillation" else f"set_direction_{ours}"
        what = (
            f"Let {maker.name} {'swing' if ours == 'on' else 'stop swinging'}."
            if prefix == "oscillation"
            else (f"Let {maker.name} turn {ours}.")
        )
        said = (f"turn {ours} [the] oscillation of NAME",) if prefix == "oscillation" else ()
        maker.api(verb, what, word_message(maker, topic, payload, template), sets={key: cel(ours)}, sentences=said)
