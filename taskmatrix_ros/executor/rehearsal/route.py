"""One way through code: which ending each call with several of them takes, and which ways that leaves to try."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from taskmatrix_ros.executor.rehearsal.guesses import Ending

Turns = tuple[int, ...]
"""For each call that may end in several ways, in order, which ending it takes; 0 where it is not said."""


@dataclass(slots=True)
class Route:
    """Follows given turns, then the plain endings; keeps what else could have been."""

    turns: Turns = ()
    assumed: list[str] = field(default_factory=list)
    _passed: list[Sequence[Ending]] = field(default_factory=list)

    def take(self, endings: Sequence[Ending]) -> Ending:
        """Choose how a call ends."""
        if len(endings) == 1:
            return endings[0]
        at = len(self._passed)
        self._passed.append(endings)
        turn = self.turns[at] if at < len(self.turns) else 0
        ending = endings[turn] if turn < len(endings) else endings[0]
        if ending.assumed:
            self.assumed.append(ending.assumed)
        return ending

    def branches(self) -> list[tuple[Turns, str]]:
        """Give every route that leaves this one after its own last turn, each with what it assumes there."""
        found = []
        for at in range(len(self.turns), len(self._passed)):
            straight = (*self.turns, *(0 for _ in range(at - len(self.turns))))
            for turn, ending in enumerate(self._passed[at]):
                if turn:
                    found.append(((*straight, turn), ending.assumed))
        return found


class RoutesToTry:
    """Gives those with the fewest assumptions first; among them, what has been assumed least often."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Turns, str]] = []
        self._tried: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, branches: Sequence[tuple[Turns, str]], *, at_most: int) -> None:
        """Keep new routes, ``at_most`` in all."""
        self._waiting += branches[: max(0, at_most - len(self._waiting))]

    def next(self) -> Route:
        """Take the next route."""
        best = min(self._waiting, key=lambda one: (sum(map(bool, one[0])), self._tried[one[1]], len(one[0]), one[0]))
        self._waiting.remove(best)
        self._tried[best[1]] += 1
        return Route(best[0])
