"""What states are called: the words that ask for them, and those that tell them."""

from __future__ import annotations

from collections.abc import Mapping

from taskmatrix_ros.core.home import HomeEntity

# device class -> (words for on, words for off); the first of each tells it.
BINARY: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "battery": (("low", "empty", "flat", "dead"), ("normal", "charged", "full", "ok", "okay", "fine", "good")),
    "battery_charging": (("charging",), ("not charging",)),
    "carbon_monoxide": (("detected", "triggered", "on"), ("clear", "off")),
    "cold": (("cold", "freezing"), ("normal", "warm", "ok")),
    "connectivity": (("connected", "online"), ("disconnected", "offline")),
    "door": (("open", "opened", "ajar"), ("closed", "shut")),
    "garage_door": (("open", "opened"), ("closed", "shut")),
    "gas": (("detected", "triggered", "on"), ("clear", "off")),
    "heat": (("hot", "overheating"), ("normal", "cool", "ok")),
    "light": (("detected",), ("no light", "dark")),
    "lock": (("unlocked",), ("locked",)),
    "moisture": (("wet", "leaking", "flooded", "damp"), ("dry",)),
    "motion": (("detected", "triggered", "moving", "on"), ("clear", "off")),
    "moving": (("moving",), ("stopped", "not moving", "still")),
    "occupancy": (("detected", "occupied", "triggered", "on"), ("clear", "empty", "unoccupied", "free", "off")),
    "opening": (("open", "opened"), ("closed", "shut")),
    "plug": (("plugged in", "plugged"), ("unplugged",)),
    "power": (("powered", "detected", "on", "powered on"), ("off", "powered off", "not powered")),
    "presence": (("home", "present", "here", "at home"), ("away", "gone", "not home", "absent")),
    "problem": (("a problem", "problem", "faulty", "broken"), ("ok", "okay", "fine")),
    "running": (("running", "on", "going"), ("not running", "off", "stopped", "finished", "done", "idle")),
    "safety": (("unsafe", "dangerous"), ("safe",)),
    "smoke": (("detected", "triggered", "on"), ("clear", "off")),
    "sound": (("detected", "triggered", "on"), ("clear", "off", "quiet")),
    "tamper": (("tampered with", "detected", "triggered", "tampered"), ("clear", "ok")),
    "update": (("update available", "available", "outdated", "out of date"), ("up to date", "current")),
    "vibration": (("vibrating", "detected"), ("not vibrating", "clear", "still")),
    "window": (("open", "opened", "ajar"), ("closed", "shut")),
    "": (("on", "detected", "triggered", "active"), ("off", "clear", "inactive")),
}

_OTHERS: Mapping[str, Mapping[str, frozenset[str]]] = {
    # domain -> state -> words that ask for it
    "cover": {
        "open": frozenset({"open", "opened", "up", "raised"}),
        "closed": frozenset({"closed", "shut", "down", "lowered"}),
        "opening": frozenset({"opening"}),
        "closing": frozenset({"closing", "shutting"}),
    },
    "valve": {"open": frozenset({"open", "opened", "on"}), "closed": frozenset({"closed", "shut", "off"})},
    "lock": {
        "locked": frozenset({"locked", "securely locked", "secure", "closed", "shut"}),
        "unlocked": frozenset({"unlocked"}),
        "jammed": frozenset({"jammed"}),
    },
    "person": {
        "home": frozenset({"home", "at home", "here", "in", "back", "back home"}),
        "not_home": frozenset({"away", "out", "gone", "not home"}),
    },
    "device_tracker": {"home": frozenset({"home", "at home", "here"}), "not_home": frozenset({"away", "out", "gone"})},
    "vacuum": {
        "cleaning": frozenset({"cleaning", "running", "on", "vacuuming"}),
        "docked": frozenset({"docked", "home", "charging"}),
        "paused": frozenset({"paused"}),
        "idle": frozenset({"idle"}),
        "returning": frozenset({"returning"}),
        "error": frozenset({"stuck", "in error"}),
    },
    "lawn_mower": {"mowing": frozenset({"mowing", "running", "on"}), "docked": frozenset({"docked", "home"})},
    "media_player": {
        "playing": frozenset({"playing"}),
        "paused": frozenset({"paused"}),
        "idle": frozenset({"idle"}),
    },
    "alarm_control_panel": {"disarmed": frozenset({"disarmed", "off"}), "armed_home": frozenset({"armed home"})},
    "climate": {
        "heat": frozenset({"heating"}),
        "cool": frozenset({"cooling"}),
        "off": frozenset({"off"}),
    },
}

_ON_OFF = frozenset(
    {
        *("light", "switch", "fan", "media_player", "climate", "humidifier", "input_boolean", "siren", "remote"),
        *("automation", "script", "water_heater", "vacuum", "lawn_mower", "calendar", "timer", "schedule", "group"),
    }
)
_ON_OFF_WORDS = frozenset({"on", "off", "running", "active", "inactive", "enabled", "disabled", "lit"})

SILENT = frozenset({"off", "standby", "unavailable", "unknown", "none", ""})

STATE_WORDS: frozenset[tuple[str, ...]] = frozenset(
    tuple(word.split())
    for words in (
        *(word for on, off in BINARY.values() for word in (*on, *off)),
        *(word for states in _OTHERS.values() for group in states.values() for word in group),
        *(
            "on",
            "off",
            "armed",
            "active",
            "playing",
            "turned on",
            "turned off",
            "switched on",
            "switched off",
            "running",
        ),
        *("enabled", "disabled", "muted", "lit", "bright", "going", "working", "up and running", "burning", "live"),
    )
    for word in (words,)
)


def holds(entity: HomeEntity, state: str, asked: str) -> bool | None:
    """Say whether an entity's state is what is asked; None where such a thing cannot be in it, or it is not known."""
    if state in ("unavailable", "unknown"):
        return None
    plain = asked.removeprefix("turned ").removeprefix("switched ")
    return _holds(entity, state, _SAID_OTHERWISE.get(plain, plain) if entity.domain != "binary_sensor" else plain)


_SAID_OTHERWISE = {
    "going": "on",
    "working": "on",
    "live": "on",
    "up and running": "on",
    "burning": "on",
    "powered": "on",
}
"""Words that are said of what is on."""


def _holds(entity: HomeEntity, state: str, asked: str) -> bool | None:
    if entity.domain == "binary_sensor":
        on, off = BINARY.get(entity.device_class, BINARY[""])
        if asked in on:
            return state == "on"
        return state == "off" if asked in off else None
    if entity.domain == "alarm_control_panel" and asked in ("armed", "on", "set"):
        return state.startswith("armed")
    states = _OTHERS.get(entity.domain, {})
    for name, words in states.items():
        if asked in words:
            return state == name if not (name == "not_home" and state != "home") else True
    if entity.domain in ("cover", "lock", "valve", "person", "binary_sensor"):
        return None
    if asked in _ON_OFF_WORDS and entity.domain not in _ON_OFF:
        return None
    if asked == "running" and entity.domain in ("light", "climate"):
        return None
    if asked in ("on", "running", "active", "enabled", "lit"):
        return state not in SILENT
    if asked in ("off", "disabled", "inactive"):
        return state in ("off", "standby")
    if state.casefold() == asked or state.casefold().replace("_", " ") == asked:
        return True
    return None


def is_own_word(entity: HomeEntity, asked: str) -> bool:
    """Whether it is of a device class for which this word is made: ``connected``, ``plugged in``."""
    return (
        entity.domain == "binary_sensor"
        and entity.device_class in BINARY
        and any(asked in words for words in BINARY[entity.device_class])
    )


def told(entity: HomeEntity, state: str) -> str:
    """Say a state as a person would."""
    if entity.domain == "binary_sensor" and state in ("on", "off"):
        on, off = BINARY.get(entity.device_class, BINARY[""])
        return (on if state == "on" else off)[0]
    if entity.domain in ("person", "device_tracker"):
        return {"home": "at home", "not_home": "away"}.get(state, f"at {state}")
    unit = entity.attributes.get("unit_of_measurement")
    text = state.replace("_", " ") if not _is_number(state) else state
    return f"{text} {unit}" if unit else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
