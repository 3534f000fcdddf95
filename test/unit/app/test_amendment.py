"""What a run has done when its outline is changed, and what must not be done again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from taskmatrix_ros.app.runs.amendment import check_not_done
from taskmatrix_ros.app.runs.steps_done import steps_by_calls
from taskmatrix_ros.core.action_code import ActionCode, DocumentPin, StepLines
from taskmatrix_ros.core.call import Call, SourcePosition
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outcome import NOT_SEEN, ErrorReport, Outcome, Status
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.core.run import Alternative, CallRecord, Episode, Rehearsed, RunStatus
from taskmatrix_ros.executor.running.doubt import UNRESOLVED


def document(*, idempotent: bool, effect: Effect = Effect.ACTUATE) -> Any:
    repeatable = idempotent or effect is Effect.READ
    return SimpleNamespace(repeatable=repeatable, effect=effect, with_defaults=lambda given: {"much": 1, **given})


DOCUMENTS = {
    "feed": document(idempotent=False),
    "light": document(idempotent=True),
    "post": document(idempotent=False, effect=Effect.NOTIFY),
}


def call(api: str = "feed", line: int = 1, **arguments: Any) -> Call:
    return Call(run_id="r", api=api, arguments=arguments, deadline_s=1, position=SourcePosition(line=line, column=1))


def record(made: Call, status: Status | None = Status.SUCCEEDED, code: str = "") -> CallRecord:
    error = ErrorReport(code=code, message="") if code else None
    outcome = None if status is None else Outcome(call_id=made.call_id, status=status, error=error)
    return CallRecord(call=made, outcome=outcome)


def check(made: list[CallRecord], planned: list[Call], wanted: Rehearsed) -> None:
    check_not_done(made, "", Rehearsed(calls=tuple(planned)), wanted, DOCUMENTS)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.SUCCEEDED, ""),
        (Status.IN_DOUBT, ""),
        (Status.FAILED, NOT_SEEN),
        (Status.IN_DOUBT, UNRESOLVED),
        (Status.TIMED_OUT, "TIMEOUT"),
        (None, ""),
    ],
)
def test_what_was_done_or_may_have_been_is_not_done_again(status: Status | None, code: str) -> None:
    again = Rehearsed(calls=(call("light"), call(much=1)))
    with pytest.raises(PlanningError, match="must not be done twice") as refused:
        check([record(call(), status, code)], [call()], again)
    assert refused.value.error_code == "DONE_ALREADY"
    with pytest.raises(PlanningError):
        check(
            [record(call(), status, code)],
            [call()],
            Rehearsed(alternatives=(Alternative(assumed=(), calls=(call(),)),)),
        )


def test_what_failed_is_harmless_or_otherwise_given_may_be_done() -> None:
    check([record(call(), Status.REJECTED), record(call(), Status.FAILED)], [call()], Rehearsed(calls=(call(),)))
    check([record(call("light"))], [call("light")], Rehearsed(calls=(call("light"),)))
    check([record(call("post"))], [call("post")], Rehearsed(calls=(call("post"),)))
    check([record(call(much=1))], [call(much=1)], Rehearsed(calls=(call(much=2),)))


def test_what_was_to_be_done_twice_may_be_done_the_second_time_but_not_a_third() -> None:
    twice = [call(), call()]
    check([record(twice[0])], twice, Rehearsed(calls=(call(),)))
    with pytest.raises(PlanningError):
        check([record(twice[0])], twice, Rehearsed(calls=(call(), call())))
    with pytest.raises(PlanningError):
        check([record(twice[0], None)], twice, Rehearsed(calls=(call(),)))


SOURCE = """feed()
gather(
    light(),
    post(),
)
for _ in range(2):
    light()
feed()"""
STEPS = (
    StepLines(step="1", first=1, last=1),
    StepLines(step="2", first=3, last=3),
    StepLines(step="3", first=4, last=4),
    StepLines(step="4"),
    StepLines(step="5", first=6, last=7),
    StepLines(step="6", first=8, last=8),
)


@pytest.mark.parametrize(
    ("lines", "done"),
    [
        ([], ""),
        ([1], "1"),
        ([1, 4], "13"),
        ([1, 4, 3], "1234"),
        ([1, 3, 4, 7], "1234"),
        ([1, 3, 4, 7, 7], "1234"),
        ([1, 3, 4, 7, 7, 8], "123456"),
    ],
)
def test_the_lines_of_a_step_tell_whether_it_is_done(lines: list[int], done: str) -> None:
    pins = tuple(DocumentPin(name=name, version="1", digest="") for name in DOCUMENTS)
    run = Episode(
        instruction=Instruction(text="go"),
        status=RunStatus.RUNNING,
        outline=Outline(instruction="go", steps=tuple(OutlineStep(id=s.step, text="x") for s in STEPS), planner="t"),
        code=ActionCode(source=SOURCE, documents=pins, planner="t", steps=STEPS),
        calls=tuple(record(call(line=line)) for line in lines),
    )
    assert steps_by_calls(run) == frozenset(done)
