"""Answers to questions about how warm it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.home import HomeEntity
from taskmatrix_ros.planner.grammar.clause_reader import Doing
from taskmatrix_ros.planner.grammar.reading import UNKNOWN_NAME
from taskmatrix_ros.planner.home.command import Command, Handler, Stage
from taskmatrix_ros.planner.home.resolver import UNFIT, Want
from taskmatrix_ros.planner.home.state_words import told
from taskmatrix_ros.planner.home.target import Target
from taskmatrix_ros.planner.home.values import Amount


def _temperature(command: Command, stage: Stage) -> Doing:
    targets = command.targets or (anywhere(stage),)
    for fits in (_has_current, _is_thermometer):
        want = Want(
            verb="asked for a temperature",
            domains=frozenset({"climate", "sensor", "water_heater", "weather"}),
            fits=fits,
            place_domains=frozenset({"climate", "sensor", "water_heater"}),
            question=True,
        )
        try:
            ids = stage.resolver.resolve(targets, want)
        except PlanningError as error:
            if error.error_code not in (UNFIT, UNKNOWN_NAME):
                raise
            missing = error
            ids = _thermometers_called(stage, targets)
            if fits is _has_current or not ids:
                continue
        lines = [_temperature_text(stage, entity) for entity in ids]
        return Doing(answer=in_sentence(lines), targets=ids, mentioned=ids)
    raise missing


def _thermometers_called(stage: Stage, targets: Sequence[Target]) -> tuple[str, ...]:
    """Give the thermometers that are called after what is named: ``Cooler temperature`` of the cooler."""
    named = {word for target in targets for entity in target.entities for word in stage.index.words_of[entity]}
    return tuple(
        entity.entity_id
        for entity in stage.index.exposed
        if named and _is_thermometer(entity) and named <= stage.index.words_of[entity.entity_id]
    )


def _temperature_text(stage: Stage, entity_id: str) -> str:
    """Say what temperature an entity measures."""
    entity = stage.entity(entity_id)
    name = stage.index.name(entity_id)
    if entity.domain == "sensor":
        return f"{name} is {told(entity, stage.state(entity_id))}"
    key = "temperature" if entity.domain == "weather" else "current_temperature"
    value = entity.attributes.get(key)
    unit = entity.attributes.get("temperature_unit") or ("degree" if str(value) == "1" else "degrees")
    area = stage.index.areas.get(entity.area or "")
    return f"it is {value} {unit}{f' in {area.name}' if area else ''} by {name}"


_OUTSIDE = frozenset({"outside", "outdoor", "outdoors", "exterior", "out"})


def _outside(command: Command, stage: Stage) -> Doing:
    """Say how warm it is outside: by a thermometer that is called or stands so, else by the weather."""
    areas = frozenset(
        area.id
        for area in stage.index.areas.values()
        for name in (area.name, *area.aliases)
        if not _OUTSIDE.isdisjoint(stage.index.key(name))
    )
    thermometers = [entity for entity in stage.index.exposed if _is_thermometer(entity) or _has_current(entity)]
    ids = [e.entity_id for e in thermometers if not _OUTSIDE.isdisjoint(stage.index.words_of[e.entity_id])]
    ids = ids or [e.entity_id for e in thermometers if e.area in areas and e.domain == "sensor"]
    ids = ids or [e.entity_id for e in thermometers if e.domain == "weather"]
    if not ids:
        raise PlanningError("nothing here tells how warm it is outside", code=UNKNOWN_NAME)
    yes = ""
    if "below" in command.options:
        value = _reading_c(stage.entity(ids[0]))
        if value is None:
            raise PlanningError("how warm it is outside is not known now", code=UNKNOWN_NAME)
        yes = "Yes, " if (value < _limit_c(command, stage.entity(ids[0]))) == command.options["below"] else "No, "
    lines = [_temperature_text(stage, entity) for entity in ids]
    return Doing(answer=yes + in_sentence(lines), targets=tuple(ids), mentioned=tuple(ids))


def _reading_c(entity: HomeEntity) -> float | None:
    """Give the temperature that an entity tells, in degrees Celsius."""
    key = "temperature" if entity.domain == "weather" else "current_temperature"
    told_now = entity.state if entity.domain == "sensor" else entity.attributes.get(key)
    try:
        value = float(str(told_now))
    except ValueError:
        return None
    return (value - 32) / 1.8 if _counts_in_f(entity) else value


def _limit_c(command: Command, entity: HomeEntity) -> float:
    """Give what it is compared with, in degrees Celsius; without a unit it is in that of the thermometer."""
    limit: Amount | None = command.slots.get("limit")
    if limit is None:
        return 0.0
    in_f = limit.unit == "f" or (limit.unit != "c" and _counts_in_f(entity))
    return (limit.value - 32) / 1.8 if in_f else limit.value


def _counts_in_f(entity: HomeEntity) -> bool:
    unit = entity.attributes.get("temperature_unit") or entity.attributes.get("unit_of_measurement") or ""
    return "f" in str(unit).casefold()


def _has_current(entity: HomeEntity) -> bool:
    key = "temperature" if entity.domain == "weather" else "current_temperature"
    return entity.domain != "sensor" and entity.attributes.get(key) is not None


def _is_thermometer(entity: HomeEntity) -> bool:
    unit = str(entity.attributes.get("unit_of_measurement") or "")
    return entity.domain == "sensor" and (entity.device_class == "temperature" or unit in ("°C", "°F"))


def anywhere(stage: Stage) -> Target:
    """Give what a question without a place is about: where the speaker is, else the home."""
    return Target(said="here", here=True) if stage.resolver.here else Target(said="the home", everywhere=True)


def in_sentence(lines: Sequence[str]) -> str:
    """Join what is told to one sentence."""
    text = "; ".join(lines)
    return f"{text[:1].upper()}{text[1:]}."


HANDLERS: Mapping[str, Handler] = {
    "ask_temperature": _temperature,
    "ask_outside": _outside,
}
