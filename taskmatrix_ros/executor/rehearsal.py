"""The same code in a symbolic world: what would be called, and what would change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from taskmatrix_ros.core.action_code import VerifiedCode
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.errors import BudgetExceeded, CallError, ProgramFailed, VerificationError
from taskmatrix_ros.core.run import Rehearsed
from taskmatrix_ros.executor.active_run import Budgets
from taskmatrix_ros.executor.interpreter import Interpreter
from taskmatrix_ros.executor.symbolic_world import SymbolicWorld


class Rehearsal:
    """Implements ``core.ports.Rehearsal``. It follows one path: that of calls which end well."""

    def __init__(self, interpreter: Interpreter, *, budgets: Budgets | None = None) -> None:
        """:param interpreter: must be open when code is rehearsed."""
        self._interpreter = interpreter
        self._budgets = budgets or Budgets()

    async def rehearse(self, code: VerifiedCode, state: Mapping[str, Any], now: datetime) -> Rehearsed:
        """Foretell calls and changes.

        :param state: what is known; a key that is there with None is known to be null (``StateStore.known``).
        :param now: aware.
        :raises VerificationError: arguments or a ``requires`` are wrong on the way, or the code raises.
        :raises RunError: no worker of the sandbox came free.
        """
        world = SymbolicWorld(code.documents, state, now, self._budgets.calls)
        try:
            await self._interpreter.run(code.code.source, code.documents, world.perform)
        except (CallError, ProgramFailed, BudgetExceeded) as error:
            if not world.guessed:
                raise VerificationError([_finding(error, world)]) from error
            world.note_unknown(f"how it goes on: {error.message}; this may come of a value that is not known yet")
        return Rehearsed(
            calls=tuple(world.calls),
            diff=world.diff(),
            risks=tuple(world.risks),
            unknown=tuple(world.unknown),
            duration_s=world.duration_s(),
        )


def _finding(error: CallError | ProgramFailed | BudgetExceeded, world: SymbolicWorld) -> Diagnostic:
    place = world.calls[-1].position if world.calls else None
    return Diagnostic(
        code="rehearsal",
        message=f"rehearsed, {error.message}",
        hint="correct the code so that it ends",
        line=place.line if place else 0,
        column=place.column if place else 0,
    )
