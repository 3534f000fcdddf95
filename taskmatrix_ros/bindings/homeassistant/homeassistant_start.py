"""A Home Assistant that serves already and is not done starting: its services and entities come one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any


class HomeAssistantStart:
    """What is there of it by now. Lives for one connection, in the loop's thread."""

    def __init__(self, services: Mapping[str, Iterable[str]], can_be_reached: Callable[[str], bool]) -> None:
        """:param services: domain -> names of services that are there.

        :param can_be_reached: whether an entity is there and available.
        """
        self._services = {f"{domain}.{name}" for domain, names in services.items() for name in names}
        self._can_be_reached = can_be_reached
        self._news = asyncio.Event()
        self._over = False

    def missing(self, service: str, entity_ids: Sequence[str] | None) -> str | None:
        """Say what a call needs and is still to come; None where it can go out, or nothing more will come."""
        if self._over:
            return None
        if service not in self._services:
            return f"service {service}"
        return next((one for one in entity_ids or () if not self._can_be_reached(one)), None)

    async def wait(self, service: str, entity_ids: Sequence[str] | None) -> None:
        """Wait until nothing is missing."""
        while self.missing(service, entity_ids) is not None:
            self._news.clear()
            await self._news.wait()

    def registered(self, service: str) -> None:
        """A service has come."""
        self._services.add(service)
        self._news.set()

    def heard(self) -> None:
        """Entities have come, or can be reached now."""
        self._news.set()

    def end(self) -> None:
        """It runs, or is gone, or has had time enough."""
        self._over = True
        self._news.set()


def service_of(event: Mapping[str, Any]) -> str:
    """Give the name in an event ``service_registered``."""
    data = event.get("data") or {}
    return f"{data.get('domain')}.{data.get('service')}"
