"""What a condition reads: the world, and what the home's clocks show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from taskmatrix_ros.core.rule import Weekday
from taskmatrix_ros.rules.home_place import HomePlace

_CLOCKS: dict[str, Callable[[datetime, HomePlace], Any]] = {
    "home.time": lambda local, _place: local.strftime("%H:%M:%S"),
    "home.date": lambda local, _place: local.date().isoformat(),
    "home.weekday": lambda local, _place: tuple(Weekday)[local.weekday()].value,
    "home.daylight": lambda local, place: place.has_daylight(local),
}
CLOCK_KEYS = tuple(_CLOCKS)


class ConditionState(Mapping[str, Any]):
    """The state, and ``home.time`` as 07:50:00, ``home.date`` as 2026-12-24, ``home.weekday`` as thu.

    ``home.daylight`` is whether the sun is up; null where nobody knows where the home is.
    """

    def __init__(self, state: Mapping[str, Any], now: datetime, place: HomePlace) -> None:
        self._state, self._now, self._place = state, now, place

    def __getitem__(self, key: str) -> Any:
        clock = _CLOCKS.get(key)
        return clock(self._place.local(self._now), self._place) if clock else self._state[key]

    def __iter__(self) -> Iterator[str]:
        yield from CLOCK_KEYS
        yield from (key for key in self._state if key not in _CLOCKS)

    def __len__(self) -> int:
        return sum(1 for _ in self)
