"""Colours, and modes that devices list themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.home import HomeEntity
from taskmatrix_ros.planner.grammar.clause_reader import Doing
from taskmatrix_ros.planner.grammar.reading import LIMIT
from taskmatrix_ros.planner.home.command import Command, Handler, Stage, doing
from taskmatrix_ros.planner.home.number_commands import NUMBERED, can_be_lit
from taskmatrix_ros.planner.home.resolver import UNFIT, Want, listed, not_now
from taskmatrix_ros.planner.home.target import Target
from taskmatrix_ros.planner.home.values import Amount

# ---- light in its colours


def _set_color(command: Command, stage: Stage) -> Doing:
    ids = stage.resolver.resolve(command.targets or (Target(said="", here=True),), _LIGHTS)
    data = {"color_name": command.slots["color"], **_brightness(command)}
    return doing(("light_turn_on", entity, data) for entity in ids)


def _brightness(command: Command) -> Mapping[str, Any]:
    """Give the brightness that was said with a color.

    :raises PlanningError: ``LIMIT``: it is outside 0..100 %.
    """
    amount: Amount | None = command.slots.get("amount")
    if amount is None:
        return {}
    if not 0 <= amount.value <= _FULL:
        raise PlanningError(f"brightness {amount.value:g} is outside 0..100; say one inside", code=LIMIT)
    return {"brightness_pct": int(amount.value) if amount.value.is_integer() else amount.value}


_FULL = 100


_COLORED = frozenset({"hs", "rgb", "rgbw", "rgbww", "xy"})
_LIGHTS = Want(
    verb="coloured",
    domains=frozenset({"light"}),
    place_domains=frozenset({"light"}),
    fits=lambda entity: can_be_lit(entity, _COLORED),
)
_WHITES = Want(
    verb="set in color temperature",
    domains=frozenset({"light"}),
    place_domains=frozenset({"light"}),
    fits=lambda entity: can_be_lit(entity, _COLORED | {"color_temp"}),
)


def _set_kelvin(command: Command, stage: Stage) -> Doing:
    ids = stage.resolver.resolve(command.targets or (Target(said="", here=True),), _WHITES)
    value = command.slots["kelvin"].value
    for entity in ids:
        attributes = stage.entity(entity).attributes
        low, high = attributes.get("min_color_temp_kelvin", 1000), attributes.get("max_color_temp_kelvin", 12000)
        if isinstance(low, int | float) and isinstance(high, int | float) and not low <= value <= high:
            raise PlanningError(
                f"color temperature {value:g} K of {stage.index.name(entity)} is outside {low:g}..{high:g}", code=LIMIT
            )
    data = {"color_temp_kelvin": int(value), **_brightness(command)}
    return doing(("light_turn_on", entity, data) for entity in ids)


_KELVIN_STEP = 500
"""How much warmer or cooler a light gets by "a bit", in kelvin."""


def _shift_white(command: Command, stage: Stage) -> Doing:
    """Make white light warmer or cooler than it is."""
    ids = stage.resolver.resolve(command.targets, _WHITES)
    by = _KELVIN_STEP * int(command.options["sign"]) * (3 if command.slots.get("bit") in ("a lot", "much") else 1)
    wanted = []
    for entity in ids:
        attributes = stage.entity(entity).attributes
        known = stage.number(entity, "kelvin")
        now = known if known is not None else attributes.get("color_temp_kelvin")
        if not isinstance(now, int | float) or stage.state(entity) != "on":
            raise not_now(
                f"the color temperature of {stage.index.name(entity)} is not known now; say one, as in 2700 K"
            )
        low, high = attributes.get("min_color_temp_kelvin", 2000), attributes.get("max_color_temp_kelvin", 6500)
        value = int(min(max(now + by, low), high))
        stage.note(entity, "kelvin", value)
        wanted.append(("light_turn_on", entity, {"color_temp_kelvin": value}))
    return doing(wanted)


# ---- modes that the entity lists itself

_MODES: tuple[tuple[str, str, str, str], ...] = (
    ("climate", "hvac_modes", "climate_set_hvac_mode", "hvac_mode"),
    ("climate", "preset_modes", "climate_set_preset_mode", "preset_mode"),
    ("climate", "fan_modes", "climate_set_fan_mode", "fan_mode"),
    ("fan", "preset_modes", "fan_set_preset_mode", "preset_mode"),
    ("humidifier", "available_modes", "humidifier_set_mode", "mode"),
    ("media_player", "source_list", "media_player_select_source", "source"),
    ("light", "effect_list", "light_turn_on", "effect"),
    ("select", "options", "select_select_option", "option"),
    ("input_select", "options", "input_select_select_option", "option"),
)
_HVAC = {"heating": "heat", "cooling": "cool", "automatic": "auto", "drying": "dry", "fan": "fan_only"}
_USUAL_HVAC = ("off", "heat", "cool", "heat_cool", "auto", "dry", "fan_only")


def _set_mode(command: Command, stage: Stage) -> Doing:
    mode = str(command.slots["mode"])
    domains = frozenset(domain for domain, *_ in _MODES)
    want = Want(verb=f"set to {mode}", domains=domains, place_domains=frozenset({"climate"}))
    wanted = []
    for entity_id in stage.resolver.resolve(command.targets, want):
        found = _mode_of(stage.entity(entity_id), mode)
        if found is None:
            raise PlanningError(
                f"{stage.index.name(entity_id)} has no {mode!r}{_modes_text(stage.entity(entity_id))}", code=LIMIT
            )
        api, parameter, value = found
        wanted.append((api, entity_id, {parameter: value}))
    return doing(wanted)


def _set_unknown(command: Command, stage: Stage) -> Doing:
    """Refuse a value that fits nothing, with what the device can be set to."""
    value = str(command.slots["value"])
    domains = NUMBERED | frozenset(domain for domain, *_ in _MODES)
    ids = stage.resolver.resolve(command.targets, Want(verb=f"set to {value!r}", domains=domains))
    entity = stage.entity(ids[0])
    raise PlanningError(f"{stage.index.name(ids[0])} cannot be set to {value!r}{_modes_text(entity)}", code=LIMIT)


def _mode_of(entity: HomeEntity, mode: str) -> tuple[str, str, str] | None:
    for domain, attribute, api, parameter in _MODES:
        if entity.domain != domain:
            continue
        values = entity.attributes.get(attribute)
        if values is None and attribute == "hvac_modes":
            values = _USUAL_HVAC
        for value in values if isinstance(values, list | tuple) else ():
            if plain_mode(str(value)) in (plain_mode(mode), plain_mode(_HVAC.get(mode, mode))):
                return api, parameter, str(value)
    return None


def plain_mode(text: str) -> str:
    """Give a mode as it is compared: ``Night Mode`` -> ``night mode``, ``fan_only`` -> ``fan only``."""
    return " ".join(text.casefold().replace("_", " ").replace("-", " ").split())


def _modes_text(entity: HomeEntity) -> str:
    values = [
        str(value)
        for domain, attribute, *_ in _MODES
        if domain == entity.domain and isinstance(entity.attributes.get(attribute), list | tuple)
        for value in entity.attributes[attribute]
    ]
    return f"; it has {listed(values)}" if values else ""


def _set_fan_mode(command: Command, stage: Stage) -> Doing:
    want = Want(verb="given a fan mode", domains=frozenset({"climate"}), place_domains=frozenset({"climate"}))
    mode = str(command.slots["mode"])
    ids = stage.resolver.resolve(command.targets or (Target(said="", here=True),), want)
    places = {area for entity in ids if (area := stage.entity(entity).area)}
    if not command.options.get("mode") and stage.resolver.in_area({"fan"}, places):
        raise PlanningError("there is a fan: its speed is meant", code=UNFIT)
    for entity in ids:
        modes = stage.entity(entity).attributes.get("fan_modes")
        if isinstance(modes, list | tuple) and mode not in modes:
            raise PlanningError(
                f"{stage.index.name(entity)} has no fan mode {mode!r}; it has {listed(map(str, modes))}", code=LIMIT
            )
    return doing(("climate_set_fan_mode", entity, {"fan_mode": mode}) for entity in ids)


HANDLERS: Mapping[str, Handler] = {
    "set_color": _set_color,
    "set_kelvin": _set_kelvin,
    "shift_white": _shift_white,
    "set_mode": _set_mode,
    "set_fan_mode": _set_fan_mode,
    "set_unknown": _set_unknown,
}
