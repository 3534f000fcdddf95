"""The stream of states, and calls filled in, without a Home Assistant."""

from __future__ import annotations

from typing import Any

import pytest

from taskmatrix_ros.bindings.homeassistant.homeassistant_request import ServiceRequest
from taskmatrix_ros.bindings.homeassistant.homeassistant_settings import HomeAssistantSettings
from taskmatrix_ros.bindings.homeassistant.homeassistant_states import AWAITED, SOURCE, HomeAssistantStates
from taskmatrix_ros.core.api_document import ApiDocument, StateSpec
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import CallRefused, ConfigError
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.registry.live_home import LiveHome


class Heard:
    """States as heard from nothing but events."""

    def __init__(self) -> None:
        self.state = StateStore()
        self.home = LiveHome("all")
        self.states = HomeAssistantStates(self.home, self.state)
        self.states.begin()
        self.states.take({"a": {"light.desk": {"s": "on", "a": {"brightness": 255, "effect": "rainbow"}, "lc": 100.0}}})


def test_changes_are_differences() -> None:
    heard = Heard()
    assert heard.state["light.desk.brightness_pct"] == 100
    change = {"+": {"s": "off", "a": {"color_temp_kelvin": 3000}}, "-": {"a": ["brightness", "effect"]}}
    heard.states.take({"c": {"light.desk": change}})
    assert heard.state["light.desk.state"] == "off"
    assert heard.state["light.desk.color_temp_kelvin"] == 3000
    assert heard.state.read("light.desk.brightness_pct").value is None
    heard.states.take({"c": {"light.never": {"+": {"s": "on"}}}})
    assert "light.never.state" not in heard.state


def test_what_there_was_at_the_start_is_no_news() -> None:
    heard = Heard()
    assert heard.state.read("light.desk.state").retained
    heard.states.take({"c": {"light.desk": {"+": {"s": "off"}}}})
    assert not heard.state.read("light.desk.state").retained


def test_a_new_connection_forgets_what_is_gone() -> None:
    heard = Heard()
    heard.states.begin()
    heard.states.take({"a": {"light.other": {"s": "on", "a": {}}}})
    assert heard.state.read("light.desk.state") is None
    heard.states.take({"r": ["light.other"]})
    assert heard.state.read("light.other.state") is None
    assert not heard.home.entities


def test_what_was_there_before_is_awaited_while_home_assistant_starts() -> None:
    heard = Heard()
    heard.states.take({"a": {"switch.pump": {"s": "on", "a": {}}}})
    heard.states.begin(starting=True)
    heard.state.set_source_live(SOURCE, live=False)
    heard.states.take({"a": {"light.other": {"s": "on", "a": {}}}})
    assert {entity.entity_id for entity in heard.home.entities} == {"light.desk", "light.other", "switch.pump"}
    assert heard.state["light.other.state"] == "on"
    assert not {"light.desk.state", "light.desk.brightness_pct", "switch.pump.state"} & set(heard.state)
    assert heard.state.gone_source("light.desk.state") == AWAITED
    assert not heard.states.can_be_reached("light.desk")
    reachable, problems = heard.states.sorted_targets(["light.desk", "light.other"])
    assert reachable == ("light.other",)
    assert [(one.said, one.exists) for one in problems] == [("is not back yet; Home Assistant is still starting", True)]

    heard.states.take({"a": {"light.desk": {"s": "off", "a": {}}}})
    assert heard.states.can_be_reached("light.desk")
    assert heard.state["light.desk.state"] == "off"
    assert heard.state.gone_source("light.desk.state") is None
    assert heard.state.gone_source("switch.pump.state") == AWAITED, "the word of one entity proves nothing of another"

    heard.states.started()
    assert {entity.entity_id for entity in heard.home.entities} == {"light.desk", "light.other"}
    assert heard.state.read("switch.pump.state") is None


def test_a_home_that_runs_awaits_nothing() -> None:
    heard = Heard()
    heard.states.started()
    assert heard.state["light.desk.state"] == "on"


def test_an_unavailable_entity_says_nothing_and_is_told_from_one_that_does_not_exist() -> None:
    heard = Heard()
    heard.states.take({"c": {"light.desk": {"+": {"s": "unavailable", "lc": 60.0}, "-": {"a": ["brightness"]}}}})
    assert "light.desk.state" not in heard.state
    reachable, problems = heard.states.sorted_targets(["light.desk", "light.nope"])
    assert reachable == ()
    assert [problem.exists for problem in problems] == [True, False]
    assert "1970-01-01 00:01:00 UTC" in problems[0].said


def test_a_manifest_may_give_an_entity_a_name_of_its_own() -> None:
    heard = Heard()
    source = {"kind": "homeassistant", "entity_id": "light.desk", "attribute": "brightness_pct"}
    heard.states.load_specs([StateSpec.model_validate({"key": "desk.glow_pct", "type": "number", "from": source})])
    assert heard.state["desk.glow_pct"] == 100
    heard.states.take({"c": {"light.desk": {"+": {"a": {"brightness": 51}}}}})
    assert heard.state["desk.glow_pct"] == 20


DOCUMENT = ApiDocument.model_validate(
    {
        "name": "climate_set_temperature",
        "description": "Set it.",
        "parameters": {
            "entity_id": {"type": "array", "items": {"type": "string"}},
            "temperature": {"type": "number"},
            "hvac_mode": {"type": "string", "required": False},
        },
        "binding": {"kind": "homeassistant", "service": "climate.set_temperature"},
    }
)


def request(document: ApiDocument = DOCUMENT, *, fahrenheit: bool = False, **arguments: Any) -> dict[str, Any]:
    call = Call(run_id="r", api=document.name, arguments=arguments, deadline_s=1)
    made = ServiceRequest.of(call, document, fahrenheit=fahrenheit)
    return made.message(made.entity_ids)


def test_arguments_go_by_their_own_names_and_nulls_not_at_all() -> None:
    sent = request(entity_id=["climate.a", "climate.a"], temperature=20, hvac_mode=None)
    assert sent == {
        "domain": "climate",
        "service": "set_temperature",
        "service_data": {"temperature": 20},
        "target": {"entity_id": ["climate.a"]},
    }


def test_a_template_may_name_entities_and_fields() -> None:
    binding = {
        "kind": "homeassistant",
        "service": "climate.set_temperature",
        "data": {"entity_id": "climate.bath", "temperature": "{warmth_c}"},
    }
    document = ApiDocument.model_validate(
        {"name": "bath", "description": "Warm it.", "parameters": {"warmth_c": {"type": "number"}}, "binding": binding}
    )
    sent = request(document, warmth_c=30)
    assert sent["target"] == {"entity_id": ["climate.bath"]}
    assert sent["service_data"] == {"temperature": 30}


def test_temperatures_go_out_in_the_other_ends_unit() -> None:
    assert request(fahrenheit=True, entity_id="climate.a", temperature=20)["service_data"] == {"temperature": 68}


@pytest.mark.parametrize("entity_id", [None, []])
def test_a_call_on_nothing_is_refused(entity_id: Any) -> None:
    with pytest.raises(CallRefused, match="names no entity"):
        request(entity_id=entity_id, temperature=20)


@pytest.mark.parametrize("url", ["homeassistant.local", "ftp://a", "http://user:secret@a:1", "http://a?x=1"])
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(ValueError, match="url is of the form"):
        HomeAssistantSettings(url=url, token_env="A")


def test_the_token_comes_from_one_place_and_is_asked_for_by_name(monkeypatch: Any, tmp_path: Any) -> None:
    for given in ({}, {"token_env": "A", "token_file": tmp_path}):
        with pytest.raises(ValueError, match="give one of them"):
            HomeAssistantSettings(**given)
    monkeypatch.delenv("HA_TOKEN", raising=False)
    with pytest.raises(ConfigError, match="HA_TOKEN is not set"):
        HomeAssistantSettings(token_env="HA_TOKEN").load_token()
    with pytest.raises(ConfigError, match="cannot be read"):
        HomeAssistantSettings(token_file=tmp_path / "none").load_token()
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(ConfigError, match="is empty"):
        HomeAssistantSettings(token_file=tmp_path / "empty").load_token()
