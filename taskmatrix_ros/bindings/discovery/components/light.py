"""Lights, in the three schemas: ``default`` with a topic for each ability, ``json`` and ``template``."""

from __future__ import annotations

from taskmatrix_ros.bindings.discovery.components.light_abilities import COLORS, Abilities, LightBuilder
from taskmatrix_ros.bindings.discovery.entity_maker import EntityMaker
from taskmatrix_ros.bindings.discovery.fields import DiscoveryProblem
from taskmatrix_ros.bindings.discovery.templates import (
    converted,
    optional_variable,
    quoted,
    verbatim,
    whole,
    with_value,
)
from taskmatrix_ros.core.binding_spec import MqttMessage
from taskmatrix_ros.core.parameter_spec import ValueType

_COLOR_MODES = ("onoff", "brightness", "color_temp", "hs", "xy", "rgb", "rgbw", "rgbww", "white")
_TO_KELVIN = "(1000000 / raw) | round(0) | int"
_MIREDS = whole("1000000 / color_temp_kelvin")


def describe(maker: EntityMaker) -> None:
    """Add a light."""
    schema = maker.fields.choice("schema", ("default", "basic", "json", "template"), "default")
    if schema == "json":
        _json(maker)
    elif schema == "template":
        _template(maker)
    else:
        _default(maker)


def _color_temperatures(maker: EntityMaker) -> tuple[float, float]:
    """Give the coldest and warmest light, in kelvin, the lower first."""
    fields = maker.fields
    low = fields.number("min_kelvin", 0, low=0) or 1e6 / fields.number("max_mireds", 500, low=1)
    high = fields.number("max_kelvin", 0, low=0) or 1e6 / fields.number("min_mireds", 153, low=1)
    if low > high:
        raise DiscoveryProblem(f"the warmest light of {low:.0f} K is colder than the coldest of {high:.0f} K")
    return float(round(low)), float(round(high))


def _default(maker: EntityMaker) -> None:
    fields = maker.fields
    command = fields.topic("command_topic", required=True)
    assert command is not None
    on, off = fields.text("payload_on", "ON"), fields.text("payload_off", "OFF")
    order = fields.choice("on_command_type", ("first", "last", "brightness"), "last")
    scale = fields.number("brightness_scale", 255, low=1)
    brightness = fields.topic("brightness_command_topic")
    temperature = fields.topic("color_temp_command_topic")
    effect = fields.topic("effect_command_topic")
    effects = fields.texts("effect_list") if effect else ()
    color = next((kind for kind in ("rgb", "hs", "xy") if fields.topic(f"{kind}_command_topic")), "")
    if order == "brightness" and not brightness:
        raise DiscoveryProblem("on_command_type is brightness, and there is no brightness_command_topic")
    abilities = Abilities(
        brightness=brightness is not None,
        color_temperatures=_color_temperatures(maker) if temperature else None,
        color=bool(color),
        effects=effects,
        brightness_scale=scale,
    )
    light = LightBuilder(maker, abilities)
    light.state_key = maker.on_off_state(
        fields.heard_topic("state_topic"),
        fields.template("state_value_template") or fields.template("value_template"),
        on,
        off,
    )
    light.brightness_key = maker.state(
        "brightness_pct",
        ValueType.NUMBER,
        fields.heard_topic("brightness_state_topic"),
        template=fields.template("brightness_value_template"),
        scale=100 / scale,
        unit="pct",
    )
    kelvin = fields.flag("color_temp_kelvin")
    temperature_template = fields.template("color_temp_value_template")
    light.temperature_key = maker.state(
        "color_temp_kelvin",
        ValueType.NUMBER,
        fields.heard_topic("color_temp_state_topic"),
        template=temperature_template if kelvin else converted(temperature_template, _TO_KELVIN),
        unit="kelvin",
    )
    light.effect_key = maker.state(
        "effect",
        ValueType.STRING,
        fields.heard_topic("effect_state_topic"),
        template=fields.template("effect_value_template"),
    )
    parts: list[MqttMessage] = []
    brightness_template = fields.template("brightness_command_template")
    if brightness and order != "brightness":
        value = abilities.brightness_value("brightness_pct")
        parts.append(maker.part(brightness, with_value(value, brightness_template), "brightness_pct"))
    if temperature:
        value = whole("color_temp_kelvin") if kelvin else _MIREDS
        text = with_value(value, fields.template("color_temp_command_template"))
        parts.append(maker.part(temperature, text, "color_temp_kelvin"))
    if color:
        topic = fields.topic(f"{color}_command_topic")
        assert topic is not None
        parts.append(maker.part(topic, _color_text(color, fields.template(f"{color}_command_template")), "color"))
    if effect and effects:
        parts.append(maker.part(effect, with_value("effect", fields.template("effect_command_template")), "effect"))
    if order == "brightness" and brightness:
        value = abilities.brightness_value("(100 if brightness_pct is none else brightness_pct)")
        main = maker.message(brightness, template=with_value(value, brightness_template), before=parts)
    elif order == "first":
        main = maker.message(command, on, then=parts)
    else:
        main = maker.message(command, on, before=parts)
    light.add(main, maker.message(command, off))


def _color_text(kind: str, template: str | None) -> str:
    names = {"rgb": ("red", "green", "blue"), "hs": ("hue", "sat"), "xy": ("x", "y")}[kind]
    values = "{" + ", ".join(f"{quoted(name)}: {list(parts[kind])}" for name, parts in COLORS.items()) + "}"
    setting = f"{{% set parts = {values}[color] %}}"
    setting += "".join(f"{{% set {name} = parts[{index}] %}}" for index, name in enumerate(names))
    return setting + (template or "{{ parts | join(',') }}")


def _json(maker: EntityMaker) -> None:
    fields = maker.fields
    command = fields.topic("command_topic", required=True)
    assert command is not None
    topic = fields.heard_topic("state_topic")
    modes = fields.texts("supported_color_modes", required="supported_color_modes" in fields)
    if wrong := [mode for mode in modes if mode not in _COLOR_MODES]:
        raise fields.problem("supported_color_modes", f"has {wrong[0]!r}; allowed: {', '.join(_COLOR_MODES)}")
    if alone := {"onoff", "brightness"} & set(modes) if len(modes) > 1 else set():
        raise fields.problem("supported_color_modes", f"has {min(alone)} beside others, which all have it")
    scale = fields.number("brightness_scale", 255, low=1)
    brightness = fields.flag("brightness", default=any(mode != "onoff" for mode in modes))
    temperature = "color_temp" in modes or fields.flag("color_temp")
    kelvin = fields.flag("color_temp_kelvin")
    color = next((mode for mode in ("rgb", "rgbw", "rgbww", "hs", "xy") if mode in modes or fields.flag(mode)), "")
    kind = "rgb" if color.startswith("rgb") else color
    has_effects = fields.flag("effect") or "effect_list" in fields
    effects = fields.texts("effect_list") if has_effects else ()
    abilities = Abilities(
        brightness=brightness,
        color_temperatures=_color_temperatures(maker) if temperature else None,
        color=bool(color),
        effects=effects,
        brightness_scale=scale,
    )
    light = LightBuilder(maker, abilities)
    light.state_key = maker.state("state", ValueType.STRING, topic, path="/state", words={"ON": "on", "OFF": "off"})
    if brightness:
        light.brightness_key = maker.state(
            "brightness_pct", ValueType.NUMBER, topic, path="/brightness", scale=100 / scale, unit="pct"
        )
    if temperature:
        light.temperature_key = maker.state(
            "color_temp_kelvin",
            ValueType.NUMBER,
            topic,
            path="/color_temp" if kelvin else None,
            template=None if kelvin else converted("{{ value_json.color_temp }}", _TO_KELVIN),
            unit="kelvin",
        )
    if effects:
        light.effect_key = maker.state("effect", ValueType.STRING, topic, path="/effect")
    pieces = ['{"state":"ON"']
    if brightness:
        pieces.append(_json_part("brightness_pct", "brightness", abilities.brightness_value("brightness_pct")))
    if temperature:
        value = whole("color_temp_kelvin") if kelvin else _MIREDS
        pieces.append(_json_part("color_temp_kelvin", "color_temp", value))
    if kind:
        shown = (f"{quoted(name)}: {_color_object(color, parts[kind])}" for name, parts in COLORS.items())
        colors = "{" + ", ".join(shown) + "}"
        pieces.append(_json_part("color", "color", f"{colors}[color] | tojson"))
    if effects:
        pieces.append(_json_part("effect", "effect", "effect | tojson"))
    light.add(maker.message(command, template="".join(pieces) + "}"), maker.message(command, '{"state":"OFF"}'))


def _json_part(parameter: str, name: str, expression: str) -> str:
    return f'{{% if {parameter} is not none %}},"{name}":{{{{ {expression} }}}}{{% endif %}}'


def _color_object(mode: str, parts: tuple[float, ...]) -> str:
    """Write a colour as a light of that color mode takes it: white channels are off, the colour is mixed."""
    names = {"rgbw": "rgbw", "rgbww": "rgbcw"}.get(mode, mode)
    given = zip(names, (*parts, 0, 0), strict=False)
    return "{" + ", ".join(f"'{name}': {value:g}" for name, value in given) + "}"


def _template(maker: EntityMaker) -> None:
    fields = maker.fields
    command = fields.topic("command_topic", required=True)
    assert command is not None
    on, off = fields.template("command_on_template"), fields.template("command_off_template")
    if on is None or off is None:
        raise DiscoveryProblem("command_on_template and command_off_template are needed with schema template")
    topic = fields.heard_topic("state_topic")
    brightness = fields.template("brightness_template")
    temperature = fields.template("color_temp_template")
    colored = all(fields.template(f"{name}_template") for name in ("red", "green", "blue"))
    kelvin = fields.flag("color_temp_kelvin")
    effects = fields.texts("effect_list")
    abilities = Abilities(
        brightness=brightness is not None or "brightness" in on,
        color_temperatures=_color_temperatures(maker) if temperature or "color_temp" in on else None,
        color=colored or "red" in on,
        effects=effects,
        brightness_scale=255,
    )
    light = LightBuilder(maker, abilities)
    state = fields.template("state_template")
    if state is not None:
        light.state_key = maker.state(
            "state", ValueType.STRING, topic, template=state, words={"on": "on", "off": "off"}
        )
    if brightness is not None:
        light.brightness_key = maker.state(
            "brightness_pct", ValueType.NUMBER, topic, template=brightness, scale=100 / 255, unit="pct"
        )
    if temperature is not None:
        light.temperature_key = maker.state(
            "color_temp_kelvin",
            ValueType.NUMBER,
            topic,
            template=temperature if kelvin else converted(temperature, _TO_KELVIN),
            unit="kelvin",
        )
    if effects and (effect := fields.template("effect_template")) is not None:
        light.effect_key = maker.state("effect", ValueType.STRING, topic, template=effect)
    setting = "{% set state = 'on' %}"
    if abilities.brightness:
        setting += optional_variable("brightness_pct", "brightness", abilities.brightness_value("brightness_pct"))
    if abilities.color_temperatures:
        value = whole("color_temp_kelvin") if kelvin else _MIREDS
        setting += optional_variable("color_temp_kelvin", "color_temp", value)
    if abilities.color:
        rgb = "{" + ", ".join(f"{quoted(name)}: {list(parts['rgb'])}" for name, parts in COLORS.items()) + "}"
        setting += "".join(
            optional_variable("color", name, f"{rgb}[color][{index}]")
            for index, name in enumerate(("red", "green", "blue"))
        )
    if effects:
        setting += optional_variable("effect", "effect", "effect")
    light.add(
        maker.message(command, template=setting + on),
        maker.message(command, template="{% set state = 'off' %}" + off if "{" in off else verbatim(off)),
    )
