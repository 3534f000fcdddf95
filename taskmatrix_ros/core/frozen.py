"""The base of every value that travels: frozen, keyword-only, refusing unknown keys, round-tripping through JSON."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict

_new = object.__new__
_set_values, _set_given, _set_extra, _set_private = (
    BaseModel.__dict__[name].__set__
    for name in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
)


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
        copy = _new(type(self))
        _set_values(copy, {**self.__dict__, **changes})
        _set_given(copy, self.__pydantic_fields_set__ | changes.keys())
        _set_extra(copy, None)
        _set_private(copy, None)
        return copy

    def as_json(self, *, without: set[str] | None = None) -> str:
        """Give what ``model_dump_json`` gives, in half the time: a rule's run is written seven times.

        :param without: names of fields that are left out.
        """
        return self.__pydantic_serializer__.to_json(self, exclude=without).decode()
