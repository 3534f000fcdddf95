"""What a plan does to the things of a home, counted out without a robot."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.home import Home, HomeObject, HomePlace

HAND = "(hand)"
USER = "user"

_STEP = re.compile(
    r"(?:\d+\. )?(?P<verb>find|go to|pick up|put down|bring it to you|open|close|done)\b"
    r"(?: (?:the|an|a))?(?: (?P<name>[^.,]+))?"
)


class Infeasible(ValueError):
    """A step that a robot could not have done: picking up with a full hand, at another place, and the like."""


class SymbolicKitchen:
    """Things at places and a robot with one hand. Things of one name are alike: it does not matter which is moved."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._kind = {thing.id: thing.name or thing.id for thing in home.objects}
        self._start = {thing.id: thing.at or "" for thing in home.objects}
        robot = home.robot
        self.holding = (robot.holding or "") if robot else ""
        self.robot_at = (robot.at or "") if robot else ""
        if self.holding:
            self._start[self.holding] = HAND
        self.at = dict(self._start)
        self.near = ""
        """The thing that the robot went up to last."""
        self.visited: list[str] = []

    def ends(self) -> Counter[tuple[str, str]]:
        """Count the things of each name at each place."""
        return Counter((self._kind[thing], place) for thing, place in self.at.items())

    def moved(self) -> Counter[str]:
        """Count the things of each name that are no longer where they were."""
        return Counter(self._kind[thing] for thing, place in self.at.items() if place != self._start[thing])

    def call(self, service: str, data: Mapping[str, Any]) -> None:
        """Do one call as it stands in a line of ``plan --batch``.

        :raises Infeasible: it cannot be done here and now, or names nothing that is here.
        """
        if service == "robot.find":
            self._thing(str(data.get("object", "")))
        elif service == "robot.go_to":
            if data.get("object"):
                self._go_up_to(self._thing(str(data["object"])))
            else:
                self.go_to(self._place(str(data.get("place", ""))))
        elif service == "robot.pick_up":
            thing = self._thing(str(data.get("object", "")))
            if self.near != thing:
                raise Infeasible(f"picks up {thing} without having gone to it")
            self.pick_up(thing)
        elif service == "robot.put_down":
            thing = self._thing(str(data.get("object", "")))
            place = self._place(str(data["place"])) if data.get("place") else self.robot_at
            if place != self.robot_at:
                raise Infeasible(f"puts {thing} down at {place}, standing at {self.robot_at or 'no place'}")
            self.put_down(thing)

    def follow(self, steps: Iterable[str]) -> None:
        """Do the steps of a written plan: ``find``, ``go to``, ``pick up``, ``bring it to you``, ``put down``.

        Loops and steps that lead nowhere are passed over; drawers count as open.

        :raises ConfigError: a step names a thing or place that is not here.
        """
        for step in steps:
            match = _STEP.match(step.strip().lower())
            if match is None:
                raise ConfigError(f"plan step {step!r} is none of find, go to, pick up, bring it to you, put down")
            verb, name = match["verb"], (match["name"] or "").strip()
            if verb == "go to":
                self.go_to(self._named_place(name, step))
            elif verb == "bring it to you":
                self.go_to(USER)
            elif verb == "pick up" and not self.holding:
                self.pick_up(self._of_kind(name, step))
            elif verb == "put down" and self.holding:
                self.put_down(self.holding)

    def go_to(self, place: str) -> None:
        """Stand at a place."""
        self.robot_at, self.near = place, ""
        self.visited.append(place)

    def pick_up(self, thing: str) -> None:
        """Take a thing into the hand.

        :raises Infeasible: the hand is full.
        """
        if self.holding:
            raise Infeasible(f"picks up {thing} while holding {self.holding}")
        self.holding = thing
        self.at[thing] = HAND

    def put_down(self, thing: str) -> None:
        """Leave a thing where the robot stands.

        :raises Infeasible: the hand does not hold it.
        """
        if self.holding != thing:
            raise Infeasible(f"puts {thing} down, holding {self.holding or 'nothing'}")
        self.at[thing] = self.robot_at
        self.holding = ""

    def _go_up_to(self, thing: str) -> None:
        self.robot_at, self.near = self.at[thing], thing

    def _thing(self, name: str) -> str:
        for thing in self._home.objects:
            if name == thing.id:
                return thing.id
        raise Infeasible(f"{name!r} is nothing here")

    def _place(self, name: str) -> str:
        ids = {place.id for place in self._home.places} | {area.id for area in self._home.areas} | {USER}
        if name not in ids:
            raise Infeasible(f"{name!r} is no place here")
        return name

    def _named_place(self, name: str, step: str) -> str:
        for place in self._home.places:
            if name in _names(place):
                return place.id
        raise ConfigError(f"plan step {step!r}: no place of the kitchen is called {name!r}; add it as an alias")

    def _of_kind(self, name: str, step: str) -> str:
        """Give a thing of that name, one that was not moved yet before others."""
        alike = [thing.id for thing in self._home.objects if name in _names(thing)]
        if not alike:
            raise ConfigError(f"plan step {step!r}: no thing of the kitchen is called {name!r}; add it as an alias")
        return min(alike, key=lambda thing: self.at[thing] != self._start[thing])


def follow_calls(home: Home, calls: Sequence[Mapping[str, Any]]) -> SymbolicKitchen:
    """Do the robot's calls among those of a plan.

    :raises Infeasible: as ``SymbolicKitchen.call``.
    """
    kitchen = SymbolicKitchen(home)
    for call in calls:
        if str(call["service"]).startswith("robot."):
            kitchen.call(str(call["service"]), call.get("data") or {})
    return kitchen


def _names(item: HomeObject | HomePlace) -> frozenset[str]:
    return frozenset(name.lower() for name in (item.name, *item.aliases, item.id))
