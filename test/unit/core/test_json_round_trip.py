"""Every value that travels comes back from JSON as it went."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from taskmatrix_ros.core.action_code import ActionCode, DocumentPin
from taskmatrix_ros.core.api_document import ApiDocument, ApiPackage, OrderRule, RateLimit, StateSpec, UsageExample
from taskmatrix_ros.core.binding_spec import Mqtt, MqttSource, Ros2Action, Ros2Topic, Ros2TopicSource, RosQos
from taskmatrix_ros.core.call import Call, SourcePosition
from taskmatrix_ros.core.diagnostic import Diagnostic, Severity
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.event_bus import Event
from taskmatrix_ros.core.feedback import Feedback, Verdict
from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.ids import id_from_bytes
from taskmatrix_ros.core.instruction import MAX_TEXT, ApprovalMode, Channel, Image, Instruction, Mode
from taskmatrix_ros.core.outcome import Confirmation, ErrorReport, Outcome, Status
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.core.parameter_spec import ParameterSpec
from taskmatrix_ros.core.run import CallRecord, Episode, Rehearsed, RunStatus

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
WORDS = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
KEYS = st.builds("{}.{}".format, WORDS, WORDS)
IDS = st.binary(min_size=16, max_size=16).map(id_from_bytes)
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)


def some(values: st.SearchStrategy[Any], most: int = 2) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(values, max_size=most).map(tuple)


INSTRUCTIONS = st.builds(
    Instruction,
    text=TEXT.map(lambda text: f"do {text} it"),
    images=some(st.builds(Image, format=st.sampled_from(["jpeg", "png"]), data=st.binary(max_size=40))),
    speaker=TEXT,
    channel=st.sampled_from(Channel),
    request_id=TEXT,
    mode=st.sampled_from(Mode),
    approval=st.sampled_from(ApprovalMode),
    priority=st.integers(-128, 127),
    instruction_id=IDS,
)
STEPS = st.builds(
    OutlineStep, id=TEXT, text=TEXT, needs=some(TEXT), effect=st.sampled_from(Effect), goal=st.none() | TEXT
)
OUTLINES = st.builds(Outline, instruction=TEXT, steps=some(STEPS), planner=TEXT, outline_id=IDS, created_at=MOMENTS)
CODES = st.builds(
    ActionCode,
    source=TEXT,
    documents=some(st.builds(DocumentPin, name=WORDS, version=st.just("1.0.0"), digest=TEXT)),
    planner=TEXT,
)
CALLS = st.builds(
    Call,
    run_id=IDS,
    api=WORDS,
    arguments=st.dictionaries(WORDS, JSON, max_size=2),
    deadline_s=NUMBERS,
    attempt=st.integers(1, 5),
    position=st.builds(SourcePosition, line=st.integers(0, 99), column=st.integers(0, 99)),
    call_id=IDS,
)
OUTCOMES = st.builds(
    Outcome,
    call_id=IDS,
    status=st.sampled_from(Status),
    confirmation=st.sampled_from(Confirmation),
    value=JSON,
    error=st.none() | st.builds(ErrorReport, code=TEXT, message=TEXT),
    started_at=MOMENTS,
    ended_at=MOMENTS,
    evidence=some(TEXT),
)
EPISODES = st.builds(
    Episode,
    instruction=INSTRUCTIONS,
    status=st.sampled_from(RunStatus),
    outline=st.none() | OUTLINES,
    code=st.none() | CODES,
    rehearsed=st.none()
    | st.builds(
        Rehearsed,
        calls=some(CALLS),
        diff=st.dictionaries(KEYS, st.tuples(JSON, JSON), max_size=2),
        duration_s=st.none() | NUMBERS,
    ),
    calls=some(st.builds(CallRecord, call=CALLS, outcome=st.none() | OUTCOMES)),
    nearest=some(TEXT),
    run_id=IDS,
    created_at=MOMENTS,
    ended_at=st.none() | MOMENTS,
)
PARAMETERS = st.one_of(
    st.builds(ParameterSpec, type=st.just("string"), default=st.none() | TEXT, description=TEXT),
    st.builds(ParameterSpec, type=st.just("number"), minimum=st.none() | st.floats(-9, 0), maximum=st.floats(0, 9)),
    st.builds(ParameterSpec, type=st.just("array"), items=st.builds(ParameterSpec, type=st.just("boolean"))),
    st.builds(ParameterSpec, type=st.just("string"), enum=st.just(("a", "b")), required=st.booleans()),
)
BINDINGS = st.one_of(
    st.builds(Mqtt, kind=st.just("mqtt"), topic=TEXT, payload=JSON, qos=st.sampled_from([0, 1, 2])),
    st.just(Ros2Action(kind="ros2_action", name="robot/go", type="a_b/action/Go", arguments={"x.y": "{z}"})),
    st.builds(
        Ros2Topic,
        kind=st.just("ros2_topic"),
        name=st.just("/x"),
        type=st.just("a/msg/B"),
        qos=st.builds(RosQos, depth=st.integers(1, 9)),
    ),
)
DOCUMENTS = st.builds(
    ApiDocument,
    name=WORDS,
    parameters=st.dictionaries(WORDS, PARAMETERS, max_size=3),
    description=TEXT.map(lambda text: f"x{text}"),
    usage_examples=some(st.builds(UsageExample, instruction=TEXT, code=TEXT)),
    sentences=st.dictionaries(st.just("en"), some(TEXT), max_size=1),
    after=some(st.builds(OrderRule, api=WORDS, same=some(WORDS))),
    sets=st.dictionaries(KEYS, TEXT, max_size=2),
    effect=st.sampled_from(Effect),
    deadline_s=st.floats(0.1, 1000),
    tolerance=st.dictionaries(KEYS, NUMBERS, max_size=1),
    rate_limit=st.none() | st.builds(RateLimit, calls=st.integers(1, 5), per_s=st.floats(0.1, 9)),
    binding=BINDINGS,
)
STATES = st.builds(
    StateSpec,
    key=KEYS,
    type=st.sampled_from(["string", "number"]),
    source=st.one_of(
        st.builds(
            MqttSource, kind=st.just("mqtt"), topic=TEXT, map=st.none() | st.dictionaries(TEXT, JSON, max_size=1)
        ),
        st.just(Ros2TopicSource(kind="ros2_topic", name="x", type="a/msg/B", path="p", null_if="")),
    ),
    stale_after_s=st.none() | st.floats(0.1, 9),
)
VALUES = st.one_of(
    EPISODES,
    OUTCOMES,
    st.builds(
        ApiPackage, package=WORDS, version=st.just("1.2.3"), state=some(STATES), apis=some(DOCUMENTS), description=TEXT
    ),
    st.builds(Event, kind=WORDS, data=st.dictionaries(TEXT, JSON, max_size=2), id=IDS, at=MOMENTS),
    st.builds(Feedback, run_id=IDS, verdict=st.sampled_from(Verdict), comment=TEXT, feedback_id=IDS, at=MOMENTS),
    st.builds(Diagnostic, code=WORDS, message=TEXT, severity=st.sampled_from(Severity), line=st.integers(0, 9)),
)


@given(VALUES)
@settings(max_examples=300, deadline=None)
def test_round_trip(value: Frozen) -> None:
    for by_alias in (True, False):
        again = type(value).model_validate_json(value.model_dump_json(by_alias=by_alias))
        assert again == value
    assert type(value).model_validate(value.model_dump(mode="json")) == value


@given(DOCUMENTS, DOCUMENTS)
@settings(max_examples=100, deadline=None)
def test_a_digest_tells_documents_apart(one: ApiDocument, two: ApiDocument) -> None:
    assert (one.digest == two.digest) == (one == two)
    assert ApiDocument.model_validate_json(one.model_dump_json()).digest == one.digest


@given(EPISODES)
@settings(max_examples=20, deadline=None)
def test_values_are_frozen_and_refuse_what_they_do_not_know(episode: Episode) -> None:
    with pytest.raises(ValidationError):
        episode.status = RunStatus.FAILED
    with pytest.raises(ValidationError):
        Episode.model_validate({**episode.model_dump(), "surprise": 1})


@pytest.mark.parametrize("text", ["", "  \n", "x" * (MAX_TEXT + 1), "x" * 1_000_000])
def test_an_instruction_is_neither_empty_nor_a_book(text: str) -> None:
    with pytest.raises(ValidationError):
        Instruction(text=text)


def test_the_signature_reads_as_a_function() -> None:
    document = ApiDocument.model_validate(
        {
            "name": "light_on",
            "description": "x",
            "parameters": {
                "light": {"type": "string", "enum": ["hall", "attic"]},
                "level_pct": {"type": "number", "minimum": 1, "maximum": 100, "required": False},
                "fade_s": {"type": "number", "default": 2.0},
            },
            "binding": {"kind": "mqtt", "topic": "x"},
        }
    )
    assert document.signature == "light_on(light: hall | attic, [level_pct: number 1..100], [fade_s: number])"
    assert document.with_defaults({"light": "hall"}) == {"light": "hall", "level_pct": None, "fade_s": 2.0}
