"""The messages of a document: the same arguments are worked out once, unless they are large."""

from __future__ import annotations

from typing import Any

import pytest

from taskmatrix_ros.bindings.mqtt.mqtt_message import Messages
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.binding_spec import Mqtt
from taskmatrix_ros.core.call import Call


@pytest.fixture(name="messages")
def messages_() -> Messages:
    document = ApiDocument.model_validate(
        {
            "name": "display_show",
            "description": "Show a text.",
            "parameters": {"text": {"type": "string", "description": "What to show."}},
            "effect": "actuate",
            "binding": {"kind": "mqtt", "topic": "display", "payload": "{text}"},
        }
    )
    assert isinstance(document.binding, Mqtt)
    return Messages(document, document.binding)


def payload(messages: Messages, value: Any) -> bytes:
    (command,) = messages.commands(Call(run_id="r", api="display_show", arguments={"text": value}, deadline_s=1), None)
    return command.payload


def test_what_the_latest_arguments_came_to_is_remembered(messages: Messages) -> None:
    first = payload(messages, "hello")
    assert payload(messages, "hello") is first
    assert payload(messages, "good-bye") == b"good-bye"
    assert payload(messages, "hello") == first


def test_equal_values_of_other_kinds_are_not_taken_for_each_other(messages: Messages) -> None:
    given = [1, True, 1.0, "1", 0, False, 0.0, -0.0, [1], [True], {"a": 1}, {"a": 1.0}]
    assert [payload(messages, value) for value in given] == [
        *(b"1", b"true", b"1.0", b"1", b"0", b"false", b"0.0", b"-0.0", b"[1]", b"[true]", b'{"a": 1}', b'{"a": 1.0}')
    ]


def test_a_picture_is_not_kept_in_memory(messages: Messages) -> None:
    picture = "x" * 1_000_000
    assert payload(messages, picture) == picture.encode()
    assert payload(messages, picture) is not payload(messages, picture)
