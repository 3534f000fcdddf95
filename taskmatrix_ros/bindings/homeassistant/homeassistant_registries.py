"""What Home Assistant's registries list: floors, areas, devices, entities with their aliases, and what is exposed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from taskmatrix_ros.bindings.homeassistant.homeassistant_link import HomeAssistantLink, Refused
from taskmatrix_ros.registry.live_home import Registries

_log = logging.getLogger(__name__)


async def read_registries(
    link: HomeAssistantLink, floors_of: Mapping[str, tuple[Sequence[str], Sequence[str]]]
) -> Registries:
    """Ask for all of them together.

    :param floors_of: floor -> its areas and aliases, by the profile.
    :raises Lost: the connection ended.
    """
    lists = ("floor_registry", "area_registry", "device_registry", "entity_registry")
    answers = [link.send(f"config/{name}/list") for name in lists]
    exposing = link.send("homeassistant/expose_entity/list")
    floors, areas, devices, entities = [await _or_empty(answer) for answer in answers]
    exposed = await _or_empty(exposing)
    return Registries(
        floors=floors,
        areas=areas,
        devices=devices,
        entities=await _with_aliases(link, entities),
        exposed=exposed.get("exposed_entities") if isinstance(exposed, Mapping) else None,
        floors_of=floors_of,
    )


async def _with_aliases(link: HomeAssistantLink, entities: list[Any]) -> list[Any]:
    """The list leaves aliases out; they are asked for together."""
    wanted = [entry["entity_id"] for entry in entities]
    if not wanted:
        return entities
    try:
        full = await link.request("config/entity_registry/get_entries", entity_ids=wanted)
    except Refused:
        return entities
    return [{**entry, **(full.get(entry["entity_id"]) or {})} for entry in entities]


async def _or_empty(answer: asyncio.Future[Any]) -> Any:
    """Give a list, or an empty one where it is refused: an older Home Assistant has no floors."""
    try:
        return await answer
    except Refused as error:
        _log.info("homeassistant does not tell: %s", error)
        return []
