"""Counts what documents are used for, and how it went."""

from __future__ import annotations

from taskmatrix_ros.core.event_bus import Event
from taskmatrix_ros.core.outcome import Confirmation, Status, utc_now
from taskmatrix_ros.core.ports import Journal
from taskmatrix_ros.registry.registry import Registry


class UseCounter:
    """Hears that runs have ended, and counts their calls. The selector asks it how often a document was confirmed."""

    def __init__(self, registry: Registry, journal: Journal) -> None:
        self._registry = registry
        self._journal = journal
        self._confirmed: dict[str, int] = {}

    def hear(self, event: Event) -> None:
        """Count the calls of a run that ended."""
        episode = self._journal.run(event.run_id) if event.kind == "run_ended" else None
        ended = [record for record in episode.calls if record.outcome is not None and record.sent] if episode else []
        if not ended:
            return
        with self._registry.changing():
            for record in ended:
                outcome = record.outcome
                assert outcome is not None
                confirmed = outcome.ok and outcome.confirmation is Confirmation.CONFIRMED
                failed = not outcome.ok and outcome.status is not Status.REJECTED
                self._registry.store.count_use(record.call.api, confirmed=confirmed, failed=failed, at=utc_now())
                self._confirmed.pop(record.call.api, None)

    def confirmed(self, name: str) -> int:
        """Give how often the world confirmed a call of a document."""
        if name not in self._confirmed:
            entry = self._registry.store.entry(name)
            self._confirmed[name] = entry.confirmed if entry is not None else 0
        return self._confirmed[name]
