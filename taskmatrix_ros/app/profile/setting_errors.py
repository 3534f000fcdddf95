"""Says in one line, with a remedy, what is wrong with a profile."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.registry.findings import nearest_hint


def setting_error(place: str, error: ValidationError, model: type[BaseModel]) -> ConfigError:
    """Give the first finding as an error.

    :param place: the file, or what else holds the settings.
    :param model: what was validated: it knows which keys are allowed.
    """
    all_found = error.errors(include_url=False)
    # A misspelt key is often missing under its right name, too: the misspelling is what to mend.
    found = next((each for each in all_found if each["type"] == "extra_forbidden"), all_found[0])
    location = tuple(part for part in found["loc"] if part != "[key]")
    where = ".".join(map(str, location))
    if found["type"] == "extra_forbidden":
        hint = nearest_hint(str(location[-1]), allowed_keys(model, location[:-1]))
        return ConfigError(f"{place}: {where}: unknown key; {hint}")
    where = f"{where}: " if where else ""
    problem = found["msg"].removeprefix("Value error, ")
    given = f" (given: {str(found['input'])[:80]!r})" if found["type"] not in ("missing", "value_error") else ""
    return ConfigError(f"{place}: {where}{problem}{given}; correct it there")


def allowed_keys(model: type[BaseModel], location: tuple[str | int, ...]) -> tuple[str, ...]:
    """Name the keys that may stand in the mapping at ``location``; ``()`` where any may."""
    kind: Any = model
    for part in location:
        kind = _child(_plain(kind), part)
    kind = _plain(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return tuple(kind.model_fields)
    if get_origin(kind) in (dict, Mapping) and isinstance(key := get_args(kind)[0], type) and issubclass(key, Enum):
        return tuple(str(member.value) for member in key)
    return ()


def _plain(kind: Any) -> Any:
    """Strip what does not change the shape: ``Annotated`` and ``| None``."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif get_origin(kind) in (Union, UnionType):
            kind = next((option for option in get_args(kind) if option is not type(None)), None)
        else:
            return kind


def _child(kind: Any, part: str | int) -> Any:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = kind.model_fields.get(str(part))
        return field.annotation if field is not None else None
    inner = get_args(kind)
    if get_origin(kind) in (dict, Mapping) and inner:
        return inner[1]
    return inner[0] if inner else None
