"""A call as Home Assistant's ``call_service`` takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.bindings.templates import render
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.binding_spec import HomeAssistant
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import CallRefused

_TARGET = "entity_id"
_TEMPERATURES = ("temperature", "target_temp_high", "target_temp_low")
_TEMPERATURE_DOMAINS = ("climate", "water_heater")


@dataclass(frozen=True, kw_only=True)
class ServiceRequest:
    """``entity_ids`` None: the service acts on none. Temperatures in ``data`` are in Home Assistant's own unit."""

    service: str
    entity_ids: tuple[str, ...] | None
    data: Mapping[str, Any]
    returns_response: bool

    @staticmethod
    def of(call: Call, document: ApiDocument, *, fahrenheit: bool) -> ServiceRequest:
        """Fill in the document's template.

        :param fahrenheit: whether Home Assistant's temperatures are in degrees Fahrenheit.
        :raises CallRefused: an argument does not fit, or there is no entity to act on.
        """
        spec = document.binding
        if not isinstance(spec, HomeAssistant):
            raise TypeError(f"{document.name} has a {spec.kind} binding, not homeassistant")
        arguments = dict(call.arguments)
        targets = arguments.pop(_TARGET, None) if _TARGET in document.parameters else None
        if spec.data is not None:
            data = render(spec.data, call.arguments)
            targets = data.pop(_TARGET, targets)
        else:
            data = {name: value for name, value in arguments.items() if value is not None}
        entity_ids = (
            None if targets is None else tuple(dict.fromkeys([targets] if isinstance(targets, str) else targets))
        )
        if entity_ids == () or (entity_ids is None and _TARGET in document.parameters):
            raise CallRefused(f"{call.api} names no entity; give at least one in {_TARGET}", code="ARGUMENT")
        if fahrenheit and spec.service.startswith(tuple(f"{domain}." for domain in _TEMPERATURE_DOMAINS)):
            data |= {name: round(data[name] * 1.8 + 32, 1) for name in _TEMPERATURES if name in data}
        return ServiceRequest(
            service=spec.service, entity_ids=entity_ids, data=data, returns_response=document.returns is not None
        )

    def message(self, entity_ids: Sequence[str] | None) -> dict[str, Any]:
        """Give the request's fields, for those of its entities that can be reached."""
        domain, _, name = self.service.partition(".")
        fields: dict[str, Any] = {"domain": domain, "service": name, "service_data": dict(self.data)}
        if entity_ids is not None and self.entity_ids is not None:
            fields["target"] = {_TARGET: list(entity_ids)}
        if self.returns_response:
            fields["return_response"] = True
        return fields
