"""Calls in the terms of Home Assistant's services, for those who read plans from outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.binding_spec import HomeAssistant
from taskmatrix_ros.core.call import Call

_TIME_PACKAGES = frozenset({"time", "timers", "rules"})


def service_call(call: Call, document: ApiDocument) -> dict[str, Any]:
    """Give a rehearsed call as ``{"service", "entity_id", "data"}``.

    A device's service is named as Home Assistant names it, a skill ``robot.<skill>``, what timers and rules do
    ``time.<api>``; ``data`` holds the arguments that were given.
    """
    arguments = {name: value for name, value in call.arguments.items() if value is not None}
    entities = arguments.pop("entity_id", [])
    entity_ids = sorted({entities} if isinstance(entities, str) else set(map(str, entities)))
    return {"service": _service(document), "entity_id": entity_ids, "data": arguments}


def service_calls(calls: tuple[Call, ...], get: Callable[[str], ApiDocument | None]) -> list[dict[str, Any]]:
    """Give rehearsed calls in their order."""
    return [service_call(call, document) for call in calls if (document := get(call.api)) is not None]


def _service(document: ApiDocument) -> str:
    if document.package in _TIME_PACKAGES:
        return f"time.{document.name}"
    if isinstance(document.binding, HomeAssistant):
        return document.binding.service
    return f"{document.package}.{document.name.removeprefix(document.package + '_')}"
