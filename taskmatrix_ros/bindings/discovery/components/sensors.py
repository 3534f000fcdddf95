"""What only tells: sensors, binary sensors, trackers, events."""

from __future__ import annotations

from taskmatrix_ros.bindings.discovery.entity_maker import EntityMaker
from taskmatrix_ros.bindings.discovery.fields import DiscoveryProblem
from taskmatrix_ros.core.parameter_spec import ValueType

_TEXT_CLASSES = frozenset({"date", "enum", "timestamp", "uptime"})
NUMBER_CLASSES = frozenset(
    {
        *(
            "absolute_humidity",
            "apparent_power",
            "aqi",
            "area",
            "atmospheric_pressure",
            "battery",
            "blood_glucose_concentration",
        ),
        *("carbon_dioxide", "carbon_monoxide", "conductivity", "current", "data_rate", "data_size", "distance"),
        *("duration", "energy", "energy_distance", "energy_storage", "frequency", "gas", "humidity", "illuminance"),
        *("irradiance", "moisture", "monetary", "nitrogen_dioxide", "nitrogen_monoxide", "nitrous_oxide", "ozone"),
        *("ph", "pm1", "pm10", "pm25", "pm4", "power", "power_factor", "precipitation", "precipitation_intensity"),
        *("pressure", "reactive_energy", "reactive_power", "signal_strength", "sound_pressure", "speed"),
        *("sulphur_dioxide", "temperature", "temperature_delta", "volatile_organic_compounds"),
        *("volatile_organic_compounds_parts", "voltage", "volume", "volume_flow_rate", "volume_storage", "water"),
        *("weight", "wind_direction", "wind_speed"),
    }
)


_BINARY_CLASSES = (
    *("", "battery", "battery_charging", "carbon_monoxide", "cold", "connectivity", "door", "garage_door", "gas"),
    *("heat", "light", "lock", "moisture", "motion", "moving", "occupancy", "opening", "plug", "power", "presence"),
    *("problem", "running", "safety", "smoke", "sound", "tamper", "update", "vibration", "window"),
)


def describe_sensor(maker: EntityMaker) -> None:
    """Add a sensor: a number where it has a unit or counts, else a text."""
    fields = maker.fields
    topic = fields.heard_topic("state_topic", required=True)
    kind = maker.device_class
    if kind and kind not in _TEXT_CLASSES and kind not in NUMBER_CLASSES:
        raise fields.problem("device_class", "is no kind of sensor")
    unit = fields.text("unit_of_measurement")
    state_class = fields.choice(
        "state_class", ("", "measurement", "measurement_angle", "total", "total_increasing"), ""
    )
    fields.number("suggested_display_precision", 0, low=0, high=20)
    options = fields.texts("options")
    if options and (unit or state_class or kind not in ("", "enum")):
        raise DiscoveryProblem("options go with device_class enum alone, without unit and state_class")
    if kind in _TEXT_CLASSES and (unit or state_class):
        raise DiscoveryProblem(f"device_class {kind} has neither unit nor state_class")
    is_number = bool(unit or state_class or kind in NUMBER_CLASSES)
    maker.state(
        "state",
        ValueType.NUMBER if is_number else ValueType.STRING,
        topic,
        template=fields.template("value_template"),
        unit=unit,
        description=f"{(kind or 'value').replace('_', ' ').capitalize()} that {maker.name} measures.",
    )


def describe_binary_sensor(maker: EntityMaker) -> None:
    """Add what is on or off."""
    fields = maker.fields
    fields.number("off_delay", 0, low=0)
    fields.choice("device_class", _BINARY_CLASSES, "")
    kind = maker.device_class.replace("_", " ")
    on, off = fields.text("payload_on", "ON"), fields.text("payload_off", "OFF")
    if on == off:
        raise DiscoveryProblem(f"the same payload {on!r} means on and off")
    maker.state(
        "state",
        ValueType.STRING,
        fields.heard_topic("state_topic", required=True),
        template=fields.template("value_template"),
        words={off: "off", on: "on"},
        description=f"Whether {maker.name} {f'reports {kind}' if kind else 'is on'}, on or off.",
    )


def describe_tracker(maker: EntityMaker) -> None:
    """Add where a person or thing is: ``home``, ``not_home`` or the name of a zone."""
    fields = maker.fields
    topic = fields.heard_topic("state_topic")
    if topic is None and fields.heard_topic("json_attributes_topic") is None:
        raise DiscoveryProblem("state_topic and json_attributes_topic are missing; one is needed")
    fields.choice("source_type", ("gps", "router", "bluetooth", "bluetooth_le"), "gps")
    words = {
        fields.text("payload_not_home", "not_home"): "not_home",
        fields.text("payload_home", "home"): "home",
    }
    template = fields.template("value_template")
    named = words if words != {"home": "home", "not_home": "not_home"} else None
    maker.state("state", ValueType.STRING, topic, template=template, words=named)


def describe_event(maker: EntityMaker) -> None:
    """Add the kind of event that came last."""
    fields = maker.fields
    fields.texts("event_types", required=True)
    fields.choice("device_class", ("", "button", "doorbell", "motion"), "")
    template = fields.template("value_template")
    if template is None:
        path, text = "/event_type", None
    else:
        path, text = None, f"{{% set found %}}{template}{{% endset %}}{{{{ (found | from_json).event_type }}}}"
    topic = fields.heard_topic("state_topic", required=True)
    maker.state("event_type", ValueType.STRING, topic, path=path, template=text)


def describe_update(maker: EntityMaker) -> None:
    """Add which version is installed and which there is; installing is left to whoever looks after the device."""
    fields = maker.fields
    topic, latest = fields.heard_topic("state_topic"), fields.heard_topic("latest_version_topic")
    if topic is None and latest is None:
        raise DiscoveryProblem("state_topic and latest_version_topic are missing; one is needed")
    template = fields.template("value_template")
    maker.state(
        "installed_version", ValueType.STRING, topic, template=_of_update(template, "installed_version", "found")
    )
    if latest is not None:
        latest_template = fields.template("latest_version_template")
        maker.state("latest_version", ValueType.STRING, latest, template=latest_template)
    else:
        maker.state("latest_version", ValueType.STRING, topic, template=_of_update(template, "latest_version", "''"))


def _of_update(template: str | None, field: str, plain: str) -> str:
    """Give a template of one field of what an update tells: a JSON object, or the installed version alone."""
    found = "{% set found = value %}" if template is None else f"{{% set found %}}{template}{{% endset %}}"
    return (
        f"{found}{{% set found = found | trim %}}{{% if found.startswith('{{') %}}"
        f"{{{{ (found | from_json).{field} }}}}{{% else %}}{{{{ {plain} }}}}{{% endif %}}"
    )
