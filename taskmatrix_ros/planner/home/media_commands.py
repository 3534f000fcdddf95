"""What plays: pause, next, louder in steps, and what to play."""

from __future__ import annotations

from collections.abc import Mapping

from taskmatrix_ros.core.errors import ClarificationNeeded, PlanningError
from taskmatrix_ros.planner.grammar.clause_reader import Doing
from taskmatrix_ros.planner.grammar.reading import UNKNOWN_NAME
from taskmatrix_ros.planner.home.command import Command, Handler, Stage, doing
from taskmatrix_ros.planner.home.resolver import Want, listed

_PLAYERS = frozenset({"media_player"})
_SILENT = frozenset({"off", "standby", "unavailable", "unknown"})


def _players(command: Command, stage: Stage, *, preferred: str = "") -> tuple[str, ...]:
    """Give the players that are meant: named ones, else the one at the place, by what it does now."""
    want = Want(verb="played on", domains=_PLAYERS, place_domains=_PLAYERS)
    targets = command.targets
    if targets and not any(target.is_place for target in targets):
        return stage.resolver.resolve(targets, want)
    if targets:
        ids = stage.resolver.resolve(targets, want)
    else:
        areas = None if stage.resolver.here is None else {stage.resolver.here}
        ids = stage.resolver.in_area(_PLAYERS, areas)
    if not ids:
        where = f" in {stage.index.areas[stage.resolver.here].name}, where you are" if stage.resolver.here else ""
        raise PlanningError(f"there is no media player{where}; say on which", code=UNKNOWN_NAME)
    return _narrowed(ids, stage, preferred)


def _narrowed(ids: tuple[str, ...], stage: Stage, preferred: str) -> tuple[str, ...]:
    if len(ids) == 1:
        return ids
    for wanted in ({preferred} if preferred else set(), {"playing"}, {"paused"}):
        found = tuple(entity for entity in ids if stage.state(entity) in wanted)
        if len(found) == 1:
            return found
    on = tuple(entity for entity in ids if stage.state(entity) not in _SILENT)
    if len(on) == 1:
        return on
    titles = [stage.index.title(entity, ids) for entity in ids]
    raise ClarificationNeeded(f"On which: {listed(titles, 'or')}?", choices=titles)


def _media(command: Command, stage: Stage) -> Doing:
    preferred = "playing" if command.options.get("playing") else "paused" if command.options.get("paused") else ""
    ids = _players(command, stage, preferred=preferred)
    return doing((command.options["api"], entity, {}) for entity in ids)


def pause(command: Command, stage: Stage) -> Doing:
    """Pause what plays at a place."""
    ids = _players(command, stage, preferred="playing")
    return doing(("media_player_media_pause", entity, {}) for entity in ids)


def _mute(command: Command, stage: Stage) -> Doing:
    muted = bool(command.options["muted"])
    ids = _players(command, stage, preferred="playing")
    return doing(("media_player_volume_mute", entity, {"is_volume_muted": muted}) for entity in ids)


def _shuffle(command: Command, stage: Stage) -> Doing:
    ids = _players(command, stage, preferred="playing")
    return doing(("media_player_shuffle_set", entity, {"shuffle": bool(command.options["shuffle"])}) for entity in ids)


def _play(command: Command, stage: Stage) -> Doing:
    ids = _players(command, stage)
    if len(ids) > 1 and not any(target.plural or target.quantity for target in command.targets):
        titles = [stage.index.title(entity, ids) for entity in ids]
        raise ClarificationNeeded(f"On which: {listed(titles, 'or')}?", choices=titles)
    data = {
        "media_content_id": str(command.slots["query"]),
        "media_content_type": str(command.slots.get("kind", "music")),
    }
    return doing(("media_player_play_media", entity, data) for entity in ids)


HANDLERS: Mapping[str, Handler] = {
    "media": _media,
    "mute": _mute,
    "shuffle": _shuffle,
    "play": _play,
}
