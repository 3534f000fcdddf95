"""Whether the world shows what a call was to bring about."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.clocks import HomeClock, WallClock
from taskmatrix_ros.core.outcome import Confirmation
from taskmatrix_ros.core.state_store import StateStore, StateValue
from taskmatrix_ros.expressions.ensures import ensures_of
from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.expressions.spread import spread

Evidence = tuple[str, ...]
_Condition = tuple[Expression, Mapping[str, Any]]


class ReadBack:
    """Awaits a document's ``ensures`` on the state store.

    A value counts if its source is not the call's own reply, lives and is not stale. It confirms if it arrived after
    the dispatch or was already right; it contradicts only if it is news, arrived after the dispatch and not retained.
    """

    def __init__(self, state: StateStore, clock: HomeClock | None = None) -> None:
        self._state = state
        self._clock = clock or WallClock()

    async def confirm(
        self, document: ApiDocument, call: Call, *, since: int, result: Any = None
    ) -> tuple[Confirmation, Evidence]:
        """Wait until everything is confirmed, at most the document's ``confirm_s`` seconds.

        :param since: the store's ``sequence`` at the moment of dispatch.
        :param result: the called party's own value; expressions may compare the world with it.
        :returns: ``none`` for a document that commands nothing and ensures nothing; else the verdict, and one line for
            each expression and each value it read.
        """
        expressions = tuple(Expression.parse(source) for source in ensures_of(document))
        if not expressions:
            if document.effect.commands:
                return Confirmation.UNCONFIRMED, (f"nothing tells what {document.name} brings about",)
            return Confirmation.NONE, ()
        conditions = tuple((one, args) for args in spread(document, call.arguments) for one in expressions)
        watch = _Watch(self._state, self._clock, conditions, call, since, result)
        await watch.until_confirmed(document.confirm_s)
        return watch.verdict(), watch.evidence()


class _Watch:
    """What the world said when it was last looked at."""

    def __init__(
        self,
        state: StateStore,
        clock: HomeClock,
        conditions: tuple[_Condition, ...],
        call: Call,
        since: int,
        result: Any,
    ) -> None:
        self._state = state
        self._clock = clock
        self._own = f"reply:{call.call_id}"
        self._since = since
        self._result = result
        self._conditions = conditions
        self._keys = tuple(expression.keys_for(args) for expression, args in conditions)
        self._all_keys = tuple(dict.fromkeys(key for keys in self._keys for key in keys))
        self._said: tuple[tuple[bool | None, str], ...] = ()
        self._news: set[str] = set()
        self._confirmed = False

    async def until_confirmed(self, within_s: float) -> None:
        """Look now and at every arrival, for ``within_s`` seconds of steady time; once more at their end."""
        if self._look():
            return
        arrived = asyncio.Event()
        undo = self._state.watch(lambda _value: arrived.set(), self._all_keys)
        try:
            async with asyncio.timeout(within_s):
                while not self._look():
                    arrived.clear()
                    await arrived.wait()
        except TimeoutError:
            self._look()
        finally:
            undo()

    def verdict(self) -> Confirmation:
        if self._confirmed:
            return Confirmation.CONFIRMED
        for keys, (holds, _) in zip(self._keys, self._said, strict=True):
            if holds is False and self._news.intersection(keys):
                return Confirmation.CONTRADICTED
        return Confirmation.UNCONFIRMED

    def evidence(self) -> Evidence:
        # what does not hold goes first: of many things, those are what a person wants to know of
        said = sorted(self._said, key=lambda decided: decided[0] is True)
        return (*(line for _, line in said), *map(self._describe, self._all_keys))

    def _look(self) -> bool:
        """Decide every expression by the values that count. :returns: whether all of it is confirmed."""
        counted = {key: value for key in self._all_keys if (value := self._counted(key)) is not None}
        known = {key: value.value for key, value in counted.items()}
        self._news = {key for key, value in counted.items() if self._is_news(value)}
        self._said = tuple(self._decide(condition, known) for condition in self._conditions)
        self._confirmed = all(holds for holds, _ in self._said) and self._says_something()
        return self._confirmed

    def _says_something(self) -> bool:
        """Whether the world has a part in it: what holds whatever the state is confirms nothing."""
        return any(self._decide(condition, {})[0] is not True for condition in self._conditions)

    def _decide(self, condition: _Condition, known: Mapping[str, Any]) -> tuple[bool | None, str]:
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
