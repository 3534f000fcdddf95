"""One device that is reached by several routes is one device: the best route has it, the others leave it alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum


class Route(IntEnum):
    """Ways to a device, the best first."""

    MANIFEST = 0
    HOME_ASSISTANT = 1
    MQTT_DISCOVERY = 2


class DeviceIndex:
    """Who has what, by ids that name an entity the same by every route: ``light:0x00158d0001``.

    That is its kind and the ``unique_id`` of its discovery message, which Home Assistant keeps. Lives in the loop's
    thread.
    """

    def __init__(self) -> None:
        self._claims: dict[Route, dict[str, str]] = {route: {} for route in Route}
        self._listeners: list[Callable[[], None]] = []

    def claim(self, route: Route, claims: Mapping[str, str]) -> None:
        """Take what a route has now in the place of what it had. :param claims: id -> who has it, in words."""
        if self._claims[route] != claims:
            self._claims[route] = dict(claims)
            for listener in tuple(self._listeners):
                listener()

    def add(self, route: Route, ids: Iterable[str], owner: str) -> None:
        """Claim further ids."""
        self.claim(route, {**self._claims[route], **dict.fromkeys(ids, owner)})

    def better_owner(self, ids: Iterable[str], than: Route) -> str | None:
        """Say who has one of these by a better route, or None."""
        for one in ids:
            for route in Route:
                if route < than and (owner := self._claims[route].get(one)) is not None:
                    return owner
        return None

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Be told when anybody has something else than before. :returns: the way to end it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None
