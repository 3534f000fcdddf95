"""One action goal, from looking for its server to its confirmed end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient
from rclpy.action.client import ClientGoalHandle
from rclpy.node import Node
from rclpy.qos import QoSProfile
from unique_identifier_msgs.msg import UUID

from taskmatrix_ros.ros.node_thread import NodeThread

POLL_S = 0.02
WATCH_S = 0.25
GOALS_SENDING = 4
RESULTS_QUEUED = 1000
REASK_S = 1.0
GONE_S = 1.0
"""A server that was not seen for so long is gone, and with it the goal."""

CANCEL_S = 5.0
"""How long a server may take to confirm a cancel before the goal counts as lost."""


class GoalEnd(StrEnum):
    """How a goal ended."""

    SUCCEEDED = "succeeded"
    ABORTED = "aborted"
    CANCELED = "canceled"
    REJECTED = "rejected"
    TIMED_OUT = "timed_out"
    NO_SERVER = "no_server"
    LOST = "lost"


_ENDS = {
    GoalStatus.STATUS_SUCCEEDED: GoalEnd.SUCCEEDED,
    GoalStatus.STATUS_ABORTED: GoalEnd.ABORTED,
    GoalStatus.STATUS_CANCELED: GoalEnd.CANCELED,
}


@dataclass(frozen=True)
class GoalReport:
    """``result`` is the action's Result message where the server gave one; ``reason`` says why there is none."""

    end: GoalEnd
    result: Any = None
    reason: str = ""


class ActionPeer:
    """A client of one action.

    A server keeps ten waiting requests by default and drops the rest unseen, so only a few goals wait for acceptance
    at a time; the client's own queue for results is deep, since many goals may end at once.
    """

    def __init__(self, node: Node, kind: Any, name: str) -> None:
        self.name = name
        self.kind = kind
        self.client = ActionClient(node, kind, name, result_service_qos_profile=QoSProfile(depth=RESULTS_QUEUED))
        self.sending = asyncio.Semaphore(GOALS_SENDING)

    def destroy(self) -> None:
        """Destroy the client."""
        self.client.destroy()


class ActionCall:
    """Sends one goal and sees it through."""

    def __init__(self, thread: NodeThread, peer: ActionPeer) -> None:
        self._thread = thread
        self._client = peer.client
        self._kind = peer.kind
        self._sending = peer.sending
        self._name = peer.name
        self._cancelled = asyncio.Event()
        self._withdrawn = ""
        """Why it is not to be sent any more, empty if it is."""
        self._abandoned = ""
        """Why its end is not waited for any more, empty if it is."""
        self._handle: Any = None

    async def run(
        self,
        goal: Any,
        *,
        goal_id: bytes,
        on_feedback: Callable[[Any], None],
        connect_s: float,
        deadline_s: float,
        lost: Callable[[], str | None],
    ) -> GoalReport:
        """Send the goal and wait for its end.

        :param goal_id: 16 bytes, the goal's UUID, by which its result can be asked for after a restart.
        :param on_feedback: called in the node's thread.
        :param connect_s: wall seconds the server may take to appear; after that nothing was sent.
        :param deadline_s: wall seconds for everything; the goal is then cancelled and its cancellation awaited.
        :param lost: asked a few times a second; a reason ends the wait.
        """
        deadline = time.monotonic() + deadline_s
        if reason := lost():
            return GoalReport(GoalEnd.NO_SERVER, reason=reason)
        if not await self._server_ready(min(deadline, time.monotonic() + connect_s)):
            if self._cancelled.is_set() or self._withdrawn:
                return GoalReport(GoalEnd.CANCELED, reason=f"{self._withdrawn or 'cancelled'} before it was sent")
            return GoalReport(GoalEnd.NO_SERVER, reason=f"no action server {self._name} within {connect_s:.1f} s")
        try:
            async with (
                asyncio.timeout_at(asyncio.get_running_loop().time() + deadline - time.monotonic()),
                self._sending,
            ):
                if self._withdrawn:
                    return GoalReport(GoalEnd.CANCELED, reason=f"{self._withdrawn} before it was sent")
                if reason := lost():
                    return GoalReport(GoalEnd.NO_SERVER, reason=reason)
                if unanswered := await self._send(
                    lambda: self._client.send_goal_async(
                        goal, lambda message: on_feedback(message.feedback), UUID(uuid=list(goal_id))
                    ),
                    lost,
                ):
                    return GoalReport(GoalEnd.LOST, reason=unanswered)
        except TimeoutError:
            return GoalReport(GoalEnd.LOST, reason=f"{self._name} did not answer the goal within {deadline_s:g} s")
        if not self._handle.accepted:
            return GoalReport(GoalEnd.REJECTED, reason=f"{self._name} rejected the goal")
        if self._withdrawn and not self._abandoned:  # stopped before there was a handle that a stop could use
            await self._thread.run(self._handle.cancel_goal_async)
        return await self._wait(deadline, lost)

    async def recover(
        self, *, goal_id: bytes, connect_s: float, deadline_s: float, lost: Callable[[], str | None]
    ) -> GoalReport | None:
        """See a goal through that an earlier life sent, known by its id alone.

        :returns: its end; None where no server is there, or it does not know the goal.
        """
        deadline = time.monotonic() + deadline_s
        if lost() or not await self._server_ready(min(deadline, time.monotonic() + connect_s)):
            return None
        accepted = self._kind.Impl.SendGoalService.Response(accepted=True)
        self._handle = ClientGoalHandle(self._client, UUID(uuid=list(goal_id)), accepted)
        report = await self._wait(deadline, lost, self._asked_again())
        return None if report.end is GoalEnd.LOST else report

    def cancel(self) -> None:
        """Ask for the end: ``run`` returns once the server confirms it. From the loop's thread."""
        self._cancelled.set()

    def abandon(self, reason: str) -> None:
        """Let ``run`` return soon: nobody can ask the server any more. From the loop's thread."""
        self._abandoned = self._withdrawn = reason

    def stop(self) -> None:
        """Send the cancel request at once; what was not sent is not. From any thread, without waiting."""
        self._withdrawn = "stopped"
        handle = self._handle
        if handle is not None:
            self._thread.post(handle.cancel_goal_async)

    async def _server_ready(self, until: float) -> bool:
        while not await self._thread.run(self._client.server_is_ready):
            if time.monotonic() >= until or self._cancelled.is_set() or self._withdrawn:
                return False
            await asyncio.sleep(POLL_S)
        return not self._withdrawn

    async def _send(self, send: Callable[[], Any], lost: Callable[[], str | None]) -> str:
        """Send the goal and wait until the server takes or rejects it.

        :returns: why that will never be known, empty if it is. A goal that is taken later is cancelled.
        """
        given_up = False

        def cancel_late(answered: Any) -> None:
            if given_up and answered.exception() is None and answered.result().accepted:
                answered.result().cancel_goal_async()

        def begin() -> Any:
            sent = send()
            sent.add_done_callback(cancel_late)
            return sent

        answer = asyncio.ensure_future(self._thread.result(begin))
        seen_s = time.monotonic()
        try:
            while not (await asyncio.wait({answer}, timeout=WATCH_S))[0]:
                if why := self._abandoned or lost():
                    return why
                if await self._thread.run(self._client.server_is_ready):
                    seen_s = time.monotonic()
                elif time.monotonic() - seen_s > GONE_S:
                    return f"{self._name} was sent, then its server went away"
            self._handle = answer.result()
            return ""
        finally:
            given_up = not answer.done()
            answer.cancel()
            await asyncio.gather(answer, return_exceptions=True)

    async def _asked_again(self) -> Any:
        """Ask for the result until an answer comes: a server that has not discovered this client yet drops it."""
        asked: list[asyncio.Future[Any]] = []
        patience_s = REASK_S
        try:
            while True:
                asked.append(asyncio.ensure_future(self._thread.result(self._handle.get_result_async)))
                done, _ = await asyncio.wait(asked, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
                if done:
                    return done.pop().result()
                patience_s *= 2
        finally:
            for request in asked:
                request.cancel()
            await asyncio.gather(*asked, return_exceptions=True)

    async def _wait(
        self, deadline: float, lost: Callable[[], str | None], asking: Coroutine[Any, Any, Any] | None = None
    ) -> GoalReport:
        result = asyncio.ensure_future(asking or self._thread.result(self._handle.get_result_async))
        cancelled = asyncio.ensure_future(self._cancelled.wait())
        seen_s = time.monotonic()
        try:
            while not result.done():
                left = deadline - time.monotonic()
                if left <= 0:
                    return await self._cancel_goal(result, GoalEnd.TIMED_OUT, f"{self._name} took too long")
                if self._abandoned:
                    return GoalReport(GoalEnd.LOST, reason=self._abandoned)
                if reason := lost():
                    await self._thread.run(self._handle.cancel_goal_async)
                    return GoalReport(GoalEnd.LOST, reason=reason)
                if await self._thread.run(self._client.server_is_ready):
                    seen_s = time.monotonic()
                elif time.monotonic() - seen_s > GONE_S and not result.done():
                    return GoalReport(GoalEnd.LOST, reason=f"{self._name} was sent, then its server went away")
                await asyncio.wait({result, cancelled}, timeout=min(WATCH_S, left), return_when=asyncio.FIRST_COMPLETED)
                if self._cancelled.is_set() and not result.done():
                    return await self._cancel_goal(result, GoalEnd.CANCELED, "cancelled")
            return _report(result.result())
        finally:
            for task in (result, cancelled):
                task.cancel()
            await asyncio.gather(result, cancelled, return_exceptions=True)

    async def _cancel_goal(self, result: asyncio.Future[Any], end: GoalEnd, reason: str) -> GoalReport:
        await self._thread.run(self._handle.cancel_goal_async)
        await asyncio.wait({result}, timeout=CANCEL_S)
        if not result.done():
            return GoalReport(GoalEnd.LOST, reason=f"{self._name} did not confirm the cancel within {CANCEL_S:g} s")
        report = _report(result.result())
        if report.end is GoalEnd.CANCELED:
            return GoalReport(end, report.result, reason)
        return report


def _report(response: Any) -> GoalReport:
    end = _ENDS.get(response.status)
    if end is None:
        return GoalReport(GoalEnd.LOST, reason="the server no longer knows the goal")
    return GoalReport(end, response.result)
