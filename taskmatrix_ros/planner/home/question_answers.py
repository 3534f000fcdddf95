"""Answers to questions about a home, from its states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.home import HomeEntity
from taskmatrix_ros.planner.grammar.clause_reader import Doing
from taskmatrix_ros.planner.grammar.reading import UNKNOWN_NAME
from taskmatrix_ros.planner.home import temperature_answers
from taskmatrix_ros.planner.home.command import Command, Handler, Stage
from taskmatrix_ros.planner.home.resolver import UNFIT, Want, listed
from taskmatrix_ros.planner.home.state_words import holds, is_own_word, told
from taskmatrix_ros.planner.home.target import Target
from taskmatrix_ros.planner.home.temperature_answers import anywhere, in_sentence

SEEN = frozenset(
    {
        *("light", "switch", "fan", "cover", "lock", "valve", "climate", "media_player", "vacuum", "lawn_mower"),
        *(
            "binary_sensor",
            "sensor",
            "person",
            "device_tracker",
            "input_boolean",
            "humidifier",
            "water_heater",
            "siren",
        ),
        *("alarm_control_panel", "automation", "script", "weather", "remote", "sun", "timer", "number", "input_number"),
        *("select", "input_select", "update", "zone", "counter", "calendar", "todo", "input_text", "text"),
    }
)
"""Domains whose states may be asked for."""


def _state(command: Command, stage: Stage) -> Doing:
    word = str(command.options.get("word") or command.slots["state"])
    in_place = _LOCKED if word in ("locked", "unlocked") else frozenset()
    is_switched = word in ("on", "off") and all(target.everything for target in command.targets)
    want = Want(
        verb=word,
        domains=_SWITCHED if is_switched else SEEN,
        fits=lambda entity: holds(entity, stage.state(entity.entity_id), word) is not None,
        place_domains=in_place or SEEN,
        question=True,
    )
    if any(target.is_place for target in command.targets) and not in_place:
        raise PlanningError(f"what in {stage.resolver.place_text(command.targets[0])}? say which devices", code=UNFIT)
    try:
        ids = stage.resolver.resolve(command.targets, want)
    except PlanningError as error:
        if error.error_code != UNKNOWN_NAME or not all(target.noun and target.is_located for target in command.targets):
            raise
        return Doing(answer=_none_there(command, error.message))
    if all(target.everything for target in command.targets):
        ids = tuple(entity for entity in ids if is_own_word(stage.entity(entity), word)) or ids
    mode = _mode(command, ids)
    return Doing(answer=state_answer(stage, ids, word, mode), targets=ids, mentioned=ids)


_LOCKED = frozenset({"lock"})
"""What a place alone means, where it is asked whether it is locked."""


def _none_there(command: Command, why: str) -> str:
    return {"count": f"0: {why}.", "which": f"None: {why}."}.get(str(command.options["mode"]), f"No, {why}.")


def _mode(command: Command, ids: Sequence[str]) -> str:
    mode = str(command.options["mode"])
    if mode != "auto":
        return mode
    targets = command.targets
    if len(targets) == 1 and (targets[0].indefinite or targets[0].said.startswith(("anything", "something"))):
        return "any"
    return "one" if len(ids) == 1 else "all"


def state_answer(stage: Stage, ids: Sequence[str], word: str, mode: str) -> str:
    """Answer whether, which or how many of these are in a state.

    :param mode: one, any, all, which or count.
    """
    yes = [entity for entity in ids if holds(stage.entity(entity), stage.state(entity), word)]
    no = [entity for entity in ids if entity not in yes]
    if mode == "count":
        return f"{len(yes)}: {_names(stage, yes)}." if yes else "0."
    if mode == "which":
        return f"{_names(stage, yes)}." if yes else "None of them."
    if mode == "any":
        return f"Yes, {_names(stage, yes)}." if yes else f"No, none is {word}."
    if mode == "all":
        if not no:
            return f"Yes, all are {word}: {_names(stage, yes)}."
        others = f"; {_names(stage, yes)} {_are(yes)}" if yes else ""
        return f"No, {_names(stage, no)} {_are(no)} not {word}{others}."
    entity = ids[0]
    return f"{'Yes' if yes else 'No'}, {stage.index.name(entity)} is {told(stage.entity(entity), stage.state(entity))}."


def _names(stage: Stage, ids: Sequence[str]) -> str:
    return listed(sorted(stage.index.title(entity, ids) for entity in ids))


def _on(command: Command, stage: Stage) -> Doing:
    """Tell what is on, at a place or in the home."""
    place: Target | None = command.slots.get("place")
    areas = None if place is None else stage.resolver.places_of(place)
    ids = stage.resolver.in_area(_SWITCHED, areas)
    return Doing(answer=state_answer(stage, ids, "on", "which"), targets=ids)


_SWITCHED = frozenset({"light", "switch", "fan", "media_player", "climate", "humidifier"})


def _value(command: Command, stage: Stage) -> Doing:
    want = Want(verb="read", domains=SEEN, question=True)
    ids = stage.resolver.resolve(command.targets, want)
    lines = [value_text(stage, entity) for entity in ids]
    return Doing(answer=f"{'; '.join(lines)}.", targets=ids, mentioned=ids)


def value_text(stage: Stage, entity_id: str) -> str:
    """Say what state an entity is in, with what else tells of it."""
    entity, state = stage.entity(entity_id), stage.state(entity_id)
    name = stage.index.name(entity_id)
    if state in ("", "unknown", "unavailable"):
        return f"{name} is {state or 'unknown'}"
    extra = [text for text in _extras(stage, entity) if text]
    return f"{name} is {told(entity, state)}" + (f", {listed(extra)}" if extra else "")


def _extras(stage: Stage, entity: HomeEntity) -> list[str]:
    attributes = entity.attributes
    found = []
    if entity.domain == "light" and (value := _number(stage, entity, "brightness")) is not None:
        found.append(f"at {value:g} % brightness")
    if entity.domain == "cover" and (value := _number(stage, entity, "position")) is not None:
        found.append(f"at {value:g} %")
    if entity.domain == "climate":
        if attributes.get("temperature") is not None:
            found.append(f"set to {attributes['temperature']} degrees")
        if attributes.get("current_temperature") is not None:
            found.append(f"at {attributes['current_temperature']} degrees")
    if entity.domain == "media_player" and attributes.get("media_title"):
        found.append(f"playing {attributes['media_title']}")
    return found


_NUMBERS: Mapping[str, tuple[frozenset[str], str, float, str]] = {
    # what -> domains, attribute, factor, unit
    "brightness": (frozenset({"light"}), "brightness", 100 / 255, "%"),
    "position": (frozenset({"cover", "valve"}), "current_position", 1, "%"),
    "volume": (frozenset({"media_player"}), "volume_level", 100, "%"),
    "speed": (frozenset({"fan"}), "percentage", 1, "%"),
    "set point": (frozenset({"climate", "water_heater"}), "temperature", 1, "degrees"),
}
_KEYS = {"brightness": "brightness_pct", "position": "position_pct", "volume": "volume_pct", "speed": "speed_pct"}
_CLASSES = {"humidity": ("humidity", "current_humidity"), "battery": ("battery", "battery_level")}


def _number(stage: Stage, entity: HomeEntity, what: str) -> float | None:
    known = stage.number(entity.entity_id, _KEYS.get(what, what))
    if known is not None:
        return round(known, 1)
    _, attribute, factor, _ = _NUMBERS[what]
    value = entity.attributes.get(attribute)
    return round(float(value) * factor, 1) if isinstance(value, int | float) else None


def _attribute(command: Command, stage: Stage) -> Doing:
    what = str(command.options["what"])
    targets = command.targets or (anywhere(stage),)
    if what in _CLASSES:
        return _of_class(command, stage, what)
    domains, _, _, unit = _NUMBERS[what]
    want = Want(verb=f"asked for its {what}", domains=domains, place_domains=domains, question=True)
    ids = stage.resolver.resolve(targets, want)
    lines = []
    for entity in ids:
        value = _number(stage, stage.entity(entity), what)
        state = stage.state(entity)
        shown = (
            f"{value:g} {unit}" if value is not None else state if state in ("off", "open", "closed") else "not known"
        )
        lines.append(f"the {what} of {stage.index.name(entity)} is {shown}")
    return Doing(answer=in_sentence(lines), targets=ids, mentioned=ids)


def _of_class(command: Command, stage: Stage, what: str) -> Doing:
    device_class, attribute = _CLASSES[what]

    def fits(entity: HomeEntity) -> bool:
        is_sensor = entity.domain == "sensor" and entity.device_class == device_class
        return is_sensor or isinstance(entity.attributes.get(attribute), int | float)

    want = Want(verb=f"asked for its {what}", domains=SEEN, fits=fits, place_domains=SEEN, question=True)
    try:
        ids = stage.resolver.resolve(command.targets or (anywhere(stage),), want)
    except PlanningError as error:
        ids = _called_after(stage, command.targets, device_class)
        if error.error_code not in (UNFIT, UNKNOWN_NAME) or not ids:
            raise
    lines = []
    for entity_id in ids:
        entity = stage.entity(entity_id)
        value = stage.state(entity_id) if entity.domain == "sensor" else f"{entity.attributes[attribute]:g}"
        lines.append(f"{stage.index.name(entity_id)} is {value} {entity.attributes.get('unit_of_measurement') or '%'}")
    return Doing(answer=in_sentence(lines), targets=ids, mentioned=ids)


def _called_after(stage: Stage, targets: Sequence[Target], device_class: str) -> tuple[str, ...]:
    """Give the one sensor of a class that is called after what is named: ``Door Sensor Battery``."""
    words = {word for target in targets for word in target.said.split() if word not in ("the", "my", "our", "a")}
    found = tuple(
        entity.entity_id
        for entity in stage.index.exposed
        if words
        and entity.domain == "sensor"
        and entity.device_class == device_class
        and words <= stage.index.words_of[entity.entity_id]
    )
    return found if len(found) == 1 else ()


def _where(command: Command, stage: Stage) -> Doing:
    ids = stage.resolver.resolve(
        command.targets, Want(verb="looked for", domains=frozenset({"person", "device_tracker"}), question=True)
    )
    return Doing(
        answer=in_sentence([f"{stage.index.name(e)} is {told(stage.entity(e), stage.state(e))}" for e in ids]),
        targets=ids,
    )


def _people(command: Command, stage: Stage) -> Doing:
    ids = stage.resolver.in_area({"person"}, None)
    if not ids:
        raise PlanningError("who is at home is not known here", code=UNKNOWN_NAME)
    word = str(command.options.get("word", "home"))
    return Doing(answer=state_answer(stage, ids, word, str(command.options["mode"])), targets=ids)


def _list(command: Command, stage: Stage) -> Doing:
    if command.options["mode"] == "count" and any(target.partial for target in command.targets):
        return _value(command, stage)  # "how many eggs are there" asks for what a counter of eggs says
    ids = stage.resolver.resolve(command.targets, Want(verb="listed", domains=SEEN, question=True, place_domains=SEEN))
    names = _names(stage, ids)
    return Doing(answer=f"{len(ids)}: {names}." if command.options["mode"] == "count" else f"{names}.", targets=ids)


def _time(_command: Command, stage: Stage) -> Doing:
    now = stage.scene.now
    return Doing(answer=f"It is {now.strftime('%I:%M %p').lstrip('0')}.")


def _date(_command: Command, stage: Stage) -> Doing:
    return Doing(answer=f"It is {spoken_date(stage.scene.now)}.")


def spoken_date(now: datetime) -> str:
    """Say a date: ``Thursday, September 17th, 2013``."""
    day = now.day
    ending = "th" if 10 <= day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{now.strftime('%A')}, {now.strftime('%B')} {day}{ending}, {now.year}"


def _weather(command: Command, stage: Stage) -> Doing:
    targets = command.slots.get("weather")
    if targets:
        ids = stage.resolver.resolve(targets, Want(verb="asked for weather", domains=frozenset({"weather"})))
    else:
        ids = stage.resolver.in_area({"weather"}, None)
    if not ids:
        raise PlanningError("nothing here tells the weather", code=UNKNOWN_NAME)
    lines = []
    for entity_id in ids:
        entity = stage.entity(entity_id)
        value, unit = entity.attributes.get("temperature"), entity.attributes.get("temperature_unit") or "degrees"
        temperature = f"{value} {unit} and " if value is not None else ""
        lines.append(f"{stage.index.name(entity_id)}: {temperature}{_sky(stage.state(entity_id))}")
    return Doing(answer=in_sentence(lines), targets=ids)


def _sky(state: str) -> str:
    return {"rainy": "raining (rainy)", "snowy": "snowing (snowy)", "pouring": "pouring rain"}.get(
        state, state.replace("-", " ")
    )


def _playing(command: Command, stage: Stage) -> Doing:
    players = frozenset({"media_player"})
    want = Want(verb="asked what plays", domains=players, place_domains=players, question=True)
    ids = stage.resolver.resolve(command.targets or (anywhere(stage),), want)
    lines = []
    for entity_id in ids:
        attributes = stage.entity(entity_id).attributes
        title, artist = attributes.get("media_title"), attributes.get("media_artist")
        if stage.state(entity_id) == "playing":
            what = f"{title}{f' by {artist}' if artist else ''}" if title else "something"
            lines.append(f"{stage.index.name(entity_id)} plays {what}")
    if not lines:
        return Doing(answer="Nothing is playing.", targets=ids)
    return Doing(answer=in_sentence(lines), targets=ids, mentioned=ids)


def _measured(command: Command, stage: Stage) -> Doing:
    """Say what a sensor reads, or what is measured at a place."""
    classes: frozenset[str] = command.slots.get("classes", frozenset({str(command.options.get("classes", ""))}))
    named = command.slots.get("targets")
    sensors = frozenset({"sensor"})

    def fits(entity: HomeEntity) -> bool:
        return not classes or entity.device_class in classes

    targets = command.targets or (Target(said="the home", everywhere=True),)
    want = Want(verb="measured", domains=sensors, fits=fits, place_domains=sensors, question=True)
    try:
        ids = stage.resolver.resolve(targets, want)
    except PlanningError as error:
        if classes == {"wind_speed"} and not named and (wind := _wind(stage)):
            return Doing(answer=in_sentence(wind))
        if error.error_code != UNFIT or not named or error.nearest == ():
            raise
        # It measures something else, or does not tell what: its name is what was asked for.
        ids = stage.resolver.resolve(targets, Want(verb="read", domains=sensors, question=True))
    return Doing(answer=in_sentence([value_text(stage, entity) for entity in ids]), targets=ids, mentioned=ids)


def _wind(stage: Stage) -> list[str]:
    """Say what the weather tells of the wind."""
    return [
        f"the wind is {value:g} {entity.attributes.get('wind_speed_unit') or 'km/h'} by {stage.index.name(entity_id)}"
        for entity_id in stage.resolver.in_area({"weather"}, None)
        if isinstance(value := (entity := stage.entity(entity_id)).attributes.get("wind_speed"), int | float)
    ]


def _detected(command: Command, stage: Stage) -> Doing:
    """Say whether any sensor detects something, at a place or anywhere."""
    place: Target | None = command.slots.get("place")
    areas = None if place is None else stage.resolver.places_of(place)
    for device_class in command.slots["classes"]:
        ids = tuple(
            entity
            for entity in stage.resolver.in_area({"binary_sensor"}, areas)
            if stage.entity(entity).device_class == device_class
        )
        if ids:
            yes = [entity for entity in ids if stage.state(entity) == "on"]
            answer = f"Yes, {_names(stage, yes)}." if yes else f"No, {_names(stage, ids)} {_are(ids)} clear."
            return Doing(answer=answer, targets=ids, mentioned=ids)
    where = f" in {stage.resolver.place_text(place)}" if place is not None else ""
    what = command.slots["classes"][0].replace("_", " ")
    raise PlanningError(f"no sensor for {what} is known{where}", code=UNKNOWN_NAME)


def _are(ids: Sequence[str]) -> str:
    return "is" if len(ids) == 1 else "are"


def _room(command: Command, stage: Stage) -> Doing:
    """Say whether somebody, or water, is at a place."""
    rooms: tuple[Target, ...] = (*command.slots.get("rooms", ()), *filter(None, (command.slots.get("place"),)))
    classes, on = command.slots.get("told", (("occupancy", "motion", "presence"), True))
    areas: frozenset[str] | None = frozenset() if rooms else None
    for room in rooms:
        places = stage.resolver.places_of(room)
        areas = None if places is None or areas is None else areas | places
    for device_class in classes:
        ids = tuple(
            entity
            for entity in stage.resolver.in_area({"binary_sensor"}, areas)
            if stage.entity(entity).device_class == device_class
        )
        if ids:
            detects = [entity for entity in ids if stage.state(entity) == "on"]
            holds_now = bool(detects) == on
            named = _names(stage, detects or ids)
            told_by = "detects it" if detects else "detects nothing"
            return Doing(answer=f"{'Yes' if holds_now else 'No'}, {named} {told_by}.", targets=ids, mentioned=ids)
    raise PlanningError("no sensor there tells that", code=UNKNOWN_NAME)


def _hello(command: Command, _stage: Stage) -> Doing:
    return Doing(answer=str(command.options["answer"]))


def _nevermind(_command: Command, _stage: Stage) -> Doing:
    return Doing(answer="All right, nothing is done.")


HANDLERS: Mapping[str, Handler] = {
    **temperature_answers.HANDLERS,
    "ask_state": _state,
    "ask_on": _on,
    "ask_value": _value,
    "ask_attribute": _attribute,
    "ask_where": _where,
    "ask_people": _people,
    "ask_list": _list,
    "ask_time": _time,
    "ask_date": _date,
    "ask_weather": _weather,
    "ask_playing": _playing,
    "nevermind": _nevermind,
    "hello": _hello,
    "ask_measured": _measured,
    "ask_detected": _detected,
    "ask_room": _room,
}
