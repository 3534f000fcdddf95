"""Whether the world shows what a call was to bring about."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.binding_spec import HomeAssistant, Mqtt
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.clocks import HomeClock, WallClock
from taskmatrix_ros.core.outcome import Confirmation
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.executor.running.world_watch import Patience, Seen, WorldWatch
from taskmatrix_ros.expressions.ensures import ensures_of
from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.expressions.spread import spread

_NO_PATIENCE = Patience()


class ReadBack:
    """Awaits a document's ``ensures`` on the state store.

    A value counts if its source is not the call's own reply, lives and is not stale. It confirms if it arrived after
    the dispatch or was already right; it contradicts only if it is news, arrived after the dispatch and not retained.
    """

    def __init__(self, state: StateStore, clock: HomeClock | None = None) -> None:
        self._state = state
        self._clock = clock or WallClock()

    async def confirm(
        self,
        document: ApiDocument,
        call: Call,
        *,
        since: int,
        result: Any = None,
        patience: Patience = _NO_PATIENCE,
    ) -> Seen:
        """Wait until everything is confirmed, at most the document's ``confirm_s`` seconds.

        While a peer that would tell is away those seconds do not pass: they begin anew at its return.

        :param since: the store's ``sequence`` at the moment of dispatch.
        :param result: the called party's own value; expressions may compare the world with it.
        :param patience: how long a peer that has gone is waited for.
        :returns: ``none`` for a document that commands nothing and ensures nothing; else the verdict, and one line for
            each expression and each value it read.
        """
        if (unseen := self.unseen(document)) is not None:
            return unseen
        expressions = tuple(Expression.parse(source) for source in ensures_of(document))
        conditions = tuple((one, args) for args in spread(document, call.arguments) for one in expressions)
        peers = peers_of(document)
        watch = WorldWatch(self._state, self._clock, conditions, call, peers=peers, since=since, result=result)
        await watch.until_confirmed(document.confirm_s, patience)
        return watch.seen()

    @staticmethod
    def unseen(document: ApiDocument) -> Seen | None:
        """Give what can be said of a document's calls where it tells nothing to read back; None where it does."""
        if ensures_of(document):
            return None
        if document.effect.commands:
            said = f"nothing tells what {document.name} brings about"
            return Seen(confirmation=Confirmation.UNCONFIRMED, evidence=(said,))
        return Seen(confirmation=Confirmation.NONE)

    async def until_back(self, document: ApiDocument, within_s: float) -> None:
        """Wait until the document's peer is there, as far as that is told, at most ``within_s`` seconds."""
        await self._until(lambda: all(map(self._state.is_live, peers_of(document))), within_s)

    async def until_told(self, keys: Sequence[str], within_s: float) -> None:
        """Wait until nobody is gone who told these state keys last, at most ``within_s`` seconds."""
        await self._until(lambda: not any(map(self._state.gone_source, keys)), within_s, keys)

    async def _until(self, fact: Callable[[], bool], within_s: float, keys: Sequence[str] = ()) -> None:
        happened = asyncio.Event()
        undo = self._state.watch_sources(happened.set)
        deaf = self._state.watch(lambda _value: happened.set(), keys)
        try:
            async with asyncio.timeout(within_s):
                while not fact():
                    happened.clear()
                    await happened.wait()
        except TimeoutError:
            return
        finally:
            undo()
            deaf()


def peers_of(document: ApiDocument) -> tuple[str, ...]:
    """Name the source whose silence says that nobody can tell what became of a call, where there is one."""
    spec = document.binding
    return (spec.peer,) if isinstance(spec, Mqtt | HomeAssistant) else ()
