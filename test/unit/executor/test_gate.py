"""The Gate: one reason to refuse at a time, and closed when it fails."""

from __future__ import annotations

import math
from typing import Any

import pytest
from fakes import MemoryJournal
from home_documents import DOCUMENTS, Shelf, document

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.clocks import SteadyClock
from taskmatrix_ros.core.errors import ApprovalRequired, CallRefused, RequirementUntold, RunStopped
from taskmatrix_ros.core.instruction import ApprovalMode, Channel, Instruction
from taskmatrix_ros.core.policy import Policy
from taskmatrix_ros.core.ports import Gate as GatePort
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.executor.gate.gate import Gate
from taskmatrix_ros.executor.gate.stop_latch import StopLatch


class HandClock(SteadyClock):
    now = 100.0

    def now_s(self) -> float:
        return self.now


class Door:
    """A gate with everything around it."""

    def __init__(self, *documents: ApiDocument, **settings: Any) -> None:
        self.shelf = Shelf([*DOCUMENTS, *documents])
        self.state = StateStore()
        self.latch = StopLatch(MemoryJournal())
        self.latch.restore()
        self.clock = HandClock()
        self.gate = Gate(self.shelf, self.state, self.latch, clock=self.clock, **settings)

    def admit(self, api: str, instruction: Instruction | None = None, **arguments: Any) -> dict[str, Any]:
        entry = self.shelf.get(api)
        assert entry is not None
        call = Call(run_id="run", api=api, arguments=arguments, deadline_s=1.0)
        return self.gate.admit(call, entry, instruction or Instruction(text="do it"))

    def refusal(self, api: str, instruction: Instruction | None = None, **arguments: Any) -> CallRefused:
        with pytest.raises(CallRefused) as refused:
            self.admit(api, instruction, **arguments)
        assert "\n" not in refused.value.message
        return refused.value


def test_it_is_the_port() -> None:
    port: GatePort = Door().gate
    assert port is not None


def test_it_fills_in_defaults() -> None:
    assert Door().admit("say", text="a") == {"text": "a", "times": 1}
    assert Door().admit("light_on", light="hall") == {"light": "hall", "brightness_pct": None}


@pytest.mark.parametrize(
    ("api", "arguments", "said"),
    [
        ("light_on", {}, "light is missing"),
        ("light_on", {"light": "attic"}, "'attic' is none of kitchen, hall, bedroom"),
        ("light_on", {"light": "hall", "brightness_pct": 140}, "140 is outside 1..100 pct"),
        ("light_on", {"light": "hall", "brightness_pct": True}, "True is not a number"),
        ("light_on", {"light": "hall", "brightness_pct": math.nan}, "nan is not a finite number"),
        ("light_on", {"light": "hall", "brightness_pct": math.inf}, "inf is not a finite number"),
        ("light_on", {"light": "hall", "brightness_pct": 10**400}, "no exact double"),
        ("light_on", {"light": "hall", "colour": "red"}, "colour is not a parameter; allowed: light, brightness_pct"),
        ("light_on", {"ligth": "hall"}, "did you mean light?"),
        ("say", {"text": {"a"}}, "a set is not plain data"),
        ("say", {"text": b"a"}, "a bytes is not plain data"),
        ("say", {"text": "a" * 70_000}, "64000 are allowed"),
        ("say", {"text": "a\0b"}, "NUL"),
        ("say", {"text": "\ud800"}, "surrogate"),
        ("say", {"text": "a", "times": 1.5}, "1.5 is not a integer"),
    ],
)
def test_arguments_outside_the_document_are_refused(api: str, arguments: dict[str, Any], said: str) -> None:
    refused = Door().refusal(api, **arguments)
    assert refused.error_code == "ARGUMENT"
    assert said in refused.message


def test_the_latch_ends_the_run_and_not_only_the_call() -> None:
    door = Door()
    door.latch.latch("smoke")
    with pytest.raises(RunStopped, match="smoke; rearm"):
        door.admit("thermometer_read")
    door.latch.rearm("test")
    door.admit("thermometer_read")


def test_a_requirement_is_asked_of_the_live_state() -> None:
    door = Door()
    refused = door.refusal("robot_put_down", object="cup")
    assert refused.error_code == "REQUIREMENT"
    assert "robot.holding was never heard" in refused.message
    door.state.set("robot.holding", "mug", source="robot")
    assert "robot.holding is 'mug'" in door.refusal("robot_put_down", object="cup").message
    door.state.set("robot.holding", "cup", source="robot")
    door.admit("robot_put_down", object="cup")
    door.state.set_source_live("robot", live=False)
    gone = door.refusal("robot_put_down", object="cup")
    assert "robot is gone" in gone.message
    assert isinstance(gone, RequirementUntold)
    assert gone.keys == ("robot.holding",)
    assert not isinstance(refused, RequirementUntold), "what was never told, nobody will"


def test_a_requirement_that_something_is_null_wants_it_known_to_be_null() -> None:
    door = Door(document("grasp", requires=['state["robot.holding"] == null']))
    refused = door.refusal("grasp")
    assert refused.error_code == "REQUIREMENT"
    assert "cannot be known" in refused.message
    door.state.set("robot.holding", None, source="robot")
    door.admit("grasp")
    door.state.set_source_live("robot", live=False)
    assert "robot is gone" in door.refusal("grasp").message


def test_a_requirement_on_arguments_alone() -> None:
    door = Door()
    assert door.refusal("robot_go_to", object="cup", place="hall").error_code == "REQUIREMENT"
    assert door.refusal("robot_go_to").error_code == "REQUIREMENT"
    door.admit("robot_go_to", place="hall")


@pytest.mark.parametrize("approval", list(ApprovalMode))
def test_hazardous_calls_are_refused_while_nobody_can_be_asked(approval: ApprovalMode) -> None:
    refused = Door().refusal("door_unlock", Instruction(text="open", approval=approval))
    assert refused.error_code == "APPROVAL"
    assert "needs a person's approval" in refused.message


def test_a_document_may_name_its_speakers() -> None:
    door = Door(document("safe_open", speakers=["ann", "bob"]))
    assert door.refusal("safe_open").error_code == "SPEAKER"
    assert "allowed: ann, bob" in door.refusal("safe_open", Instruction(text="x", speaker="eve")).message
    door.admit("safe_open", Instruction(text="x", speaker="bob"))


def test_a_changed_disabled_or_unknown_document_is_refused() -> None:
    door = Door()
    light = door.shelf.get("light_on")
    assert light is not None
    call = Call(run_id="run", api="light_on", arguments={"light": "hall"}, deadline_s=1.0)

    def code() -> str:
        with pytest.raises(CallRefused) as refused:
            door.gate.admit(call, light, Instruction(text="x"))
        return refused.value.error_code

    door.shelf.put(light.model_copy(update={"deadline_s": 7.0}))
    assert code() == "DOCUMENT_CHANGED"
    door.shelf.put(light.model_copy(update={"enabled": False}))
    assert code() == "UNKNOWN_API"
    door.shelf.remove("light_on")
    assert code() == "UNKNOWN_API"
    door.shelf.put(light.model_copy())
    door.gate.admit(call, light, Instruction(text="x"))
    renamed = call.model_copy(update={"api": "light_off"})
    with pytest.raises(CallRefused):
        door.gate.admit(renamed, light, Instruction(text="x"))


def test_the_rate_counts_only_what_passed() -> None:
    door = Door(document("ring", rate_limit={"calls": 2, "per_s": 10}, requires=['state["bell.state"] == "up"']))
    for _ in range(5):
        assert door.refusal("ring").error_code == "REQUIREMENT"
    door.state.set("bell.state", "up", source="bell")
    door.admit("ring")
    door.clock.now += 4
    door.admit("ring")
    refused = door.refusal("ring")
    assert refused.error_code == "RATE_LIMIT"
    assert "2 times in 10 s; again in 6.0 s" in refused.message
    door.clock.now += 6
    door.admit("ring")
    assert door.refusal("ring").error_code == "RATE_LIMIT"


def service(name: str, kind: str = "ros2_service") -> dict[str, str]:
    types = {"ros2_service": "std_srvs/srv/Trigger", "ros2_action": "a/action/B", "ros2_topic": "std_msgs/msg/Bool"}
    return {"kind": kind, "name": name, "type": types[kind]}


@pytest.mark.parametrize(
    "binding",
    [
        service("/taskmatrix/rearm"),
        service("/taskmatrix//approve"),
        service("//taskmatrix/rearm/"),
        service("/taskmatrix"),
        service("taskmatrix/rearm"),
        service("~/rearm"),
        service("robot/{ns}/rearm"),
        service("/taskmatrix/execute_task", "ros2_action"),
        service("/taskmatrix/stop", "ros2_topic"),
        service("/taskmatrix/execute_task/_action/send_goal"),
        service("robot/pick_up/_action/cancel_goal"),
        service("/robot/skills/set_parameters"),
        service("robot/skills/set_parameters_atomically"),
        service("/robot/skills/change_state"),
        service("stop", "ros2_topic"),
        service("/robot/stop", "ros2_topic"),
        service("/alive", "ros2_topic"),
    ],
)
def test_no_binding_reaches_the_nodes_own_names(binding: dict[str, str]) -> None:
    assert Door(document("sneak", binding=binding)).refusal("sneak").error_code == "OWN_NAME"


@pytest.mark.parametrize(
    "service", ["mqtt.publish", "shell_command.open_gate", "hassio.addon_stdin", "homeassistant.turn_on"]
)
def test_no_binding_reaches_what_home_assistant_keeps_to_itself(service: str) -> None:
    binding = {"kind": "homeassistant", "service": service, "data": {"topic": "taskmatrix/stop/set"}}
    assert Door(document("sneak", binding=binding)).refusal("sneak").error_code == "OWN_NAME"
    Door(document("fine", binding={"kind": "homeassistant", "service": "mqtt_room.find"})).admit("fine")


MQTT = {"kind": "mqtt", "topic": "home/{name}/set"}


@pytest.mark.parametrize(
    "binding",
    [
        {**MQTT, "topic": "taskmatrix/stop/set"},
        {**MQTT, "topic": "taskmatrix"},
        {**MQTT, "topic": "{name}/stop/set"},
        {**MQTT, "then": [{"topic": "taskmatrix/instruction", "payload": "rearm"}]},
        {**MQTT, "before": [{"topic": "{name}/approve"}]},
    ],
)
def test_no_message_reaches_the_nodes_own_topics(binding: dict[str, Any]) -> None:
    sneak = document("sneak", binding=binding, parameters={"name": {"type": "string"}})
    assert Door(sneak).refusal("sneak", name="taskmatrix").error_code == "OWN_NAME"


def test_topics_that_only_begin_alike_are_free() -> None:
    sneak = document("sneak", binding=MQTT, parameters={"name": {"type": "string"}})
    Door(sneak).admit("sneak", name="taskmatrix")
    Door(document("other", binding={"kind": "mqtt", "topic": "taskmatrix2/go"})).admit("other")


def test_a_policy_is_tried_on_every_topic_of_a_command() -> None:
    both = document("both", binding={"kind": "mqtt", "topic": "a/set", "then": [{"topic": "b/set"}]})
    for policy in ({"deny": ["mqtt://default/b/*"]}, {"allow": ["mqtt://default/a/*"]}):
        assert Door(both, policy=Policy.model_validate(policy)).refusal("both").error_code == "POLICY"
    Door(both, policy=Policy.model_validate({"allow": ["mqtt://default/?/*"]})).admit("both")


@pytest.mark.parametrize(
    ("binding", "namespace", "passes"),
    [
        (service("rearm"), "", True),
        (service("rearm"), "/taskmatrix", False),
        (service("/taskmatrix2/go"), "", True),
        (service("robot/stop"), "", True),
        (service("/robot/find", "ros2_action"), "", True),
        (service("cmd_vel", "ros2_topic"), "/robot", True),
    ],
)
def test_names_are_resolved_as_the_binding_does(binding: dict[str, str], namespace: str, passes: bool) -> None:
    door = Door(document("move", binding=binding), robot_namespace=namespace)
    if passes:
        door.admit("move")
    else:
        assert door.refusal("move").error_code == "OWN_NAME"


@pytest.mark.parametrize("part", ["_check_requirements", "_check_arguments", "_check_document"])
def test_a_fault_of_the_gate_refuses(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Gate, part, fail)
    door = Door(document("odd", requires=["1 == 1"]))
    assert door.refusal("odd").error_code == "GATE_FAULT"


def test_an_expression_that_errs_refuses() -> None:
    door = Door(document("odd", requires=['state["a.b"] + 1 > args.c.d.e']))
    assert door.refusal("odd").error_code == "REQUIREMENT"


COVER = document(
    "cover_open",
    parameters={"entity_id": {"type": "array", "items": {"type": "string"}}},
    resources=["{entity_id}"],
    effect="actuate",
    hazardous_when=['state[args.entity_id + ".device_class"] == "garage"'],
    rate_limit={"calls": 2, "per_s": 60},
)


def test_a_call_let_pass_before_a_stop_is_held_back_and_the_audit_log_says_so() -> None:
    told: list[tuple[str, str]] = []

    class Told:
        def record(self, kind: str, fields: Any, *, durable: bool = False, waiting_call: str | None = None) -> None:
            told.append((kind, fields["decision"]))

        def make_sure(self, call_id: str) -> None:
            pass

    door = Door(audit=Told())
    entry, asked = door.shelf.get("light_on"), Instruction(text="do it")
    assert entry is not None
    call = Call(run_id="run", api="light_on", arguments={"light": "hall"}, deadline_s=1.0)
    door.gate.admit(call, entry, asked)
    door.gate.check_again(call, entry, asked)
    door.latch.latch("the button")
    with pytest.raises(RunStopped, match="the button"):
        door.gate.check_again(call, entry, asked)
    assert told == [("call_allowed", "allowed"), ("call_refused", "STOPPED")]


def test_a_call_is_hazardous_where_what_it_reaches_is_or_where_that_is_not_known() -> None:
    door = Door(COVER)
    door.state.set("cover.blind.device_class", "blind", source="homeassistant")
    door.state.set("cover.garage.device_class", "garage", source="homeassistant")
    denied = Instruction(text="open up", approval=ApprovalMode.DENY)
    assert door.admit("cover_open", denied, entity_id=["cover.blind"])
    for entities in (["cover.garage"], ["cover.blind", "cover.garage"], ["cover.unheard"]):
        refused = door.refusal("cover_open", denied, entity_id=entities)
        assert refused.error_code == "APPROVAL"
        assert "hazardous" in refused.message
    with pytest.raises(ApprovalRequired) as needed:
        door.admit("cover_open", entity_id=["cover.garage"])
    assert needed.value.hazardous
    assert door.admit("cover_open", entity_id=["cover.blind"])
    assert door.refusal("cover_open", entity_id=["cover.blind"]).error_code == "RATE_LIMIT"


def test_who_may_do_nothing_hazardous_may_not_do_that() -> None:
    policy = Policy.model_validate({"channels": {"mqtt": {"effects": ["actuate"]}}})
    door = Door(COVER, policy=policy)
    door.state.set("cover.garage.device_class", "garage", source="homeassistant")
    asked = Instruction(text="open up", channel=Channel.MQTT)
    assert door.refusal("cover_open", asked, entity_id=["cover.garage"]).error_code == "RIGHTS"
