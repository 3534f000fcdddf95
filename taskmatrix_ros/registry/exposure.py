"""Which entities Home Assistant exposes to Assist where nobody has chosen."""

from __future__ import annotations

_DOMAINS = frozenset(
    {
        "climate", "cover", "fan", "humidifier", "input_boolean", "light", "lock", "media_player", "scene", "script",
        "switch", "todo", "vacuum", "valve", "water_heater",
    }
)  # fmt: skip
_CLASSES = {
    "binary_sensor": frozenset({"door", "garage_door", "lock", "motion", "opening", "presence", "window"}),
    "sensor": frozenset(
        {
            "aqi", "carbon_dioxide", "carbon_monoxide", "humidity", "pm10", "pm25", "temperature",
            "volatile_organic_compounds",
        }
    ),
}  # fmt: skip


def exposed_by_default(entity_id: str, device_class: object) -> bool:
    """Whether it is exposed without anybody's choice.

    :source: Home Assistant's exposed entities, https://www.home-assistant.io/voice_control/voice_remote_expose_devices/
    """
    domain = entity_id.partition(".")[0]
    return domain in _DOMAINS or device_class in _CLASSES.get(domain, frozenset())
