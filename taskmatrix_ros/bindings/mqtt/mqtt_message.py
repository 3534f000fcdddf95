"""The messages of one command: what is published where, worked out from the arguments."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.bindings.mqtt.mqtt_command import MqttCommand
from taskmatrix_ros.bindings.mqtt.mqtt_topic import check_topic_template, render_topic
from taskmatrix_ros.bindings.templates import check_template, render
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.binding_spec import Mqtt, MqttMessage
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import CallRefused, ConfigError
from taskmatrix_ros.expressions.jinja_template import JinjaTemplate, TemplateFailed

_REMEMBERED_LENGTH = 2000
"""Characters of the longest arguments that are remembered: no picture stays in memory for it."""


class Messages:
    """The messages of one document. What the latest arguments came to is remembered: a rule calls with the same."""

    def __init__(self, document: ApiDocument, spec: Mqtt) -> None:
        """:param spec: its binding."""
        self.document, self.spec = document, spec
        self._messages = spec.messages
        # What must not be done twice or late is kept by no broker for longer than its caller waits, nor for ever.
        self._is_kept_for = document.expires_s is not None or document.idempotent
        self._is_retained = spec.retain and document.expires_s is None and document.idempotent
        self._is_fixed = all(one.template is None for one in self._messages)  # a template may read the time
        self._latest: tuple[str, tuple[Publication, ...]] | None = None

    def commands(self, call: Call, epoch: object) -> list[MqttCommand]:
        """Give what goes out for a call, in its order.

        :param epoch: of the link it goes out by.
        :raises CallRefused: an argument does not fit its topic or payload, or nothing is left to send.
        """
        expires_s = self.document.expires_s
        return [
            MqttCommand(
                call_id=call.call_id,
                topic=publication.topic,
                payload=publication.payload,
                qos=self.spec.qos,
                retain=self._is_retained,
                epoch=epoch,
                expires_at_s=None if expires_s is None else time.monotonic() + expires_s,
                expiry_s=expires_s if self._is_kept_for else call.deadline_s,
            )
            for publication in self._of(call.arguments)
        ]

    def _of(self, arguments: Mapping[str, Any]) -> tuple[Publication, ...]:
        given = repr(arguments)  # unlike the arguments themselves it tells 1 from true
        if self._latest is not None and self._latest[0] == given:
            return self._latest[1]
        found = _publications(self._messages, arguments)
        if self._is_fixed and len(given) <= _REMEMBERED_LENGTH:
            self._latest = (given, found)
        return found


@dataclass(frozen=True, slots=True)
class Publication:
    """A message ready to be sent."""

    topic: str
    payload: bytes


def check_messages(spec: Mqtt, parameter_names: Iterable[str]) -> None:
    """Make sure that ``publications_of`` can only fail for the values of a call.

    :raises ConfigError: a topic or template can never work, or names what is no parameter.
    """
    names = frozenset(parameter_names)
    for message in spec.messages:
        check_topic_template(message.topic, names)
        check_template(message.payload, names)
        if message.given is not None and message.given not in names:
            raise ConfigError(f"given: {message.given!r} is no parameter; parameters are: {', '.join(sorted(names))}")
        if message.template is not None and (unknown := JinjaTemplate.parse(message.template).names - names):
            known = ", ".join(sorted(names)) or "none"
            raise ConfigError(f"template {message.template[:80]!r} names {min(unknown)}; parameters are: {known}")


def publications_of(spec: Mqtt, arguments: Mapping[str, Any]) -> tuple[Publication, ...]:
    """Fill in the messages, in the order they go out.

    :raises CallRefused: an argument does not fit its topic or payload, or nothing is left to send.
    """
    return _publications(spec.messages, arguments)


def _publications(messages: Sequence[MqttMessage], arguments: Mapping[str, Any]) -> tuple[Publication, ...]:
    wanted = [one for one in messages if one.given is None or arguments.get(one.given) is not None]
    if not wanted:
        names = ", ".join(sorted({one.given for one in messages if one.given}))
        raise CallRefused(f"there is nothing to send; give one of {names}")
    return tuple(Publication(render_topic(one.topic, arguments), _payload(one, arguments)) for one in wanted)


def _payload(message: MqttMessage, arguments: Mapping[str, Any]) -> bytes:
    if message.template is not None:
        try:
            return JinjaTemplate.parse(message.template).render(arguments).encode()
        except TemplateFailed as error:
            raise CallRefused(str(error)) from error
    value = render(message.payload, arguments)
    if value is None:
        raise CallRefused("the payload is null; give the argument it is made of")
    try:
        text = value if isinstance(value, str) else json.dumps(value, allow_nan=False, ensure_ascii=False)
        return text.encode()
    except (TypeError, ValueError) as error:
        raise CallRefused(f"the payload cannot be written as JSON: {error}") from error
