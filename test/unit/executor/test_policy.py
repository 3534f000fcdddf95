"""The policy: what it says, what it refuses to say, and what it makes the Gate do."""

from __future__ import annotations

from typing import Any

import pytest
from home_documents import DOCUMENTS, document
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from test_gate import Door

from taskmatrix_ros.bindings.mqtt.mqtt_topic import render_topic
from taskmatrix_ros.core.approval import ApprovalScope
from taskmatrix_ros.core.binding_spec import Mqtt
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import ApprovalRequired, CallRefused, ConfigError
from taskmatrix_ros.core.instruction import ApprovalMode, Channel, Instruction
from taskmatrix_ros.core.policy import Policy
from taskmatrix_ros.executor.gate.canonical_name import CanonicalName
from taskmatrix_ros.executor.gate.policy_check import idle_patterns, verify_policy

GO_TO_POINT = document(
    "drive_to",
    parameters={
        "x_m": {"type": "number", "unit": "m"},
        "y_m": {"type": "number", "unit": "m", "required": False},
        "goal": {"type": "object", "required": False},
    },
)


def door(*documents: Any, **policy: Any) -> Door:
    return Door(*documents, policy=Policy.model_validate(policy))


def asked(channel: Channel, speaker: str = "") -> Instruction:
    return Instruction(text="do it", channel=channel, speaker=speaker)


def test_names_that_are_not_allowed_or_are_denied_are_refused() -> None:
    home = door(allow=["light_*", "thermometer_read"], deny=["light_off"])
    home.admit("light_on", light="hall")
    home.admit("thermometer_read")
    refused = home.refusal("light_off", light="hall")
    assert (refused.error_code, "denies light_off" in refused.message) == ("POLICY", True)
    assert "allows only light_*, thermometer_read" in home.refusal("bell_ring").message


def test_patterns_see_the_name_a_call_reaches() -> None:
    lamp = document(
        "lamp_set",
        parameters={"room": {"type": "string"}},
        binding={"kind": "mqtt", "topic": "home/{room}/lamp", "payload": ""},
    )
    home = door(lamp, deny=["mqtt://default/home/bedroom/*", "/kitchen/robot/*"])
    home.admit("lamp_set", room="hall")
    assert home.refusal("lamp_set", room="bedroom").error_code == "POLICY"
    home.admit("robot_find", object="cup")
    policy = Policy(deny=("/kitchen/robot/*",))
    assert Door(policy=policy, robot_namespace="/kitchen").refusal("robot_find", object="cup").error_code == "POLICY"


@given(
    topic=st.sampled_from(["home/{room}/set", "{room}", "a/{{b}}/{room}{level}", "plain/{level}"]),
    room=st.text(st.characters(codec="utf-8", exclude_characters="/+#$"), min_size=1, max_size=8),
    level=st.one_of(st.integers(-9, 9), st.floats(allow_nan=False, allow_infinity=False), st.booleans()),
)
def test_a_topic_is_named_as_it_is_sent(topic: str, room: str, level: Any) -> None:
    """What the Gate judges is what the binding publishes on."""
    name = CanonicalName(Mqtt(kind="mqtt", topic=topic), robot_namespace="")
    arguments = {"room": room, "level": level}
    try:
        sent = render_topic(topic, arguments)
    except CallRefused:
        return
    assert name.of(arguments) == f"mqtt://default/{sent}"


def test_a_limit_narrows_the_manifests() -> None:
    home = door(limits={"ac_set_temperature": {"temperature_c": {"minimum": 18, "maximum": 26}}})
    home.admit("ac_set_temperature", temperature_c=18)
    refused = home.refusal("ac_set_temperature", temperature_c=28)
    assert (refused.error_code, "28 is outside 18..26" in refused.message) == ("LIMIT", True)
    assert home.refusal("ac_set_temperature", temperature_c=31).error_code == "ARGUMENT"


def test_a_limit_holds_for_defaults_and_choices() -> None:
    home = door(limits={"say": {"times": {"minimum": 2}}, "light_on": {"light": {"enum": ["hall"]}}})
    assert home.refusal("say", text="a").error_code == "LIMIT"
    home.admit("say", text="a", times=2)
    home.admit("light_on", light="hall")
    assert "'kitchen' is none of hall" in home.refusal("light_on", light="kitchen").message


@pytest.mark.parametrize("place", ["nursery", "The Nursery", "baby_room", "baby room", "Baby-Room"])
def test_a_zone_is_closed_by_every_name_it_has(place: str) -> None:
    home = door(zones=[{"name": "nursery", "places": ["baby room"]}])
    assert home.refusal("robot_go_to", place=place).error_code == "ZONE"
    home.admit("robot_go_to", place="hall")
    home.admit("say", text="nursery")


@pytest.mark.parametrize(
    ("arguments", "closed"),
    [
        ({"x_m": 1.5, "y_m": 0.5}, True),
        ({"x_m": 1, "y_m": 1}, True),
        ({"x_m": 2.5, "y_m": 0.5}, False),
        ({"x_m": 1.5, "y_m": 3}, False),
        ({"x_m": 1.5}, True),  # it may be anywhere along y
        ({"x_m": 9, "goal": {"x_m": 1.2, "y_m": 0.2}}, True),
        ({"x_m": 9, "goal": {"way": [{"start_x_m": 1.2, "start_y_m": 0.2}]}}, True),
    ],
)
def test_a_zone_is_closed_by_its_extent(arguments: dict[str, Any], closed: bool) -> None:
    home = door(GO_TO_POINT, zones=[{"name": "stairs", "x_m": [1, 2], "y_m": [0, 1], "apis": ["drive_*"]}])
    if closed:
        assert home.refusal("drive_to", **arguments).error_code == "ZONE"
    else:
        home.admit("drive_to", **arguments)


def test_a_zone_may_be_closed_to_some_apis_only() -> None:
    home = door(zones=[{"name": "kitchen", "apis": ["robot_put_*"]}])
    home.admit("robot_go_to", place="kitchen")


def test_the_rate_of_all_calls_counts_only_what_passed() -> None:
    home = door(rate={"calls": 2, "per_s": 10})
    for _ in range(3):
        assert home.refusal("light_on", light="attic").error_code == "ARGUMENT"
    home.admit("light_on", light="hall")
    home.admit("thermometer_read")
    assert home.refusal("light_on", light="hall").error_code == "RATE_LIMIT"
    home.clock.now += 10
    home.admit("light_on", light="hall")


def test_a_call_that_waits_for_a_yes_takes_no_place_in_the_rate() -> None:
    home = door(rate={"calls": 1, "per_s": 10}, approve=["bell_ring"])
    for _ in range(3):
        assert isinstance(home.refusal("bell_ring"), ApprovalRequired)
    home.admit("thermometer_read")


def test_a_channel_has_its_rights_and_a_speaker_only_narrows_them() -> None:
    home = door(
        channels={"mqtt": {"effects": ["read", "notify"]}},
        speakers={"guest": {"deny": ["thermometer_*"]}, "ann": {"effects": ["actuate"]}},
    )
    home.admit("thermometer_read", asked(Channel.MQTT))
    refused = home.refusal("light_on", asked(Channel.MQTT), light="hall")
    assert (refused.error_code, "channel mqtt may only: read, notify" in refused.message) == ("RIGHTS", True)
    assert home.refusal("light_on", asked(Channel.MQTT, "ann"), light="hall").error_code == "RIGHTS"
    assert home.refusal("thermometer_read", asked(Channel.MQTT, "ann")).error_code == "RIGHTS"
    assert home.refusal("thermometer_read", asked(Channel.CLI, "guest")).error_code == "RIGHTS"
    home.admit("light_on", asked(Channel.CLI, "guest"), light="hall")
    home.admit("light_on", asked(Channel.CLI, "a stranger"), light="hall")


@pytest.mark.parametrize("channel", list(Channel))
def test_by_default_every_channel_may_act_and_none_without_a_yes_where_it_is_hazardous(channel: Channel) -> None:
    home = door()
    home.admit("light_on", asked(channel), light="hall")
    assert isinstance(home.refusal("door_unlock", asked(channel)), ApprovalRequired)


def test_the_policy_names_what_asks_and_how_far_a_yes_reaches() -> None:
    policy = Policy.model_validate(
        {"approve": ["ac_*", {"apis": ["light_*", "door_*"], "scope": "run"}, {"apis": "bell_ring", "scope": "run"}]}
    )

    def scope(api: str, effect: Effect = Effect.ACTUATE) -> ApprovalScope | None:
        found = policy.scope_of(api, [api], effect)
        return None if found is None else found[0]

    assert scope("thermometer_read") is None
    assert scope("ac_open") is ApprovalScope.CALL
    assert scope("light_on") is ApprovalScope.RUN
    assert scope("door_unlock", Effect.HAZARDOUS) is ApprovalScope.CALL  # a pattern does not name it
    assert scope("bell_ring", Effect.HAZARDOUS) is ApprovalScope.RUN
    assert scope("other", Effect.HAZARDOUS) is ApprovalScope.CALL


def test_what_the_policy_asks_for_says_why_scope_and_time() -> None:
    home = door(approve=[{"apis": "light_*", "scope": "run"}], approval_expires_s=7)
    wanted = home.refusal("light_on", light="hall")
    assert isinstance(wanted, ApprovalRequired)
    assert (wanted.scope, wanted.expires_s, wanted.reason) == ("run", 7, "the policy asks before light_*")
    refused = home.refusal("light_on", Instruction(text="x", approval=ApprovalMode.DENY), light="hall")
    assert not isinstance(refused, ApprovalRequired)
    assert refused.error_code == "APPROVAL"


def test_a_person_is_asked_only_for_what_would_pass() -> None:
    home = door(document("grasp", requires=['state["robot.holding"] == null'], effect="hazardous"))
    assert home.refusal("grasp").error_code == "REQUIREMENT"
    assert home.refusal("door_unlock", gently=True).error_code == "ARGUMENT"


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ({"answers_from": ["mqtt", "ros"]}, "answers_from names mqtt"),
        ({"answers_from": ["rule"]}, "answers_from names rule"),
        ({"zones": [{"name": "a"}, {"name": "a"}]}, "'a' stands twice"),
        ({"zones": [{"name": "a", "x_m": [float("nan"), 1]}]}, "write [low, high]"),
        ({"limits": {"a": {"b": {}}}}, "needs minimum, maximum or enum"),
        ({"limits": {"a": {"b": {"minimum": 2, "maximum": 1}}}}, "minimum 2 is above maximum 1"),
        ({"approval_expires_s": 0}, "greater than 0"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(policy: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Policy.model_validate(policy)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"light_onn": {"light": {"enum": ["hall"]}}}, "did you mean light_on?"),
        ({"light_on": {"brightness": {"maximum": 50}}}, "did you mean brightness_pct?"),
        ({"light_on": {"light": {"maximum": 50}}}, "this is a string"),
        ({"light_on": {"light": {"enum": ["attic"]}}}, "'attic' is not allowed by the manifest"),
        ({"ac_set_temperature": {"temperature_c": {"minimum": 10}}}, "below the manifest's 16 c"),
        ({"ac_set_temperature": {"temperature_c": {"maximum": 35}}}, "above the manifest's 30 c"),
    ],
)
def test_a_limit_that_limits_nothing_is_refused(limits: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        verify_policy(Policy.model_validate({"limits": limits}), DOCUMENTS)
    assert said in refused.value.message


def test_patterns_that_fit_nothing_are_named() -> None:
    policy = Policy.model_validate({"deny": ["light_*", "lihgt_*", "mqtt://*/bell_ring/*"], "approve": ["garage_*"]})
    assert idle_patterns(policy, DOCUMENTS, robot_namespace="") == (
        "policy.deny: 'lihgt_*' fits no API that is there",
        "policy.approve: 'garage_*' fits no API that is there",
    )


def test_a_policy_survives_json() -> None:
    policy = Policy.model_validate(
        {
            "approve": ["a", {"apis": "b", "scope": "run"}],
            "channels": {"mqtt": {"effects": ["read"]}},
            "preempt": "pause",
        }
    )
    assert Policy.model_validate_json(policy.model_dump_json()) == policy


def test_a_document_registered_anew_does_not_start_its_rate_anew() -> None:
    ring = document("ring", rate_limit={"calls": 1, "per_s": 10})
    home = door(ring)
    home.admit("ring")
    home.shelf.put(ring.model_copy(update={"description": "Rings."}))
    assert home.refusal("ring").error_code == "RATE_LIMIT"
    home.clock.now += 10
    home.admit("ring")
