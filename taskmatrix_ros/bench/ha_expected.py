"""What each of Home Assistant's intents comes to: the calls for its slots, or what an answer must tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from taskmatrix_ros.bench.ha_sentences import HaSentence
from taskmatrix_ros.core.home import HomeEntity

Data = Mapping[str, Any]

_SWITCHED = frozenset({"light", "switch", "fan", "media_player", "input_boolean", "climate", "scene", "script"})
_ON = {"cover": "open_cover", "valve": "open_valve", "lock": "lock"}
_OFF = {"cover": "close_cover", "valve": "close_valve", "lock": "unlock"}
_HERE = re.compile(r"\b(here|this room)\b|^light (it )?up$")
_MORE = re.compile(r" and \d+ more")


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What is right. ``calls``: (service, entity ids, data) in any order; no calls and no facts: it must be refused.

    ``facts``: what an answer must hold; ``may_ask``: to ask is right as well, since the slots leave it open.
    """

    status: str
    calls: tuple[tuple[str, tuple[str, ...], Data], ...] = ()
    facts: tuple[str, ...] = ()
    may_ask: bool = False


def expected_of(sentence: HaSentence) -> Expected:
    """Give what an intent with its slots comes to in the sentence's home."""
    if sentence.intent in _ANSWERED:
        return Expected(status="answered", facts=_facts(sentence))
    return _Mapping(sentence).expected()


_ANSWERED = frozenset(
    {
        *("HassGetState", "HassGetWeather", "HassNevermind", "HassRespond", "HassGetCurrentTime"),
        *("HassGetCurrentDate", "HassTimerStatus", "HassClimateGetTemperature"),
    }
)


def _facts(sentence: HaSentence) -> tuple[str, ...]:
    """Give yes or no, names of devices, numbers and states that Home Assistant's answer tells."""
    response = sentence.response
    if sentence.intent in ("HassRespond", "HassNevermind", "HassGetCurrentDate"):
        return ("17", "2013") if sentence.intent == "HassGetCurrentDate" else ()
    facts = [word for word in ("Yes", "No") if response.startswith((f"{word},", f"{word} ")) or response == word]
    facts += re.findall(r"\d+(?:[.:]\d+)*", _MORE.sub("", response))
    named = [entity.names[0] for entity in sentence.home.entities if entity.exposed]
    facts += [name for name in named if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", response, re.IGNORECASE)]
    return tuple(dict.fromkeys(facts))


@dataclass(frozen=True)
class _Mapping:
    sentence: HaSentence
    slots: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "slots", self.sentence.slots)

    def expected(self) -> Expected:
        make = _MAKERS.get(self.sentence.intent)
        return Expected(status="refused") if make is None else make(self)

    def _found(self, domains: frozenset[str] | None = None) -> list[HomeEntity]:
        """Give the exposed entities that the slots name."""
        home, slots = self.sentence.home, self.slots
        areas = {area.name.casefold(): area.id for area in home.areas}
        floors = {floor.name.casefold(): floor.id for floor in home.floors}
        found = [entity for entity in home.entities if entity.exposed]
        if "domain" in slots:
            found = [entity for entity in found if entity.domain == slots["domain"]]
        if domains is not None:
            found = [entity for entity in found if entity.domain in domains]
        if slots.get("name") not in (None, "all"):
            name = str(slots["name"]).casefold().replace("'", "")
            found = [e for e in found if name in {n.casefold().replace("'", "") for n in e.names}]
        if "area" in slots:
            found = [entity for entity in found if entity.area == areas.get(str(slots["area"]).casefold())]
        if "floor" in slots:
            floor = floors.get(str(slots["floor"]).casefold())
            on_floor = {area.id for area in home.areas if area.floor == floor}
            found = [entity for entity in found if entity.area in on_floor]
        if "device_class" in slots:
            found = [entity for entity in found if entity.device_class == slots["device_class"]]
        return found

    def _planned(self, entities: Sequence[HomeEntity], call: Callable[[HomeEntity], tuple[str, Data]]) -> Expected:
        grouped: dict[tuple[str, str], tuple[str, list[str], Data]] = {}
        for entity in entities:
            service, data = call(entity)
            grouped.setdefault((service, repr(sorted(data.items()))), (service, [], data))[1].append(entity.entity_id)
        if not grouped:
            return Expected(status="refused", may_ask=True)
        # Without a name or a place it is left open which of several is meant.
        open_slots = not {"name", "area", "floor", "domain"} & set(self.slots)
        return Expected(
            status="planned",
            calls=tuple((service, tuple(sorted(ids)), data) for service, ids, data in grouped.values()),
            may_ask=open_slots and len(entities) > 1,
        )

    def _switched(self, table: Mapping[str, str], plain: str) -> Expected:
        domains = _SWITCHED | set(table) if "domain" not in self.slots else None

        def call(entity: HomeEntity) -> tuple[str, Data]:
            return f"{entity.domain}.{table.get(entity.domain, plain)}", {}

        entities = self._found(frozenset(domains) if domains is not None else None)
        planned = self._planned(entities, call)
        here = _HERE.search(self.sentence.text) and not self.sentence.area
        return planned if not here else Expected(status="planned", calls=planned.calls, may_ask=True)

    def turn_on(self) -> Expected:
        return self._switched(_ON, "turn_on")

    def turn_off(self) -> Expected:
        return self._switched(_OFF, "turn_off")

    def light_set(self) -> Expected:
        data: dict[str, Any] = {}
        if "brightness" in self.slots:
            data["brightness_pct"] = self.slots["brightness"]
        if "color" in self.slots:
            data["color_name"] = self.slots["color"]
        if "temperature" in self.slots:
            data["color_temp_kelvin"] = self.slots["temperature"]
        return self._planned(self._found(frozenset({"light"})), lambda _entity: ("light.turn_on", data))

    def climate_set_temperature(self) -> Expected:
        data = {"temperature": self.slots["temperature"]}
        return self._planned(self._found(frozenset({"climate"})), lambda _e: ("climate.set_temperature", data))

    def set_position(self) -> Expected:
        data = {"position": self.slots["position"]}
        entities = self._found(frozenset({"cover", "valve"}))
        return self._planned(entities, lambda e: (f"{e.domain}.set_{e.domain}_position", data))

    def set_volume(self) -> Expected:
        data = {"volume_level": self.slots["volume_level"] / 100}
        return self._players("volume_set", data)

    def _players(self, service: str, data: Data) -> Expected:
        return self._planned(self._found(frozenset({"media_player"})), lambda _e: (f"media_player.{service}", data))

    def media_next(self) -> Expected:
        return self._players("media_next_track", {})

    def media_previous(self) -> Expected:
        return self._players("media_previous_track", {})

    def media_pause(self) -> Expected:
        return self._players("media_pause", {})

    def media_unpause(self) -> Expected:
        return self._players("media_play", {})

    def media_search_and_play(self) -> Expected:
        kind = self.slots.get("media_class", "music")
        return self._players("play_media", {"media_content_id": self.slots["search_query"], "media_content_type": kind})

    def vacuum_start(self) -> Expected:
        return self._planned(self._found(frozenset({"vacuum"})), lambda _e: ("vacuum.start", {}))

    def vacuum_return_to_base(self) -> Expected:
        return self._planned(self._found(frozenset({"vacuum"})), lambda _e: ("vacuum.return_to_base", {}))

    def list_add_item(self) -> Expected:
        data = {"item": self.slots["item"]}
        return self._planned(self._found(frozenset({"todo"})), lambda _e: ("todo.add_item", data))

    def list_complete_item(self) -> Expected:
        data = {"item": self.slots["item"], "status": "completed"}
        return self._planned(self._found(frozenset({"todo"})), lambda _e: ("todo.update_item", data))

    def shopping_list_add_item(self) -> Expected:
        return self._alone("shopping_list.add_item", {"name": self.slots["item"]})

    def shopping_list_complete_item(self) -> Expected:
        return self._alone("shopping_list.complete_item", {"name": self.slots["item"]})

    def broadcast(self) -> Expected:
        data = {"message": self.slots["message"]}
        satellites = self._found(frozenset({"assist_satellite"}))
        return self._planned(satellites, lambda _e: ("assist_satellite.announce", data))

    def _alone(self, service: str, data: Data) -> Expected:
        return Expected(status="planned", calls=((service, (), data),))

    # ---- timers

    def start_timer(self) -> Expected:
        if "conversation_command" in self.slots:
            return Expected(status="planned", calls=(), may_ask=True)
        data: dict[str, Any] = {"duration_s": self._seconds("")}
        if "name" in self.slots:
            data["name"] = str(self.slots["name"]).strip()
        return self._alone("time.timer_start", data)

    def _seconds(self, prefix: str) -> int:
        return sum(
            int(self.slots.get(f"{prefix}{unit}", 0)) * size
            for unit, size in (("hours", 3600), ("minutes", 60), ("seconds", 1))
        )

    def _which(self) -> dict[str, Any]:
        data: dict[str, Any] = {}
        if "name" in self.slots:
            data["name"] = str(self.slots["name"]).strip()
        if "area" in self.slots:
            areas = {area.name: area.id for area in self.sentence.home.areas}
            data["area"] = areas[self.slots["area"]]
        if start := self._seconds("start_"):
            data["start_s"] = start
        return data

    def cancel_timer(self) -> Expected:
        return self._alone("time.timer_cancel", self._which())

    def cancel_all_timers(self) -> Expected:
        return self._alone("time.timer_cancel_all", self._which())

    def pause_timer(self) -> Expected:
        return self._alone("time.timer_pause", self._which())

    def unpause_timer(self) -> Expected:
        return self._alone("time.timer_unpause", self._which())

    def increase_timer(self) -> Expected:
        return self._alone("time.timer_increase", {"duration_s": self._seconds(""), **self._which()})

    def decrease_timer(self) -> Expected:
        return self._alone("time.timer_decrease", {"duration_s": self._seconds(""), **self._which()})


_MAKERS: Mapping[str, Callable[[_Mapping], Expected]] = {
    "HassTurnOn": _Mapping.turn_on,
    "HassTurnOff": _Mapping.turn_off,
    "HassLightSet": _Mapping.light_set,
    "HassClimateSetTemperature": _Mapping.climate_set_temperature,
    "HassSetPosition": _Mapping.set_position,
    "HassSetVolume": _Mapping.set_volume,
    "HassMediaNext": _Mapping.media_next,
    "HassMediaPrevious": _Mapping.media_previous,
    "HassMediaPause": _Mapping.media_pause,
    "HassMediaUnpause": _Mapping.media_unpause,
    "HassMediaSearchAndPlay": _Mapping.media_search_and_play,
    "HassVacuumStart": _Mapping.vacuum_start,
    "HassVacuumReturnToBase": _Mapping.vacuum_return_to_base,
    "HassListAddItem": _Mapping.list_add_item,
    "HassListCompleteItem": _Mapping.list_complete_item,
    "HassShoppingListAddItem": _Mapping.shopping_list_add_item,
    "HassShoppingListCompleteItem": _Mapping.shopping_list_complete_item,
    "HassBroadcast": _Mapping.broadcast,
    "HassStartTimer": _Mapping.start_timer,
    "HassCancelTimer": _Mapping.cancel_timer,
    "HassCancelAllTimers": _Mapping.cancel_all_timers,
    "HassPauseTimer": _Mapping.pause_timer,
    "HassUnpauseTimer": _Mapping.unpause_timer,
    "HassIncreaseTimer": _Mapping.increase_timer,
    "HassDecreaseTimer": _Mapping.decrease_timer,
}
