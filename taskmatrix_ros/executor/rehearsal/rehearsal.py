"""The same code in a symbolic world: what would be called, what would change, and on what that depends."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from taskmatrix_ros.core.action_code import VerifiedCode
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.errors import BudgetExceeded, CallError, ProgramFailed, VerificationError
from taskmatrix_ros.core.run import Alternative, Rehearsed
from taskmatrix_ros.executor.budgets import Budgets
from taskmatrix_ros.executor.rehearsal.guesses import Guesses
from taskmatrix_ros.executor.rehearsal.route import Route, RoutesToTry
from taskmatrix_ros.executor.rehearsal.symbolic_world import SymbolicWorld
from taskmatrix_ros.executor.sandbox.gathering import Gathering
from taskmatrix_ros.executor.sandbox.interpreter import ExternalCall, Interpreter
from taskmatrix_ros.executor.source.source_map import GATHER
from taskmatrix_ros.executor.verification.faithfulness import UNASKED

MAX_PATHS = 16
"""Paths that are explored, the main one included: what a person is shown must stay readable."""

EXPLORE_S = 3.0
"""Steady time after which no further path is begun, in seconds."""

_Ends = CallError | ProgramFailed | BudgetExceeded


@dataclass(frozen=True, slots=True)
class _Path:
    """One way through the code and where it led."""

    route: Route
    world: SymbolicWorld
    error: _Ends | None

    def same_as(self, other: _Path) -> bool:
        """Whether both do the same, whatever was assumed."""
        mine, its = ([(call.api, call.arguments) for call in path.world.calls] for path in (self, other))
        return mine == its and self.world.diff() == other.world.diff() and bool(self.error) == bool(other.error)


class Rehearsal:
    """Implements ``core.ports.Rehearsal``.

    The main path is that of calls which end well and of results that say as little as possible. Where a result is
    unknown and used, or an error of a call is handled, other paths are explored breadth first, up to a bound.
    """

    def __init__(self, interpreter: Interpreter, *, budgets: Budgets | None = None, max_paths: int = MAX_PATHS) -> None:
        """:param interpreter: must be open when code is rehearsed."""
        self._interpreter = interpreter
        self._budgets = budgets or Budgets()
        self._max_paths = max_paths

    async def rehearse(self, code: VerifiedCode, state: Mapping[str, Any], now: datetime) -> Rehearsed:
        """Foretell calls and changes.

        :param state: what is known; a key that is there with None is known to be null (``StateStore.known``).
        :param now: aware.
        :raises VerificationError: arguments or a ``requires`` are wrong on the way, or the code raises.
        :raises RunError: no worker of the sandbox came free.
        """
        guesses = Guesses(code.code.source, code.documents)

        async def follow(route: Route) -> _Path:
            return await self._follow(route, code, guesses, state, now)

        main = await follow(Route())
        if main.error is not None:
            if not main.world.guessed:
                raise VerificationError([_finding(main.error, main.world)]) from main.error
            said = main.error.message
            main.world.note_unknown(f"how it goes on: {said}; this may come of a value that is not known yet")
        paths = [main]
        waiting = RoutesToTry()
        waiting.add(main.route.branches(), at_most=20 * self._max_paths)
        begun = time.monotonic()
        while waiting and len(paths) < self._max_paths and time.monotonic() - begun < EXPLORE_S:
            path = await follow(waiting.next())
            paths.append(path)
            waiting.add(path.route.branches(), at_most=20 * self._max_paths)
        return _told(paths, bounded=bool(waiting), warnings=code.warnings)

    async def _follow(
        self, route: Route, code: VerifiedCode, guesses: Guesses, state: Mapping[str, Any], now: datetime
    ) -> _Path:
        world = SymbolicWorld(code.documents, state, now, self._budgets.calls, guesses, route)
        gathering = Gathering(world.perform)

        async def host(wanted: ExternalCall) -> Any:
            try:
                return await gathering(wanted)
            finally:
                if wanted.site.api == GATHER:
                    world.join()

        error: _Ends | None = None
        try:
            await self._interpreter.run(code.code.source, code.documents, host)
        except (CallError, ProgramFailed, BudgetExceeded) as end:
            error = end
        finally:
            await gathering.close()
        return _Path(route, world, error)


def _told(paths: list[_Path], *, bounded: bool, warnings: Iterable[Diagnostic]) -> Rehearsed:
    main, *others = paths
    different: list[_Path] = []
    for path in others:
        if not any(path.same_as(known) for known in (main, *different)):
            different.append(path)
    unasked = [f"line {warning.line}: {warning.message}" for warning in warnings if warning.code == UNASKED]
    times = [path.world.duration_s() for path in paths]
    return Rehearsed(
        calls=tuple(main.world.calls),
        diff=main.world.diff(),
        risks=tuple(dict.fromkeys([*unasked, *(risk for path in paths for risk in path.world.risks)])),
        unknown=tuple(main.world.unknown),
        duration_s=None if None in times else max(known for known in times if known is not None),
        alternatives=tuple(map(_alternative, different)),
        paths=len(paths),
        bounded=bounded,
    )


def _alternative(path: _Path) -> Alternative:
    return Alternative(
        assumed=tuple(path.route.assumed),
        calls=tuple(path.world.calls),
        diff=path.world.diff(),
        unknown=tuple(path.world.unknown),
        ends_with=path.error.message if path.error else "",
        duration_s=path.world.duration_s(),
    )


def _finding(error: _Ends, world: SymbolicWorld) -> Diagnostic:
    place = world.calls[-1].position if world.calls else None
    return Diagnostic(
        code="rehearsal",
        message=f"rehearsed, {error.message}",
        hint="correct the code so that it ends",
        line=place.line if place else 0,
        column=place.column if place else 0,
    )
