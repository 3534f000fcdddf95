"""Reads what has to happen or to be so: ``when the front door opens``, ``if it is below 5 degrees``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.parameter_spec import ValueType
from taskmatrix_ros.core.rule import BeforeTrigger, StateTrigger
from taskmatrix_ros.planner.grammar.reading import AMBIGUOUS, UNKNOWN_NAME
from taskmatrix_ros.planner.timed.atoms import Atom, Read, becomes, equals, lasting
from taskmatrix_ros.planner.timed.condition_words import (
    ALARMS,
    AT_HOME,
    AWAY,
    BETWEEN,
    COMING,
    DETECTED,
    EXCEEDING,
    FALLING,
    LEAVING,
    MEASURED,
    MOTION,
    OF_A_KIND,
    STATES,
)
from taskmatrix_ros.planner.timed.plain_words import plainly, refuse_vague, said_of_both, thing_of, without_it
from taskmatrix_ros.planner.timed.said_of_it import IT
from taskmatrix_ros.planner.timed.state_names import CURRENT, StateName, StateNames, content
from taskmatrix_ros.planner.timed.sun_and_weather import WEATHER, read_sun, read_weather
from taskmatrix_ros.planner.timed.time_phrase import DEPARTURE, NEXT_EVENT, AtClock, EveryDays, For, OnDay, Phrase
from taskmatrix_ros.planner.timed.time_phrases import DEPARTURE_WORDS, EVENT_WORDS, TimePhrases
from taskmatrix_ros.planner.timed.time_scanner import TimeScanner

PRESENCE = "user.presence"

_NUMERIC = (ValueType.NUMBER, ValueType.INTEGER)

EffectOf = Callable[[str], Mapping[str, Any]]
"""Gives what a command would make of the world, key -> value; empty where it is not understood."""


class ConditionReader:
    """Serves one utterance."""

    def __init__(self, names: StateNames, effect_of: EffectOf) -> None:
        self._names = names
        self._effect_of = effect_of
        self._every_time = False

    def read(self, words: Sequence[str], *, every_time: bool = False) -> Read | None:
        """Read a clause that follows ``when`` or ``if``; None where it is none.

        :param every_time: it follows ``whenever``: a time of day comes every day, else it is the next one.
        :raises PlanningError: ``UNKNOWN_NAME``: it speaks of something that nothing is known of; ``AMBIGUOUS``.
        """
        self._every_time = every_time
        phrases, cut = TimePhrases(words).trailing()
        whole = TimePhrases(words).whole()
        if whole:
            return Read((), whole)
        found = self._all(words[:cut]) if phrases else self._all(words)
        if found is None and phrases:
            found, phrases = self._before_a_later_phrase(words, cut)
        if found is None and phrases:
            found, phrases = self._all(words), ()
        if found is None and not phrases and (span := _bare_span(words)) is not None:
            found, phrases = self._all(words[: span[1]]), (For(span[0]),)
        if found is None:
            refuse_vague(words[:cut])
            return None
        spans = [phrase for phrase in phrases if isinstance(phrase, For)]
        atoms = found.atoms
        if spans:
            atoms = tuple(lasting(atom, spans[0].for_s) for atom in atoms)
        rest = tuple(phrase for phrase in phrases if not isinstance(phrase, For))
        return replace(found, atoms=atoms, phrases=(*found.phrases, *rest))

    def _before_a_later_phrase(self, words: Sequence[str], cut: int) -> tuple[Read | None, tuple[Phrase, ...]]:
        """Read ``it exceeds 25 after 8 pm``, in which ``25 after 8 pm`` is no time."""
        for start in range(cut + 1, len(words)):
            phrases, end = TimePhrases(words).run(start)
            if phrases and end == len(words) and (found := self._all(words[:start])) is not None:
                return found, phrases
        return None, TimePhrases(words).trailing()[0]

    def read_of_it(self, words: Sequence[str], action: str) -> Read | None:
        """Read what is said of ``it`` where that is what a command changes: ``it is open`` of what it closes.

        :param action: the words of the command.
        :returns: an atom for each thing that it changes; None: ``it`` is nothing of the kind.
        """
        if (warmth := self.warmth_of_it(words, action)) is not None:
            return warmth
        found, cut = TimePhrases(words).trailing()
        phrases = [phrase for phrase in found if isinstance(phrase, For)]
        if len(phrases) < len(found):
            return None
        said = " ".join(words[:cut])
        for pattern, is_event, _, values in STATES:
            if (match := pattern.fullmatch(said)) is None or match["name"] not in IT:
                continue
            changed = [(key, value) for key, value in self._effect_of(action).items() if isinstance(value, str | bool)]
            atoms = []
            for key, value in changed:
                of_its_kind = tuple(one for one in values if isinstance(one, type(value)))[:1]
                if not of_its_kind:
                    return None
                test = equals(key, of_its_kind[0])
                atoms.append(Atom(becomes(key, of_its_kind), test, is_event=is_event))
            for phrase in phrases:
                atoms = [lasting(atom, phrase.for_s) for atom in atoms]
            return Read(tuple(atoms), either=len(atoms) > 1) if atoms else None
        return None

    def warmth_of_it(self, words: Sequence[str], action: str) -> Read | None:
        """Read ``it is below 18`` where a command warms a room, or ``in there``: how warm that room is.

        :param action: the words of the command.
        :returns: None: it is the weather, or nothing of the kind.
        """
        phrases, cut = TimePhrases(words).trailing()
        match = MEASURED.fullmatch(" ".join(words[:cut] if phrases else words))
        if match is None or not all(isinstance(phrase, For) for phrase in phrases):
            return None
        own = {key.rpartition(".")[0] for key in self._effect_of(action)}
        said = content(action.lower().split())
        there = match["where"].strip() in _THERE
        warmed = {
            name.key
            for name in self._names.names
            if name.quantity == "temperature"
            and (
                (name.key.endswith(f".{CURRENT}") and name.key.rpartition(".")[0] in own)
                or ((there or not _WARMING.isdisjoint(said)) and name.required <= said and "weather" not in name.entity)
            )
        }
        if match["subject"] not in ("it", "") or match["at"] or (match["where"] and not there):
            return None
        if len(warmed) != 1:
            if there:
                raise self._unknown("in there")
            return None
        value, (key,) = float(match["number"]), warmed
        if {"fahrenheit", "f"} & set(match["unit"].split()):
            value = round((value - 32) / 1.8, 1)
        is_above = match["above"] is not None
        trigger = StateTrigger(kind="state", key=key, **({"above": value} if is_above else {"below": value}))
        atom = Atom(trigger, f'state["{key}"] {">" if is_above else "<"} {value:g}', is_event=False)
        for phrase in phrases:
            atom = lasting(atom, phrase.for_s) if isinstance(phrase, For) else atom
        return Read((atom,))

    def _all(self, words: Sequence[str]) -> Read | None:
        """Cut at ``and`` or ``or`` wherever both sides are understood."""
        unknown: PlanningError | None = None
        if tuple(words[:1]) == ("either",):
            words = words[1:]
        try:
            one = self._one(words)
        except PlanningError as error:
            one, unknown = None, error
        if one is not None:
            return one
        for joint, spoken in (("and", ("and", ",", "while", "when", "if")), ("or", ("or", ","))):
            for at in [at for at, word in enumerate(words) if word in spoken]:
                behind = at + 2 if tuple(words[at + 1 : at + 2]) in (("if",), ("when",)) else at + 1
                try:
                    left, right = self._side(words[:at], words[behind:]), self._all(words[behind:])
                except PlanningError as error:
                    unknown = unknown or error
                    continue
                if left is None or right is None or not _may_join(joint, left, right):
                    continue
                return Read((*left.atoms, *right.atoms), (*left.phrases, *right.phrases), either=joint == "or")
        if unknown is not None:
            raise unknown
        return self._named(words)

    def _side(self, words: Sequence[str], other: Sequence[str]) -> Read | None:
        """Read what stands before a joint; what is said of both it may have from behind it: ``A and B are off``."""
        try:
            read = self._all(words)
        except PlanningError:
            read = None
        if read is not None:
            return read
        if (shared := said_of_both(words, other)) is None:
            return self._all(words)
        return self._named(shared)

    def _one(self, words: Sequence[str]) -> Read | None:
        if not words:
            return None
        text = " ".join(words)
        phrases = TimePhrases(without_it(words)).whole()
        if phrases:
            is_clock = any(isinstance(one, AtClock) for one in phrases)
            daily = self._every_time and is_clock and not any(isinstance(one, OnDay | EveryDays) for one in phrases)
            return Read((), (*phrases, EveryDays(())) if daily else phrases)
        for reader in (read_sun, self._person, read_weather, self._measure):
            atom = reader(text)
            if atom is not None:
                return Read((atom,))
        return None

    def _named(self, words: Sequence[str]) -> Read | None:
        text = plainly(words)
        if (found := self._of_a_kind(text)) is not None:
            return found
        atom = self._detected(text) or self._state(text) or self._motion(text)
        return None if atom is None else Read((atom,))

    def _of_a_kind(self, text: str) -> Read | None:
        """``all lights are off``, ``any light is on``."""
        match = OF_A_KIND.fullmatch(text)
        if match is None:
            return None
        for pattern, is_event, _, values in STATES:
            if (said := pattern.fullmatch(f"it {match['rest']}")) is None or said["name"] != "it":
                continue
            atoms = []
            for name in self._names.names:
                if name.key.partition(".")[0] == match["kind"] and name.quantity in _MAIN and _can_be(name, values):
                    chosen = _values_of(name, values)[0]
                    atoms.append(Atom(becomes(name.key, (chosen,)), equals(name.key, chosen), is_event=is_event))
            either = not match["each"].startswith(("all", "every", "each"))
            return Read(tuple(atoms), either=either) if len(atoms) > 1 else None
        return None

    # --- sun, persons, weather ----------------------------------------------------------------------------------------

    def _presence(self) -> str:
        """Give the key that tells whether the person is at home."""
        persons = sorted({name.key for name in self._names.names if name.key.startswith("person.")})
        return persons[0] if len(persons) == 1 else PRESENCE

    def _person(self, text: str) -> Atom | None:
        if DEPARTURE_WORDS.fullmatch(text):
            return Atom(BeforeTrigger(kind="before", key=DEPARTURE, offset_s=0), "", is_event=True)
        if EVENT_WORDS.fullmatch(text) and re.search("start|begin", text):
            return Atom(BeforeTrigger(kind="before", key=NEXT_EVENT, offset_s=0), "", is_event=True)
        for pattern, value, event in (
            (COMING, "home", True),
            (AT_HOME, "home", False),
            (AWAY, "away", False),
            (LEAVING, "away", True),
        ):
            if pattern.fullmatch(text):
                key = self._presence()
                said = "not_home" if value == "away" and key.startswith("person.") else value
                return Atom(becomes(key, (said,)), equals(key, said), is_event=event)
        return None

    # --- what is measured ---------------------------------------------------------------------------------------------

    def _measure(self, text: str) -> Atom | None:
        if (within := BETWEEN.fullmatch(text)) is not None:
            return self._between(within, text)
        match = MEASURED.fullmatch(_spelled_out(text)) or EXCEEDING.fullmatch(text) or FALLING.fullmatch(text)
        if match is None:
            return None
        parts = match.groupdict()
        is_above = parts.get("above") is not None
        name = self._measured(f"{parts['subject']} {parts['where']}".split(), parts["unit"].split(), text)
        value = float(parts["number"])
        if {"fahrenheit", "f"} & set(parts["unit"].split()) and (name is None or name.unit == "c"):
            value = round((value - 32) / 1.8, 1)
        key = WEATHER if name is None else name.key
        if parts.get("at"):
            return Atom(becomes(key, (value,)), f'state["{key}"] == {value:g}', is_event=False)
        trigger = StateTrigger(kind="state", key=key, **({"above": value} if is_above else {"below": value}))
        test = f'state["{key}"] {">" if is_above else "<"} {value:g}'
        return Atom(trigger, test, is_event=parts.get("moves") is not None, about=thing_of(parts["subject"]))

    def _between(self, match: re.Match[str], text: str) -> Atom | None:
        name = self._measured(f"{match['subject']} {match['where']}".split(), match["unit"].split(), text)
        low, high = float(match["low"]), float(match["number"])
        if low >= high:
            return None
        key = WEATHER if name is None else name.key
        trigger = StateTrigger(kind="state", key=key, above=low, below=high)
        test = f'state["{key}"] > {low:g} && state["{key}"] < {high:g}'
        return Atom(trigger, test, is_event=False, about=thing_of(match["subject"]))

    def _measured(self, said: Sequence[str], units: Sequence[str], text: str) -> StateName | None:
        """Give what is measured; None: the weather."""
        words = [word for word in said if word not in ("it", "it's", "its")]
        named = content(words) - {"temperature", "degrees", "inside", "indoors", "here", "house", "home"}
        inside = {"inside", "indoors", "here", "house", "home"} & set(words)
        is_warmth = not units or bool(
            {"degrees", "degree", "°", "celsius", "c", "f", "fahrenheit", "centigrade"} & set(units)
        )
        if is_warmth and not named - {"weather"} and not inside:
            known = [
                n
                for n in self._names.names
                if n.quantity == "temperature" and "weather" in n.entity and n.type in _NUMERIC
            ]
            return min(known, key=lambda name: (name.key != WEATHER, len(name.entity)), default=None)
        numeric, quantity = _NUMERIC, ""
        found: tuple[StateName, ...] = ()
        if inside and not named:
            rooms = [
                n for n in self._names.names if n.quantity == "temperature" and n.key != WEATHER and n.type in numeric
            ]
            living = [name for name in rooms if "living" in name.entity]
            found = tuple(living or rooms[:1])
        else:
            quantity = next(
                (n.quantity for n in self._names.names if n.quantity in named), "temperature" if is_warmth else ""
            )
            found = self._names.find(sorted(named), quantity=quantity, types=numeric)
            found = found or self._names.find(sorted(named - {quantity}), quantity=quantity, types=numeric)
        if len(found) > 1:
            raise _ambiguous(text, found)
        if not found and not inside:
            ordered = [word for word in words if word in named and word != quantity]
            guessed = self._names.guess(ordered, quantity)
            found = () if guessed is None else (guessed,)
        if not found:
            raise self._unknown(" ".join(words) or text)
        return found[0]

    # --- what is so ---------------------------------------------------------------------------------------------------

    def _state(self, text: str) -> Atom | None:
        for pattern, is_event, commands, values in STATES:
            match = pattern.fullmatch(text)
            if match is None:
                continue
            name = match["name"]
            if name in ("it", "that", "this"):
                return None
            atom = self._by_name(name, values, is_event=is_event) or self._by_command(name, commands, is_event=is_event)
            if atom is None:
                raise self._unknown(name)
            return replace(atom, about=name)
        return None

    def _by_name(self, said: str, values: tuple[Any, ...], *, is_event: bool) -> Atom | None:
        kinds = (ValueType.STRING, ValueType.BOOLEAN)
        found = self._names.find(said.split(), types=kinds, fits=lambda name: _can_be(name, values))
        if not found and _ONLY_THESE.isdisjoint(values):
            found = self._names.find(said.split(), types=kinds, fits=lambda name: not name.key.startswith("lock."))
        for quantities in (_MAIN, _SHOWS):
            found = tuple(name for name in found if name.quantity in quantities) or found
        if not found:
            return None
        if len(found) > 1:
            raise _ambiguous(said, found)
        chosen = _values_of(found[0], values)
        tests = " || ".join(equals(found[0].key, value) for value in chosen)
        return Atom(becomes(found[0].key, chosen), f"({tests})" if len(chosen) > 1 else tests, is_event=is_event)

    def _by_command(self, said: str, commands: Sequence[str], *, is_event: bool) -> Atom | None:
        """What a command would make so is what is so: ``the AC is on`` is what ``turn on the AC`` brings about."""
        for command in commands:
            effects = self._effect_of(f"{command} {said}")
            known = [(key, value) for key, value in effects.items() if isinstance(value, str | bool)]
            if len(known) == 1:
                ((key, value),) = known
                return Atom(becomes(key, (value,)), equals(key, value), is_event=is_event)
        return None

    def _detected(self, text: str) -> Atom | None:
        """``smoke is detected``, ``there is a leak in the cellar``: what an alarm of that kind tells."""
        match = DETECTED.fullmatch(text)
        if match is None:
            return None
        where = content((match["name"] or "").split())
        kind = ALARMS[match["what"]]
        sensors = {n.key: n for n in self._names.names if n.device_class == kind and where <= n.entity}
        if len(sensors) > 1:
            raise _ambiguous(text, tuple(sensors.values()))
        return next((Atom(becomes(k, ("on",)), equals(k, "on"), is_event=True) for k in sensors), None)

    def _motion(self, text: str) -> Atom | None:
        match = MOTION.fullmatch(text)
        if match is None:
            return None
        where = (match["name"] or "").split()
        for quantity in ("motion", "occupied", "occupancy", "presence"):
            found = self._names.find(where, quantity=quantity) or self._names.find([*where, quantity])
            if len(found) == 1:
                values = _values_of(found[0], ("off", False) if match["not"] else ("on", "detected", True))
                return Atom(becomes(found[0].key, values), equals(found[0].key, values[0]), is_event=not match["not"])
        sensors = [
            n for n in self._names.names if n.device_class in ("motion", "occupancy") and content(where) <= n.entity
        ]
        if len(sensors) == 1:
            value = "off" if match["not"] else "on"
            return Atom(becomes(sensors[0].key, (value,)), equals(sensors[0].key, value), is_event=not match["not"])
        raise self._unknown(text)

    def _unknown(self, said: str) -> PlanningError:
        words = content(said.split())
        near = sorted(
            (name for name in self._names.names if name.entity & words), key=lambda name: -len(name.entity & words)
        )[:3]
        hint = f"; nearest: {near[0].key}" if near else ""
        return PlanningError(
            f"offline planner: nothing here tells of {said!r}, so no rule can wait for it{hint}",
            code=UNKNOWN_NAME,
            nearest=[name.key for name in near],
        )


_THERE = frozenset({"in there", "there", "in that room", "in the room"})
_WARMING = frozenset({"heating", "heater", "heat", "radiator", "thermostat", "warm"})
_ONLY_THESE = frozenset({"locked", "unlocked", "home", "not_home"})
"""States that only things of one kind are in."""
_MAIN = frozenset({"state", "power"})
_SHOWS = frozenset({"state", "power", "open", "contact", "locked", "status", "playing", "position"})


_OPEN_KINDS = frozenset({"binary_sensor", "cover", "valve", "door", "window", "gate", "contact", "blinds", "sensor"})


def _can_be(name: StateName, values: tuple[Any, ...]) -> bool:
    """Whether a thing of its kind can be so: a lock is locked, a door is open."""
    domain = name.key.partition(".")[0]
    if "home" in values or "not_home" in values:
        return domain in ("person", "device_tracker")
    if "locked" in values or "unlocked" in values:
        return domain == "lock"
    if "open" in values or "closed" in values:
        return domain in _OPEN_KINDS
    return domain not in ("cover", "lock", "valve", "person", "device_tracker")


def _values_of(name: StateName, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Choose how this key says it: true or false, on or off for a contact, else the word itself."""
    if name.type is ValueType.BOOLEAN:
        return tuple(value for value in values if isinstance(value, bool))[:1] or (True,)
    texts = tuple(value for value in values if isinstance(value, str))
    if name.key.startswith("binary_sensor."):
        return tuple(text for text in texts if text in ("on", "off"))[:1] or texts[:1]
    if "done" in texts:
        return tuple(text for text in texts)
    return texts[:1]


def _bare_span(words: Sequence[str]) -> tuple[float, int] | None:
    """Give the span that a clause ends with, and where it begins: ``the door has been open | 5 minutes``."""
    scan = TimeScanner(words)
    for start in range(1, len(words)):
        found = scan.duration(start)
        if found is not None and found[1] == len(words):
            return found[0], start
    return None


def _may_join(joint: str, left: Read, right: Read) -> bool:
    """Whether it is clear what belongs together: ``and`` and ``or`` are not mixed."""
    if joint == "and":
        return not left.either and not right.either
    return all(side.either or len(side.atoms) + len(side.phrases) == 1 for side in (left, right))


def _spelled_out(text: str) -> str:
    return re.sub(r"^(it|that|temperature)'s ", r"\1 is ", text)


def _ambiguous(said: str, found: Sequence[StateName]) -> PlanningError:
    keys = ", ".join(name.key for name in found[:4])
    return PlanningError(
        f"offline planner: {said!r} can mean {keys}; say which",
        code=AMBIGUOUS,
        nearest=[name.key for name in found[:3]],
    )
