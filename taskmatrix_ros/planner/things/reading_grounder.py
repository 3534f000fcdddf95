"""From readings of a sentence, whose slots hold words, to the one whose words mean things and places of a map."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.core.ports import Catalogue
from taskmatrix_ros.planner.grammar.expansion import Expansion
from taskmatrix_ros.planner.grammar.reading import AMBIGUOUS, NOT_NOW, UNKNOWN_NAME, Reading, Span
from taskmatrix_ros.planner.language.words import Stop, Words
from taskmatrix_ros.planner.things.description import Tokens
from taskmatrix_ros.planner.things.grounding import Grounding
from taskmatrix_ros.planner.things.robot_map import MapObject, MapPlace
from taskmatrix_ros.planner.things.thing_answers import ThingAnswers, ThingQuestion
from taskmatrix_ros.planner.things.trouble import NOT_THERE, Trouble

HOLDING = "robot.holding"
"""The state key that an API assigns which takes a thing or leaves it somewhere."""

_TROUBLES = (AMBIGUOUS, NOT_THERE, UNKNOWN_NAME)
"""Codes, the one that tells a person most first."""

_ARTICLES = frozenset({"the", "a", "an", "my", "our", "your", "his", "her", "their", "some", "any", "both", "all"})
STAYING = frozenset({"leave", "keep"})
"""Verbs that ask for nothing where it is so already; who says ``put`` takes it to be elsewhere."""
_EVERY = frozenset({"all", "every", "each", "everything"})
_STANDING = frozenset(
    {
        *("it", "that", "this", "them", "those", "these", "both", "one", "they", "all of them", "both of them"),
        *("that one", "this one", "them all", "them both"),
    }
)

Holds = Callable[[str, Mapping[str, Any]], bool]
"""Whether a condition holds now, for these arguments."""


@dataclass(frozen=True)
class GroundedReading:
    """A reading with the things and the places that its slots name.

    ``each``: its arguments, once for each thing or place; ``answer``: what is told instead of doing anything.
    """

    reading: Reading
    each: tuple[Mapping[str, Any], ...] = ()
    objects: tuple[MapObject, ...] = ()
    answer: str = ""


class ReadingGrounder:
    """Grounds readings on one map as it is at one moment.

    :param holds: whether a composite's ``when`` holds; None: nothing is known yet, neither of the state nor of what
        ``it`` stands for.
    """

    def __init__(self, catalogue: Catalogue, grounding: Grounding, holds: Holds | None = None) -> None:
        self._catalogue = catalogue
        self._grounding = grounding
        self._holds = holds
        self._ends_of: dict[int, frozenset[str]] = {}

    def best(self, readings: Sequence[Reading]) -> GroundedReading | Trouble | None:
        """Give the most literal reading whose names mean something; else what is most likely wrong; None: nothing.

        :param readings: the most literal first.
        """
        able: list[GroundedReading] = []
        troubles: list[Trouble] = []
        seen: set[tuple[int, _Said]] = set()
        for reading in readings:
            if reading.problem and reading.code != UNKNOWN_NAME:
                continue
            said = _Said.of(reading)
            if (id(reading.expansion), said) in seen:
                continue
            seen.add((id(reading.expansion), said))
            found = self._grounded(reading, said)
            if isinstance(found, GroundedReading):
                able.append(found)
            elif found is not None:
                troubles.append(found)
        if able:
            return self._chosen(able)
        known = [trouble for code in _TROUBLES for trouble in troubles if trouble.code == code]
        return next(iter((*known, *troubles)), None)

    def _chosen(self, able: Sequence[GroundedReading]) -> GroundedReading | Trouble:
        told = [grounded for grounded in able if grounded.answer]
        if told:
            return told[0]
        possible = [grounded for grounded in able if self._may(grounded)]
        if not possible:
            when = able[0].reading.expansion.when
            return Trouble(code=NOT_NOW, message=f"that can only be done when {when}")
        equals = [g for g in possible if g.reading.score == possible[0].reading.score]
        fitting = [g for g in equals if g.reading.expansion.when and self._holds is not None]
        # Of one sentence's several cuts, the last preposition leads to where things go.
        return max(fitting or equals, key=lambda g: sum(span.end for span in g.reading.names[:1]))

    def _may(self, grounded: GroundedReading) -> bool:
        when = grounded.reading.expansion.when
        return when is None or self._holds is None or all(self._holds(when, arguments) for arguments in grounded.each)

    def _grounded(self, reading: Reading, said: _Said) -> GroundedReading | Trouble | None:
        """Ground the slots of a reading; None where its words have nothing to do with this map."""
        if reading.expansion.answer and (told := self._answered(reading, said)) is not None:
            return told
        if not said.object_slot:
            return self._going(reading, said)
        goal = self._goal(said)
        objects = self._objects(reading, said, goal)
        if isinstance(goal, Trouble):
            # Neither is anything on this map: the words are about something else.
            return None if isinstance(objects, Trouble) and objects.code not in (AMBIGUOUS, NOT_THERE) else goal
        if isinstance(objects, Trouble):
            return objects
        each: list[Mapping[str, Any]] = []
        for thing in objects:
            arguments = {**reading.arguments, said.object_slot: thing.id}
            if goal is not None:
                arguments[said.goal_slot] = goal.id
            if said.origin_slot:
                origin = thing.at or self._place_id(said.origin)
                if isinstance(origin, Trouble):
                    return origin
                arguments[said.origin_slot] = origin
            each.append(arguments)
        return GroundedReading(reading, tuple(each), objects)

    def _going(self, reading: Reading, said: _Said) -> GroundedReading | Trouble:
        """Ground a reading that names places only."""
        if not said.goal_slot:
            return GroundedReading(reading, (reading.arguments,))
        places = self._grounding.places.all_places(said.goal)
        if isinstance(places, Trouble):
            return places
        return GroundedReading(reading, tuple({**reading.arguments, said.goal_slot: place.id} for place in places))

    def _goal(self, said: _Said) -> MapPlace | Trouble | None:
        return self._grounding.place(said.goal, surface=said.goal_is_surface) if said.goal_slot else None

    def _objects(
        self, reading: Reading, said: _Said, goal: MapPlace | Trouble | None
    ) -> tuple[MapObject, ...] | Trouble:
        if self._holds is None and " ".join(said.object) in _STANDING:
            return (MapObject(id=" ".join(said.object)),)
        if reading.words[0].key in STAYING and isinstance(goal, MapPlace):
            # "leave the coke on the table" is about the one there, if there is one.
            there = self._grounding.objects(said.object, origin=said.goal)
            if not isinstance(there, Trouble) or not _EVERY.isdisjoint(said.object):
                return there
        leave = frozenset({goal.id}) if isinstance(goal, MapPlace) else self._ends(reading.expansion)
        return self._grounding.objects(said.object, leave=leave, origin=said.origin)

    def _place_id(self, tokens: Tokens) -> str | Trouble:
        place = self._grounding.place(tokens)
        return place if isinstance(place, Trouble) else place.id

    def _answered(self, reading: Reading, said: _Said) -> GroundedReading | Trouble | None:
        """Answer a question from the map; None where it has to be found out."""
        question = ThingQuestion(reading.expansion.answer)
        told = ThingAnswers(self._grounding).answer(question, said.object, said.origin or said.goal)
        if told is None and question is not ThingQuestion.WHERE:
            return Trouble(code=NOT_NOW, message="that is not known before the robot has looked")
        return GroundedReading(reading, answer=told) if isinstance(told, str) else told

    def _ends(self, expansion: Expansion) -> frozenset[str]:
        """Give the places that a composite names itself as the end of a thing's way."""
        known = self._ends_of.get(id(expansion))
        if known is None:
            known = self._ends_of[id(expansion)] = frozenset(self._named_ends(expansion))
        return known

    def _named_ends(self, expansion: Expansion) -> Iterator[str]:
        for statement in expansion.statements({}):
            document = self._catalogue.get(statement.api)
            if document is not None and document.sets.get(HOLDING) == "null" and "place" in statement.arguments:
                place = self._grounding.places.role(str(statement.arguments["place"]))
                if isinstance(place, MapPlace):
                    yield place.id


@dataclass(frozen=True, kw_only=True)
class _Said:
    """The words in a reading's slots, by what the slots are for; a slot that was not said is empty."""

    object_slot: str = ""
    object: Tokens = ()
    goal_slot: str = ""
    goal: Tokens = ()
    goal_is_surface: bool = False
    origin_slot: str = ""
    origin: Tokens = ()

    @staticmethod
    def of(reading: Reading) -> _Said:
        spans = {span.slot: span for span in reading.names}
        roles = slot_roles(reading.expansion, frozenset(spans))
        by_role = {role: slot for slot, role in roles.items()}
        goal = by_role.get("surface", by_role.get("place", ""))
        thing, origin = by_role.get("object", ""), by_role.get("origin", "")

        def tokens(slot: str) -> Tokens:
            return tokens_of(reading.words, spans[slot]) if slot else ()

        return _Said(
            object_slot=thing,
            object=tokens(thing),
            goal_slot=goal,
            goal=tokens(goal),
            goal_is_surface="surface" in by_role,
            origin_slot=origin,
            origin=tokens(origin),
        )


def names_things(expansion: Expansion) -> bool:
    """Whether a sentence's slots, or its own words, name things or places of a map."""
    return bool(slot_roles(expansion) or expansion.names_places or expansion.answer)


def slot_roles(expansion: Expansion, spoken: Set[str] | None = None) -> Mapping[str, str]:
    """Give what each slot names: ``object``, ``place``, ``surface``, or ``origin``: where the object is now.

    :param spoken: the slots that were said, all if left out; a place without an object is no origin.
    """
    roles: dict[str, str] = {}
    for slot, uses in expansion.slots.items():
        named = {use.spec.names for use in uses if use.spec.names}
        if not named or (spoken is not None and slot not in spoken):
            continue
        if "object" in named:
            roles[slot] = "object"
        elif "surface" in named:
            roles[slot] = "surface"
        else:
            roles[slot] = "origin" if slot in expansion.origins else "place"
    if "object" not in roles.values():
        return {slot: "place" if role == "origin" else role for slot, role in roles.items()}
    return roles


def tokens_of(words: Words, span: Span) -> Tokens:
    """Give what was said in a slot, with the article before it; a comma is a token of its own."""
    first = span.first
    while first and words[first - 1].key in _ARTICLES:
        first -= 1
    tokens: list[str] = []
    for at in range(first, span.end):
        word = words[at]
        text = "one" if word.spelled.casefold() == "one" else word.key
        tokens += word.text.casefold().split() if word.quoted else [text]
        if word.stop is Stop.SOFT and at + 1 < span.end:
            tokens.append(",")
    return tuple(tokens)
