"""Thermostats, air conditioners and water heaters."""

from __future__ import annotations

from taskmatrix_ros.bindings.discovery.components.choices import add_choice, add_number
from taskmatrix_ros.bindings.discovery.components.switch import OFF, ON, word_message
from taskmatrix_ros.bindings.discovery.entity_maker import EntityMaker, cel, number, said, word
from taskmatrix_ros.bindings.discovery.fields import DiscoveryProblem
from taskmatrix_ros.bindings.discovery.templates import converted, with_value
from taskmatrix_ros.core.parameter_spec import ValueType

_MODES = ("auto", "off", "cool", "heat", "dry", "fan_only")
_KNOWN_MODES = (*_MODES, "heat_cool")
_HEATER_MODES = ("off", "eco", "electric", "gas", "heat_pump", "high_demand", "performance")
_FIRST_CHOICE = ("heat_cool", "auto", "heat", "cool")
_COMMANDED = (
    *("temperature", "temperature_low", "temperature_high", "mode", "fan_mode", "power", "preset_mode"),
    *("swing_mode", "swing_horizontal_mode", "target_humidity"),
)
_TO_C = "((raw - 32) / 1.8) | round(2)"
_FROM_C = "(({}) * 1.8 + 32) | round(1)"


def describe(maker: EntityMaker) -> None:
    """Add a thermostat or air conditioner."""
    modes = maker.fields.texts("modes", _MODES)
    if wrong := [mode for mode in modes if mode not in _KNOWN_MODES]:
        raise maker.fields.problem("modes", f"has {wrong[0]!r}; allowed: {', '.join(_KNOWN_MODES)}")
    _Climate(maker, modes, (7.0, 35.0)).add()


def describe_water_heater(maker: EntityMaker) -> None:
    """Add a water heater."""
    modes = maker.fields.texts("modes", _HEATER_MODES)
    if wrong := [mode for mode in modes if mode not in _HEATER_MODES]:
        raise maker.fields.problem("modes", f"has {wrong[0]!r}; allowed: {', '.join(_HEATER_MODES)}")
    _Climate(maker, modes, (43.3, 60.0)).add()


class _Climate:
    def __init__(self, maker: EntityMaker, modes: tuple[str, ...], usual_c: tuple[float, float]) -> None:
        self._maker = maker
        self._modes = modes
        fields = self._fields = maker.fields
        self._fahrenheit = fields.choice("temperature_unit", ("C", "F", "°C", "°F"), "C").endswith("F")
        low = fields.number("min_temp", self._native(usual_c[0]))
        high = fields.number("max_temp", self._native(usual_c[1]))
        if low >= high:
            raise DiscoveryProblem(f"min_temp {low:g} is not below max_temp {high:g}")
        self._low_c, self._high_c = (self._celsius(low), self._celsius(high))
        fields.number("temp_step", 1, low=0.001)
        fields.number("precision", 0.1, low=0.001)

    def add(self) -> None:
        fields = self._fields
        told = ("mode_state_topic", "temperature_state_topic", "current_temperature_topic", "action_topic")
        commanded = any(fields.topic(f"{name}_command_topic") for name in _COMMANDED)
        if not commanded and not any(map(fields.heard_topic, told)):
            raise DiscoveryProblem("there is neither a command topic, as mode_command_topic, nor one that tells of it")
        mode = self._mode()
        self._power(mode)
        self._temperatures()
        for prefix, options, what in (
            ("fan_mode", fields.texts("fan_modes", ("auto", "low", "medium", "high")), "fan mode"),
            ("swing_mode", fields.texts("swing_modes", ("on", "off")), "swing mode"),
            ("swing_horizontal_mode", fields.texts("swing_horizontal_modes", ("on", "off")), "horizontal swing mode"),
        ):
            add_choice(self._maker, prefix, options, attribute=prefix, said=what)
        self._presets()
        self._humidity()
        action = fields.heard_topic("action_topic")
        self._maker.state("action", ValueType.STRING, action, template=fields.template("action_template"))

    def _mode(self) -> str | None:
        maker, fields = self._maker, self._fields
        key = maker.state(
            "state",
            ValueType.STRING,
            fields.heard_topic("mode_state_topic"),
            template=fields.template("mode_state_template"),
        )
        topic = fields.topic("mode_command_topic")
        if topic is not None:
            template = fields.template("mode_command_template")
            maker.api(
                "set_mode",
                f"Set the mode of {maker.name}.",
                maker.message(topic, template=with_value("mode", template)),
                parameters={"mode": word("What it does.", self._modes)},
                sets={key: "args.mode"},
                sentences=("(set|change|switch) NAME to {mode} [mode]", "(set|change) [the] mode of NAME to {mode}"),
            )
        return key

    def _power(self, mode_key: str | None) -> None:
        maker, fields = self._maker, self._fields
        topic, template = fields.topic("power_command_topic"), fields.template("power_command_template")
        modes = fields.topic("mode_command_topic")
        if topic is not None:
            on, off = fields.text("payload_on", "ON"), fields.text("payload_off", "OFF")
            not_off = (f'{said(mode_key)} != "off"',) if mode_key else ()
            maker.api(
                "turn_on", f"Switch {maker.name} on.", word_message(maker, topic, on, template),
                ensures=not_off, sentences=ON,
            )  # fmt: skip
            maker.api(
                "turn_off", f"Switch {maker.name} off.", word_message(maker, topic, off, template),
                sets={mode_key: cel("off")}, sentences=OFF,
            )  # fmt: skip
            return
        if modes is None:
            return
        mode_template = fields.template("mode_command_template")
        active = next((mode for mode in (*_FIRST_CHOICE, *self._modes) if mode in self._modes and mode != "off"), None)
        for verb, state, sentences in (("turn_on", active, ON), ("turn_off", "off", OFF)):
            if state is not None and state in self._modes:
                maker.api(
                    verb,
                    f"Switch {maker.name} {'off' if state == 'off' else f'on, in mode {state}'}.",
                    word_message(maker, modes, state, mode_template),
                    sets={mode_key: cel(state)},
                    sentences=sentences,
                )

    def _temperatures(self) -> None:
        maker, fields = self._maker, self._fields
        self._heard("current_temperature_c", "current_temperature_topic", "current_temperature_template")
        for prefix, attribute, what in (
            ("temperature", "temperature_c", "temperature"),
            ("temperature_low", "temperature_low_c", "lower temperature"),
            ("temperature_high", "temperature_high_c", "upper temperature"),
        ):
            key = self._heard(attribute, f"{prefix}_state_topic", f"{prefix}_state_template")
            topic = fields.topic(f"{prefix}_command_topic")
            if topic is None:
                continue
            value = _FROM_C.format(attribute) if self._fahrenheit else attribute
            sentences = [f"(set|turn|change) [the] {what} of NAME to {{{attribute}}} [degrees] [celsius]"]
            if prefix == "temperature":
                sentences += [
                    "(set|turn|change|put) NAME [temperature] to {temperature_c} [degrees] [celsius]",
                    *self._area_sentences(),
                ]
            maker.api(
                f"set_{prefix}",
                f"Set the {what} that {maker.name} aims at.",
                maker.message(topic, template=with_value(value, fields.template(f"{prefix}_command_template"))),
                parameters={attribute: number(f"The {what}.", unit="c", low=self._low_c, high=self._high_c)},
                sets={key: f"args.{attribute}"},
                tolerance={key: 0.3 if self._fahrenheit else 0.05},
                sentences=sentences,
            )

    def _area_sentences(self) -> tuple[str, ...]:
        area = self._maker.area_words
        if not area or not self._maker.called:
            return ()
        return (f"(set|change) the temperature in [the|my] {area} to {{temperature_c}} [degrees] [celsius]",)

    def _presets(self) -> None:
        self._fields.check_together("preset_modes", "preset_mode_command_topic")
        modes = self._fields.texts("preset_modes")
        if "none" in modes:
            raise self._fields.problem("preset_modes", "has 'none', which means no preset; leave it out")
        options = (*modes, "none") if modes else ()
        add_choice(
            self._maker, "preset_mode", options, attribute="preset_mode", said="preset", state_template="value_template"
        )

    def _humidity(self) -> None:
        fields = self._fields
        low, high = (
            fields.number("min_humidity", 30, low=0, high=100),
            fields.number("max_humidity", 99, low=0, high=100),
        )
        if low >= high:
            raise DiscoveryProblem(f"min_humidity {low:g} is not below max_humidity {high:g}")
        topic = fields.heard_topic("current_humidity_topic")
        template = fields.template("current_humidity_template")
        self._maker.state("current_humidity_pct", ValueType.NUMBER, topic, template=template, unit="pct")
        add_number(
            self._maker, "target_humidity", attribute="humidity_pct", verb="set_humidity", said="humidity",
            low=low, high=high, unit="pct",
            sentences=("(set|change) [the] humidity of NAME to {humidity_pct} [percent]",),
        )  # fmt: skip

    def _heard(self, attribute: str, topic: str, template: str) -> str | None:
        own = self._fields.template(template)
        text = converted(own, _TO_C) if self._fahrenheit else own
        heard = self._fields.heard_topic(topic)
        return self._maker.state(attribute, ValueType.NUMBER, heard, template=text, unit="c")

    def _native(self, celsius: float) -> float:
        return round(celsius * 1.8 + 32) if self._fahrenheit else celsius

    def _celsius(self, native: float) -> float:
        return round((native - 32) / 1.8, 1) if self._fahrenheit else native
