"""The ``execute_task`` action: an instruction with live feedback, cancel and a result that tells everything."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Any

from pydantic import ValidationError
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.task import Future

from taskmatrix_interfaces.action import ExecuteTask
from taskmatrix_interfaces.msg import Run
from taskmatrix_ros.app.runs.run_teller import RunTeller
from taskmatrix_ros.app.runs.run_view import RunView
from taskmatrix_ros.app.system import System
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.run import RunStatus
from taskmatrix_ros.node.messages import feedback_message, instruction_of, result_message
from taskmatrix_ros.node.pending_messages import pending_messages
from taskmatrix_ros.ros.node_entities import NodeEntities
from taskmatrix_ros.ros.node_thread import NodeThread

_log = logging.getLogger(__name__)


class ExecuteTaskServer:
    """Serves goals while it is active; a goal's life is a run's life."""

    def __init__(self, thread: NodeThread, system: System) -> None:
        self._thread = thread
        self._system = system
        self._session = system.session
        self._loop: asyncio.AbstractEventLoop | None = None
        self._entities = NodeEntities(thread)
        self._run_ids: dict[bytes, str] = {}
        self._cancelled: set[bytes] = set()
        self._followers: set[asyncio.Task[None]] = set()
        self._accepting = False

    async def open(self) -> None:
        """Offer the action; goals are rejected until ``accept`` says otherwise."""
        self._loop = asyncio.get_running_loop()
        await self._entities.create(
            lambda node: ActionServer(
                node,
                ExecuteTask,
                "execute_task",
                execute_callback=self._execute,
                goal_callback=self._decide,
                cancel_callback=self._cancel,
                callback_group=ReentrantCallbackGroup(),
            )
        )

    async def close(self) -> None:
        """Withdraw the action once its followers have ended."""
        self._accepting = False
        if self._followers:
            await asyncio.wait(self._followers, timeout=5.0)
        await self._entities.close()

    def accept(self, *, accepting: bool) -> None:
        """Take goals, or reject them: the node is inactive or about to end."""
        self._accepting = accepting

    def _decide(self, _goal: ExecuteTask.Goal) -> GoalResponse:
        return GoalResponse.ACCEPT if self._accepting else GoalResponse.REJECT

    def _cancel(self, handle: ServerGoalHandle) -> CancelResponse:
        goal_id = bytes(handle.goal_id.uuid)
        self._cancelled.add(goal_id)
        run_id = self._run_ids.get(goal_id)
        if run_id is not None and self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._session.cancel(run_id, "cancelled by the client"), self._loop)
        return CancelResponse.ACCEPT

    async def _execute(self, handle: ServerGoalHandle) -> ExecuteTask.Result:
        """Run in rclpy's executor; everything of the run happens in the loop."""
        try:
            instruction = instruction_of(handle.request)
        except (ValidationError, ValueError) as error:
            handle.abort()
            return _refused(error)
        assert self._loop is not None
        finished = Future()
        self._loop.call_soon_threadsafe(self._follow, handle, instruction, finished)
        result: ExecuteTask.Result = await finished
        if result.status in (Run.SUCCEEDED, Run.DRY_RUN):
            handle.succeed()
        elif handle.is_cancel_requested and result.status == Run.CANCELLED:
            handle.canceled()
        else:
            handle.abort()
        return result

    def _follow(self, handle: ServerGoalHandle, instruction: Instruction, finished: Future) -> None:
        task = asyncio.ensure_future(self._see_through(handle, instruction, finished))
        self._followers.add(task)
        task.add_done_callback(self._followers.discard)

    async def _see_through(self, handle: ServerGoalHandle, instruction: Instruction, finished: Future) -> None:
        goal_id = bytes(handle.goal_id.uuid)
        try:
            view = self._session.start(instruction)
            self._run_ids[goal_id] = view.episode.run_id
            if goal_id in self._cancelled:
                await self._session.cancel(view.episode.run_id, "cancelled by the client")
            teller = RunTeller(view, self._system.events, partial(self._tell, handle, view))
            try:
                episode = await self._session.finish(view)
            finally:
                teller.close()
            result = result_message(view, episode)
        except Exception as error:  # noqa: BLE001 - the client must get an answer whatever went wrong here
            _log.exception("execute_task: the goal failed by a fault of the program")
            result = _refused(error)
        finally:
            self._run_ids.pop(goal_id, None)
            self._cancelled.discard(goal_id)
        self._thread.complete(finished, result)

    def _tell(self, handle: ServerGoalHandle, view: RunView) -> None:
        message = feedback_message(view, *pending_messages(self._system, view.episode.run_id))
        self._thread.post(lambda: handle.publish_feedback(message) if handle.is_active else None)


def _refused(error: Any) -> ExecuteTask.Result:
    if isinstance(error, ValidationError):
        found = error.errors()[0]
        field = ".".join(map(str, found["loc"]))
        length = f" ({len(found['input'])} characters)" if isinstance(found.get("input"), str) else ""
        error = f"execute_task: {field}{length}: {found['msg']}; correct the goal"
    return ExecuteTask.Result(
        status=Run.REFUSED,
        status_name=RunStatus.REFUSED.value,
        summary=str(error),
        error_code="BAD_GOAL",
    )
