"""What the world says after one call, looked at anew whenever something arrives, or somebody goes or returns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.clocks import HomeClock
from taskmatrix_ros.core.outcome import Confirmation
from taskmatrix_ros.core.state_store import StateStore, StateValue
from taskmatrix_ros.expressions.expression import Expression

Condition = tuple[Expression, Mapping[str, Any]]

_MAX_RETURNS = 5
"""How often a wait begins anew for a peer that comes and goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds of steady time that a peer that has gone is waited for.

    ``return_s``: for itself, a broker or Home Assistant; ``device_s``: after that, for the first word of a device
    behind it; ``away``: told once when the wait for the peer begins.
    """

    return_s: float = 0.0
    device_s: float = 0.0
    away: Callable[[str], None] = lambda _peer: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the world showed. ``lost``: a peer that would tell was away meanwhile.

    ``has_spoken``: the world has had its say: whoever would tell is there, and was heard or had time enough to speak.
    """

    confirmation: Confirmation
    evidence: tuple[str, ...] = ()
    lost: bool = False
    has_spoken: bool = False


class WorldWatch:
    """Lives for one read-back, in the loop's thread."""

    def __init__(
        self,
        state: StateStore,
        clock: HomeClock,
        conditions: tuple[Condition, ...],
        call: Call,
        *,
        peers: Iterable[str],
        since: int,
        result: Any,
    ) -> None:
        """:param peers: sources of which it is known, value or not, that they would tell."""
        self._state = state
        self._clock = clock
        self._own = f"reply:{call.call_id}"
        self._since = since
        self._result = result
        self._conditions = conditions
        self._keys = tuple(expression.keys_for(args) for expression, args in conditions)
        self._all_keys = tuple(dict.fromkeys(key for keys in self._keys for key in keys))
        self._peers = dict.fromkeys(peers)
        self._said: tuple[tuple[bool | None, str], ...] = ()
        self._news: set[str] = set()
        self._confirmed = False
        self._lost = False
        self._happened = asyncio.Event()

    async def until_confirmed(self, within_s: float, patience: Patience) -> None:
        """Look now and whenever something happens, for ``within_s`` seconds: they begin anew when a peer returns."""
        if self._look():
            return
        with self._listening():
            for _ in range(_MAX_RETURNS):
                await self._until(lambda: self._look() or self._away() is not None, within_s)
                gone = self._away()
                if self._confirmed or gone is None:
                    return
                self._lost = True
                patience.away(gone)
                if not await self._until(lambda: self._away() is None, patience.return_s):
                    return
                await self._until(
                    lambda: self._look() or self._away() is not None or not self._is_silent(), patience.device_s
                )

    def seen(self) -> Seen:
        """Judge what was seen last."""
        there = self._away() is None
        heard = all(self._counted(key) is not None for key in self._all_keys)
        return Seen(
            confirmation=self._verdict(),
            evidence=self._evidence(),
            lost=self._lost,
            has_spoken=there and (self._lost or heard),
        )

    @contextmanager
    def _listening(self) -> Iterator[None]:
        undo = self._state.watch(lambda _value: self._happened.set(), self._all_keys)
        deaf = self._state.watch_sources(self._happened.set)
        try:
            yield
        finally:
            undo()
            deaf()

    async def _until(self, fact: Callable[[], bool], within_s: float) -> bool:
        """Wait for a fact. :returns: whether it is one, in the end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not fact():
                    self._happened.clear()
                    await self._happened.wait()
        return fact()

    def _away(self) -> str | None:
        """Name a peer that would tell and is away, or the part of one, as an entity that is not back yet."""
        parts = (source for key in self._all_keys if (source := self._source_of(key)).partition("/")[0] in self._peers)
        return next((source for source in (*self._peers, *parts) if not self._state.is_live(source)), None)

    def _source_of(self, key: str) -> str:
        stored = self._state.read(key)
        return "" if stored is None else stored.source

    def _is_silent(self) -> bool:
        """Whether something that was asked for has not been heard of, or is not known by who is asked."""
        return any((value := self._counted(key)) is None or value.value is None for key in self._all_keys)

    def _verdict(self) -> Confirmation:
        if self._confirmed:
            return Confirmation.CONFIRMED
        for keys, (holds, _) in zip(self._keys, self._said, strict=True):
            if holds is False and self._news.intersection(keys):
                return Confirmation.CONTRADICTED
        return Confirmation.UNCONFIRMED

    def _evidence(self) -> tuple[str, ...]:
        # what does not hold goes first: of many things, those are what a person wants to know of
        said = sorted(self._said, key=lambda decided: decided[0] is True)
        return (*(line for _, line in said), *map(self._describe, self._all_keys))

    def _look(self) -> bool:
        """Decide every expression by the values that count. :returns: whether all of it is confirmed."""
        counted = {key: value for key in self._all_keys if (value := self._counted(key)) is not None}
        known = {key: value.value for key, value in counted.items()}
        self._peers |= {value.source: None for value in counted.values()}
        self._news = {key for key, value in counted.items() if self._is_news(value)}
        self._said = tuple(self._decide(condition, known) for condition in self._conditions)
        self._confirmed = all(holds for holds, _ in self._said) and self._says_something()
        return self._confirmed

    def _says_something(self) -> bool:
        """Whether the world has a part in it: what holds whatever the state is confirms nothing."""
        return any(self._decide(condition, {})[0] is not True for condition in self._conditions)

    def _decide(self, condition: Condition, known: Mapping[str, Any]) -> tuple[bool | None, str]:
        expression, args = condition
        return expression.decide(known, args, result=self._result, now=self._clock.now())

    def _counted(self, key: str) -> StateValue | None:
        stored = self._state.read(key)
        if stored is None or stored.source == self._own or self._state.doubt(key) is not None:
            return None
        return stored

    def _is_news(self, value: StateValue) -> bool:
        return value.sequence > self._since and not value.retained

    def _describe(self, key: str) -> str:
        stored = self._state.read(key)
        if stored is None:
            return f"{key} was never heard"
        when = "after the call went out" if self._is_news(stored) else "before the call went out"
        if stored.source == self._own:
            when = "by the call's own reply, which does not count"
        doubt = self._state.doubt(key)
        said = f"{key} = {stored.value!r} from {stored.source} at {stored.at:%H:%M:%S.%f} UTC, {when}"
        return f"{said}; {doubt}" if doubt else said
