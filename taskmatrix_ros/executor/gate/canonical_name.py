"""The one name of what a call reaches: what policies speak of and the audit log keeps."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.core.binding_spec import (
    BindingSpec,
    HomeAssistant,
    Http,
    Mcp,
    Mqtt,
    Ros2Action,
    Ros2Service,
    Ros2Topic,
)
from taskmatrix_ros.core.url_template import UrlTemplate

_TOKEN = re.compile(r"\{\{|\}\}|\{([a-z][a-z0-9_]*)\}")


class CanonicalName:
    """``/kitchen_robot/robot/find`` for ROS, ``mqtt://default/home/ac/set`` for MQTT, with its arguments.

    A request over HTTP has its URL without the query, a tool ``mcp://server/tool``; a service of Home Assistant
    is ``homeassistant:light.turn_on``, a function ``function:name``,
    what the executor does itself ``builtin:wait``.
    """

    def __init__(self, binding: BindingSpec, *, robot_namespace: str) -> None:
        """:param robot_namespace: put before relative ROS names, as the binding itself does."""
        self._others: tuple[str, ...] = ()
        self._url: UrlTemplate | None = None
        if isinstance(binding, Mqtt):
            prefix = f"mqtt://{binding.broker}/"
            self._template = prefix + binding.topic
            others = dict.fromkeys(prefix + message.topic for message in (*binding.before, *binding.then))
            self._others = tuple(other for other in others if other != self._template)
            self.depends_on_arguments = any(set(name) & set("{}") for name in (self._template, *self._others))
            return
        if isinstance(binding, Http):
            self._url = UrlTemplate.parse(binding.url)
            self._template = self._url.canonical
            self.depends_on_arguments = bool(self._url.names)
            return
        self.depends_on_arguments = False
        if isinstance(binding, Mcp):
            self._template = f"mcp://{binding.server}/{binding.tool}"
            return
        name = binding.service if isinstance(binding, HomeAssistant) else binding.name
        if isinstance(binding, Ros2Action | Ros2Service | Ros2Topic):
            full = name if name.startswith("/") else f"/{robot_namespace}/{name}"
            self._template = "/" + "/".join(part for part in full.split("/") if part)
        else:
            self._template = f"{binding.kind}:{name}"

    def of(self, arguments: Mapping[str, Any]) -> str:
        """Give the name that a call with these arguments reaches, filled in as the binding fills it in."""
        if not self.depends_on_arguments:
            return self._template
        if self._url is not None:
            return self._url.canonical_of(arguments)
        return _TOKEN.sub(lambda token: _filled(token, arguments), self._template)

    def all_of(self, arguments: Mapping[str, Any]) -> tuple[str, ...]:
        """Give every name that it reaches, that of ``of`` first: an MQTT command may be several messages."""
        others = (_TOKEN.sub(lambda token: _filled(token, arguments), other) for other in self._others)
        return (self.of(arguments), *others)


def _filled(token: re.Match[str], arguments: Mapping[str, Any]) -> str:
    if token[1] is None:
        return token[0][0]
    value = arguments.get(token[1])
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
