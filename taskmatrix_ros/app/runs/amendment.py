"""An outline that is changed while it is being done: what of it is left to do."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from taskmatrix_ros.app.runs.run_view import RunView
from taskmatrix_ros.app.runs.steps_done import steps_by_calls, undone_steps
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.outcome import NOT_SEEN, Outcome, Status
from taskmatrix_ros.core.outline import Outline
from taskmatrix_ros.core.run import CallRecord, Rehearsed
from taskmatrix_ros.executor.running.doubt import open_question

_UNKNOWN_END = frozenset({Status.IN_DOUBT, Status.TIMED_OUT})


def _may_have_been_done(outcome: Outcome) -> bool:
    """Whether the call was sent and nobody can say for certain that it was not done."""
    not_seen = outcome.error is not None and outcome.error.code == NOT_SEEN
    return open_question(outcome) or outcome.status in _UNKNOWN_END or not_seen


def rest_of(changed: Outline, view: RunView, state: Mapping[str, Any], now: datetime) -> Outline:
    """Give the steps of a changed outline that the run has not done, as an outline of the same id.

    A step that was done and then reworded is a new one. One whose calls were all made is done, whatever became of its
    goal since: what was put down again was picked up all the same.
    """
    run = view.episode.model_copy(update={"calls": view.records})
    left = {step.id for step in undone_steps(run, state, now)} - steps_by_calls(run)
    old = run.outline.steps if run.outline else ()
    view.done_steps |= {(step.id, step.text) for step in old if step.id not in left}
    steps = [step for step in changed.steps if (step.id, step.text) not in view.done_steps]
    ids = {step.id for step in steps}
    kept = [step.model_copy(update={"needs": tuple(need for need in step.needs if need in ids)}) for step in steps]
    return changed.model_copy(update={"steps": tuple(kept)})


def check_not_done(
    made: Sequence[CallRecord],
    since: str,
    foretold: Rehearsed | None,
    wanted: Rehearsed | None,
    documents: Mapping[str, ApiDocument],
) -> None:
    """See that new code for the rest of a run makes no call again that must not be made twice.

    :param made: the calls of the run so far; those with an id after ``since`` by the code that is replaced.
    :param foretold: for that code: what it still had to do may be done, though it did the like before.
    :param wanted: what the new code will do, made of ``documents``.
    :raises PlanningError: ``DONE_ALREADY``: such a call was made, or may have been.
    """

    def key_of(call: Call) -> str | None:
        document = documents.get(call.api)
        if document is None or not document.effect.commands or document.repeatable:
            return None
        return f"{call.api} {json.dumps(document.with_defaults(call.arguments), sort_keys=True, default=str)}"

    left = Counter(filter(None, map(key_of, foretold.calls if foretold else ())))
    done, unknown = set[str](), set[str]()
    for record in made:
        if (key := key_of(record.call)) is None:
            continue
        outcome = record.outcome
        if outcome is None or _may_have_been_done(outcome):
            unknown.add(key)
        elif outcome.status is Status.SUCCEEDED:
            done.add(key)
            left[key] -= record.call.call_id > since
    for way in (wanted.calls, *(other.calls for other in wanted.alternatives)) if wanted else ():
        again = Counter[str]()
        for call in way:
            if (key := key_of(call)) is None:
                continue
            again[key] += 1
            if key in unknown or (key in done and again[key] > left[key]):
                raise PlanningError(
                    f"{call} was done in this run {'already' if key in done else 'for all that is known'} and must not"
                    " be done twice; look at the world, and ask for it in an instruction of its own if it is wanted",
                    code="DONE_ALREADY",
                )
