"""The base of every value that travels: frozen, keyword-only, refusing unknown keys, round-tripping through JSON."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict

_fill = object.__setattr__


class Frozen(BaseModel):
    """A value without identity: two with equal fields are equal."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        ser_json_inf_nan="strings",
        ser_json_bytes="base64",
        val_json_bytes="base64",
    )

    def but(self, **changes: Any) -> Self:
        """Give a copy with other values, which are of their fields' types: what ``model_copy(update=…)`` gives, in half
        the time.
        """
        copy = object.__new__(type(self))
        _fill(copy, "__dict__", {**self.__dict__, **changes})
        _fill(copy, "__pydantic_fields_set__", self.__pydantic_fields_set__ | changes.keys())
        _fill(copy, "__pydantic_extra__", None)
        _fill(copy, "__pydantic_private__", None)
        return copy

    def as_json(self, *, without: set[str] | None = None) -> str:
        """Give what ``model_dump_json`` gives, in half the time: a rule's run is written seven times.

        :param without: names of fields that are left out.
        """
        return self.__pydantic_serializer__.to_json(self, exclude=without).decode()
