from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from given_catalogue import GivenCatalogue

from taskmatrix_ros.bindings.mqtt.mqtt_binding import BrokerSettings, MqttBinding
from taskmatrix_ros.core.api_document import ApiPackage
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.state_store import StateStore


def catalogue_of(apis: Sequence[dict[str, Any]] = (), state: Sequence[dict[str, Any]] = ()) -> GivenCatalogue:
    given = {"package": "p", "version": "1.0.0", "apis": apis, "state": state}
    return GivenCatalogue.of(ApiPackage.model_validate(given))


def api(**binding: Any) -> dict[str, Any]:
    return {
        "name": "lamp_set",
        "description": "Set a lamp.",
        "parameters": {"lamp": {"type": "string"}, "level": {"type": "number", "required": False}},
        "binding": {"kind": "mqtt", "topic": "lamp/{lamp}/set", **binding},
    }


def opened(catalogue: GivenCatalogue, **settings: Any) -> None:
    async def main() -> None:
        binding = MqttBinding({"default": BrokerSettings(**settings)}, catalogue, StateStore())
        try:
            await binding.open()
        finally:
            await binding.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("binding", "says"),
    [
        ({"broker": "garage"}, "api 'lamp_set': broker 'garage' is not in the profile; allowed: default"),
        ({"topic": "lamp/{lmp}/set"}, "did you mean {lamp}?"),
        ({"topic": "lamp/#"}, "cannot be published on"),
        ({"payload": {"level": "{levle}"}}, "did you mean {level}?"),
        ({"payload": '{"level": 1}'}, "give a JSON payload as a mapping"),
    ],
)
def test_a_document_that_can_never_work_fails_open(binding: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        opened(catalogue_of([api(**binding)]))
    assert says in caught.value.message
    assert "lamp_set" in caught.value.message


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ({"broker": "garage", "topic": "t"}, "state 'lamp.state': broker 'garage'"),
        ({"topic": "t", "path": "state"}, "state 'lamp.state': path 'state' is no JSON pointer"),
        ({"topic": "t/#"}, "state 'lamp.state': state topic 't/#'"),
        ({"topic": "t", "map": {"ON": 1}}, "state 'lamp.state': map gives 1 is not of type string"),
    ],
)
def test_a_state_that_can_never_work_fails_open(source: dict[str, Any], says: str) -> None:
    state = {"key": "lamp.state", "type": "string", "from": {"kind": "mqtt", **source}}
    with pytest.raises(ConfigError) as caught:
        opened(catalogue_of(state=[state]))
    assert says in caught.value.message


def test_a_missing_secret_fails_open_and_names_the_broker() -> None:
    with pytest.raises(ConfigError, match=r"mqtt 'default' at 127\.0\.0\.1:1883: environment variable NOT_SET_HERE"):
        opened(catalogue_of(), username="me", password_env="NOT_SET_HERE")


def call_unopened(arguments: dict[str, Any], **binding: Any) -> Outcome:
    catalogue = catalogue_of([api(**binding)])
    unopened = MqttBinding({"default": BrokerSettings()}, catalogue, StateStore())
    call = Call(run_id="r", api="lamp_set", arguments=arguments, deadline_s=1.0)
    return asyncio.run(unopened.call(call, catalogue.documents()[0], lambda _report: None))


@pytest.mark.parametrize(
    ("arguments", "binding"),
    [
        ({"lamp": "../#"}, {}),
        ({"lamp": ""}, {}),
        ({}, {}),
        ({"lamp": "a"}, {"payload": "{level}"}),
        ({"lamp": "a", "level": float("nan")}, {"payload": {"level": "{level}"}}),
        ({"lamp": "a", "level": "\ud800"}, {"payload": "{level}"}),
        ({"lamp": "a"}, {"payload": "{other}"}),
    ],
)
def test_arguments_that_do_not_fit_are_rejected(arguments: dict[str, Any], binding: dict[str, Any]) -> None:
    outcome = call_unopened(arguments, **binding)
    assert outcome.status is Status.REJECTED
    assert outcome.error is not None
    assert outcome.error.code in ("REFUSED", "CONFIG")


def test_before_open_a_call_is_unavailable() -> None:
    outcome = call_unopened({"lamp": "a"})
    assert outcome.status is Status.UNAVAILABLE
    assert outcome.error is not None
    assert "not open" in outcome.error.message


def test_a_document_of_another_kind_is_a_fault_of_the_program() -> None:
    other = api() | {"binding": {"kind": "ros2_service", "name": "x", "type": "std_srvs/srv/Trigger"}}
    catalogue = catalogue_of([other])
    binding = MqttBinding({"default": BrokerSettings()}, catalogue, StateStore())
    call = Call(run_id="r", api="lamp_set", arguments={}, deadline_s=1.0)
    with pytest.raises(TypeError, match="ros2_service"):
        asyncio.run(binding.call(call, catalogue.documents()[0], lambda _report: None))
