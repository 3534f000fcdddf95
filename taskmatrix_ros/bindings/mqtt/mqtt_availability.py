"""Whether a device says that it is there: nothing is sent to one that is not, to be done when it comes back."""

from __future__ import annotations

import asyncio
from typing import Any

from taskmatrix_ros.core.binding_spec import AvailabilityMode, Mqtt
from taskmatrix_ros.core.state_store import StateStore


class Availability:
    """Reads the boolean state keys that an MQTT binding names in ``available``."""

    def __init__(self, spec: Mqtt, state: StateStore) -> None:
        self._keys = spec.available
        self._mode = spec.available_mode
        self._state = state

    @property
    def is_known(self) -> bool:
        """Whether the keys tell, one way or the other."""
        said = [self._said(key) for key in self._keys]
        if self._mode is AvailabilityMode.ALL:
            return False in said or None not in said
        if self._mode is AvailabilityMode.ANY:
            return True in said or None not in said
        return any(word is not None for word in said)

    def problem(self) -> str | None:
        """Say why the device counts as gone, or None."""
        said = {key: self._said(key) for key in self._keys}
        if not said or self._holds(list(said.values())):
            return None
        wrong = next(key for key, word in said.items() if word is not True)
        told = "it says that it is offline" if said[wrong] is False else "it has not said that it is online"
        return f"{told} ({wrong}); switch it on or look after its connection"

    async def wait_known(self, ended: asyncio.Future[Any], within_s: float) -> None:
        """Wait until the keys tell, ``ended`` is done or the time is over: a subscription may be a moment old."""
        if self.is_known:
            return
        loop = asyncio.get_running_loop()
        told: asyncio.Future[None] = loop.create_future()

        def look(_value: Any) -> None:
            if self.is_known and not told.done():
                told.set_result(None)

        undo = self._state.watch(look, self._keys)
        try:
            await asyncio.wait({told, ended}, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            undo()

    def _holds(self, said: list[bool | None]) -> bool:
        if self._mode is AvailabilityMode.ALL:
            return all(said)
        if self._mode is AvailabilityMode.ANY:
            return any(said)
        heard = [value for key in self._keys if (value := self._state.read(key)) is not None]
        newest = max(heard, key=lambda value: value.sequence, default=None)
        return newest is not None and self._said(newest.key) is True

    def _said(self, key: str) -> bool | None:
        value = self._state.get(key)
        return value if isinstance(value, bool) else None
