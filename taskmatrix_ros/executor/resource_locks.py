"""Who may drive what: a run holds all its resources from its first call to its end."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.executor.source_map import literal_arguments, parse_source
from taskmatrix_ros.expressions.key_template import expand_key, key_parameters

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
            names.add(expand_key(template, shown))
    return frozenset(names)


def collide(one: str, other: str) -> bool:
    """Whether two names may mean the same thing; ``*`` may stand for anything from there on."""
    head, star, _ = one.partition(ANY)
    other_head, other_star, _ = other.partition(ANY)
    return (
        one == other or bool(star and other_head.startswith(head)) or bool(other_star and head.startswith(other_head))
    )


@dataclass(eq=False, slots=True)
class _Claim:
    names: frozenset[str]
    order: tuple[int, int]
    granted: asyncio.Future[None] = field(repr=False)

    def overlaps(self, other: _Claim) -> bool:
        return any(collide(one, another) for one in self.names for another in other.names)


class ResourceLocks:
    """Gives a run all it needs at once or lets it wait, so that no two wait for each other.

    The highest priority is first, then who came first; a claim passes those before it only if it shares nothing with
    them.
    """

    def __init__(self) -> None:
        self._held: list[_Claim] = []
        self._waiting: list[_Claim] = []
        self._counter = itertools.count()

    @asynccontextmanager
    async def hold(self, names: Collection[str], priority: int = 0) -> AsyncIterator[None]:
        """Wait for the resources, hold them for the block."""
        granted = asyncio.get_running_loop().create_future()
        claim = _Claim(frozenset(names), (-priority, next(self._counter)), granted)
        self._waiting.append(claim)
        self._waiting.sort(key=lambda waiting: waiting.order)
        self._grant()
        try:
            await granted
            yield
        finally:
            for claims in (self._held, self._waiting):
                if claim in claims:
                    claims.remove(claim)
            self._grant()

    def _grant(self) -> None:
        passed: list[_Claim] = []
        for claim in tuple(self._waiting):
            if any(claim.overlaps(other) for other in (*self._held, *passed)):
                passed.append(claim)
                continue
            self._waiting.remove(claim)
            self._held.append(claim)
            if not claim.granted.done():
                claim.granted.set_result(None)
