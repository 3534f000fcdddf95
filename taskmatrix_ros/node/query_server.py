"""Services that ask: runs, state; and the one that cancels a run."""

from __future__ import annotations

import asyncio
from typing import Any

from taskmatrix_interfaces.srv import CancelRun, GetRun, GetState, ListRuns
from taskmatrix_ros.app.system import System
from taskmatrix_ros.node.loop_services import Handler, LoopServices
from taskmatrix_ros.node.messages import outline_message, run_message, state_message
from taskmatrix_ros.node.pending_messages import pending_messages
from taskmatrix_ros.ros.node_thread import NodeThread


class QueryServer:
    """Each request is answered in the loop, which owns what it asks about."""

    def __init__(self, thread: NodeThread, system: System) -> None:
        self._system = system
        self._services = LoopServices(thread)

    async def open(self) -> None:
        """Offer the services."""
        served: tuple[tuple[Any, str, Handler], ...] = (
            (ListRuns, "list_runs", self._list_runs),
            (GetRun, "get_run", self._get_run),
            (CancelRun, "cancel_run", self._cancel_run),
            (GetState, "get_state", self._get_state),
        )
        for kind, name, handler in served:
            await self._services.serve(kind, name, handler)

    async def close(self) -> None:
        """Withdraw the services."""
        await self._services.close()

    async def _list_runs(self, request: ListRuns.Request, response: ListRuns.Response) -> None:
        limit = request.limit or 50
        episodes = self._system.journal.runs(active_only=request.active_only, limit=limit + 1, before=request.cursor)
        response.runs = [run_message(episode, whole=False) for episode in episodes[:limit]]
        response.cursor = episodes[limit - 1].run_id if len(episodes) > limit else ""
        response.success = True

    async def _get_run(self, request: GetRun.Request, response: GetRun.Response) -> None:
        episode = self._system.journal.run(request.run_id)
        if episode is None:
            response.error_code = "UNKNOWN_RUN"
            response.message = f"run '{request.run_id}' is unknown; list_runs gives the ids"
            return
        response.run = run_message(episode, whole=True)
        response.outline = outline_message(episode.outline)
        response.approvals, response.questions = pending_messages(self._system, request.run_id)
        response.success = True

    async def _cancel_run(self, request: CancelRun.Request, response: CancelRun.Response) -> None:
        session = self._system.session
        wanted = [request.run_id] if request.run_id else [view.episode.run_id for view in session.active]
        cancelled = await asyncio.gather(*(session.cancel(run_id) for run_id in wanted))
        response.run_ids = [run_id for run_id, was_active in zip(wanted, cancelled, strict=True) if was_active]
        response.success = bool(response.run_ids) or not request.run_id
        if not response.success:
            response.error_code = "NOT_ACTIVE"
            response.message = f"run '{request.run_id}' is not active; list_runs shows what is"

    async def _get_state(self, request: GetState.Request, response: GetState.Response) -> None:
        store = self._system.state
        keys = tuple(request.keys)
        response.values = [
            state_message(store, value)
            for value in sorted(store.all_values(), key=lambda value: value.key)
            if not keys or any(value.key == key or (key.endswith(".") and value.key.startswith(key)) for key in keys)
        ]
        response.success = True
