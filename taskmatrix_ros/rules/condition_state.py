"""What a condition reads: the world, what the home's clocks show, and how old values are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from taskmatrix_ros.core.rule import Weekday
from taskmatrix_ros.rules.home_place import HomePlace

HOLIDAY = "home.holiday"
AGE = "age_s:"
"""What a key begins with that stands for the age of another's value."""

_DAYS = tuple(day.value for day in Weekday)
_CLOCKS: dict[str, Callable[[datetime, HomePlace], Any]] = {
    "home.time": lambda local, _place: local.strftime("%H:%M:%S"),
    "home.date": lambda local, _place: local.date().isoformat(),
    "home.weekday": lambda local, _place: _DAYS[local.weekday()],
    HOLIDAY: lambda local, place: place.holiday(local.date()),
    "home.daylight": lambda local, place: place.has_daylight(local),
}
CLOCK_KEYS = tuple(_CLOCKS)


class ConditionState(Mapping[str, Any]):
    """The state, and ``home.time`` as 07:50:00, ``home.date`` as 2026-12-24, ``home.weekday`` as thu.

    ``home.daylight`` is whether the sun is up; null where nobody knows where the home is.
    ``home.holiday`` is the holiday's name, null on other days; ``age_s:KEY`` is for how many seconds the value of KEY
    has not changed, null where that is not known.
    """

    def __init__(
        self, state: Mapping[str, Any], now: datetime, place: HomePlace, changed_at: Mapping[str, datetime]
    ) -> None:
        self._state, self._now, self._place, self._changed_at = state, now, place, changed_at
        self._local: datetime | None = None

    def __getitem__(self, key: str) -> Any:
        if (clock := _CLOCKS.get(key)) is not None:
            self._local = self._local or self._place.local(self._now)
            return clock(self._local, self._place)
        if key.startswith(AGE):
            return (self._now - self._changed_at[key.removeprefix(AGE)]).total_seconds()
        return self._state[key]

    def get(self, key: str, default: Any = None) -> Any:
        """Give the value of a key; most are the state's own."""
        if key in _CLOCKS or key.startswith(AGE):
            return super().get(key, default)
        return self._state.get(key, default)

    def __iter__(self) -> Iterator[str]:
        yield from CLOCK_KEYS
        yield from (f"{AGE}{key}" for key in self._changed_at)
        yield from (key for key in self._state if key not in _CLOCKS)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def read_keys(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Give the keys of the world that a condition hangs on, from those it names."""
    return tuple(dict.fromkeys(key.removeprefix(AGE) for key in keys if key not in CLOCK_KEYS))
