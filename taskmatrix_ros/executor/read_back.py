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

Evidence = tuple[str, ...]


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
        watch = _Watch(self._state, self._clock, expressions, call, since, result)
        if not watch.confirmed:
            await watch.until_confirmed(document.confirm_s)
        return watch.verdict(), watch.evidence()


class _Watch:
    def __init__(
        self,
        state: StateStore,
        clock: HomeClock,
        expressions: tuple[Expression, ...],
        call: Call,
        since: int,
        result: Any,
    ) -> None:
        self._state = state
        self._clock = clock
        self._expressions = expressions
        self._args = call.arguments
        self._own = f"reply:{call.call_id}"
        self._since = since
        self._result = result
        self._keys = tuple(dict.fromkeys(key for entry in expressions for key in entry.keys_for(self._args)))
        self._telling = any(self._decide_with({}, entry)[0] is not True for entry in expressions)
        """False where all of it holds whatever the world is like: then nothing can confirm it."""

    @property
    def confirmed(self) -> bool:
        """Whether the world shows everything, and not only the reply does."""
        known = self._known()
        return self._telling and all(self._decide_with(known, entry)[0] for entry in self._expressions)

    async def until_confirmed(self, within_s: float) -> None:
        arrived = asyncio.Event()
        undo = self._state.watch(lambda _value: arrived.set(), self._keys)
        try:
            async with asyncio.timeout(within_s):
                while not self.confirmed:
                    arrived.clear()
                    await arrived.wait()
        except TimeoutError:
            pass
        finally:
            undo()

    def verdict(self) -> Confirmation:
        if self.confirmed:
            return Confirmation.CONFIRMED
        for expression in self._expressions:
            fresh = any(self._is_news(value) for value in self._counted(expression).values())
            if fresh and self._decide_with(self._known(), expression)[0] is False:
                return Confirmation.CONTRADICTED
        return Confirmation.UNCONFIRMED

    def evidence(self) -> Evidence:
        known = self._known()
        lines = (self._decide_with(known, expression)[1] for expression in self._expressions)
        return (*lines, *(self._describe(key) for key in self._keys))

    def _decide_with(self, known: Mapping[str, Any], expression: Expression) -> tuple[bool | None, str]:
        return expression.decide(known, self._args, result=self._result, now=self._clock.now())

    def _known(self) -> Mapping[str, Any]:
        return {key: stored.value for key, stored in self._counted().items()}

    def _counted(self, expression: Expression | None = None) -> Mapping[str, StateValue]:
        keys = self._keys if expression is None else expression.keys_for(self._args)
        found = {key: self._state.read(key) for key in keys if self._state.doubt(key) is None}
        return {key: value for key, value in found.items() if value is not None and value.source != self._own}

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
        return f"{key} = {stored.value!r} from {stored.source} at {stored.at:%H:%M:%S.%f} UTC, {when}" + (
            f"; {doubt}" if doubt else ""
        )
