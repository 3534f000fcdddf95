"""Checks that could only let a document's calls pass are left out: what is left decides as all of them would."""

from __future__ import annotations

from typing import Any

from home_documents import document
from hypothesis import given, settings
from hypothesis import strategies as st
from test_gate import Door

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.errors import CallRefused, RunStopped
from taskmatrix_ros.core.instruction import ApprovalMode, Channel, Instruction
from taskmatrix_ros.core.policy import Policy
from taskmatrix_ros.executor.gate.call_rules import CallRules
from taskmatrix_ros.executor.gate.gate import Check, Gate


def all_checks(gate: Gate) -> tuple[Check, ...]:
    return (
        gate._check_document,
        gate._check_name,
        gate._check_arguments,
        gate._weigh,
        gate._check_speaker,
        gate._check_rights,
        gate._check_policy,
        gate._check_zones,
        gate._check_requirements,
        gate._check_rate,
        gate._check_approval,
    )


def left_out(gate: Gate, whole: ApiDocument) -> int:
    return len(all_checks(gate)) - len(gate._rules_of(whole)[1])


PLACES = ("hall", "attic", "pond")
PARAMETERS = {
    "place": {"type": "string", "enum": list(PLACES)},
    "level_pct": {"type": "number", "minimum": 0, "maximum": 100, "required": False},
}

documents = st.fixed_dictionaries(
    {
        "effect": st.sampled_from(["read", "notify", "actuate", "actuate", "hazardous"]),
        "binding": st.sampled_from(
            [
                {"kind": "mqtt", "topic": "home/thing/set"},
                {"kind": "mqtt", "topic": "home/{place}/set"},
                {"kind": "mqtt", "topic": "taskmatrix/thing"},
            ]
        ),
    },
    optional={
        "speakers": st.sampled_from([[], ["ann"], ["ann", "bob"]]),
        "requires": st.sampled_from([['state["door"] == "open"'], ['args.place != "attic"'], ['state["none"] == 1']]),
        "hazardous_when": st.sampled_from([['args.place == "pond"'], ['state["none"] == 1'], ['state["door"] == "x"']]),
        "rate_limit": st.sampled_from([{"calls": 1, "per_s": 10}, {"calls": 2, "per_s": 1000}]),
    },
)
PATTERNS = st.sampled_from([["thing"], ["th*"], ["mqtt://default/home/hall/*"], ["mqtt://*"], ["other"], ["*"]])
policies = st.fixed_dictionaries(
    {},
    optional={
        "deny": PATTERNS,
        "allow": PATTERNS,
        "approve": PATTERNS,
        "rate": st.sampled_from([{"calls": 2, "per_s": 100}]),
        "limits": st.just({"thing": {"level_pct": {"maximum": 50}}}),
        "zones": PATTERNS.map(lambda apis: [{"name": "water", "places": ["pond"], "apis": apis}]),
    },
)
calls = st.lists(
    st.tuples(
        st.fixed_dictionaries(
            {"place": st.sampled_from([*PLACES, "nowhere"])},
            optional={"level_pct": st.sampled_from([0, 40, 80, 900, True])},
        ),
        st.builds(
            Instruction,
            text=st.just("x"),
            channel=st.sampled_from([Channel.CLI, Channel.RULE, Channel.MQTT]),
            speaker=st.sampled_from(["", "ann", "eve"]),
            approval=st.sampled_from(list(ApprovalMode)),
        ),
        st.sampled_from([0.0, 5.0, 200.0]),
    ),
    min_size=1,
    max_size=6,
)


def decided(door: Door, instruction: Instruction, arguments: dict[str, Any]) -> Any:
    try:
        return door.admit("thing", instruction, **arguments)
    except (CallRefused, RunStopped) as error:
        return type(error), error.error_code, error.message


@settings(max_examples=200, deadline=None)
@given(documents, policies, calls)
def test_it_decides_as_the_whole_list_would(
    fields: dict[str, Any], policy: dict[str, Any], wanted: list[tuple[dict[str, Any], Instruction, float]]
) -> None:
    thing = document("thing", parameters=PARAMETERS, **fields)
    short, whole = (Door(thing, policy=Policy.model_validate(policy)) for _ in range(2))

    def every_check(_document: ApiDocument, _rules: CallRules) -> tuple[Check, ...]:
        return all_checks(whole.gate)

    whole.gate._checks_of = every_check  # type: ignore[method-assign]
    for door in (short, whole):
        door.state.set("door", "open", source="test:door")
    for arguments, instruction, later_s in wanted:
        for door in (short, whole):
            door.clock.now += later_s
        assert decided(short, instruction, arguments) == decided(whole, instruction, arguments)


def test_of_a_simple_document_most_are_left_out_and_of_one_that_may_be_hazardous_none() -> None:
    """So that the comparison above compares something."""
    simple = document("simple")
    weighed = document("weighed", hazardous_when=['state["none"] == 1'])
    gate = Door(simple, weighed).gate
    assert (left_out(gate, simple), left_out(gate, weighed)) == (8, 0)
