"""When a cover that was sent somewhere has got there, by what it tells."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from taskmatrix_ros.bindings.discovery.describe import describe
from taskmatrix_ros.bindings.discovery.message import DiscoveryTopic, parse_discovery
from taskmatrix_ros.bindings.mqtt.mqtt_owner import Received
from taskmatrix_ros.bindings.mqtt.mqtt_states import MqttStates
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.expressions.ensures import ensures_of
from taskmatrix_ros.expressions.expression import Expression

SAYS_STOPPED = {"name": "Blind", "command_topic": "b/set", "state_topic": "b", "state_stopped": "STOP",
                "state_opening": "UP", "state_closing": "DOWN", "value_template": "{{ value_json.is }}"}  # fmt: skip
TELLS_POSITION = {**SAYS_STOPPED, "position_topic": "b", "position_template": "{{ value_json.position }}"}
SAYS_OPEN_WHILE_OPENING = {"name": "Blind", "command_topic": "b/set", "state_topic": "b", "state_opening": "open",
                           "state_closing": "close", "state_stopped": "stop"}  # fmt: skip


def holds(config: dict[str, Any], verb: str, payload: str) -> bool:
    topic = DiscoveryTopic.parse("homeassistant/cover/b/config", "homeassistant")
    assert topic is not None
    (entity,) = parse_discovery(topic, json.dumps(config).encode())
    found = describe(entity, entity.wanted_id, "default")
    document = next(one for one in found.documents if one.name == f"blind_{verb}")
    store = StateStore()
    states = MqttStates("default", store)
    states.load_specs(found.states)
    states.messages_received([Received("b", payload.encode(), False)])
    expressions = [Expression.parse(source) for source in ensures_of(document)]
    assert expressions
    return all(one.decide(store.known(), {}, now=datetime.now(UTC))[0] is True for one in expressions)


@pytest.mark.parametrize(
    ("config", "verb", "payload", "there"),
    [
        (SAYS_STOPPED, "open", '{"is": "UP"}', False),
        (SAYS_STOPPED, "open", '{"is": "STOP"}', True),
        (TELLS_POSITION, "open", '{"is": "STOP", "position": 100}', True),
        (TELLS_POSITION, "open", '{"is": "STOP", "position": 40}', False),
        (TELLS_POSITION, "open", '{"is": "UP", "position": 100}', False),
        (TELLS_POSITION, "close", '{"is": "STOP", "position": 0}', True),
        (TELLS_POSITION, "close", '{"is": "STOP", "position": 100}', False),
        (SAYS_OPEN_WHILE_OPENING, "open", "open", False),
        (SAYS_OPEN_WHILE_OPENING, "open", "stop", True),
    ],
)
def test_a_cover_is_there_when_it_says_so(config: dict[str, Any], verb: str, payload: str, there: bool) -> None:
    assert holds(config, verb, payload) is there
