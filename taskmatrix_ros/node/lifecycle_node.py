"""The transition services: a node of its own, spun in a thread of its own, that drives the task node's loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from taskmatrix_ros.core.errors import TaskMatrixError

_log = logging.getLogger(__name__)

TRANSITION_S = 60.0
"""Wall seconds a transition may take before it counts as failed."""


class Lifecycle(Protocol):
    """What the transitions do, in the loop's thread; one that raises has failed."""

    async def configure(self) -> None:
        """Read settings and manifests, open bindings."""

    async def activate(self) -> None:
        """Accept goals."""

    async def deactivate(self) -> None:
        """End runs, refuse new ones."""

    async def cleanup(self) -> None:
        """Close everything in reverse."""

    async def halt(self) -> None:
        """Something went wrong: stop all that moves."""


class TransitionNode(LifecycleNode):
    """Turns transition callbacks, which are synchronous, into work of the loop, waited for with a deadline."""

    lifecycle: Lifecycle
    loop: asyncio.AbstractEventLoop
    failure: TaskMatrixError | None = None
    """Why the last transition failed."""

    @property
    def state_id(self) -> int:
        """One of ``lifecycle_msgs/State``'s primary states."""
        return int(self._state_machine.current_state[0])

    def destroy_node(self) -> None:
        """Destroy the state machine, too: rclpy keeps it, and with it the whole participant, until it is collected."""
        super().destroy_node()
        self._state_machine.destroy_when_not_in_use()

    def on_configure(self, _state: LifecycleState) -> TransitionCallbackReturn:
        """Unconfigured to inactive."""
        return self._submit("configure", self.lifecycle.configure, TransitionCallbackReturn.FAILURE)

    def on_activate(self, _state: LifecycleState) -> TransitionCallbackReturn:
        """Inactive to active."""
        return self._submit("activate", self.lifecycle.activate, TransitionCallbackReturn.FAILURE)

    def on_deactivate(self, _state: LifecycleState) -> TransitionCallbackReturn:
        """Active to inactive."""
        return self._submit("deactivate", self.lifecycle.deactivate, TransitionCallbackReturn.ERROR)

    def on_cleanup(self, _state: LifecycleState) -> TransitionCallbackReturn:
        """Inactive to unconfigured."""
        return self._submit("cleanup", self.lifecycle.cleanup, TransitionCallbackReturn.ERROR)

    def on_shutdown(self, _state: LifecycleState) -> TransitionCallbackReturn:
        """Any to finalized."""
        return self._submit("shutdown", self.lifecycle.cleanup, TransitionCallbackReturn.SUCCESS)

    def on_error(self, _state: LifecycleState) -> TransitionCallbackReturn:
        """Halt, then back to unconfigured."""
        self._submit("halt", self.lifecycle.halt, TransitionCallbackReturn.ERROR)
        return self._submit("cleanup", self.lifecycle.cleanup, TransitionCallbackReturn.ERROR)

    def _submit(
        self, name: str, work: Callable[[], Awaitable[None]], on_failure: TransitionCallbackReturn
    ) -> TransitionCallbackReturn:
        async def do() -> None:
            await work()

        future = asyncio.run_coroutine_threadsafe(do(), self.loop)
        try:
            future.result(TRANSITION_S)
        except concurrent.futures.TimeoutError:
            future.cancel()
            _log.error("transition %s did not end within %g s", name, TRANSITION_S)
            return on_failure
        except TaskMatrixError as error:
            self.failure = error
            _log.error("transition %s failed: %s", name, error.message)
            return on_failure
        except Exception:  # noqa: BLE001 - rclpy swallows what a transition raises
            _log.exception("transition %s failed", name)
            return on_failure
        return TransitionCallbackReturn.SUCCESS
