"""Conditions of the world that suspend runs: a low battery, a person near."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence

from taskmatrix_ros.core.clocks import HomeClock
from taskmatrix_ros.core.policy import Watch
from taskmatrix_ros.core.run import RunStatus
from taskmatrix_ros.core.state_store import StateStore, StateValue
from taskmatrix_ros.executor.running.resource_locks import collide
from taskmatrix_ros.executor.running.run_control import Hold, RunControl
from taskmatrix_ros.expressions.expression import Expression

_log = logging.getLogger(__name__)


class Watches:
    """Suspends a run while a condition holds for certain, and lets it go on once it no longer does."""

    def __init__(self, state: StateStore, watches: Sequence[Watch], clock: HomeClock) -> None:
        self._state = state
        self._watches = tuple((watch, Expression.parse(watch.when)) for watch in watches)
        self._clock = clock

    def guard(self, control: RunControl, resources: Collection[str]) -> Callable[[], None]:
        """Watch over a run that uses these resources. :returns: the way to end it."""
        undos = [
            self._watch(control, watch, expression)
            for watch, expression in self._watches
            if _concerns(watch, resources)
        ]

        def undo() -> None:
            for each in undos:
                each()

        return undo

    def concern(self, resources: Collection[str]) -> bool:
        """Whether any condition could suspend a run that uses these resources."""
        return any(_concerns(watch, resources) for watch, _ in self._watches)

    def _watch(self, control: RunControl, watch: Watch, expression: Expression) -> Callable[[], None]:
        keys = tuple(expression.keys_for({}))
        name = f"watch {watch.name}"

        def look(_value: StateValue | None = None) -> None:
            holds, evidence = expression.decide(self._state.known(keys), {}, now=self._clock.now())
            if holds and not control.held_by(name):
                _log.warning("a run is suspended: %s (%s)", watch.say or watch.name, evidence)
                control.hold(name, Hold(RunStatus.SUSPENDED, watch.say or f"{watch.name}: {evidence}"), interrupt=True)
            elif not holds:
                control.release(name)

        look()
        return self._state.watch(look, keys)


def _concerns(watch: Watch, resources: Collection[str]) -> bool:
    return not watch.resources or any(collide(watched, used) for watched in watch.resources for used in resources)
