"""Two runs never drive one thing, and none waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import pytest
from home_documents import DOCUMENTS
from hypothesis import given
from hypothesis import strategies as st
from loop_time import turns

from taskmatrix_ros.executor.running.resource_locks import Lease, ResourceLocks, collide, resources_of

BY_NAME = {entry.name: entry for entry in DOCUMENTS}


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("", set()),
        ("say(text='a')", set()),
        ("robot_find(object='a'); light_on(light='hall')", {"robot", "light.hall"}),
        ("for x in ('hall',):\n    light_off(light=x)", {"light.*"}),
        ("ac_set_temperature(temperature_c=20)", {"ac"}),
    ],
)
def test_the_source_shows_what_a_run_needs(source: str, names: set[str]) -> None:
    assert resources_of(source, BY_NAME) == names


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("robot", "robot", True),
        ("robot", "ac", False),
        ("light.hall", "light.kitchen", False),
        ("light.*", "light.kitchen", True),
        ("light.*", "light.*", True),
        ("light.*", "robot", False),
        ("*", "robot", True),
        ("light.*.left", "light.hall.right", True),
        ("robot", "robot2", False),
    ],
)
def test_names_meet(one: str, other: str, meet: bool) -> None:
    assert collide(one, other) is collide(other, one) is meet


class Runs:
    """Runs that hold their resources until told to let go."""

    def __init__(self) -> None:
        self.locks = ResourceLocks()
        self.holding: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self._let_go: dict[str, asyncio.Event] = {}

    async def start(self, name: str, names: Collection[str], priority: int = 0) -> None:
        self._let_go[name] = asyncio.Event()

        async def hold() -> None:
            async with self.locks.hold(names, priority):
                self.holding.append(name)
                await self._let_go[name].wait()
            self.holding.remove(name)

        self.tasks[name] = asyncio.create_task(hold())
        await turns()

    async def end(self, name: str) -> None:
        self._let_go[name].set()
        await turns()

    async def cancel(self, name: str) -> None:
        self.tasks[name].cancel()
        await asyncio.gather(self.tasks[name], return_exceptions=True)
        if name in self.holding:
            self.holding.remove(name)
        await turns()

    async def end_all(self) -> None:
        for name in self.tasks:
            await self.end(name)
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)


def test_who_shares_waits_in_turn_and_priority_goes_first() -> None:
    async def main() -> None:
        runs = Runs()
        await runs.start("a", ["robot"])
        await runs.start("b", ["robot", "ac"])
        await runs.start("c", ["robot"], priority=5)
        await runs.start("lamp", ["light.hall"])
        assert runs.holding == ["a", "lamp"]
        await runs.end("a")
        assert runs.holding == ["lamp", "c"]
        await runs.end("c")
        assert runs.holding == ["lamp", "b"]
        await runs.end_all()

    asyncio.run(main())


def test_a_later_claim_does_not_starve_an_earlier_one() -> None:
    async def main() -> None:
        runs = Runs()
        await runs.start("a", ["robot"])
        await runs.start("both", ["robot", "ac"])
        await runs.start("ac", ["ac"])
        assert runs.holding == ["a"]
        await runs.end("a")
        assert runs.holding == ["both"]
        await runs.end_all()
        assert runs.holding == []

    asyncio.run(main())


def test_cancelled_holders_and_waiters_let_others_pass() -> None:
    async def main() -> None:
        runs = Runs()
        await runs.start("a", ["robot"])
        await runs.start("b", ["robot"])
        await runs.start("c", ["robot"])
        await runs.cancel("b")
        assert runs.holding == ["a"]
        await runs.cancel("a")
        assert runs.holding == ["c"]
        await runs.end_all()
        await runs.start("d", ["robot"])
        assert runs.holding == ["d"]
        await runs.end_all()

    asyncio.run(main())


NAMES = st.sampled_from(["robot", "ac", "light.hall", "light.kitchen", "light.*", "light.*.left", "*"])


@given(st.lists(st.tuples(st.frozensets(NAMES, min_size=1, max_size=3), st.integers(0, 2)), max_size=12), st.data())
def test_whoever_waits_has_something_in_the_way_and_whoever_holds_has_not(
    claims: list[tuple[frozenset[str], int]], data: st.DataObject
) -> None:
    locks = ResourceLocks()
    leases: list[Lease] = []
    for step in range(2 * len(claims)):
        if step < len(claims) and data.draw(st.booleans()):
            leases.append(locks.claim(*claims[step]))
        elif leases:
            locks.release(leases.pop(data.draw(st.integers(0, len(leases) - 1))))
        held = [lease for lease in leases if lease.is_held]
        for lease in leases:
            ahead = [other for other in leases if not other.is_held and other.order < lease.order]
            before = [other for other in (*held, *([] if lease.is_held else ahead)) if other is not lease]
            assert lease.is_held is not any(lease.overlaps(other) for other in before)


def test_a_hundred_that_wait_for_one_thing_get_it_in_the_order_they_came() -> None:
    locks = ResourceLocks()
    leases = [locks.claim(["robot"]) for _ in range(100)]
    for number, lease in enumerate(leases):
        assert [other.is_held for other in leases[number:]] == [True] + [False] * (99 - number)
        locks.release(lease)
