"""Home Assistant's own test sentences, each with the home it is said in and what it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.registry.home_snapshot import HomeSnapshot

FOLDER = Path("ha_intents_en/tests/en")
_FIXTURE = "_fixtures.yaml"


@dataclass(frozen=True, kw_only=True)
class HaSentence:
    """One sentence. ``area``: name of the area it is said in, or empty; ``response``: what Home Assistant answers."""

    file: str
    text: str
    intent: str
    slots: Mapping[str, Any]
    area: str
    response: str
    home: HomeSnapshot


def ha_sentences(data: Path) -> tuple[HaSentence, ...]:
    """Read the set.

    :raises ConfigError: it is not there.
    """
    folder = data / FOLDER
    if not (folder / _FIXTURE).is_file():
        raise ConfigError(
            f"bench planner: no {FOLDER / _FIXTURE} in '{data}'; name the folder of the data sets by --data"
        )
    fixture = _read(folder / _FIXTURE)
    home = HomeSnapshot.model_validate(home_of(fixture))
    found: list[HaSentence] = []
    for file in sorted(folder.rglob("*.yaml")):
        if file.name == _FIXTURE:
            continue
        document = _read(file)
        own = _own_home(document)
        name = str(file.relative_to(folder))
        intent = file.parent.name if file.parent != folder else ""
        found += _of_file(name, intent, document, home if own is None else own)
    return tuple(found)


def _read(file: Path) -> dict[str, Any]:
    value = yaml.safe_load(file.read_text(encoding="utf-8"))
    return value if isinstance(value, dict) else {}


def _of_file(name: str, intent: str, document: Mapping[str, Any], home: HomeSnapshot) -> Iterator[HaSentence]:
    for test in document.get("tests", ()):
        told = test.get("intent", intent)
        meaning: dict[str, Any] = {"name": told} if isinstance(told, str) else dict(told)
        slots = dict(meaning.get("slots") or test.get("slots") or {})
        context = meaning.get("context") or {}
        said_in = home if "timers" not in test else _with_timers(home, test["timers"])
        for text in test["sentences"]:
            yield HaSentence(
                file=name,
                text=text,
                intent=str(meaning["name"]),
                slots={key: value[-1] if isinstance(value, list) else value for key, value in slots.items()},
                area=str(context.get("area") or ""),
                response=str(test.get("response") or "").strip(),
                home=said_in,
            )


def _with_timers(home: HomeSnapshot, timers: list[dict[str, Any]]) -> HomeSnapshot:
    return home.model_copy(update={"timers": HomeSnapshot.model_validate({"timers": timers}).timers})


def _own_home(document: Mapping[str, Any]) -> HomeSnapshot | None:
    """Give the home of a file that brings its own; None: it is said in the common one."""
    if not (document.get("entities") or document.get("areas")):
        return None
    areas = [
        {"id": area["name"].casefold().replace(" ", "_"), "name": area["name"]} for area in document.get("areas", ())
    ]
    entities = []
    for entity in document.get("entities", ()):
        state, _, unit = str(entity.get("state_with_unit") or entity.get("state") or "off").partition(" ")
        slug = entity["name"].casefold().replace(" ", "_")
        entities.append(
            {
                "entity_id": f"{entity['domain']}.{slug}",
                "name": entity["name"],
                "state": state,
                "area": areas[0]["id"] if areas else None,
                "attributes": {"unit_of_measurement": unit} if unit else {},
            }
        )
    return HomeSnapshot.model_validate({"areas": areas, "entities": entities})


def home_of(fixture: Mapping[str, Any]) -> dict[str, Any]:
    """Write a fixture as a home snapshot."""
    return {
        "floors": [{"id": floor["id"], "name": floor["name"]} for floor in fixture.get("floors", ())],
        "areas": [
            {"id": area["id"], "name": area["name"], "floor": area.get("floor")} for area in fixture.get("areas", ())
        ],
        "entities": [_entity(entity) for entity in fixture.get("entities", ())],
        "timers": fixture.get("timers") or [],
        "now": "2013-09-17T01:02:00+00:00",
    }


def _entity(entity: Mapping[str, Any]) -> dict[str, Any]:
    state = entity.get("state")
    return {
        "entity_id": entity["id"],
        "name": entity["name"].replace("[']", "'"),
        "area": entity.get("area"),
        "state": state["out"] if isinstance(state, dict) else None if state is None else str(state),
        "attributes": entity.get("attributes") or {},
        "exposed": True,
    }
