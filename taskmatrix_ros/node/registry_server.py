"""Services of the API platform: documents by name, by words, and what an operator does with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from taskmatrix_interfaces import msg
from taskmatrix_interfaces.srv import (
    DeleteApi,
    GiveFeedback,
    ListApis,
    RegisterApi,
    RollbackApi,
    SearchApis,
    UpdateApi,
)
from taskmatrix_ros.app.api_desk import ApiDesk, Plain
from taskmatrix_ros.app.system import System
from taskmatrix_ros.core.errors import ManifestError
from taskmatrix_ros.node.loop_services import Handler, LoopServices
from taskmatrix_ros.node.messages import diagnostic_message, time_message
from taskmatrix_ros.ros.node_thread import NodeThread


class RegistryServer:
    """Offers what ``ApiDesk`` does, field by field."""

    def __init__(self, thread: NodeThread, system: System) -> None:
        self._desk = ApiDesk(system)
        self._services = LoopServices(thread)

    async def open(self) -> None:
        """Offer the services."""
        desk = self._desk
        served: tuple[tuple[Any, str, Callable[..., Plain]], ...] = (
            (RegisterApi, "register_api", desk.register_api),
            (UpdateApi, "update_api", desk.update_api),
            (DeleteApi, "delete_api", desk.delete_api),
            (RollbackApi, "rollback_api", desk.rollback_api),
            (ListApis, "list_apis", desk.list_apis),
            (SearchApis, "search_apis", desk.search_apis),
            (GiveFeedback, "give_feedback", desk.give_feedback),
        )
        for kind, name, method in served:
            await self._services.serve(kind, name, _handler(method))

    async def close(self) -> None:
        """Withdraw the services."""
        await self._services.close()


def _handler(method: Callable[..., Plain]) -> Handler:
    async def handle(request: Any, response: Any) -> None:
        fields = {name: getattr(request, name) for name in request.get_fields_and_field_types()}
        try:
            told = method(**{name: list(value) if name == "steps" else value for name, value in fields.items()})
        except ManifestError as error:
            if hasattr(response, "diagnostics"):
                response.diagnostics = [diagnostic_message(found) for found in error.diagnostics]
            raise
        for name, value in told.items():
            setattr(response, name, _message(name, value))
        response.success = True

    return handle


def _message(name: str, value: Any) -> Any:
    if name == "diagnostics":
        return [diagnostic_message(found) for found in value]
    if name == "apis":
        return [_document(api) for api in value]
    return value


def _document(api: Plain) -> msg.ApiDocument:
    moment = api["updated_at"]
    updated = time_message(datetime.fromisoformat(moment) if moment else None)
    return msg.ApiDocument(**{**api, "score": float(api.get("score", 0.0)), "updated_at": updated})
