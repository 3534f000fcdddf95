"""Who may drive what: a run holds all its resources from its first call to its end."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.executor.source.source_map import literal_arguments, parse_source
from taskmatrix_ros.expressions.key_template import key_parameters
from taskmatrix_ros.expressions.spread import expand_keys

ANY = "*"
"""Stands for an argument that the source does not show."""


def resources_of(source: str, documents: Mapping[str, ApiDocument]) -> frozenset[str]:
    """Name the resources of every call in the source; ``light.*`` where an argument in the name is no literal."""
    names: set[str] = set()
    for api, given in literal_arguments(parse_source(source), documents):
        document = documents[api]
        for template in document.resources:
            values = {name: given.get(name, document.parameters[name].default) for name in key_parameters(template)}
            shown = {name: ANY if value is None else value for name, value in values.items()}
            names.update(expand_keys(document, template, shown))
    return frozenset(names)


def collide(one: str, other: str) -> bool:
    """Whether two names may mean the same thing; ``*`` may stand for anything from there on."""
    head, star, _ = one.partition(ANY)
    other_head, other_star, _ = other.partition(ANY)
    return (
        one == other or bool(star and other_head.startswith(head)) or bool(other_star and head.startswith(other_head))
    )


class _Taken:
    """Names that are spoken for; asking costs what the names differ, not how many hold or wait for one of them."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._patterns: set[str] = set()

    def add(self, names: Collection[str]) -> None:
        """They are spoken for too."""
        self._names.update(names)
        self._patterns.update(name for name in names if ANY in name)

    def meets(self, names: Collection[str]) -> bool:
        """Whether any of them may mean something that is spoken for."""
        return any(self._meets(name) for name in names)

    def _meets(self, name: str) -> bool:
        if name in self._names:
            return True
        return any(collide(name, taken) for taken in (self._names if ANY in name else self._patterns))


@dataclass(eq=False, slots=True)
class Lease:
    """What a run holds or waits for. ``owner`` is whom the claimant stands for."""

    names: frozenset[str]
    owner: object
    order: tuple[int, int]
    is_held: bool = False
    _granted: asyncio.Future[None] | None = field(default=None, repr=False)
    """There while somebody waits."""

    async def granted(self) -> None:
        """Wait until it is held."""
        if not self.is_held:
            self._granted = self._granted or asyncio.get_running_loop().create_future()
            await self._granted

    def grant(self) -> None:
        """It is held from now on."""
        self.is_held = True
        if self._granted is not None and not self._granted.done():
            self._granted.set_result(None)

    def withdraw(self) -> None:
        """It is not held any more, and may be waited for anew."""
        self.is_held, self._granted = False, None

    @property
    def priority(self) -> int:
        """Higher goes first."""
        return -self.order[0]

    def overlaps(self, other: Lease) -> bool:
        """Whether both want the same thing."""
        return any(collide(one, another) for one in self.names for another in other.names)


class ResourceLocks:
    """Gives a run all it needs at once or lets it wait, so that no two wait for each other.

    The highest priority is first, then who came first; a claim passes those before it only if it shares nothing with
    them.
    """

    def __init__(self) -> None:
        self._held: list[Lease] = []
        self._waiting: list[Lease] = []
        self._counter = itertools.count()

    @asynccontextmanager
    async def hold(self, names: Collection[str], priority: int = 0, *, owner: object = None) -> AsyncIterator[Lease]:
        """Wait for the resources, hold them for the block."""
        lease = self.claim(names, priority, owner=owner)
        try:
            await lease.granted()
            yield lease
        finally:
            self.release(lease)

    def claim(self, names: Collection[str], priority: int = 0, *, owner: object = None) -> Lease:
        """Ask for resources; they are held, at once or after ``granted``, until ``release``."""
        lease = Lease(frozenset(names), owner, (-priority, next(self._counter)))
        if lease.names:
            self._enqueue(lease)
        else:  # nobody can be in its way, nor it in anybody's
            lease.grant()
        return lease

    def release(self, lease: Lease) -> None:
        """Give up what is held, or the place in the queue."""
        if not lease.names:
            return
        for leases in (self._held, self._waiting):
            if lease in leases:
                leases.remove(lease)
        self._grant()

    async def pass_on(self, lease: Lease) -> None:
        """Let those with a higher priority have the resources, and wait until they come back."""
        self.release(lease)
        if lease.names:
            lease.withdraw()
            self._enqueue(lease)
        await lease.granted()

    def in_the_way(self, lease: Lease) -> list[Lease]:
        """Give the held leases of lower priority that keep this one waiting."""
        if lease not in self._waiting:
            return []
        return [held for held in self._held if held.priority < lease.priority and held.overlaps(lease)]

    def _enqueue(self, lease: Lease) -> None:
        self._waiting.append(lease)
        self._waiting.sort(key=lambda waiting: waiting.order)
        self._grant()

    def _grant(self) -> None:
        taken = _Taken()
        for held in self._held:
            taken.add(held.names)
        still_waiting: list[Lease] = []
        for lease in self._waiting:
            if taken.meets(lease.names):
                still_waiting.append(lease)
            else:
                self._held.append(lease)
                lease.grant()
            taken.add(lease.names)  # held or waited for: whoever comes after it may not pass it
        self._waiting = still_waiting
