"""What a stop does to what calls have set in motion in Home Assistant."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

WATCH_S = 10.0
"""How long after a stop what begins to move is halted: a device may take its time to obey an earlier command."""


@dataclass(frozen=True, slots=True)
class _Halt:
    """``service`` halts an entity that is in one of the states ``while_in``; ``always``: whatever it says."""

    service: str
    while_in: frozenset[str]
    always: bool = False


_HALTS: Mapping[str, _Halt] = {
    # they report that they move only some time after they were told to, and do no harm where they stand still
    "cover": _Halt("stop_cover", frozenset({"opening", "closing"}), always=True),
    "valve": _Halt("stop_valve", frozenset({"opening", "closing"}), always=True),
    "vacuum": _Halt("stop", frozenset({"cleaning", "returning"})),
    "lawn_mower": _Halt("pause", frozenset({"mowing"})),
}


class HomeAssistantHalts:
    """Halts what calls have commanded: at the stop, and what begins to move soon after. Lives in the loop's thread."""

    def __init__(
        self,
        state_of: Callable[[str], str | None],
        halt: Callable[[str, str], None],
        *,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """:param state_of: what an entity said last; None where it is not known.

        :param halt: calls a service, such as ``stop_cover``, on an entity; it returns at once and does not raise.
        """
        self._state_of = state_of
        self._halt = halt
        self._now_s = now_s
        self._moved: set[str] = set()
        """What calls have commanded since the last stop was lifted."""
        self._watched_until_s: float | None = None
        """None: no stop holds."""

    def sent(self, entity_ids: Iterable[str]) -> None:
        """A call on these went out, as only one can that was admitted while no stop held."""
        self.lift()
        self._moved.update(entity_id for entity_id in entity_ids if _halt_of(entity_id) is not None)

    def lift(self) -> None:
        """A stop holds no more: what moves from now on is others' business."""
        if self._watched_until_s is not None:
            self._watched_until_s = None
            self._moved.clear()

    def stop(self) -> None:
        """Halt what moves, or may be about to. A second stop halts it again."""
        self._watched_until_s = self._now_s() + WATCH_S
        for entity_id in sorted(self._moved):
            halt = _halt_of(entity_id)
            if halt is not None and (halt.always or self._state_of(entity_id) in halt.while_in):
                self._halt(entity_id, halt.service)

    def hear(self, event: Mapping[str, Any]) -> None:
        """Take one event of ``subscribe_entities``: what was commanded and now begins to move is halted."""
        if self._watched_until_s is None or self._now_s() > self._watched_until_s:
            return
        told = {entity_id: one.get("s") for entity_id, one in (event.get("a") or {}).items()}
        told |= {entity_id: (one.get("+") or {}).get("s") for entity_id, one in (event.get("c") or {}).items()}
        for entity_id in sorted(self._moved & told.keys()):
            halt = _halt_of(entity_id)
            if halt is not None and told[entity_id] in halt.while_in:
                self._halt(entity_id, halt.service)


def _halt_of(entity_id: str) -> _Halt | None:
    return _HALTS.get(entity_id.partition(".")[0])
