"""The slots of the home's sentences, read in one clause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from taskmatrix_ros.planner.home.command import Command
from taskmatrix_ros.planner.home.home_index import HomeIndex
from taskmatrix_ros.planner.home.home_nouns import NOUNS
from taskmatrix_ros.planner.home.list_commands import ListName
from taskmatrix_ros.planner.home.mode_commands import plain_mode
from taskmatrix_ros.planner.home.sensor_words import DETECTED, ROOM_STATES, SENSOR_ATTRIBUTES
from taskmatrix_ros.planner.home.sentence_matcher import SlotReader
from taskmatrix_ros.planner.home.state_words import STATE_WORDS
from taskmatrix_ros.planner.home.target import Target, Targets
from taskmatrix_ros.planner.home.targets import TargetParser
from taskmatrix_ros.planner.home.timer_parser import TimerParser
from taskmatrix_ros.planner.home.tokens import Tokens, number_in
from taskmatrix_ros.planner.home.values import ValueParser
from taskmatrix_ros.planner.language.words import Words, written_name

_BITS = (
    ("a", "little", "bit"),
    ("a", "tiny", "bit"),
    ("a", "bit", "more"),
    ("a", "bit"),
    ("a", "little"),
    ("a", "touch"),
    ("a", "notch"),
    ("a", "tad"),
    ("slightly",),
    ("somewhat",),
    ("some",),
    ("more",),
)
_LOTS = (("a", "lot"), ("much",), ("way",), ("a", "lot", "more"))
_MEDIA_CLASSES = {
    ("artist",): "artist",
    ("band",): "artist",
    ("album",): "album",
    ("track",): "track",
    ("song",): "track",
    ("playlist",): "playlist",
    ("podcast",): "podcast",
    ("movie",): "movie",
    ("film",): "movie",
    ("tv", "show"): "tv_show",
    ("show",): "tv_show",
    ("series",): "tv_show",
}
_FAN_MODES = {
    "auto": "auto",
    "automatic": "auto",
    "on": "on",
    "off": "off",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "top": "top",
    "middle": "middle",
    "focus": "focus",
    "focused": "focus",
    "diffuse": "diffuse",
    "diffused": "diffuse",
}
_ARM_MODES = {"home": "home", "stay": "home", "away": "away", "night": "night", "sleep": "night"}
_LONGEST_TEXT = 24


class ClauseParse:
    """Reads slots in the tokens of one clause.

    :param partial: a part of a name is enough.
    :param open_names: any words may stand for a device, to find out which name is not known.
    """

    def __init__(
        self, index: HomeIndex, words: Words, tokens: Tokens, *, partial: bool = False, open_names: bool = False
    ) -> None:
        self._index = index
        self._words = words
        self._tokens = tokens
        self._keys = tuple(token.key for token in tokens)
        self._partial = partial
        self._targets = TargetParser(index, tokens, partial=partial)
        self._values = ValueParser(tokens)
        self._open_names = open_names

    @property
    def asked(self) -> bool:
        """Whether the words end with a question mark."""
        return self._words[-1].asked

    def of(self, tokens: Tokens) -> ClauseParse:
        """Give the same for a part of the clause."""
        return ClauseParse(self._index, self._words, tokens, partial=self._partial, open_names=self._open_names)

    def named_scene(self) -> Sequence[Command]:
        """Give the scene whose name is all that is said: ``lights out`` may be one."""
        named = self._index.named(self._keys)
        if named is None or not named.entities or named.areas:
            return []
        domains = {self._index.entity(entity).domain for entity in named.entities}
        if not domains <= {"scene", "script"}:
            return []
        return [Command("scene", {}, {"targets": (Target(said=" ".join(self._keys), entities=named.entities),)})]

    def exception(self) -> tuple[int, Targets] | None:
        """Give where the clause ends with what is left out, and that."""
        for at in range(2, len(self._keys) - 1):
            for end, left_out in self._targets.exceptions(at):
                if end == len(self._keys):
                    return at, left_out
        return None

    def readers(self) -> dict[str, SlotReader]:
        """Give what reads each kind of slot."""
        values = self._values
        timers = TimerParser(self._index, self._words, self._tokens)
        return {
            "targets": self._any_targets,
            "players": self._of_domains("media_player"),
            "playing": self._players_by_name,
            "covers": self._of_domains("cover", "valve"),
            "waters": self._of_domains("valve"),
            "cleaners": self._of_domains("vacuum"),
            "mowers": self._of_domains("lawn_mower"),
            "buttons": self._of_domains("button", "input_button"),
            "scenes": self._of_domains("scene", "script", "automation"),
            "alarms": self._of_domains("alarm_control_panel"),
            "lights": self._of_domains("light"),
            "sirens": self._of_domains("siren"),
            "fans": self._of_domains("fan"),
            "climates": self._of_domains("climate", "water_heater"),
            "persons": self._of_domains("person", "device_tracker"),
            "sensors": self._sensors,
            "weather": self._of_domains("weather"),
            "seen": self._targets.lists,
            "state": self._state,
            "attribute": self._phrase_of(SENSOR_ATTRIBUTES),
            "danger": self._phrase_of(DETECTED),
            "room_state": self._phrase_of(ROOM_STATES),
            "sensed": self._sensed,
            "gauge": self._gauge,
            "running": timers.running,
            "named": self._named,
            "worded": self._worded,
            "rooms": self._rooms,
            "light_places": self._light_places,
            "place": self._targets.places.phrases,
            "area": self._area,
            "percent": values.percent,
            "true_percent": values.true_percent,
            "no_hour": values.no_hour,
            "temperature": values.temperature,
            "degrees": values.degrees,
            "kelvin": values.kelvin,
            "color": values.color,
            "speed": values.speed,
            "number": values.number,
            "duration": values.duration,
            "bit": self._bit,
            "level": values.level,
            "whole": values.whole,
            "text": self._text,
            "list": self._list,
            "timer": timers.named,
            "mode": self._mode,
            "fan_mode": self._word_of(_FAN_MODES),
            "arm_mode": self._word_of(_ARM_MODES),
            "media_class": self._media_class,
        }

    # ---- things

    def _any_targets(self, at: int) -> Sequence[tuple[int, Targets]]:
        found = [(end, targets) for end, targets in self._targets.lists(at)]
        if not self._open_names:
            return found
        # What no name fits is taken as the name of something that is not there.
        known = {end for end, _ in found}
        for end in range(min(len(self._keys), at + 6), at, -1):
            if end not in known and not ({"and", "then", "&"} & set(self._keys[at:end])):
                said = _without_article(self._written(at, end))
                found.append((end, (Target(said=said, hidden=True),)))
        return found

    def _of_domains(self, *domains: str) -> SlotReader:
        wanted = frozenset(domains)

        def read(at: int) -> Sequence[tuple[int, Targets]]:
            return [
                (end, targets)
                for end, targets in self._targets.lists(at)
                if all(self._may_be(target, wanted) for target in targets)
            ]

        return read

    def _may_be(self, target: Target, domains: frozenset[str]) -> bool:
        if target.entities:
            return any(self._index.entity(entity).domain in domains for entity in target.entities)
        return target.noun is not None and any(kind.domain in domains for kind in target.noun.kinds)

    def _named(self, at: int) -> Sequence[tuple[int, Targets]]:
        """Read one name and nothing else."""
        return [
            (end, targets)
            for end, targets in self._targets.lists(at)
            if len(targets) == 1
            and targets[0].entities
            and not (targets[0].partial or targets[0].quantity or targets[0].excepts or targets[0].is_located)
        ]

    def _worded(self, at: int) -> Sequence[tuple[int, Targets]]:
        """Read one name that ends with a word: behind ``spot 1`` a number may be that of another spot."""
        return [(end, targets) for end, targets in self._named(at) if number_in(self._keys[end - 1]) is None]

    def _players_by_name(self, at: int) -> Sequence[tuple[int, Targets]]:
        """Read the name of a player: any other words are what shall be played."""
        return [
            (end, targets)
            for end, targets in self._named(at)
            if all(self._index.entity(entity).domain == "media_player" for entity in targets[0].entities)
        ]

    def _sensors(self, at: int) -> Sequence[tuple[int, Targets]]:
        return [
            (end, targets)
            for end, targets in self._named(at)
            if all(self._index.entity(entity).domain == "sensor" for entity in targets[0].entities)
        ]

    def _rooms(self, at: int) -> Sequence[tuple[int, Targets]]:
        """Read places without a preposition: ``the kitchen and the hall``."""
        return [
            (end, targets)
            for end, targets in self._targets.lists(at)
            if all(target.is_place and not target.excepts for target in targets)
        ]

    def _light_places(self, at: int) -> Sequence[tuple[int, Targets]]:
        """Read what is lit up: places, which then mean their lights, or lights."""
        found = []
        light = NOUNS[("lights",)]
        for end, targets in self._targets.lists(at):
            filled = tuple(
                replace(target, noun=light, plural=True) if target.is_place else target for target in targets
            )
            found.append((end, filled))
        for end, place in (*self._targets.places.lists(at), *self._targets.places.phrases(at)):
            found.append((end, (replace(place, noun=light, plural=True),)))
        return found

    def _area(self, at: int) -> Sequence[tuple[int, str]]:
        for end in range(min(len(self._keys), at + self._index.longest), at, -1):
            named = self._index.named(self._keys[at:end])
            if named is not None and named.areas:
                return [(end, named.areas[0])]
        return []

    # ---- words

    def _bit(self, at: int) -> Sequence[tuple[int, str]]:
        for phrases, said in ((_LOTS, "a lot"), (_BITS, "a bit")):
            for words in phrases:
                if self._keys[at : at + len(words)] == words:
                    return [(at + len(words), said)]
        return []

    def _text(self, at: int) -> Sequence[tuple[int, str]]:
        """Any words, the shortest first, as they were written."""
        last = min(len(self._keys), at + _LONGEST_TEXT)
        return [(end, self._written(at, end)) for end in range(at + 1, last + 1)]

    def _written(self, at: int, end: int) -> str:
        first, last = self._tokens[at].word, self._tokens[end - 1].word
        return written_name(self._words[first : last + 1]).strip("?!.,;")

    def _phrase_of(self, table: Mapping[tuple[str, ...], Any]) -> SlotReader:
        def read(at: int) -> Sequence[tuple[int, Any]]:
            return [
                (at + length, table[self._keys[at : at + length]])
                for length in (5, 4, 3, 2, 1)
                if at + length <= len(self._keys) and self._keys[at : at + length] in table
            ]

        return read

    def _sensed(self, at: int) -> Sequence[tuple[int, Targets]]:
        """Read the name of what measures, at most with an article before it and a possessive after it."""
        return [
            (end, targets)
            for end, targets in self._targets.lists(at)
            if len(targets) == 1 and targets[0].entities and not targets[0].partial
        ]

    def _gauge(self, at: int) -> Sequence[tuple[int, Targets]]:
        """Read a part of a sensor's name that tells it from all others: ``oil`` of ``Oil Level``."""
        return [
            (end, targets)
            for end, targets in self._targets.lists(at)
            if len(targets) == 1
            and len(targets[0].entities) == 1
            and self._index.entity(targets[0].entities[0]).domain == "sensor"
        ]

    def _state(self, at: int) -> Sequence[tuple[int, str]]:
        return [
            (at + length, " ".join(self._keys[at : at + length]))
            for length in (3, 2, 1)
            if at + length <= len(self._keys) and self._keys[at : at + length] in STATE_WORDS
        ]

    def _media_class(self, at: int) -> Sequence[tuple[int, str]]:
        return [
            (at + length, kind)
            for length in (2, 1)
            if at + length <= len(self._keys) and (kind := _MEDIA_CLASSES.get(self._keys[at : at + length])) is not None
        ]

    def _word_of(self, table: dict[str, str]) -> SlotReader:
        def read(at: int) -> Sequence[tuple[int, str]]:
            word = table.get(self._keys[at])
            return [] if word is None else [(at + 1, word)]

        return read

    def _mode(self, at: int) -> Sequence[tuple[int, str]]:
        modes = self._index.modes
        found = []
        for end in range(min(len(self._keys), at + 4), at, -1):
            said = plain_mode(" ".join(self._keys[at:end]))
            if said in modes:
                found.append((end, said))
        return found

    # ---- lists

    def _list(self, at: int) -> Sequence[tuple[int, ListName]]:
        found: list[tuple[int, ListName]] = []
        for end in range(min(len(self._keys), at + self._index.longest), at, -1):
            named = self._index.named(self._keys[at:end])
            lists = [e for e in named.entities if self._index.entity(e).domain == "todo"] if named is not None else []
            if len(lists) == 1:
                if self._key(end) in ("list", "lists"):
                    found.append((end + 1, ListName(lists[0])))
                found.append((end, ListName(lists[0])))
        own = (("shopping", "list"), ("grocery", "list"), ("groceries", "list"), ("list",))
        found += [(at + len(words), ListName(None)) for words in own if self._keys[at : at + len(words)] == words]
        return found

    def _key(self, at: int) -> str:
        return self._keys[at] if 0 <= at < len(self._keys) else ""


def _without_article(said: str) -> str:
    first, _, rest = said.partition(" ")
    return rest if rest and first.casefold() in ("the", "my", "our", "a", "an") else said
