"""Finds the triggers that a change of state concerns, by key, value and threshold: not by asking each of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from typing import Any

from taskmatrix_ros.core.rule import StateTrigger, is_same

Watch = tuple[str, int]
"""Id of a rule and index of its trigger."""


class StateIndex:
    """The state triggers of all rules that watch one key.

    A change costs two searches among the thresholds and two look-ups among the values, plus what it concerns.
    """

    def __init__(self) -> None:
        self._triggers: dict[Watch, StateTrigger] = {}
        self._above = _Thresholds()
        self._below = _Thresholds()
        self._values: dict[tuple[bool, Any], dict[Watch, None]] = {}
        self._any: dict[Watch, None] = {}

    def __len__(self) -> int:
        return len(self._triggers)

    def add(self, watch: Watch, trigger: StateTrigger) -> None:
        """Take in a trigger."""
        self._triggers[watch] = trigger
        for thresholds, bound in ((self._above, trigger.above), (self._below, trigger.below)):
            if bound is not None:
                thresholds.add(bound, watch)
        for value in (*(trigger.to or ()), *(trigger.from_ or ())):
            self._values.setdefault(_name(value), {})[watch] = None
        if all(part is None for part in (trigger.above, trigger.below, trigger.to, trigger.from_)):
            self._any[watch] = None

    def remove(self, watch: Watch) -> None:
        """Forget a trigger; one that is not there is no fault."""
        trigger = self._triggers.pop(watch, None)
        if trigger is None:
            return
        for thresholds, bound in ((self._above, trigger.above), (self._below, trigger.below)):
            if bound is not None:
                thresholds.remove(bound, watch)
        for value in (*(trigger.to or ()), *(trigger.from_ or ())):
            watches = self._values.get(_name(value), {})
            watches.pop(watch, None)
            if not watches:
                self._values.pop(_name(value), None)
        self._any.pop(watch, None)

    def trigger(self, watch: Watch) -> StateTrigger:
        """Give a trigger that is there."""
        return self._triggers[watch]

    def change(self, old: Any, new: Any) -> tuple[list[Watch], bool]:
        """Give the triggers that fire, in the order of their rules, and whether the change concerns any trigger.

        :param old: None where it is not known.
        """
        if is_same(old, new):
            return [], False
        if self._above or self._below or self._values:
            concerned = dict.fromkeys(self._concerned(old, new))
        else:
            concerned = self._any
        fired = [watch for watch in concerned if self._triggers[watch].fires(old, new)]
        return sorted(fired), bool(concerned)

    def _concerned(self, old: Any, new: Any) -> Iterator[Watch]:
        if self._above or self._below:
            before, after = _number(old), _number(new)
            yield from self._above.between(before, after, beyond=-1)
            yield from self._below.between(before, after, beyond=1)
        for value in (old, new):
            yield from self._values.get(_name(value), ())
        yield from self._any


class _Thresholds:
    """Bounds in order, each with the triggers that have it."""

    def __init__(self) -> None:
        self._bounds: list[float] = []
        self._watches: dict[float, dict[Watch, None]] = {}

    def __bool__(self) -> bool:
        return bool(self._bounds)

    def add(self, bound: float, watch: Watch) -> None:
        if bound not in self._watches:
            insort(self._bounds, bound)
        self._watches.setdefault(bound, {})[watch] = None

    def remove(self, bound: float, watch: Watch) -> None:
        watches = self._watches.get(bound, {})
        watches.pop(watch, None)
        if not watches and bound in self._watches:
            del self._watches[bound]
            del self._bounds[bisect_left(self._bounds, bound)]

    def between(self, old: float | None, new: float | None, *, beyond: int) -> Iterator[Watch]:
        """Give the triggers whose bound lies between; a value that is no number lies ``beyond`` all of them."""
        nowhere = 0 if beyond < 0 else len(self._bounds)
        # A value equal to its bound is not above, so it counts with the lower side; not below, so with the upper one.
        side = bisect_left if beyond < 0 else bisect_right
        places = sorted(nowhere if value is None else side(self._bounds, value) for value in (old, new))
        for bound in self._bounds[places[0] : places[1]]:
            yield from self._watches[bound]


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _name(value: Any) -> tuple[bool, Any]:
    """Give what tells values apart that triggers tell apart: true is not 1. What cannot be waited for is one name."""
    return isinstance(value, bool), value if isinstance(value, str | bool | int | float) else None
