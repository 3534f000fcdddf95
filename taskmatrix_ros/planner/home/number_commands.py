"""Numbers: set, and changed by so much from what they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.core.errors import ClarificationNeeded, PlanningError
from taskmatrix_ros.core.home import HomeEntity
from taskmatrix_ros.planner.grammar.clause_reader import Doing
from taskmatrix_ros.planner.grammar.reading import LIMIT
from taskmatrix_ros.planner.home.command import Command, Handler, Stage, doing
from taskmatrix_ros.planner.home.resolver import UNFIT, Want, listed, not_now
from taskmatrix_ros.planner.home.target import Target, Targets
from taskmatrix_ros.planner.home.values import Amount

_FAHRENHEIT_FROM = 45.0
"""A thermostat with a limit or set-point above this many degrees counts in Fahrenheit: no home is so hot in Celsius."""


@dataclass(frozen=True, eq=False)
class Setting:
    """A number of a domain's entities: how it is called, sent, read and limited.

    ``key``: of the state that holds it; ``attribute``: of the entity; ``scale``: sent per unit said; ``step``: what "a
    bit" is.
    """

    what: str
    domain: str
    api: str
    parameter: str
    key: str
    attribute: str
    low: float = 0
    high: float = 100
    scale: float = 1
    step: float = 10
    from_attribute: Callable[[float], float] = float


def _from_255(value: float) -> float:
    return value / 255 * 100


def _from_ratio(value: float) -> float:
    return value * 100 if value <= 1 else value


_SETTINGS = (
    Setting(
        "brightness",
        "light",
        "light_turn_on",
        "brightness_pct",
        "brightness_pct",
        "brightness",
        from_attribute=_from_255,
    ),
    Setting("position", "cover", "cover_set_cover_position", "position", "position_pct", "current_position"),
    Setting("position", "valve", "valve_set_valve_position", "position", "position_pct", "current_position"),
    Setting("speed", "fan", "fan_set_percentage", "percentage", "speed_pct", "percentage", step=20),
    Setting(
        "volume",
        "media_player",
        "media_player_volume_set",
        "volume_level",
        "volume_pct",
        "volume_level",
        scale=0.01,
        from_attribute=_from_ratio,
    ),
    Setting(
        "temperature",
        "climate",
        "climate_set_temperature",
        "temperature",
        "temperature",
        "temperature",
        -50,
        250,
        step=1,
    ),
    Setting(
        "temperature",
        "water_heater",
        "water_heater_set_temperature",
        "temperature",
        "temperature",
        "temperature",
        -50,
        250,
        step=1,
    ),
    Setting("humidity", "humidifier", "humidifier_set_humidity", "humidity", "humidity", "humidity", step=5),
    Setting("humidity", "climate", "climate_set_humidity", "humidity", "humidity", "humidity", step=5),
    Setting("value", "number", "number_set_value", "value", "state", "", -1e9, 1e9, step=1),
    Setting("value", "input_number", "input_number_set_value", "value", "state", "", -1e9, 1e9, step=1),
)
NUMBERED = frozenset(setting.domain for setting in _SETTINGS)
"""Domains whose entities can be set to a number."""

_BY_WHAT: Mapping[str, tuple[Setting, ...]] = {
    what: tuple(setting for setting in _SETTINGS if setting.what == what) for what in {s.what for s in _SETTINGS}
}
_LIMITS: Mapping[str, tuple[str, str]] = {
    "temperature": ("min_temp", "max_temp"),
    "humidity": ("min_humidity", "max_humidity"),
    "value": ("min", "max"),
}
_SHARES = frozenset({"brightness", "position", "speed", "volume", "humidity"})
_VERB = "set to that"


_SET_SPEED = 1
"""The bit of ``supported_features`` of a fan whose speed can be set."""
_TARGET_HUMIDITY = 4
"""The bit of ``supported_features`` of a thermostat that also keeps a humidity."""


def _can(entity: HomeEntity, what: str | None) -> bool:
    """Whether an entity can be set so, as far as it tells: a light that can only be switched is not dimmed."""
    if entity.domain == "fan" and isinstance(features := entity.attributes.get("supported_features"), int):
        return bool(features & _SET_SPEED)
    if entity.domain == "climate" and what == "humidity":
        features = entity.attributes.get("supported_features")
        tells = any(key in entity.attributes for key in ("humidity", "min_humidity", "max_humidity"))
        return tells or (features & _TARGET_HUMIDITY > 0 if isinstance(features, int) else not entity.attributes)
    return entity.domain != "light" or what not in (None, "brightness") or can_be_lit(entity, frozenset({"brightness"}))


def can_be_lit(entity: HomeEntity, wanted: frozenset[str]) -> bool:
    """Whether a light has one of these colour modes; every mode but ``onoff`` has a brightness."""
    modes = entity.attributes.get("supported_color_modes")
    if not isinstance(modes, list | tuple) or not modes:
        return True
    told = {str(mode) for mode in modes}
    return bool(told - {"onoff", "unknown"}) if "brightness" in wanted else bool(told & wanted)


def _set_number(command: Command, stage: Stage) -> Doing:
    amount = _amount(command)
    if command.options.get("verbless") and not amount.unit and (last := stage.scene.notes.get(_LAST)):
        # "the den to 22 degrees and the hall to 20": what is set is said once.
        command = Command(command.name, {"what": last}, command.slots)
    settings = _candidates(command, amount)
    targets = command.targets
    if not targets and _spoken_of(stage, settings):
        targets = (Target(said="it", pronoun="it"),)
    if not targets:
        targets = (Target(said="", here=True),) if stage.resolver.here else ()
        targets = targets or (Target(said="", everywhere=True),)
    wanted = []
    for entity_id, setting in _resolved(command, stage, targets, settings, amount):
        value = _checked(stage, entity_id, setting, _in_unit_of(stage.entity(entity_id), setting, amount))
        wanted.append((setting.api, entity_id, {setting.parameter: _sent(value, setting)}))
        stage.note(entity_id, setting.key, value)
        stage.scene.notes[_LAST] = setting.what
    return doing(wanted)


def _spoken_of(stage: Stage, settings: tuple[Setting, ...]) -> bool:
    """Whether what was spoken of last can be set so: ``turn on the TV and set the volume to 10``."""
    last = stage.scene.mentioned[-1] if stage.scene.mentioned else ()
    domains = {setting.domain for setting in settings}
    return bool(last) and all(e in stage.index.words_of and stage.entity(e).domain in domains for e in last)


_LAST = "set_number.what"


def _amount(command: Command) -> Amount:
    if "half" in command.slots or command.options.get("half"):
        return Amount(50, "pct")
    amount = command.slots["amount"]
    assert isinstance(amount, Amount)
    return amount


def _candidates(command: Command, amount: Amount | None) -> tuple[Setting, ...]:
    """Give the settings that the words leave open, the likeliest first."""
    what = command.options.get("what")
    if what is not None:
        found = _BY_WHAT[what]
        return found if what != "temperature" else found[:2]
    unit = amount.unit if amount is not None else ""
    if unit == "pct":
        return tuple(s for s in _SETTINGS if s.what in _SHARES and not (s.what == "humidity" and s.domain == "climate"))
    if unit in ("c", "f", "deg"):
        return _BY_WHAT["temperature"][:2]
    return tuple(s for s in _SETTINGS if not (s.what == "humidity" and s.domain == "climate"))


def _resolved(
    command: Command, stage: Stage, targets: Targets, settings: tuple[Setting, ...], amount: Amount | None
) -> list[tuple[str, Setting]]:
    by_domain: dict[str, Setting] = {}
    for setting in settings:
        by_domain.setdefault(setting.domain, setting)
    what = command.options.get("what")
    place_domains = frozenset(by_domain) if what else _meant_by_place(amount, by_domain)
    want = Want(
        verb=f"set in {what}" if what else _VERB,
        domains=frozenset(by_domain),
        place_domains=place_domains,
        fits=lambda entity: _can(entity, what),
        all_here=frozenset({"fan"}),
        careful=what == "position",
    )
    found: dict[str, Setting] = {}
    for target in targets:
        ids = stage.resolver.resolve((target,), want)
        if (
            target.is_place
            and len(ids) > 1
            and what in ("temperature", "volume", "humidity", "position")
            and not target.floors
        ):
            ids = _one_of(stage, ids, target, what)
        if target.is_place and what is None and amount is not None and not amount.unit:
            _lights_or_heating(stage, target)
        found |= {entity: by_domain[stage.entity(entity).domain] for entity in ids}
    return list(found.items())


def _meant_by_place(amount: Amount | None, by_domain: Mapping[str, Setting]) -> frozenset[str]:
    if amount is not None and amount.unit in ("c", "f", "deg"):
        return frozenset(by_domain)
    return frozenset({"light"})


def _lights_or_heating(stage: Stage, target: Target) -> None:
    places = stage.resolver.places_of(target)
    if stage.resolver.in_area({"climate"}, places) and stage.resolver.in_area({"light"}, places):
        where = stage.resolver.place_text(target)
        raise ClarificationNeeded(
            f"Do you mean the lights or the temperature in {where}? Say percent or degrees.",
            choices=("percent", "degrees"),
        )


def _one_of(stage: Stage, ids: tuple[str, ...], target: Target, what: str) -> tuple[str, ...]:
    """Let a place stand for the one thing in it: whoever says a number for several should say so."""
    if what == "volume":
        playing = tuple(entity for entity in ids if stage.state(entity) == "playing")
        if len(playing) == 1:
            return playing
        on = tuple(entity for entity in ids if stage.state(entity) not in ("off", "standby", "unavailable"))
        if len(on) == 1:
            return on
    if target.areas and what in ("temperature", "humidity"):
        return ids
    titles = [stage.index.title(entity, ids) for entity in ids]
    raise ClarificationNeeded(f"The {what} of which: {listed(titles, 'or')}?", choices=titles)


def _in_unit_of(entity: HomeEntity, setting: Setting, amount: Amount) -> float:
    """Give a temperature in the thermostat's unit; what says no unit is in it already."""
    if setting.what != "temperature" or amount.unit not in ("c", "f"):
        if setting.what == "temperature" and amount.unit == "pct":
            raise PlanningError("a temperature is no percentage; say degrees", code=LIMIT)
        return amount.value
    unit = _unit_of(entity)
    if unit is None or unit == amount.unit:
        return amount.value
    value = amount.value * 9 / 5 + 32 if unit == "f" else (amount.value - 32) * 5 / 9
    return round(value, 1)


def _unit_of(entity: HomeEntity) -> str | None:
    told = str(entity.attributes.get("temperature_unit") or entity.attributes.get("unit_of_measurement") or "")
    if told:
        return "f" if "f" in told.casefold() else "c"
    limits = [entity.attributes.get(name) for name in ("max_temp", "temperature", "current_temperature")]
    numbers = [float(value) for value in limits if isinstance(value, int | float)]
    return None if not numbers else "f" if max(numbers) > _FAHRENHEIT_FROM else "c"


def _checked(stage: Stage, entity_id: str, setting: Setting, value: float) -> float:
    """Refuse what the entity cannot be set to."""
    entity = stage.entity(entity_id)
    low, high = setting.low, setting.high
    for name, is_low in zip(_LIMITS.get(setting.what, ()), (True, False), strict=False):
        limit = entity.attributes.get(name)
        if isinstance(limit, int | float):
            low, high = (float(limit), high) if is_low else (low, float(limit))
    if not low <= value <= high:
        raise PlanningError(
            f"{setting.what} {value:g} of {stage.index.name(entity_id)} is outside {low:g}..{high:g}; say one inside",
            code=LIMIT,
        )
    if setting.what == "position" and not _has_position(entity):
        raise PlanningError(
            f"{stage.index.name(entity_id)} can only be opened and closed, not set to a position", code=UNFIT
        )
    return value


def _has_position(entity: HomeEntity) -> bool:
    features = entity.attributes.get("supported_features")
    if isinstance(features, int):
        return bool(features & 4)
    return True


def _sent(value: float, setting: Setting) -> float | int:
    scaled = round(value * setting.scale, 4)
    return int(scaled) if float(scaled).is_integer() and setting.scale == 1 else scaled


# ---- by so much


def _change(command: Command, stage: Stage) -> Doing:
    sign = int(command.options["sign"])
    amount: Amount | None = command.slots.get("amount")
    settings = _changeable(command, amount)
    targets = command.targets
    if not targets:
        targets = _not_said(command, stage)
    resolved = _resolved(command, stage, targets, settings, amount)
    several = len(resolved) > 1
    wanted = []
    for entity_id, setting in resolved:
        value = _current(stage, entity_id, setting)
        if value is None:
            if several and _is_off(stage, entity_id):
                continue
            wanted.append(_without_value(stage, entity_id, setting, sign, amount))
            continue
        after = _after(stage, entity_id, setting, value, sign * _step(command, stage, entity_id, setting, value))
        if after == value:
            continue
        wanted.append((setting.api, entity_id, {setting.parameter: _sent(after, setting)}))
        stage.note(entity_id, setting.key, after)
    if not wanted:
        names = listed(stage.index.name(entity) for entity, _ in resolved)
        raise not_now(f"{names} cannot be changed further that way: off, or at the end already")
    return doing(wanted)


def _changeable(command: Command, amount: Amount | None) -> tuple[Setting, ...]:
    if command.options.get("what") is not None:
        return _candidates(command, None)
    if amount is not None and amount.unit:
        return _candidates(command, amount)
    return tuple(s for s in _SETTINGS if s.what != "humidity" or s.domain == "humidifier")


def _not_said(command: Command, stage: Stage) -> Targets:
    """Say what "a bit brighter" is about: what the clause before was, else what is where the speaker is."""
    if stage.scene.mentioned:
        return (Target(said="it", pronoun="it"),)
    if stage.resolver.here:
        return (Target(said="here", here=True),)
    if command.options.get("what") in ("temperature", "volume", "humidity"):
        return (Target(said="the home", everywhere=True),)
    raise ClarificationNeeded("What do you mean? Say the name of a device or a room.")


def _is_off(stage: Stage, entity_id: str) -> bool:
    return stage.state(entity_id) in ("off", "standby", "unavailable", "unknown", "")


def _current(stage: Stage, entity_id: str, setting: Setting) -> float | None:
    entity = stage.entity(entity_id)
    if setting.domain in ("light", "fan", "media_player") and _is_off(stage, entity_id):
        return None
    known = stage.number(entity_id, setting.key)
    if known is not None:
        return known
    value: Any = entity.attributes.get(setting.attribute) if setting.attribute else entity.state
    try:
        return None if value is None or isinstance(value, bool) else setting.from_attribute(float(value))
    except (TypeError, ValueError):
        pass
    if setting.what == "position":
        return {"open": 100.0, "closed": 0.0}.get(stage.state(entity_id))
    return None


def _step(command: Command, stage: Stage, entity_id: str, setting: Setting, value: float) -> float:
    """Give by how much it changes from a value."""
    amount: Amount | None = command.slots.get("amount")
    if amount is not None and amount.share and setting.what in ("brightness", "volume", "speed"):
        return value * amount.value / 100  # "by half" is half of what it is
    if amount is not None:
        if setting.what == "temperature":
            if amount.unit == "pct":
                raise PlanningError("a temperature is no percentage; say degrees", code=LIMIT)
            if amount.unit in ("c", "f") and (unit := _unit_of(stage.entity(entity_id))) not in (None, amount.unit):
                return amount.value * 9 / 5 if unit == "f" else amount.value * 5 / 9
        return amount.value
    step = setting.step
    own = stage.entity(entity_id).attributes.get(
        {"speed": "percentage_step", "temperature": "target_temp_step"}.get(setting.what, "")
    )
    if setting.what == "speed" and isinstance(own, int | float):
        return float(own)
    if setting.what == "temperature" and _unit_of(stage.entity(entity_id)) == "f":
        step = 2
    return step * {"a lot": 3, "much": 3}.get(str(command.slots.get("bit", "")), 1)


def _after(stage: Stage, entity_id: str, setting: Setting, value: float, by: float) -> float:
    """Give the value afterwards, kept inside what the entity can be set to."""
    entity = stage.entity(entity_id)
    low, high = setting.low, setting.high
    for name, is_low in zip(_LIMITS.get(setting.what, ()), (True, False), strict=False):
        limit = entity.attributes.get(name)
        if isinstance(limit, int | float):
            low, high = (float(limit), high) if is_low else (low, float(limit))
    if setting.what == "brightness":
        low = 1
    rounded = round(value + by, 1)
    if setting.what in _SHARES:
        rounded = float(round(rounded))
    return min(max(rounded, low), high)


def _without_value(
    stage: Stage, entity_id: str, setting: Setting, sign: int, amount: Amount | None
) -> tuple[str, str, Mapping[str, Any]]:
    """Change what tells no value by a step of its own, or say that it cannot be."""
    name = stage.index.name(entity_id)
    if _is_off(stage, entity_id) and setting.domain in ("light", "fan", "media_player"):
        raise not_now(f"{name} is off; turn it on first, or say a value")
    if setting.what == "volume" and amount is None:
        return f"media_player_volume_{'up' if sign > 0 else 'down'}", entity_id, {}
    raise not_now(f"the {setting.what} of {name} is not known now, so it cannot be changed by so much; say a value")


HANDLERS: Mapping[str, Handler] = {
    "set_number": _set_number,
    "change": _change,
}
