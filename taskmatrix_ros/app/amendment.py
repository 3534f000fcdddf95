"""An outline that is changed while it is being done: what of it is left to do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from taskmatrix_ros.app.run_view import RunView
from taskmatrix_ros.app.steps_done import undone_steps
from taskmatrix_ros.core.outline import Outline


def rest_of(changed: Outline, view: RunView, state: Mapping[str, Any], now: datetime) -> Outline:
    """Give the steps of a changed outline that the run has not done, as an outline of the same id.

    A step that was done and then reworded is a new one.
    """
    run = view.episode.model_copy(update={"calls": view.records})
    left = {step.id for step in undone_steps(run, state, now)}
    old = run.outline.steps if run.outline else ()
    done = {(step.id, step.text) for step in old if step.id not in left}
    steps = [step for step in changed.steps if (step.id, step.text) not in done]
    ids = {step.id for step in steps}
    kept = [step.model_copy(update={"needs": tuple(need for need in step.needs if need in ids)}) for step in steps]
    return changed.model_copy(update={"steps": tuple(kept)})
