"""What plays: pause, next, louder in steps, and what to play."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.core.errors import ClarificationNeeded, PlanningError
from taskmatrix_ros.planner.grammar.clause_reader import Doing
from taskmatrix_ros.planner.grammar.reading import LIMIT, UNKNOWN_NAME
from taskmatrix_ros.planner.home.command import Command, Handler, Stage, doing
from taskmatrix_ros.planner.home.resolver import UNFIT, Want, listed
from taskmatrix_ros.planner.home.values import Amount

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


_AT = frozenset({"on", "in", "at", "over", "through"})
_ANYTHING = frozenset({"something", "anything", "something else", "anything else", "whatever"})


def _play(command: Command, stage: Stage) -> Doing:
    query = str(command.slots["query"])
    if query.casefold() in _ANYTHING:
        raise ClarificationNeeded("What shall be played? Say a title, an artist or a kind of music.")
    if not command.targets and (player := _named_inside(stage, query)):
        raise PlanningError(
            f"what is to be played is not clear, as {player!r} is a player; say play TITLE on {player}", code=UNFIT
        )
    ids = _players(command, stage)
    if len(ids) > 1 and not any(target.plural or target.quantity for target in command.targets):
        titles = [stage.index.title(entity, ids) for entity in ids]
        raise ClarificationNeeded(f"On which: {listed(titles, 'or')}?", choices=titles)
    data = {"media_content_id": query, "media_content_type": str(command.slots.get("kind", "music"))}
    wanted: list[tuple[str, str, Mapping[str, Any]]] = []
    amount: Amount | None = command.slots.get("amount")
    if amount is not None:
        if not 0 <= amount.value <= _FULL:
            raise PlanningError(f"volume {amount.value:g} is outside 0..100; say one inside", code=LIMIT)
        level = round(amount.value / _FULL, 4)
        wanted += (("media_player_volume_set", entity, {"volume_level": level}) for entity in ids)
    return doing([*wanted, *(("media_player_play_media", entity, data) for entity in ids)])


_FULL = 100


def _named_inside(stage: Stage, query: str) -> str:
    """Give the player that a title seems to name with more behind it: ``jazz on the TV in the evening``."""
    key = stage.index.key(query)
    for at in range(1, len(key)):
        if key[at - 1] not in _AT:
            continue
        begin = at + 1 if key[at] in ("the", "my", "our") else at
        for end in range(begin + 1, min(len(key), begin + stage.index.longest) + 1):
            named = stage.index.named(key[begin:end])
            for entity in named.entities if named is not None else ():
                if stage.entity(entity).domain in _PLAYERS:
                    return stage.index.name(entity)
    return ""


HANDLERS: Mapping[str, Handler] = {
    "media": _media,
    "mute": _mute,
    "shuffle": _shuffle,
    "play": _play,
}
