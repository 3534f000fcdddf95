"""Whom a connection to a broker belongs to, and what it tells them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from taskmatrix_ros.bindings.mqtt.mqtt_command import MqttCommand
from taskmatrix_ros.core.together import Together


class Received(NamedTuple):
    """A message as it came in; ``retained``: the broker kept it and gave it out because we subscribed."""

    topic: str
    payload: bytes | bytearray
    retained: bool


@dataclass(frozen=True, slots=True)
class ConnectionEnd:
    """Why a connection ended or none came about.

    ``answered``: the broker accepted it first. ``other_version``: it may only be that it does not speak our version.
    """

    reason: str
    answered: bool = False
    other_version: bool = False


class Subscription(NamedTuple):
    """A wish for one topic filter; another ``stamp`` means that other state keys are read of it."""

    qos: int
    stamp: int = 0


class ConnectionOwner(Protocol):
    """What a connection asks and tells; all in the loop's thread."""

    closing: bool
    filters: Mapping[str, Subscription]
    """Topic filters wanted; replaced as a whole, never changed."""
    together: Together
    """What comes in together is answered in few segments."""

    def next_command(self) -> MqttCommand | None:
        """Give the next message to send, claimed."""

    def accepted(self, version: str) -> None:
        """The broker accepted the connection; nothing of it was told before."""

    def subscribed(self, refused: Iterable[str]) -> None:
        """The broker answered all subscriptions; it refused some."""

    def received(self, batch: list[Received]) -> None:
        """Messages came in."""

    def ended(self, end: ConnectionEnd) -> None:
        """The connection is over; nothing of it is told after."""
