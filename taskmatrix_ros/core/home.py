"""What a home consists of, as the planner needs to know it: from a snapshot or from a live registry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from pydantic import ConfigDict, Field, field_validator

from taskmatrix_ros.core.frozen import Frozen


class HomeItem(Frozen):
    """Base of what a home holds. Keys that later versions add are passed over: a home is data of others."""

    model_config = ConfigDict(extra="ignore")


class HomeFloor(HomeItem):
    """A storey."""

    id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    aliases: tuple[str, ...] = ()

    @field_validator("aliases", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return () if value is None else value


class HomeArea(HomeFloor):
    """A room or another part of the home. ``floor``: the id of its floor."""

    floor: str | None = None


class HomeEntity(HomeItem):
    """A device's function under its Home Assistant id. ``area``: an area's id; ``exposed``: people may name it here."""

    entity_id: str = Field(pattern=r"^[a-z][a-z0-9_]*\..+$")
    name: str = ""
    aliases: tuple[str, ...] = ()
    area: str | None = None
    state: str | None = None
    attributes: Mapping[str, Any] = Field(default_factory=dict)
    exposed: bool = True

    @field_validator("aliases", mode="before")
    @classmethod
    def _no_aliases(cls, value: Any) -> Any:
        return () if value is None else value

    @field_validator("attributes", mode="before")
    @classmethod
    def _no_attributes(cls, value: Any) -> Any:
        return {} if value is None else value

    @field_validator("state", mode="before")
    @classmethod
    def _state_as_text(cls, value: Any) -> Any:
        if isinstance(value, bool):
            return "on" if value else "off"
        return f"{value:g}" if isinstance(value, int | float) else value

    @property
    def domain(self) -> str:
        """The part before the period: ``light``."""
        return self.entity_id.partition(".")[0]

    @property
    def device_class(self) -> str:
        """Home Assistant's device class, or an empty text."""
        return str(self.attributes.get("device_class") or "")

    @property
    def names(self) -> tuple[str, ...]:
        """What a person may call it: name and aliases; the id's words where it has no name."""
        own = self.name or self.entity_id.partition(".")[2].replace("_", " ")
        return (own, *self.aliases)


class HomeTimer(HomeItem):
    """A timer that was set. ``start_*``: what it was set to; ``total_seconds_left``: what is left of it, in seconds."""

    id: str = ""
    name: str | None = None
    area: str | None = None
    is_active: bool = True
    start_hours: float | None = None
    start_minutes: float | None = None
    start_seconds: float | None = None
    total_seconds_left: float | None = None

    @property
    def duration_s(self) -> float:
        """What it was set to, in seconds."""
        return (self.start_hours or 0) * 3600 + (self.start_minutes or 0) * 60 + (self.start_seconds or 0)


class HomePlace(HomeItem):
    """Where the robot can go. ``area``: the area it is in."""

    id: str = Field(min_length=1)
    name: str = ""
    aliases: tuple[str, ...] = ()
    area: str | None = None

    @field_validator("aliases", mode="before")
    @classmethod
    def _no_aliases(cls, value: Any) -> Any:
        return () if value is None else value


class HomeObject(HomeItem):
    """What the robot can find and carry. ``at``: the id of the place it is at, null where nobody knows."""

    id: str = Field(min_length=1)
    name: str = ""
    aliases: tuple[str, ...] = ()
    category: str | tuple[str, ...] | None = None
    attributes: Any = None
    at: str | None = None

    @field_validator("aliases", mode="before")
    @classmethod
    def _no_aliases(cls, value: Any) -> Any:
        return () if value is None else value


class HomeRobot(HomeItem):
    """Where the robot is and what it holds: the ids of a place and of an object."""

    at: str | None = None
    holding: str | None = None


class Home(Protocol):
    """A home as it is now. ``revision`` rises whenever what it consists of changes; states may change without."""

    @property
    def revision(self) -> int:
        """Rises when floors, areas, entities, their names or their exposure change."""

    @property
    def floors(self) -> Sequence[HomeFloor]:
        """The storeys."""

    @property
    def areas(self) -> Sequence[HomeArea]:
        """The rooms."""

    @property
    def entities(self) -> Sequence[HomeEntity]:
        """Every entity, those not exposed included: nobody may name or use them, nor be told of them."""

    @property
    def timers(self) -> Sequence[HomeTimer]:
        """The timers that were set."""

    @property
    def places(self) -> Sequence[HomePlace]:
        """Where the robot can go."""

    @property
    def objects(self) -> Sequence[HomeObject]:
        """What the robot can carry."""

    @property
    def robot(self) -> HomeRobot | None:
        """The robot, if there is one."""

    @property
    def now(self) -> datetime | None:
        """The home's moment, aware; None: the wall clock's."""


@runtime_checkable
class TellsHome(Protocol):
    """A binding through which a home is known: its rooms, devices, their names and states."""

    home: Home
