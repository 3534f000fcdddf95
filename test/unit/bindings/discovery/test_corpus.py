"""Every announcement of the corpus becomes documents that command the device and keys that tell of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from corpus import CASES, Case

from taskmatrix_ros.bindings.discovery.describe import DescribedEntity, describe, is_passed_over
from taskmatrix_ros.bindings.discovery.message import DiscoveryTopic, parse_discovery
from taskmatrix_ros.bindings.mqtt.mqtt_message import check_messages, publications_of
from taskmatrix_ros.bindings.mqtt.mqtt_owner import Received
from taskmatrix_ros.bindings.mqtt.mqtt_states import MqttStates
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.binding_spec import Mqtt
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.expressions.ensures import ensures_of
from taskmatrix_ros.expressions.expression import Expression


def described(case: Case) -> list[DescribedEntity]:
    topic = DiscoveryTopic.parse(case.topic, "homeassistant")
    assert topic is not None
    announced = parse_discovery(topic, json.dumps(case.config).encode())
    return [describe(one, one.wanted_id, "default") for one in announced if not is_passed_over(one.component)]


def meaning(payload: Any) -> Any:
    """What a payload says, whatever its blanks and the order of its keys."""
    if not isinstance(payload, str):
        return payload
    try:
        return json.loads(payload)
    except ValueError:
        return payload


def sent(document: ApiDocument, arguments: dict[str, Any]) -> list[tuple[str, Any]]:
    assert isinstance(document.binding, Mqtt)
    given = document.with_defaults(arguments)
    for name, spec in document.parameters.items():
        assert spec.problem(given[name]) is None
    return [(one.topic, meaning(one.payload.decode())) for one in publications_of(document.binding, given)]


def test_there_are_enough() -> None:
    assert len(CASES) >= 380


@pytest.mark.parametrize("case", CASES, ids=[case.label for case in CASES])
def test_it_becomes_working_documents(case: Case) -> None:
    entities = described(case)
    documents = {document.name: document for entity in entities for document in entity.documents}
    for document in documents.values():
        assert isinstance(document.binding, Mqtt)
        check_messages(document.binding, document.parameters)
        for source in (*document.requires, *ensures_of(document)):
            Expression.parse(source)
        if not document.idempotent or document.expires_s is not None:
            assert not document.binding.retain
    for command in case.commands:
        expected = [(topic, meaning(payload)) for topic, payload in command.sent]
        assert command.api in documents, sorted(documents)
        assert sent(documents[command.api], command.arguments) == expected
    store = StateStore()
    states = MqttStates("default", store)
    states.load_specs([spec for entity in entities for spec in entity.states])
    for told in case.told:
        states.messages_received([Received(told.topic, told.payload.encode(), False)])
        assert store.get(told.key) == told.value, store.read(told.key)
    assert not states.bad_payloads
