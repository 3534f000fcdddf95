"""What is pressed or set to a value: buttons, scenes, numbers, selections, texts, notices."""

from __future__ import annotations

from taskmatrix_ros.bindings.discovery.components.sensors import NUMBER_CLASSES
from taskmatrix_ros.bindings.discovery.components.switch import word_message
from taskmatrix_ros.bindings.discovery.entity_maker import EntityMaker, number, word
from taskmatrix_ros.bindings.discovery.fields import DiscoveryProblem
from taskmatrix_ros.bindings.discovery.templates import with_value
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.parameter_spec import ParameterSpec, ValueType

_HARMLESS_BUTTONS = frozenset({"identify", "restart", "update"})


def describe_button(maker: EntityMaker) -> None:
    """Add a button. Nobody knows what an unnamed kind of button moves, so pressing it wants a person's yes."""
    fields = maker.fields
    topic = fields.topic("command_topic", required=True)
    assert topic is not None
    kind = fields.choice("device_class", ("", *sorted(_HARMLESS_BUTTONS)), "")
    harmless = kind in _HARMLESS_BUTTONS or fields.text("entity_category") in ("config", "diagnostic")
    maker.api(
        "press",
        f"Press {maker.name}.",
        word_message(maker, topic, fields.text("payload_press", "PRESS"), fields.template("command_template")),
        sentences=("(press|push) NAME [button]",),
        effect=Effect.ACTUATE if harmless else Effect.HAZARDOUS,
        idempotent=False,
        expires_s=10.0,
    )


def describe_scene(maker: EntityMaker) -> None:
    """Add a scene."""
    fields = maker.fields
    topic = fields.topic("command_topic", required=True)
    assert topic is not None
    maker.api(
        "activate",
        f"Activate the scene {maker.name}.",
        maker.message(topic, fields.text("payload_on", "ON")),
        sentences=("(activate|start|turn on|set) NAME [scene]", "(activate|start) [the] scene NAME"),
        expires_s=30.0,
    )


def describe_number(maker: EntityMaker) -> None:
    """Add a number that can be set."""
    fields = maker.fields
    topic = fields.topic("command_topic", required=True)
    assert topic is not None
    low, high = fields.number("min", 1), fields.number("max", 100)
    step = fields.number("step", 1, low=0.001)
    if low >= high:
        raise DiscoveryProblem(f"min {low:g} is not below max {high:g}")
    fields.choice("mode", ("auto", "box", "slider"), "auto")
    fields.choice("device_class", ("", *sorted(NUMBER_CLASSES)), "")
    unit = fields.text("unit_of_measurement")
    key = maker.state(
        "state",
        ValueType.NUMBER,
        fields.heard_topic("state_topic"),
        template=fields.template("value_template"),
        unit=unit,
    )
    value = "(value | int if value == value | int else value)"
    maker.api(
        "set",
        f"Set {maker.name}.",
        maker.message(topic, template=with_value(value, fields.template("command_template"))),
        parameters={"value": number(f"The value{f' in {unit}' if unit else ''}.", unit=unit, low=low, high=high)},
        sets={key: "args.value"},
        tolerance={key: step / 2},
        sentences=("(set|change|turn) NAME to {value}",),
    )


def describe_select(maker: EntityMaker) -> None:
    """Add a selection."""
    fields = maker.fields
    topic = fields.topic("command_topic", required=True)
    assert topic is not None
    options = fields.texts("options", required=True)
    key = maker.state(
        "state", ValueType.STRING, fields.heard_topic("state_topic"), template=fields.template("value_template")
    )
    maker.api(
        "select",
        f"Choose for {maker.name}.",
        maker.message(topic, template=with_value("option", fields.template("command_template"))),
        parameters={"option": word("What to choose.", options)},
        sets={key: "args.option"},
        sentences=("(set|change|switch) NAME to {option}", "(select|choose) {option} (for|on) NAME"),
    )


def describe_text(maker: EntityMaker) -> None:
    """Add a text that can be set."""
    fields = maker.fields
    topic = fields.topic("command_topic", required=True)
    assert topic is not None
    low, high = fields.number("min", 0, low=0, high=255), fields.number("max", 255, low=0, high=255)
    if low > high:
        raise DiscoveryProblem(f"min {low:g} is above max {high:g}")
    fields.pattern("pattern")
    secret = fields.choice("mode", ("text", "password"), "text") == "password"
    key = None
    if not secret:
        key = maker.state(
            "state", ValueType.STRING, fields.heard_topic("state_topic"), template=fields.template("value_template")
        )
    maker.api(
        "set",
        f"Set the text of {maker.name}, {low:g} to {high:g} characters.",
        maker.message(topic, template=with_value("text", fields.template("command_template"))),
        parameters={"text": ParameterSpec(type=ValueType.STRING, description="The text.", sensitive=secret)},
        sets={key: "args.text"},
    )


def describe_notify(maker: EntityMaker) -> None:
    """Add what shows or says a message."""
    fields = maker.fields
    topic = fields.topic("command_topic", required=True)
    assert topic is not None
    maker.api(
        "send_message",
        f"Send a message by {maker.name}.",
        maker.message(topic, template=with_value("message", fields.template("command_template"))),
        parameters={"message": word("What to say.")},
        effect=Effect.NOTIFY,
        idempotent=False,
        expires_s=60.0,
    )
