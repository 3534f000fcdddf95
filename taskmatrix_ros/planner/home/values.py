"""Values in a clause: percentages, temperatures, colours, durations, levels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from taskmatrix_ros.planner.home.colors import COLORS
from taskmatrix_ros.planner.home.tokens import Tokens, number_in

_PERCENT = (("%",), ("percent",), ("per", "cent"), ("pct",))
_LEVELS: Mapping[tuple[str, ...], float] = {
    ("max",): 100,
    ("maximum",): 100,
    ("the", "max"): 100,
    ("the", "maximum"): 100,
    ("highest",): 100,
    ("the", "highest"): 100,
    ("full",): 100,
    ("full", "power"): 100,
    ("full", "brightness"): 100,
    ("full", "blast"): 100,
    ("full", "speed"): 100,
    ("full", "volume"): 100,
    ("full", "intensity"): 100,
    ("maximum", "brightness"): 100,
    ("max", "brightness"): 100,
    ("minimum", "brightness"): 1,
    ("min", "brightness"): 1,
    ("maximum", "volume"): 100,
    ("max", "volume"): 100,
    ("one", "half"): 50,
    ("one", "quarter"): 25,
    ("one", "third"): 33,
    ("1", "half"): 50,
    ("1", "quarter"): 25,
    ("1", "third"): 33,
    ("the", "brightest"): 100,
    ("brightest",): 100,
    ("min",): 1,
    ("minimum",): 1,
    ("the", "min"): 1,
    ("the", "minimum"): 1,
    ("lowest",): 1,
    ("the", "lowest"): 1,
    ("the", "dimmest"): 1,
    ("half",): 50,
    ("halfway",): 50,
    ("half", "way"): 50,
    ("a", "half"): 50,
    ("a", "quarter"): 25,
    ("quarter",): 25,
    ("three", "quarters"): 75,
    ("3", "quarters"): 75,
    ("a", "third"): 33,
    ("two", "thirds"): 67,
    ("2", "thirds"): 67,
}
_HOURS = 24
_WHOLE = (("all", "the", "way"), ("to", "the", "max"), ("to", "the", "maximum"), ("as", "far", "as", "it", "goes"))
_SPEEDS: Mapping[str, float] = {"low": 33, "slow": 33, "medium": 66, "mid": 66, "middle": 66, "high": 100, "fast": 100}
_KELVIN_NAMES: Mapping[tuple[str, ...], float] = {
    ("candle", "light"): 1900,
    ("candlelight",): 1900,
    ("warm", "white"): 2700,
    ("soft", "white"): 2700,
    ("warm",): 2700,
    ("neutral", "white"): 3500,
    ("cold", "white"): 4000,
    ("cool", "white"): 4000,
    ("daylight",): 6500,
    ("day", "light"): 6500,
}
_COUPLES = (
    ("a", "couple", "of", "degrees"),
    ("couple", "of", "degrees"),
    ("a", "couple", "degrees"),
    ("couple", "degrees"),
)

_SHARES = (
    (("and", "a", "half"), 0.5),
    (("and", "a", "quarter"), 0.25),
    (("and", "three", "quarters"), 0.75),
    (("and", "3", "quarters"), 0.75),
)
"""Behind a unit: ``an hour and a quarter``."""

_DURATION_UNITS: Mapping[str, float] = {
    **dict.fromkeys(("second", "seconds", "sec", "secs", "s"), 1),
    **dict.fromkeys(("minute", "minutes", "min", "mins"), 60),
    **dict.fromkeys(("hour", "hours", "hr", "hrs", "h"), 3600),
}


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as it was said. ``unit``: pct, c, f, deg, k or empty; ``share``: it is a part, ``half``, ``a third``."""

    value: float
    unit: str = ""
    share: bool = False


class ValueParser:
    """Reads values that begin at a token; each method gives (end, value) pairs, the longest first."""

    def __init__(self, tokens: Tokens) -> None:
        self._keys = tuple(token.key for token in tokens)

    def percent(self, at: int) -> list[tuple[int, Amount]]:
        """A number with or without percent: ``40``, ``40 percent``; ``half``, ``maximum``."""
        found = [(end, Amount(value, "pct", share=1 < value < 100)) for end, value in self._levels(at)]
        end, number = self._with_half(at)
        if number is None:
            return found
        for words in _PERCENT:
            if self._keys[end : end + len(words)] == words:
                return [*found, (end + len(words), Amount(number, "pct"))]
        return [*found, (end, Amount(number))]

    def true_percent(self, at: int) -> list[tuple[int, Amount]]:
        """Only what says that it is a share: ``40 percent``, ``half``."""
        return [(end, amount) for end, amount in self.percent(at) if amount.unit]

    def no_hour(self, at: int) -> list[tuple[int, Amount]]:
        """What cannot be a time of day, behind ``at``: ``40``, ``8 percent``, but not ``8``."""
        return [(end, amount) for end, amount in self.percent(at) if amount.unit or amount.value > _HOURS]

    def _levels(self, at: int) -> list[tuple[int, float]]:
        for length in (2, 1):
            value = _LEVELS.get(self._keys[at : at + length])
            if value is not None and at + length <= len(self._keys):
                return [(at + length, value)]
        return []

    def level(self, at: int) -> list[tuple[int, Amount]]:
        """``maximum``, ``half``, without a number."""
        return [(end, Amount(value, "pct")) for end, value in self._levels(at)]

    def whole(self, at: int) -> list[tuple[int, Amount]]:
        """``all the way``, ``to the max``: as far as it goes."""
        return [(at + len(words), Amount(100, "pct")) for words in _WHOLE if self._keys[at : at + len(words)] == words]

    def speed(self, at: int) -> list[tuple[int, Amount]]:
        """``low``, ``medium``, ``high``."""
        value = _SPEEDS.get(self._key(at))
        return [] if value is None else [(at + 1, Amount(value, "pct"))]

    def temperature(self, at: int) -> list[tuple[int, Amount]]:
        """A number with degrees, or alone."""
        degrees = self.degrees(at)
        end, number = self._with_half(at)
        return degrees if degrees or number is None else [(end, Amount(number))]

    def _with_half(self, at: int) -> tuple[int, float | None]:
        """Read ``21`` or ``21 and a half``. :returns: where it ends, and the number."""
        number = number_in(self._key(at))
        for words in (("and", "a", "half"), ("and", "half"), ("1/2",)):
            if number is not None and self._keys[at + 1 : at + 1 + len(words)] == words:
                return at + 1 + len(words), number + 0.5
        return at + 1, number

    def degrees(self, at: int) -> list[tuple[int, Amount]]:
        """A number that says it is a temperature: ``21 degrees``, ``70 f``, ``half a degree``."""
        if self._keys[at : at + 3] == ("half", "a", "degree"):
            return [(at + 3, Amount(0.5, "deg"))]
        if self._keys[at : at + 5] in (("a", "degree", "and", "a", "half"), ("one", "degree", "and", "a", "half")):
            return [(at + 5, Amount(1.5, "deg"))]
        if self._keys[at : at + 2] in (("a", "degree"), ("one", "degree")):
            return [(at + 2, Amount(1, "deg"))]
        for words in _COUPLES:
            if self._keys[at : at + len(words)] == words:
                return [(at + len(words), Amount(2, "deg"))]
        end, number = self._with_half(at)
        if number is None:
            return []
        unit = ""
        if self._key(end) in ("°", "degree", "degrees", "deg", "°c", "°f"):
            unit = {"°c": "c", "°f": "f"}.get(self._key(end), "deg")
            end += 1
        if self._key(end) in ("c", "celsius", "centigrade"):
            unit, end = "c", end + 1
        elif self._key(end) in ("f", "fahrenheit"):
            unit, end = "f", end + 1
        return [(end, Amount(number, unit))] if unit else []

    def kelvin(self, at: int) -> list[tuple[int, Amount]]:
        """A colour temperature: ``2700 k``, ``warm white``."""
        for length in (2, 1):
            value = _KELVIN_NAMES.get(self._keys[at : at + length])
            if value is not None and at + length <= len(self._keys):
                return [(at + length, Amount(value, "k"))]
        number = number_in(self._key(at))
        if number is None:
            return []
        if self._key(at + 1) in ("k", "kelvin"):
            return [(at + 2, Amount(number, "k"))]
        return [(at + 1, Amount(number, "k"))] if number >= 1000 else []

    def color(self, at: int) -> list[tuple[int, str]]:
        """The name of a colour, as Home Assistant takes it."""
        found = []
        for length in (3, 2, 1):
            words = self._keys[at : at + length]
            if len(words) == length and (name := "".join(words)) in COLORS:
                found.append((at + length, name))
        return found

    def number(self, at: int) -> list[tuple[int, Amount]]:
        """A bare number."""
        value = number_in(self._key(at))
        return [] if value is None else [(at + 1, Amount(value))]

    def duration(self, at: int) -> list[tuple[int, float]]:
        """A time in seconds: ``5 minutes``, ``1 hour and 15 minutes``, ``half an hour``, ``1 and a half hours``."""
        found: list[tuple[int, float]] = []
        total, here = 0.0, at
        while True:
            part = self._duration_part(here)
            if part is None:
                break
            here, seconds = part
            total += seconds
            found.append((here, total))
            here = here + 1 if self._key(here) == "and" else here
        return found[::-1]

    def _duration_part(self, at: int) -> tuple[int, float] | None:
        key = self._key(at)
        if key in ("half", "1/2"):
            begin = at + 1
            if self._key(begin) in ("a", "an"):
                begin += 1
            unit = _DURATION_UNITS.get(self._key(begin))
            return None if unit is None else (begin + 1, unit / 2)
        if self._keys[at : at + 4] in (("a", "quarter", "of", "an"), ("quarter", "of", "an", "hour")):
            return (at + (5 if key == "a" else 4), 900.0)
        if self._keys[at : at + 3] in (("three", "quarters", "of"), ("3", "quarters", "of")):
            return (at + 5, 2700.0) if self._key(at + 4) == "hour" else None
        number = 1.0 if key in ("a", "an") else number_in(key)
        if number is None:
            return None
        begin = at + 1
        if self._keys[begin : begin + 3] in (("and", "a", "half"), ("and", "a", "1/2")):
            number += 0.5
            begin += 3
        elif self._keys[begin : begin + 2] in (("and", "half"), ("1/2",)):
            number += 0.5
            begin += 2
        if self._key(begin) in ("-", "more", "extra", "additional", "further"):
            begin += 1
        unit = _DURATION_UNITS.get(self._key(begin))
        if unit is None:
            return None
        end = begin + 1
        for words, share in _SHARES:
            if self._keys[end : end + len(words)] == words:
                return end + len(words), (number + share) * unit
        return end, number * unit

    def _key(self, at: int) -> str:
        return self._keys[at] if 0 <= at < len(self._keys) else ""
