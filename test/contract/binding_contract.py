"""What every binding promises (``core.ports.Binding``), tested against a real peer.

A binding's own test module gives a ``ContractPeer`` and inherits the tests::

    @pytest.mark.mqtt
    class TestMqtt(BindingContract):
        def peer(self, folder): return MqttPeer(folder)
"""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pytest

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.ports import Binding, ProgressReport

PATIENCE_S = 60.0
"""A test that waits longer for a fact has failed."""

WHOLE_S = 8 * PATIENCE_S
"""A test that takes longer altogether has failed: a thousand calls, and peers that start again, on a slow machine."""

FOR_EVER_S = 20 * PATIENCE_S
"""A deadline that no test lives to see: what ends before it has ended for another reason."""

CONNECT_S = 20.0
"""How long a binding waits for its peer to answer: so long that no machine that is merely slow exceeds it."""

STOP_S = 0.1

ON_ITS_WAY_S = (0.2, 1.0, 5.0, 20.0)
"""So long a request gets to go out to a peer that is held, who cannot say that it came; longer where it had not."""

Request = tuple[Call, ApiDocument]

UNKNOWN_FATE = frozenset({Status.TIMED_OUT, Status.IN_DOUBT})


class CallPeer(Protocol):
    """A real peer, on the other side of the binding under test, that says by itself what reached it."""

    binding: Binding

    def request(self, *, deadline_s: float = PATIENCE_S) -> Request:
        """A call that the peer does."""

    def refused_request(self) -> Request:
        """A call that the binding or the peer refuses."""

    async def done(self) -> int:
        """How many calls of ``request`` the peer has done so far, by its own count."""

    async def hold(self) -> None:
        """Let the peer, or what is in between, not answer, without going away."""

    async def release(self) -> None:
        """End ``hold``."""

    async def lose(self) -> None:
        """Let the peer go away; also while it is held."""

    async def restore(self) -> None:
        """Bring it back, at the same place, and wait until the peer (not the binding) is ready."""

    async def connected(self) -> bool:
        """Whether the binding sees the peer."""


class ContractPeer(CallPeer, Protocol):
    """A peer that also says how things are."""

    async def say_garbage(self) -> None:
        """Let the peer say something that the binding must not be able to read."""

    async def say_state(self, value: str) -> None:
        """Let the peer say ``value`` of the state key."""

    def state(self) -> Any:
        """What the state store holds for the key, None where nothing can be believed."""

    def resources(self) -> int:
        """How many threads and sockets of the binding's own exist."""


async def wait_for(fact: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait until ``fact`` holds."""
    until_s = time.monotonic() + PATIENCE_S
    while not await fact():
        if time.monotonic() > until_s:
            pytest.fail(f"waited {PATIENCE_S:g} s in vain: {what}")
        await asyncio.sleep(0.01)


def open_sockets() -> set[str]:
    """The sockets this process holds, by inode."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = os.readlink(entry)  # noqa: PTH115 - a socket is no path
        except OSError:
            continue
        if target.startswith("socket:"):
            found.add(target)
    return found


class CallContract:
    """Calls, whatever becomes of the peer. Inherited by the test class of a binding that hears no state."""

    cancelled_statuses = frozenset({Status.CANCELLED})
    """How a call may end that was cancelled while its peer was held and then released."""

    lost_statuses = frozenset({Status.IN_DOUBT})
    """How a call may end whose peer went away in the middle."""

    def peer(self, folder: Path) -> AbstractAsyncContextManager[CallPeer]:
        """Give the peer with the binding, not open yet."""
        raise NotImplementedError

    @pytest.fixture
    def run(self, tmp_path: Path) -> Callable[[Callable[[CallPeer], Awaitable[None]]], None]:
        """Run a test's body with an open binding; threads left after it are test/conftest.py's to judge."""

        def run(body: Callable[[CallPeer], Awaitable[None]]) -> None:
            sockets = open_sockets()

            async def main() -> None:
                async with asyncio.timeout(WHOLE_S), self._opened(tmp_path) as peer:
                    await body(peer)
                left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
                assert not left, f"tasks left: {left}"

            asyncio.run(main())
            gc.collect()
            assert open_sockets() <= sockets

        return run

    @asynccontextmanager
    async def _opened(self, folder: Path) -> AsyncIterator[CallPeer]:
        async with self.peer(folder) as peer:
            try:
                await peer.binding.open()
                await wait_for(peer.connected, "the binding connects")
                yield peer
            finally:
                await peer.binding.close()

    # --- one call

    def test_success(self, run: Any) -> None:
        async def body(peer: CallPeer) -> None:
            call, document = peer.request()
            outcome = await perform(peer, (call, document))
            assert outcome.status is Status.SUCCEEDED, outcome
            assert outcome.call_id == call.call_id
            assert outcome.error is None
            assert outcome.started_at <= outcome.ended_at
            await done_exactly(peer, 1)

        run(body)

    def test_refusal(self, run: Any) -> None:
        async def body(peer: CallPeer) -> None:
            outcome = await perform(peer, peer.refused_request())
            assert outcome.status is Status.REJECTED, outcome
            is_one_clear_line(outcome)
            assert (await perform(peer, peer.request())).ok
            await done_exactly(peer, 1)

        run(body)

    def test_timeout(self, run: Any) -> None:
        async def body(peer: CallPeer) -> None:
            await peer.hold()
            outcome = await perform(peer, peer.request(deadline_s=0.5))
            assert outcome.status in UNKNOWN_FATE, outcome
            is_one_clear_line(outcome)
            await peer.release()

        run(body)

    def test_cancel_ends_with_the_truth(self, run: Any) -> None:
        async def body(peer: CallPeer) -> None:
            for on_its_way_s in ON_ITS_WAY_S:
                await peer.hold()
                request = peer.request(deadline_s=FOR_EVER_S)
                pending = asyncio.create_task(perform(peer, request))
                await asyncio.sleep(on_its_way_s)
                assert not pending.done()
                await peer.binding.cancel(request[0].call_id)
                await peer.release()
                outcome = await pending
                await done_exactly(peer, 1 if outcome.status is Status.SUCCEEDED else 0)
                if outcome.status in self.cancelled_statuses:
                    break
                assert outcome.status is Status.CANCELLED, outcome  # it had not gone out
            assert outcome.status in self.cancelled_statuses, outcome

        run(body)

    def test_cancel_of_nothing_does_nothing(self, run: Any) -> None:
        async def body(peer: CallPeer) -> None:
            request = peer.request()
            await peer.binding.cancel(request[0].call_id)
            assert (await perform(peer, request)).ok
            await peer.binding.cancel(request[0].call_id)

        run(body)

    # --- a peer that goes

    def test_peer_lost_during_a_call(self, run: Any) -> None:
        async def body(peer: CallPeer) -> None:
            for on_its_way_s in ON_ITS_WAY_S:
                await peer.hold()
                pending = asyncio.create_task(perform(peer, peer.request(deadline_s=FOR_EVER_S)))
                await asyncio.sleep(on_its_way_s)
                assert not pending.done()
                await peer.lose()
                outcome = await pending
                is_one_clear_line(outcome)
                if outcome.status in self.lost_statuses:
                    break
                assert outcome.status is Status.UNAVAILABLE, outcome  # it had not gone out
                await peer.restore()
                await wait_for(peer.connected, "the binding connects again")
            assert outcome.status in self.lost_statuses, outcome

        run(body)

    def test_a_call_while_the_peer_is_away_is_unavailable_and_never_sent_late(self, run: Any) -> None:
        async def body(peer: CallPeer) -> None:
            await lose(peer)
            outcome = await perform(peer, peer.request(deadline_s=1.0))
            assert outcome.status is Status.UNAVAILABLE, outcome
            is_one_clear_line(outcome)
            await peer.restore()
            await wait_for(peer.connected, "the binding connects again")
            assert (await perform(peer, peer.request())).ok
            await done_exactly(peer, 1)

        run(body)

    # --- stop

    def test_stop_from_another_thread_is_quick_and_lets_nothing_out_later(self, run: Any) -> None:
        async def body(peer: CallPeer) -> None:
            await lose(peer)
            pending = asyncio.create_task(perform(peer, peer.request(deadline_s=FOR_EVER_S)))
            await asyncio.sleep(0.1)
            took_s: list[float] = []

            def stop() -> None:
                for _ in range(5):  # the quickest counts: a busy machine may hold up any one of them
                    began_s = time.monotonic()
                    peer.binding.stop()
                    took_s.append(time.monotonic() - began_s)

            thread = threading.Thread(target=stop)
            thread.start()
            thread.join()  # the loop stands still here: stop() must not need it
            assert min(took_s) < STOP_S
            outcome = await pending
            assert outcome.status in (Status.CANCELLED, Status.UNAVAILABLE), outcome
            await peer.restore()
            await wait_for(peer.connected, "the binding connects again")
            assert (await perform(peer, peer.request())).ok
            await done_exactly(peer, 1)

        run(body)

    def test_stop_of_nothing_does_nothing(self, run: Any) -> None:
        async def body(peer: CallPeer) -> None:
            peer.binding.stop()
            assert (await perform(peer, peer.request())).ok

        run(body)

    # --- many, and the end

    def test_a_thousand_calls_each_once(self, run: Any) -> None:
        async def body(peer: CallPeer) -> None:
            for _ in range(20):
                outcomes = await asyncio.gather(
                    *(perform(peer, peer.request(deadline_s=FOR_EVER_S)) for _ in range(50))
                )
                assert {outcome.status for outcome in outcomes} == {Status.SUCCEEDED}
            await done_exactly(peer, 1000)

        run(body)

    def test_a_task_that_was_cancelled_sends_nothing_later(self, run: Any) -> None:
        async def body(peer: CallPeer) -> None:
            await lose(peer)
            pending = asyncio.create_task(perform(peer, peer.request(deadline_s=FOR_EVER_S)))
            await asyncio.sleep(0.1)
            pending.cancel()
            with suppress(asyncio.CancelledError):
                # Where the absence of a peer shows at once, the call has ended before.
                assert (await pending).status is Status.UNAVAILABLE
            await peer.restore()
            await wait_for(peer.connected, "the binding connects again")
            assert (await perform(peer, peer.request())).ok
            await done_exactly(peer, 1)

        run(body)

    def test_close_in_the_middle_of_calls_ends_them(self, run: Any) -> None:
        async def body(peer: CallPeer) -> None:
            await peer.hold()
            pending = [asyncio.create_task(perform(peer, peer.request(deadline_s=FOR_EVER_S))) for _ in range(40)]
            await asyncio.sleep(0.2)
            await peer.release()
            await peer.lose()
            await peer.binding.close()
            for outcome in await asyncio.gather(*pending):
                assert isinstance(outcome, Outcome)

        run(body)

    def test_close_twice_without_open_and_open_again(self, tmp_path: Path) -> None:
        async def main() -> None:
            async with self.peer(tmp_path) as peer:
                await peer.binding.close()
                peer.binding.stop()
                outcome = await perform(peer, peer.request(deadline_s=1.0))
                assert outcome.status is Status.UNAVAILABLE, outcome
                for number in (1, 2):
                    await peer.binding.open()
                    await wait_for(peer.connected, "the binding connects")
                    assert (await perform(peer, peer.request())).ok
                    await done_exactly(peer, number)
                    await peer.binding.close()
                await peer.binding.close()
                peer.binding.stop()

        asyncio.run(main())

    def test_open_with_the_peer_away_connects_when_it_comes(self, tmp_path: Path) -> None:
        async def main() -> None:
            async with asyncio.timeout(WHOLE_S), self.peer(tmp_path) as peer:
                await peer.lose()
                await peer.binding.open()
                try:
                    await wait_for(partial(gone, peer), "the binding sees no peer")
                    await peer.restore()
                    await wait_for(peer.connected, "the binding connects")
                    assert (await perform(peer, peer.request())).ok
                    await done_exactly(peer, 1)
                finally:
                    await peer.binding.close()

        asyncio.run(main())


class BindingContract(CallContract):
    """Inherited by the test class of each binding that also hears state."""

    def test_peer_back(self, run: Any) -> None:
        async def body(peer: ContractPeer) -> None:
            await peer.say_state("before")
            await wait_for(lambda: holds(peer, "before"), "the state is heard")
            await peer.lose()
            await wait_for(lambda: holds(peer, None), "the state of a lost peer is not believed")
            await peer.restore()
            await wait_for(peer.connected, "the binding connects again")
            await peer.say_state("after")
            await wait_for(lambda: holds(peer, "after"), "the state is heard again")
            assert (await perform(peer, peer.request())).ok
            await done_exactly(peer, 1)

        run(body)

    def test_bad_payloads_harm_nothing(self, run: Any) -> None:
        async def body(peer: ContractPeer) -> None:
            await peer.say_state("good")
            await wait_for(lambda: holds(peer, "good"), "the state is heard")
            await peer.say_garbage()
            assert peer.state() == "good"
            await peer.say_state("better")
            await wait_for(lambda: holds(peer, "better"), "the state is heard after the garbage")
            assert (await perform(peer, peer.request())).ok

        run(body)


async def perform(peer: CallPeer, request: Request) -> Outcome:
    reports: list[ProgressReport] = []
    return await peer.binding.call(*request, reports.append)


async def lose(peer: CallPeer) -> None:
    """Let the peer go, and wait until the binding has noticed: what it sends before is in doubt, and rightly."""
    await peer.lose()
    await wait_for(partial(gone, peer), "the binding notices that the peer is gone")


async def gone(peer: CallPeer) -> bool:
    return not await peer.connected()


async def holds(peer: ContractPeer, value: Any) -> bool:
    return bool(peer.state() == value)


async def done_exactly(peer: CallPeer, count: int) -> None:
    """Wait until the peer has done ``count`` calls, then see that no further one comes."""

    async def enough() -> bool:
        return await peer.done() >= count

    await wait_for(enough, f"the peer does {count} calls")
    await asyncio.sleep(0.2)
    assert await peer.done() == count


def is_one_clear_line(outcome: Outcome) -> None:
    assert outcome.error is not None
    assert outcome.error.code.isupper()
    assert len(outcome.error.message) > 20
    assert "\n" not in outcome.error.message
    assert "Traceback" not in outcome.error.message
