"""What may stand in a sentence's slots, as hassil's lists, and what was said there, as an argument."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hassil.intents import RangeFractionType, RangeSlotList, SlotList, TextSlotList, WildcardSlotList

from taskmatrix_ros.core.parameter_spec import ParameterSpec, ValueType
from taskmatrix_ros.planner.language.phrasebook import Phrasebook
from taskmatrix_ros.planner.language.spoken_units import can_convert, convert, unit_of

UNIT_PREFIX = "unit_of_"
"""List of the units that may follow a number: ``{temperature_c}`` is matched as ``{temperature_c}[ {unit_of_…}]``."""

_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
_TRUTHS = (("true", True), ("false", False), ("yes", True), ("no", False), ("on", True), ("off", False))


class _Numbers:
    """Contains every number, so that one out of range is understood and then refused with what is allowed."""

    def __contains__(self, number: object) -> bool:
        return True

    def __iter__(self) -> Iterator[float]:
        return iter(())


class AnyNumber(RangeSlotList):
    """Digits with or without a fraction. Number words were joined to digits before."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name, start=0, stop=0, fraction_type=RangeFractionType.TENTHS, words=False)

    def get_numbers(self) -> Any:
        """Everything: hassil asks whether a number that it read is among them."""
        return _Numbers()


@dataclass(frozen=True)
class Slot:
    """One slot of an expansion. All ``specs`` must accept its value; the first decides how it is said."""

    name: str
    specs: tuple[ParameterSpec, ...]
    identifies: bool = False
    """Its value is a name that the world knows and is compared with: case is no part of it."""

    @property
    def spec(self) -> ParameterSpec | None:
        """The deciding spec: one with an enum before others; None for a slot that feeds no parameter."""
        return next((spec for spec in self.specs if spec.enum), self.specs[0] if self.specs else None)

    @property
    def names(self) -> str | None:
        """What of the robot's map it names, if it does."""
        return next((spec.names for spec in self.specs if spec.names), None)

    @property
    def is_number(self) -> bool:
        """Whether a number is said here."""
        spec = self.spec
        return spec is not None and not spec.enum and spec.type in (ValueType.NUMBER, ValueType.INTEGER)

    @property
    def is_open(self) -> bool:
        """Whether any words may be said here."""
        spec = self.spec
        return spec is None or (spec.type is ValueType.STRING and not spec.enum)

    @property
    def is_sayable(self) -> bool:
        """Whether there is a way to say its values."""
        spec = self.spec
        return spec is None or bool(spec.enum) or spec.type not in (ValueType.OBJECT, ValueType.ARRAY)

    def lists(self, phrasebook: Phrasebook) -> dict[str, SlotList]:
        """Give the hassil lists the slot needs, by name."""
        spec = self.spec
        if spec is None or self.is_open:
            return {self.name: WildcardSlotList(self.name)}
        if spec.enum:
            return {self.name: _texts(self.name, [(said(value), value) for value in spec.enum if value is not None])}
        if spec.type is ValueType.BOOLEAN:
            return {self.name: _texts(self.name, _TRUTHS)}
        return {self.name: AnyNumber(self.name), **self._units(spec, phrasebook)}

    def _units(self, spec: ParameterSpec, phrasebook: Phrasebook) -> dict[str, SlotList]:
        own = unit_of(self.name, spec)
        spoken = [(" ".join(words), unit) for words, unit in phrasebook.units if can_convert(unit, own)]
        return {UNIT_PREFIX + self.name: _texts(UNIT_PREFIX + self.name, spoken)} if spoken else {}

    def value_of(self, given: Any, unit: str = "") -> Any:
        """Turn what was matched into the argument: numbers in the parameter's unit, whole ones as integers."""
        spec = self.spec
        if spec is None or not self.is_number or isinstance(given, bool) or not isinstance(given, int | float):
            return given.lower() if self.identifies and isinstance(given, str) else given
        number = convert(float(given), unit, unit_of(self.name, spec))
        return int(number) if math.isfinite(number) and number.is_integer() else number

    def problem(self, value: Any) -> str | None:
        """Say why a value is refused and what is allowed, or None."""
        if isinstance(value, float) and not math.isfinite(value):
            return f"{self.name} {value} is no number that can be used"
        for spec in self.specs:
            if problem := spec.problem(value):
                return f"{self.name} {problem}"
        return None

    def accepts(self, words: str, phrasebook: Phrasebook) -> bool:
        """Whether the words by themselves name a value that may be said here."""
        spec = self.spec
        text = words.lower()
        if spec is None or self.is_open:
            return True
        if spec.enum:
            return text.replace("_", " ") in {said(value).lower() for value in spec.enum}
        if spec.type is ValueType.BOOLEAN:
            return text in dict(_TRUTHS)
        number, _, unit = text.partition(" ")
        units = {" ".join(phrase) for phrase, name in phrasebook.units if can_convert(name, unit_of(self.name, spec))}
        return _NUMBER.fullmatch(number) is not None and (not unit or unit in units)

    def misfit(self, words: str) -> str:
        """Say what may be said here, for words that name no allowed value."""
        spec = self.spec
        if spec is not None and spec.enum:
            return f"{self.name} {words!r} is none of {', '.join(said(value) for value in spec.enum)}"
        if self.is_number:
            return f"{self.name} {words!r} is no number{self._limits()}"
        return f"{self.name} {words!r} is neither on nor off"

    def missing(self) -> str:
        """Say that no value was said, and what may be."""
        return f"{self.name} is missing; say which: {self.shown()}"

    def _limits(self) -> str:
        spec = self.spec
        if spec is None or (spec.minimum is None and spec.maximum is None):
            return ""
        low, high = ("" if limit is None else f"{limit:g}" for limit in (spec.minimum, spec.maximum))
        return f" in {low}..{high}{f' {spec.unit}' if spec.unit else ''}"

    def shown(self) -> str:
        """Give the slot as it reads in a suggestion: ``[kitchen | living room]``, ``<16..30>``, ``<object>``."""
        spec = self.spec
        if spec is not None and spec.enum:
            names = [said(value) for value in spec.enum[:6]]
            return f"[{' | '.join([*names, *(['…'] if len(spec.enum) > 6 else [])])}]"
        if spec is not None and spec.type is ValueType.BOOLEAN:
            return "[on | off]"
        if self.is_number and (limits := self._limits()):
            return f"<{limits.split()[1]}>"
        return f"<{self.name.replace('_', ' ')}>"


def said(value: Any) -> str:
    """Give an allowed value as a person says it: ``living_room`` -> ``living room``."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value).replace("_", " ").split())


def _texts(name: str, pairs: Sequence[tuple[str, Any]]) -> TextSlotList:
    texts = TextSlotList.from_tuples(pairs, allow_template=False)
    texts.name = name
    return texts
