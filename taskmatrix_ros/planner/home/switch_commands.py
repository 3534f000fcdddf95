"""On and off, open and closed, locked and not, start and stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from taskmatrix_ros.core.errors import ClarificationNeeded, PlanningError
from taskmatrix_ros.planner.grammar.clause_reader import Doing
from taskmatrix_ros.planner.grammar.reading import UNKNOWN_NAME
from taskmatrix_ros.planner.home import media_commands
from taskmatrix_ros.planner.home.command import Command, Handler, Stage, doing
from taskmatrix_ros.planner.home.home_nouns import NOUNS
from taskmatrix_ros.planner.home.resolver import UNFIT, Want, listed
from taskmatrix_ros.planner.home.target import Target

_ON_OFF = (
    *("light", "switch", "fan", "media_player", "input_boolean", "climate", "humidifier", "siren", "remote"),
    *("water_heater", "automation"),
)
ON: Mapping[str, str] = {
    **{domain: f"{domain}_turn_on" for domain in _ON_OFF},
    "scene": "scene_turn_on",
    "script": "script_turn_on",
    "vacuum": "vacuum_start",
    "lawn_mower": "lawn_mower_start_mowing",
    "valve": "valve_open_valve",
    "button": "button_press",
    "input_button": "input_button_press",
}
OFF: Mapping[str, str] = {
    **{domain: f"{domain}_turn_off" for domain in _ON_OFF},
    "script": "script_turn_off",
    "vacuum": "vacuum_stop",
    "lawn_mower": "lawn_mower_dock",
    "valve": "valve_close_valve",
}
_GROUPS = frozenset({"light", "switch", "fan", "media_player", "input_boolean", "climate", "humidifier"})
_OPEN = {"cover": "cover_open_cover", "valve": "valve_open_valve"}
_CLOSE = {"cover": "cover_close_cover", "valve": "valve_close_valve"}
_STOP = {
    "cover": "cover_stop_cover",
    "vacuum": "vacuum_stop",
    "media_player": "media_player_media_stop",
    "lawn_mower": "lawn_mower_pause",
    "script": "script_turn_off",
    "fan": "fan_turn_off",
    "siren": "siren_turn_off",
}
_PAUSE = {"vacuum": "vacuum_pause", "media_player": "media_player_media_pause", "lawn_mower": "lawn_mower_pause"}


def _switch(command: Command, stage: Stage) -> Doing:
    on = bool(command.options["on"])
    table = ON if on else OFF
    verb = f"turned {'on' if on else 'off'}"
    targets = command.targets or (Target(said="the lights", noun=NOUNS[("lights",)], plural=True, here=True),)
    want = Want(
        verb=verb,
        domains=frozenset(table),
        place_domains=frozenset({"light"}),
        all_here=frozenset({"fan"}),
    )
    for target in targets:
        if target.is_place and not command.options.get("lights", False):
            _only_lights(target, stage, want)
    ids = stage.resolver.resolve(targets, want)
    return doing((table[stage.entity(entity).domain], entity, {}) for entity in ids)


def _only_lights(target: Target, stage: Stage, want: Want) -> None:
    """Let a place alone mean its lights only where nothing else there could be meant."""
    places = stage.resolver.places_of(target)
    others = stage.resolver.in_area(_GROUPS - {"light"}, places)
    if others or places is None:
        where = stage.resolver.place_text(target)
        raise PlanningError(
            f"what in {where} shall be {want.verb}: the lights, or everything?",
            code="AMBIGUOUS",
            nearest=("the lights", "everything"),
        )


def _toggle(command: Command, stage: Stage) -> Doing:
    both = frozenset(ON) & frozenset(OFF) - {"script", "vacuum", "lawn_mower"}
    want = Want(verb="toggled", domains=both | {"cover"}, several_ask=True)
    ids = stage.resolver.resolve(command.targets, want)
    wanted: list[tuple[str, str, Mapping[str, Any]]] = []
    for entity in ids:
        domain, state = stage.entity(entity).domain, stage.state(entity)
        if state in ("", "unknown", "unavailable"):
            raise PlanningError(f"whether {stage.index.name(entity)} is on is not known; say on or off", code="NOT_NOW")
        if domain == "cover":
            wanted.append((_CLOSE[domain] if state in ("open", "opening") else _OPEN[domain], entity, {}))
        else:
            wanted.append(((ON if state in ("off", "standby", "closed") else OFF)[domain], entity, {}))
    return doing(wanted)


def _open(command: Command, stage: Stage) -> Doing:
    opens = bool(command.options["open"])
    table = _OPEN if opens else _CLOSE
    want = Want(verb="opened" if opens else "closed", domains=frozenset(table), careful=opens)
    try:
        ids = stage.resolver.resolve(command.targets, want)
    except PlanningError as error:
        if error.error_code in (UNFIT, UNKNOWN_NAME) and opens:
            _about_locks(command, stage, error)
        raise
    return doing((table[stage.entity(entity).domain], entity, {}) for entity in ids)


def _about_locks(command: Command, stage: Stage, error: PlanningError) -> None:
    """Say what is meant by a door that can only be unlocked: opening it is more than was asked for."""
    try:
        ids = stage.resolver.resolve(command.targets, Want(verb="unlocked", domains=frozenset({"lock"})))
    except PlanningError:
        return
    names = " and ".join(stage.index.name(entity) for entity in ids)
    raise PlanningError(
        f"{names} cannot be opened, only unlocked; say unlock if you want that", code=UNFIT, nearest=(names,)
    ) from error


def _lock(command: Command, stage: Stage) -> Doing:
    locks = bool(command.options["locked"])
    domains = frozenset({"lock"})
    want = Want(
        verb="locked" if locks else "unlocked",
        domains=domains,
        careful=not locks,
        place_domains=domains if locks else frozenset(),
    )
    ids = stage.resolver.resolve(command.targets, want)
    return doing(("lock_lock" if locks else "lock_unlock", entity, {}) for entity in ids)


def _stop(command: Command, stage: Stage) -> Doing:
    want = Want(verb="stopped", domains=frozenset(_STOP))
    ids = stage.resolver.resolve(command.targets, want)
    return doing((_STOP[stage.entity(entity).domain], entity, {}) for entity in ids)


def _pause(command: Command, stage: Stage) -> Doing:
    if all(target.is_place for target in command.targets):
        return media_commands.pause(command, stage)
    want = Want(verb="paused", domains=frozenset(_PAUSE))
    ids = stage.resolver.resolve(command.targets, want)
    return doing((_PAUSE[stage.entity(entity).domain], entity, {}) for entity in ids)


def _leave(command: Command, stage: Stage) -> Doing:
    """Do nothing with what shall be left as it is; who takes back what was said a clause before is asked."""
    want = Want(verb="left alone", domains=frozenset(stage.entity(e.entity_id).domain for e in stage.index.exposed))
    ids = stage.resolver.resolve(command.targets, replace(want, place_domains=want.domains, question=True))
    before = {entity for mentioned in stage.scene.mentioned for entity in mentioned}
    if taken_back := [stage.index.name(entity) for entity in ids if entity in before]:
        raise ClarificationNeeded(f"Shall {listed(taken_back)} be left alone, or not? Say only what shall be done.")
    return Doing()


def _press(command: Command, stage: Stage) -> Doing:
    want = Want(verb="pressed", domains=frozenset({"button", "input_button"}), several_ask=True)
    ids = stage.resolver.resolve(command.targets, want)
    return doing((f"{stage.entity(entity).domain}_press", entity, {}) for entity in ids)


def _scene(command: Command, stage: Stage) -> Doing:
    want = Want(verb="started", domains=frozenset({"scene", "script", "automation"}), several_ask=True)
    # "party mode in here": what stands in no room is for all.
    targets = tuple(
        replace(target, here=False, everywhere=False)
        if target.entities and not any(stage.entity(entity).area for entity in target.entities)
        else target
        for target in command.targets
    )
    ids = stage.resolver.resolve(targets, want)
    table = {"scene": "scene_turn_on", "script": "script_turn_on", "automation": "automation_trigger"}
    return doing((table[stage.entity(entity).domain], entity, {}) for entity in ids)


def _bare(command: Command, stage: Stage) -> Doing:
    """Switch on what was only named, as Home Assistant does."""
    domains = frozenset({"light", "switch", "fan", "media_player", "input_boolean", "climate", "scene", "script"})
    ids = stage.resolver.resolve(command.targets, Want(verb="turned on", domains=domains))
    return doing((ON[stage.entity(entity).domain], entity, {}) for entity in ids)


def _arm(command: Command, stage: Stage) -> Doing:
    mode = command.slots.get("mode", "away")
    want = Want(verb="armed", domains=frozenset({"alarm_control_panel"}), several_ask=True)
    ids = stage.resolver.resolve(command.targets, want)
    return doing((f"alarm_control_panel_alarm_arm_{mode}", entity, {}) for entity in ids)


def _disarm(command: Command, stage: Stage) -> Doing:
    want = Want(verb="disarmed", domains=frozenset({"alarm_control_panel"}), several_ask=True)
    ids = stage.resolver.resolve(command.targets, want)
    return doing(("alarm_control_panel_alarm_disarm", entity, {}) for entity in ids)


def _cleaners(command: Command, stage: Stage, domain: str) -> tuple[str, ...]:
    """Give the machines that are meant: named ones, the one there is, or the one where the speaker is."""
    want = Want(verb="used", domains=frozenset({domain}), several_ask=True)
    if command.slots.get("targets"):
        return stage.resolver.resolve(command.slots["targets"], want)
    return stage.resolver.resolve((_any_of(domain),), want)


def _any_of(domain: str) -> Target:
    word = ("vacuum",) if domain == "vacuum" else ("mower",)
    return Target(said=f"the {word[0]}", noun=NOUNS[word])


def _vacuum_start(command: Command, stage: Stage) -> Doing:
    rooms: tuple[Target, ...] = (*command.slots.get("rooms", ()), *filter(None, (command.slots.get("place"),)))
    named = command.slots.get("targets", ())
    if not rooms:
        located = [target for target in named if target.areas]
        if located and len(located) == len(named):
            return _clean_rooms(command, stage, frozenset().union(*(target.areas for target in located)))
        return doing(("vacuum_start", entity, {}) for entity in _cleaners(command, stage, "vacuum"))
    floors = frozenset().union(*(room.floors for room in rooms))
    areas: frozenset[str] = frozenset()
    whole = False
    for room in rooms:
        places = stage.resolver.places_of(room)
        areas |= room.areas if not room.here else places or frozenset()
        whole = whole or places is None
    if whole:
        return doing(("vacuum_start", entity, {}) for entity in _cleaners(command, stage, "vacuum"))
    if areas:
        return _clean_rooms(command, stage, areas | stage.index.areas_on(tuple(floors)))
    on_floors = stage.index.areas_on(tuple(floors))
    found = stage.resolver.in_area({"vacuum"}, on_floors)
    if not found:
        where = stage.resolver.place_text(Target(said="", floors=floors))
        raise PlanningError(f"there is no vacuum cleaner on {where}", code=UNKNOWN_NAME)
    return doing(("vacuum_start", entity, {}) for entity in found)


def _clean_rooms(command: Command, stage: Stage, areas: frozenset[str]) -> Doing:
    data: dict[str, Any] = {"cleaning_area_id": sorted(areas)}
    if command.slots.get("targets"):
        bare = tuple(
            Target(said=t.said, entities=t.entities, noun=t.noun, partial=t.partial) for t in command.slots["targets"]
        )
        ids = stage.resolver.resolve(bare, Want(verb="used", domains=frozenset({"vacuum"}), several_ask=True))
    else:
        ids = stage.resolver.in_area({"vacuum"}, areas) or _cleaners(command, stage, "vacuum")
    return doing(("vacuum_clean_area", entity, data) for entity in ids)


def _simple(api: str, domain: str) -> Handler:
    def handle(command: Command, stage: Stage) -> Doing:
        return doing((api, entity, {}) for entity in _cleaners(command, stage, domain))

    return handle


HANDLERS: Mapping[str, Handler] = {
    "switch": _switch,
    "toggle": _toggle,
    "open": _open,
    "lock": _lock,
    "stop": _stop,
    "pause": _pause,
    "press": _press,
    "leave": _leave,
    "scene": _scene,
    "bare": _bare,
    "arm": _arm,
    "disarm": _disarm,
    "vacuum_start": _vacuum_start,
    "vacuum_dock": _simple("vacuum_return_to_base", "vacuum"),
    "vacuum_locate": _simple("vacuum_locate", "vacuum"),
    "mower_start": _simple("lawn_mower_start_mowing", "lawn_mower"),
    "mower_dock": _simple("lawn_mower_dock", "lawn_mower"),
}
