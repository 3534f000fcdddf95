"""The type, unit and limits of a parameter or a returned value."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from taskmatrix_ros.core.frozen import Frozen


class ValueType(StrEnum):
    """JSON's types; ``number`` is a double, ``integer`` a whole one."""

    STRING = "string"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    OBJECT = "object"
    ARRAY = "array"


class ParameterSpec(Frozen):
    """What a value may be.

    ``minimum`` and ``maximum`` are inclusive and in ``unit``; the unit is the name's suffix too. What has a
    default is not required. ``names``: the value is the name of an object, a place, or a surface to put things on, of
    the robot's map.
    """

    type: ValueType
    description: str = ""
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    enum: tuple[Any, ...] | None = None
    default: Any = None
    required: bool = Field(default_factory=lambda given: given.get("default") is None)
    sensitive: bool = False
    names: Literal["object", "place", "surface"] | None = None
    items: ParameterSpec | None = None
    properties: dict[str, ParameterSpec] | None = None

    @model_validator(mode="after")
    def _limits_agree(self) -> Self:
        numeric = self.type in (ValueType.NUMBER, ValueType.INTEGER)
        if not numeric and (self.minimum is not None or self.maximum is not None):
            raise ValueError(f"minimum and maximum go with number or integer, not with {self.type}")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum:g} is above maximum {self.maximum:g}")
        if self.required and self.default is not None:
            raise ValueError("a parameter with a default is not required; leave out `required`")
        for allowed in self.enum or ():
            if problem := self._type_problem(allowed):
                raise ValueError(f"enum value {problem}")
        if self.default is not None and (problem := self.problem(self.default)):
            raise ValueError(f"default {problem}")
        return self

    def problem(self, value: Any) -> str | None:
        """Say what is wrong with a value, or None: ``140 is outside 0..100 %``."""
        if value is None:
            return "is missing" if self.required else None
        if problem := self._type_problem(value):
            return problem
        if self.enum is not None and value not in self.enum:
            return f"{value!r} is none of {', '.join(map(str, self.enum))}"
        unit = f" {self.unit}" if self.unit else ""
        low, high = self.minimum, self.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            given = f"{'' if low is None else f'{low:g}'}..{'' if high is None else f'{high:g}'}"
            return f"{value:g} is outside {given}{unit}"
        return self._nested_problem(value)

    def _nested_problem(self, value: Any) -> str | None:
        if self.items is not None and self.type is ValueType.ARRAY:
            for index, item in enumerate(value):
                if problem := self.items.problem(item):
                    return f"[{index}] {problem}"
        if self.properties is not None and self.type is ValueType.OBJECT:
            for name, spec in self.properties.items():
                if problem := spec.problem(value.get(name)):
                    return f".{name} {problem}"
        return None

    def _type_problem(self, value: Any) -> str | None:
        fits = {
            ValueType.STRING: isinstance(value, str),
            ValueType.NUMBER: isinstance(value, int | float) and not isinstance(value, bool) and value == value,
            ValueType.INTEGER: isinstance(value, int) and not isinstance(value, bool),
            ValueType.BOOLEAN: isinstance(value, bool),
            ValueType.OBJECT: isinstance(value, dict),
            ValueType.ARRAY: isinstance(value, list | tuple),
        }[self.type]
        return None if fits else f"{value!r} is not a {self.type.value}"


class ReturnSpec(ParameterSpec):
    """What a call gives back; a missing value is no error of the caller's."""

    required: bool = Field(default=False)
