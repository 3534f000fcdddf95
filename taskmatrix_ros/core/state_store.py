"""The world as last heard: a flat map from ``entity.attribute`` to a value with unit, moment and source."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from taskmatrix_ros.core.clocks import SteadyClock
from taskmatrix_ros.core.outcome import utc_now
from taskmatrix_ros.core.together import Together

_log = logging.getLogger(__name__)


class StateValue(NamedTuple):
    """A value as it arrived. ``received_s`` is steady time, ``sequence`` counts all arrivals of the store from 1.

    ``retained``: the source did not say it now but repeats its latest word to one who has just begun to listen.
    """

    key: str
    value: Any
    unit: str | None
    at: datetime
    source: str
    received_s: float
    sequence: int
    retained: bool = False


Watcher = Callable[[StateValue], None]


class StateStore(Mapping[str, Any]):
    """Owned by the loop's thread: other threads hand values over with ``loop.call_soon_threadsafe``.

    As a mapping it shows only what may be believed: a missing, stale or null value, or one whose source is not live,
    is absent. ``read`` shows the rest.
    """

    def __init__(self, clock: SteadyClock | None = None) -> None:
        self.together = Together()
        """Whether more values are arriving right now."""
        self._clock = clock or SteadyClock()
        self._values: dict[str, StateValue] = {}
        self._stale_after_s: dict[str, float] = {}
        self._dead: set[str] = set()
        self._watchers: dict[str, list[Watcher]] = {}
        self._source_watchers: list[Callable[[], None]] = []
        self._sequence = 0

    @property
    def sequence(self) -> int:
        """How many values have arrived so far: a mark to compare later arrivals with."""
        return self._sequence

    def set_stale_after(self, key: str, stale_after_s: float) -> None:
        """A value of this key is missing when it is older, in seconds of steady time."""
        self._stale_after_s[key] = stale_after_s

    def set(
        self,
        key: str,
        value: Any,
        *,
        source: str,
        unit: str | None = None,
        at: datetime | None = None,
        retained: bool = False,
    ) -> StateValue:
        """Take in a value. A value from a source proves that the source lives.

        :param source: who says so: ``mqtt:default``, ``ros2:robot/state``, ``reply:<call_id>``.
        :param at: when it was measured, aware UTC; now if the source does not tell.
        :param retained: an old word, repeated because we began to listen.
        """
        self._sequence += 1
        if source in self._dead:
            self.set_source_live(source, live=True)
        arrived = StateValue(key, value, unit, at or utc_now(), source, self._clock.now_s(), self._sequence, retained)
        self._values[key] = arrived
        for watcher in (*self._watchers.get(key, ()), *self._watchers.get("", ())):
            try:
                watcher(arrived)
            except Exception:  # noqa: BLE001 - a watcher may fail in any way
                _log.exception("watcher %r failed on %s; it stays", watcher, key)
        return arrived

    def forget(self, key: str) -> None:
        """Drop a key whose device is gone."""
        self._values.pop(key, None)

    def set_source_live(self, source: str, *, live: bool) -> None:
        """Say whether a source still speaks; values of a dead one count as missing until it does again."""
        if live == self.is_live(source):
            return
        if live:
            self._dead.discard(source)
        else:
            self._dead.add(source)
        for watcher in tuple(self._source_watchers):
            watcher()

    def is_live(self, source: str) -> bool:
        """Whether nobody said that the source is gone."""
        return source not in self._dead

    def watch_sources(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call ``watcher`` whenever a source has gone or come back; it must not fail. :returns: the way to end it."""
        self._source_watchers.append(watcher)
        return lambda: self._source_watchers.remove(watcher) if watcher in self._source_watchers else None

    def read(self, key: str) -> StateValue | None:
        """Give what last arrived, believable or not."""
        return self._values.get(key)

    def all_values(self) -> Iterable[StateValue]:
        """Every value that ever arrived and was not forgotten, believable or not."""
        return tuple(self._values.values())

    def problem(self, key: str) -> str | None:
        """Say why a key counts as missing, or None if it does not."""
        if problem := self.doubt(key):
            return problem
        return f"{key} is null" if self._values[key].value is None else None

    def doubt(self, key: str) -> str | None:
        """Say why nothing is known of a key, or None if its latest value may be believed; that may be null."""
        stored = self._values.get(key)
        if stored is None:
            return f"{key} was never heard"
        if stored.source in self._dead:
            return f"{key} is unknown since {stored.source} is gone"
        limit = self._stale_after_s.get(key)
        age_s = self._clock.now_s() - stored.received_s
        if limit is not None and age_s > limit:
            return f"{key} is {age_s:.1f} s old, older than {limit:g} s"
        return None

    def gone_source(self, key: str) -> str | None:
        """Name who told a key last, if that source is gone; None where it is there, or nobody ever told."""
        stored = self._values.get(key)
        return stored.source if stored is not None and stored.source in self._dead else None

    def watch(self, watcher: Watcher, keys: Iterable[str] = ("",)) -> Callable[[], None]:
        """Call ``watcher`` on every arrival for ``keys``, all keys by default. :returns: the way to end it."""
        chosen = tuple(keys)
        for key in chosen:
            self._watchers.setdefault(key, []).append(watcher)

        def undo() -> None:
            for key in chosen:
                if watcher in self._watchers.get(key, ()):
                    self._watchers[key].remove(watcher)

        return undo

    async def changed(self, deadline_s: float, after: int) -> bool:
        """Wait until a value arrives after mark ``after``. :returns: whether one did within ``deadline_s``."""
        if self._sequence > after:
            return True
        arrived = asyncio.Event()
        undo = self.watch(lambda _value: arrived.set())
        try:
            async with asyncio.timeout(deadline_s):
                await arrived.wait()
        except TimeoutError:
            return False
        finally:
            undo()
        return True

    def __getitem__(self, key: str) -> Any:
        if self.problem(key) is not None:
            raise KeyError(key)
        return self._values[key].value

    def __iter__(self) -> Iterator[str]:
        return (key for key in tuple(self._values) if self.problem(key) is None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def snapshot(self) -> dict[str, Any]:
        """Copy what may be believed: the start of a rehearsal."""
        return dict(self)

    def known(self, keys: Iterable[str] | None = None) -> dict[str, Any]:
        """Copy what may be believed, nulls included: a key that is absent here is one nobody knows anything of.

        :param keys: only these; all by default.
        """
        chosen = self._values if keys is None else keys
        return {key: self._values[key].value for key in chosen if self.doubt(key) is None}
