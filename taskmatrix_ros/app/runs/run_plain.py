"""Runs as plain values: what ``--json`` prints and the local socket carries, equal to what ROS messages become."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from taskmatrix_ros.app.runs.run_view import CallView, RunView
from taskmatrix_ros.core.approval import ApprovalRequest, Question
from taskmatrix_ros.core.outcome import Confirmation, Status
from taskmatrix_ros.core.outline import Outline
from taskmatrix_ros.core.run import Episode, RunStatus

Plain = dict[str, Any]


def call_to_plain(view: CallView, status: str = "running") -> Plain:
    """Give one call as it stands. :param status: of one that has not ended."""
    call, outcome = view.call, view.outcome
    done = outcome is not None and outcome.status is Status.SUCCEEDED
    completion = 1.0 if done else -1.0 if view.completion is None else float(view.completion)
    return {
        "call_id": call.call_id,
        "api": call.api,
        "arguments": _decoded(call.arguments),
        "status": outcome.status.value if outcome else status,
        "confirmation": outcome.confirmation.value if outcome else Confirmation.NONE.value,
        "completion": completion,
        "message": outcome.error.message if outcome and outcome.error else view.message,
        "value": _decoded(outcome.value) if outcome else None,
        "error_code": outcome.error.code if outcome and outcome.error else "",
        "evidence": list(outcome.evidence) if outcome else [],
        "started_at": _moment(outcome.started_at) if outcome else None,
        "ended_at": _moment(outcome.ended_at) if outcome else None,
        "line": call.position.line,
    }


def outline_to_plain(outline: Outline | None) -> Plain:
    """Give an outline; one of nothing for None."""
    if outline is None:
        return {"outline_id": "", "planner": "", "steps": []}
    steps = [
        {
            "id": step.id,
            "text": step.text,
            "needs": list(step.needs),
            "effect": step.effect.value,
            "targets": list(step.targets),
            "goal": step.goal or "",
        }
        for step in outline.steps
    ]
    return {"outline_id": outline.outline_id, "planner": outline.planner, "steps": steps}


def approval_to_plain(request: ApprovalRequest, arguments: dict[str, Any]) -> Plain:
    """Give a request for a person's yes. :param arguments: as they may be shown."""
    return {
        "approval_id": request.approval_id,
        "run_id": request.run_id,
        "call_id": request.call_id,
        "api": request.api,
        "arguments": _decoded(arguments),
        "effect": request.effect.value,
        "reason": request.reason,
        "summary": request.summary,
        "diff": _decoded(request.diff),
        "scope": request.scope.value,
        "expires_at": _moment(request.expires_at),
    }


def question_to_plain(question: Question) -> Plain:
    """Give a question to a person."""
    return {
        "question_id": question.question_id,
        "run_id": question.run_id,
        "text": question.text,
        "choices": list(question.choices),
        "expires_at": _moment(question.expires_at),
    }


def feedback_to_plain(view: RunView, approvals: Sequence[Plain], questions: Sequence[Plain]) -> Plain:
    """Give a run as it stands and what it waits for."""
    return {
        "run_id": view.episode.run_id,
        "stage": view.stage.value,
        "completion": -1.0 if view.completion is None else view.completion,
        "message": view.message,
        "outline": outline_to_plain(view.episode.outline),
        "calls": [call_to_plain(call) for call in view.calls.values()],
        "approvals": list(approvals),
        "questions": list(questions),
    }


def result_to_plain(view: RunView, episode: Episode) -> Plain:
    """Give an ended run; ``succeeded``: every change of the world was confirmed by the world."""
    rehearsed = episode.rehearsed
    predicted: Any = {}
    if rehearsed is not None:
        predicted = rehearsed.model_dump(mode="json", exclude={"calls"})
    elif episode.nearest:
        predicted = {"nearest": list(episode.nearest)}
    calls = [call_to_plain(CallView(record.call, outcome=record.outcome)) for record in episode.calls]
    if episode.status is RunStatus.DRY_RUN:
        calls = [call_to_plain(CallView(call), "pending") for call in rehearsed.calls] if rehearsed else []
    return {
        "succeeded": episode.status is RunStatus.SUCCEEDED,
        "status": episode.status.value,
        "summary": episode.summary,
        "error_code": episode.error_code,
        "run_id": episode.run_id,
        "outline": outline_to_plain(episode.outline),
        "code": episode.code.source if episode.code else "",
        "calls": calls,
        "diagnostics": [diagnostic.model_dump(mode="json") for diagnostic in view.diagnostics],
        "predicted": predicted,
    }


def run_to_plain(episode: Episode, *, whole: bool) -> Plain:
    """Give a run; ``whole``: with its code and calls."""
    asked = episode.instruction
    return {
        "run_id": episode.run_id,
        "request_id": asked.request_id,
        "conversation_id": asked.conversation_id,
        "outline_id": episode.outline.outline_id if episode.outline else "",
        "instruction": asked.text,
        "speaker": asked.speaker,
        "channel": asked.channel.value,
        "status": episode.status.value,
        "priority": asked.priority,
        "summary": episode.summary,
        "error_code": episode.error_code,
        "created_at": _moment(episode.created_at),
        "ended_at": _moment(episode.ended_at),
        "code": episode.code.source if whole and episode.code else "",
        "calls": [call_to_plain(CallView(record.call, outcome=record.outcome)) for record in episode.calls]
        if whole
        else [],
    }


def _decoded(value: Any) -> Any:
    """Give what JSON makes of it."""
    return json.loads(json.dumps(value, default=str))


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds")
