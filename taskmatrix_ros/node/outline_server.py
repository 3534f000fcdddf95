"""The service by which a person changes an outline."""

from __future__ import annotations

from taskmatrix_interfaces.srv import EditOutline
from taskmatrix_ros.app.runs.outline_desk import Operation
from taskmatrix_ros.app.system import System
from taskmatrix_ros.core.errors import RequestError
from taskmatrix_ros.node.loop_services import LoopServices
from taskmatrix_ros.node.messages import outline_message
from taskmatrix_ros.ros.node_thread import NodeThread

_OPERATION = {getattr(EditOutline.Request, operation.name): operation for operation in Operation}


class OutlineServer:
    """Serves ``edit_outline``; the outline it gives back can be run by ``execute_task``."""

    def __init__(self, thread: NodeThread, system: System) -> None:
        self._system = system
        self._services = LoopServices(thread)

    async def open(self) -> None:
        """Offer the service."""
        await self._services.serve(EditOutline, "edit_outline", self._edit)

    async def close(self) -> None:
        """Withdraw it."""
        await self._services.close()

    async def _edit(self, request: EditOutline.Request, response: EditOutline.Response) -> None:
        operation = _OPERATION.get(request.operation)
        if operation is None:
            raise RequestError(f"edit_outline: operation {request.operation} is none of {sorted(_OPERATION)}")
        changed = await self._system.outlines.edit(
            request.outline_id,
            operation,
            step_id=request.step_id,
            before=request.before,
            text=request.text,
            name=request.name,
            parameters=tuple(request.parameters),
        )
        response.outline = outline_message(changed)
        response.success = True
