"""Services by which a person steers runs: approve, answer, pause, resume, resolve."""

from __future__ import annotations

from typing import Any

from taskmatrix_interfaces.srv import Answer, Approve, PauseRun, ResolveCall, ResumeRun
from taskmatrix_ros.app.system import System
from taskmatrix_ros.core.approval import ApprovalAnswer
from taskmatrix_ros.core.errors import RequestError
from taskmatrix_ros.core.instruction import Channel
from taskmatrix_ros.core.run_ports import Resolution
from taskmatrix_ros.node.loop_services import Handler, LoopServices
from taskmatrix_ros.ros.node_thread import NodeThread

_RESOLUTION = {
    ResolveCall.Request.DONE: Resolution.DONE,
    ResolveCall.Request.NOT_DONE: Resolution.NOT_DONE,
    ResolveCall.Request.REPEAT: Resolution.REPEAT,
    ResolveCall.Request.ABORT: Resolution.ABORT,
}


class RunControlServer:
    """Whoever may call services of this graph has the operator right; action code has no way to them."""

    def __init__(self, thread: NodeThread, system: System) -> None:
        self._system = system
        self._services = LoopServices(thread)

    async def open(self) -> None:
        """Offer the services."""
        served: tuple[tuple[Any, str, Handler], ...] = (
            (Approve, "approve", self._approve),
            (Answer, "answer", self._answer),
            (PauseRun, "pause_run", self._pause),
            (ResumeRun, "resume_run", self._resume),
            (ResolveCall, "resolve_call", self._resolve),
        )
        for kind, name, handler in served:
            await self._services.serve(kind, name, handler)

    async def close(self) -> None:
        """Withdraw the services."""
        await self._services.close()

    async def _approve(self, request: Approve.Request, response: Approve.Response) -> None:
        self._system.approvals.answer(
            ApprovalAnswer(
                approval_id=request.approval_id,
                approved=request.approved,
                channel=Channel.ROS,
                comment=request.comment,
            )
        )
        response.success = True
        response.message = "approved" if request.approved else "denied"

    async def _answer(self, request: Answer.Request, response: Answer.Response) -> None:
        self._system.questions.answer(request.question_id, request.answer)
        response.success = True
        response.message = "answered"

    async def _pause(self, request: PauseRun.Request, response: PauseRun.Response) -> None:
        self._system.session.pause(request.run_id, cancel_call=request.cancel_call)
        response.success = True
        response.message = "paused" if request.cancel_call else "pauses after the current call"

    async def _resume(self, request: ResumeRun.Request, response: ResumeRun.Response) -> None:
        self._system.runner.resume(request.run_id)
        response.success = True
        response.message = "resumed"

    async def _resolve(self, request: ResolveCall.Request, response: ResolveCall.Response) -> None:
        resolution = _RESOLUTION.get(request.resolution)
        if resolution is None:
            raise RequestError(
                f"resolution {request.resolution} is none of 0 done, 1 not done, 2 repeat, 3 abort", code="BAD_REQUEST"
            )
        self._system.runner.resolve(request.run_id, request.call_id, resolution, request.comment)
        response.success = True
        response.message = f"call {request.call_id}: {resolution.value}"
