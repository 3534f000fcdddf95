"""Answers questions about things from what a map records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from taskmatrix_ros.planner.grammar.reading import UNKNOWN_NAME
from taskmatrix_ros.planner.things.description import Tokens
from taskmatrix_ros.planner.things.grounding import Grounding
from taskmatrix_ros.planner.things.robot_map import MapObject, RobotMap
from taskmatrix_ros.planner.things.trouble import Trouble

_HERE = frozenset({"here", "there", "around", "in the house", "at home"})


class ThingQuestion(StrEnum):
    """What is asked."""

    WHERE = "where"
    WHETHER = "whether"
    WHAT = "what"
    HOW_MANY = "how_many"
    HOLDING = "holding"
    ROBOT = "robot"


class ThingAnswers:
    """Answers from one map. What it does not record is not answered."""

    def __init__(self, grounding: Grounding) -> None:
        self._grounding = grounding
        self._map = grounding.map

    def answer(self, question: ThingQuestion, said: Tokens, where: Tokens) -> str | Trouble | None:
        """Give the answer; None where the map does not know it.

        :param said: what is asked about, may be empty.
        :param where: a place, may be empty.
        """
        if question is ThingQuestion.HOLDING:
            held = self._map.get(self._map.holding)
            return f"I am holding the {held.said}." if held else "I am holding nothing."
        if question is ThingQuestion.ROBOT:
            return f"I am {self._at(self._map.at)}." if self._map.at else None
        if not self._map.knows_where and not self._map.holding:
            return None
        found = self._things(said, where)
        if isinstance(found, Trouble):
            return found
        if question is ThingQuestion.WHERE:
            return self._where(found) if found else None
        place = self._place(where)
        if isinstance(place, Trouble):
            return place
        text = " ".join(word for word in said if word not in ("the", "a", "an", "any", "some")) or "thing"
        if question is ThingQuestion.HOW_MANY:
            return f"{len(found)}: {_listed(found)}{place}." if found else f"None: I know of no {text}{place}."
        if question is ThingQuestion.WHETHER:
            return (
                f"Yes: {_listed(found)}{place or self._spots(found)}." if found else f"No, I know of no {text}{place}."
            )
        return f"{_listed(found)}{place}.".capitalize() if found else f"Nothing that I know of{place}."

    def _things(self, said: Tokens, where: Tokens) -> tuple[MapObject, ...] | Trouble:
        """Give everything that fits; nothing for a kind of thing that there is none of."""
        everything = self._grounding.every(said or ("everything",), where)
        if not isinstance(everything, Trouble):
            return everything
        if everything.code != UNKNOWN_NAME or not self._grounding.is_a_thing(said):
            return everything
        return ()

    def _place(self, where: Tokens) -> str | Trouble:
        if not where or " ".join(where) in _HERE:
            return ""
        place = self._grounding.place(where)
        return place if isinstance(place, Trouble) else f" at the {place.said}"

    def _where(self, things: Iterable[MapObject]) -> str | None:
        told = [self._told(thing) for thing in things]
        known = [line for line in told if line]
        return " ".join(dict.fromkeys(known)) or None

    def _told(self, thing: MapObject) -> str:
        if thing.id == self._map.holding:
            return f"I am holding the {thing.said}."
        if not thing.at:
            return ""
        return f"The {thing.said} {'are' if is_plural(thing.said) else 'is'} {self._at(thing.at)}."

    def _at(self, place_id: str) -> str:
        return at_place(self._map, place_id)

    def _spots(self, things: Iterable[MapObject]) -> str:
        places = dict.fromkeys(self._at(thing.at) for thing in things if thing.at)
        return f" {' and '.join(places)}" if places else ""


def at_place(robot_map: RobotMap, place_id: str) -> str:
    """Say where a place is, as it is said of a thing there: ``at the table``, ``with you``."""
    return "with you" if place_id == "user" else f"at the {robot_map.said_place(place_id)}"


def is_plural(name: str) -> bool:
    """Whether a thing is spoken of as several: ``the glasses are``."""
    return name.endswith("s") and not name.endswith("ss")


def _listed(things: Iterable[MapObject]) -> str:
    counts = Counter(thing.said for thing in things)
    return ", ".join(f"{count} {name}" if count > 1 else name for name, count in counts.items())
