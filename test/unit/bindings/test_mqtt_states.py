from __future__ import annotations

import logging
from typing import Any

import pytest

from taskmatrix_ros.bindings.mqtt.mqtt_owner import Received
from taskmatrix_ros.bindings.mqtt.mqtt_states import MqttStates
from taskmatrix_ros.core.api_document import StateSpec
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.state_store import StateStore


def spec(key: str, topic: str, path: str | None = None, type_: str = "string", **more: Any) -> StateSpec:
    source = {"kind": "mqtt", "topic": topic, "path": path, **more.pop("source", {})}
    return StateSpec.model_validate({"key": key, "type": type_, "from": source, **more})


HOME = [
    spec("ac.state", "home/ac/state", "/power"),
    spec("ac.target_c", "home/ac/state", "/target_c", "number", unit="c", source={"qos": 2}),
    spec("light.{light}.state", "home/light/{light}/state", "/power"),
    spec("light.{light}.brightness_pct", "home/light/{light}/state", "/brightness_pct", "number"),
    spec("room.{room}.temperature_c", "home/thermometer/{room}/state", None, "number", stale_after_s=60),
    spec("other.state", "home/ac/state", "/power", source={"broker": "garage"}),
]


@pytest.fixture
def state() -> StateStore:
    return StateStore()


@pytest.fixture
def states(state: StateStore) -> MqttStates:
    states = MqttStates("default", state)
    states.load_specs(HOME)
    states.connection_accepted()
    states.connection_subscribed()
    return states


def tell(states: MqttStates, topic: str, payload: str | bytes, retained: bool = False) -> None:
    raw = payload.encode() if isinstance(payload, str) else payload
    states.messages_received([Received(topic, raw, retained)])


def test_filters_have_each_topic_once_with_the_highest_qos(states: MqttStates) -> None:
    wanted = {topic: subscription.qos for topic, subscription in states.filters.items()}
    assert wanted == {"home/ac/state": 2, "home/light/+/state": 1, "home/thermometer/+/state": 1}


def test_one_message_feeds_all_its_keys(states: MqttStates, state: StateStore) -> None:
    tell(states, "home/ac/state", '{"power": "on", "target_c": 22}', retained=True)
    assert dict(state) == {"ac.state": "on", "ac.target_c": 22.0}
    value = state.read("ac.target_c")
    assert value is not None
    assert (value.source, value.unit, value.retained) == ("mqtt:default", "c", True)
    tell(states, "home/ac/state", '{"power": "off", "target_c": 22}')
    value = state.read("ac.state")
    assert value is not None
    assert not value.retained


def test_a_wildcard_fills_the_key(states: MqttStates, state: StateStore) -> None:
    tell(states, "home/light/kitchen/state", '{"power": "on", "brightness_pct": 40}')
    tell(states, "home/light/bedroom/state", '{"power": "off", "brightness_pct": 70}')
    assert state["light.kitchen.state"] == "on"
    assert state["light.bedroom.brightness_pct"] == 70.0


def test_not_every_device_of_a_family_has_everything(states: MqttStates, state: StateStore) -> None:
    tell(states, "home/light/kitchen/state", '{"power": "on"}')
    assert dict(state) == {"light.kitchen.state": "on"}
    assert not states.bad_payloads


def test_a_bad_payload_changes_nothing_and_is_told_once(
    states: MqttStates, state: StateStore, caplog: pytest.LogCaptureFixture
) -> None:
    tell(states, "home/ac/state", '{"power": "on", "target_c": 22}')
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            tell(states, "home/ac/state", '{"power": "on", "target_c": "warm"}')
        tell(states, "home/ac/state", b"\xff")
        tell(states, "home/light/Hall Lamp/state", '{"power": "on"}')
    assert dict(state) == {"ac.state": "on", "ac.target_c": 22.0}
    assert states.bad_payloads == {"home/ac/state": 5, "home/light/Hall Lamp/state": 1}
    assert len(caplog.records) == 2
    assert "ac.target_c: 'warm' is not of type number" in caplog.messages[0]


def test_a_half_bad_message_still_tells_its_good_half(states: MqttStates, state: StateStore) -> None:
    tell(states, "home/ac/state", '{"power": "on"}')
    assert dict(state) == {"ac.state": "on"}
    assert states.bad_payloads["home/ac/state"] == 1


def test_an_empty_payload_makes_the_key_missing(states: MqttStates, state: StateStore) -> None:
    tell(states, "home/light/kitchen/state", '{"power": "on"}')
    tell(states, "home/light/kitchen/state", "")
    assert "light.kitchen.state" not in state
    assert not states.bad_payloads


def test_a_lost_connection_makes_all_it_said_missing(states: MqttStates, state: StateStore) -> None:
    tell(states, "home/ac/state", '{"power": "on", "target_c": 22}')
    state.set("robot.holding", "apple", source="ros2:robot/state")
    states.connection_lost()
    assert dict(state) == {"robot.holding": "apple"}
    assert state.problem("ac.state") == "ac.state is unknown since mqtt:default is gone"


def test_a_new_connection_believes_only_what_it_hears_or_what_is_good_for_a_time(
    states: MqttStates, state: StateStore
) -> None:
    tell(states, "home/ac/state", '{"power": "on", "target_c": 22}')
    tell(states, "home/thermometer/kitchen/state", "21.5")
    states.connection_lost()
    states.connection_accepted()
    states.connection_subscribed()
    assert dict(state) == {"room.kitchen.temperature_c": 21.5}
    tell(states, "home/ac/state", '{"power": "off", "target_c": 22}', retained=True)
    assert state["ac.state"] == "off"


def test_a_value_another_source_has_set_since_is_kept(states: MqttStates, state: StateStore) -> None:
    tell(states, "home/ac/state", '{"power": "on", "target_c": 22}')
    state.set("ac.state", "off", source="homeassistant")
    states.connection_lost()
    states.connection_accepted()
    assert state["ac.state"] == "off"


def test_staleness_of_a_family_is_set_for_each_key(state: StateStore) -> None:
    class Clock:
        now = 0.0

        def now_s(self) -> float:
            return self.now

    clock = Clock()
    state = StateStore(clock)  # type: ignore[arg-type]
    states = MqttStates("default", state)
    states.load_specs(HOME)
    tell(states, "home/thermometer/kitchen/state", "21.5")
    clock.now = 59
    assert state["room.kitchen.temperature_c"] == 21.5
    clock.now = 61
    assert "room.kitchen.temperature_c" not in state


def test_new_specs_take_the_place_of_the_old(states: MqttStates, state: StateStore) -> None:
    tell(states, "home/ac/state", '{"power": "on", "target_c": 22}')
    states.load_specs([spec("ac.word", "home/ac/state", "/power")])
    tell(states, "home/ac/state", '{"power": "off", "target_c": 23}')
    assert state["ac.word"] == "off"
    assert state["ac.target_c"] == 22.0


def test_specs_that_can_never_work_leave_the_old(states: MqttStates) -> None:
    with pytest.raises(ConfigError, match=r"state 'x\.y': path 'power' is no JSON pointer"):
        states.load_specs([spec("x.y", "t", "power")])
    assert "home/ac/state" in states.filters
