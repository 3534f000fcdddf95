"""What the node sends, as plain values with names instead of numbers: what ``--json`` prints."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from taskmatrix_interfaces import msg
from taskmatrix_interfaces.action import ExecuteTask
from taskmatrix_ros.core.outcome import Confirmation, Status
from taskmatrix_ros.core.run import RunStatus
from taskmatrix_ros.ros.message_fields import to_plain

_CALL_STATUS = {getattr(msg.CallStatus, status.name): status.value for status in Status}
_CALL_STATUS |= {msg.CallStatus.PENDING: "pending", msg.CallStatus.RUNNING: "running"}
_CONFIRMATION = {
    msg.CallStatus.CONFIRMATION_NONE: Confirmation.NONE.value,
    msg.CallStatus.CONFIRMED: Confirmation.CONFIRMED.value,
    msg.CallStatus.UNCONFIRMED: Confirmation.UNCONFIRMED.value,
    msg.CallStatus.CONTRADICTED: Confirmation.CONTRADICTED.value,
}
_RUN_STATUS = {getattr(msg.Run, status.name): status.value for status in RunStatus}


def call_to_plain(message: msg.CallStatus) -> dict[str, Any]:
    """Give a call with its arguments and value decoded."""
    return {
        "call_id": message.call_id,
        "api": message.api,
        "arguments": json.loads(message.arguments_json or "{}"),
        "status": _CALL_STATUS[message.status],
        "confirmation": _CONFIRMATION[message.confirmation],
        "completion": message.completion,
        "message": message.message,
        "value": json.loads(message.value_json) if message.value_json else None,
        "error_code": message.error_code,
        "evidence": list(message.evidence),
        "started_at": _moment(message.started_at),
        "ended_at": _moment(message.ended_at),
        "line": message.source_line,
    }


def feedback_to_plain(message: ExecuteTask.Feedback) -> dict[str, Any]:
    """Give the feedback of a running instruction."""
    return {
        "run_id": message.run_id,
        "stage": message.stage,
        "completion": message.completion,
        "message": message.message,
        "outline": outline_to_plain(message.outline),
        "calls": [call_to_plain(call) for call in message.calls],
        "approvals": [approval_to_plain(approval) for approval in message.approvals],
        "questions": [question_to_plain(question) for question in message.questions],
    }


def approval_to_plain(message: msg.ApprovalRequest) -> dict[str, Any]:
    """Give a request for a person's yes with its arguments and predicted change decoded."""
    return {
        "approval_id": message.approval_id,
        "run_id": message.run_id,
        "call_id": message.call_id,
        "api": message.api,
        "arguments": json.loads(message.arguments_json or "{}"),
        "effect": message.effect,
        "reason": message.reason,
        "summary": message.summary,
        "diff": json.loads(message.diff_json or "{}"),
        "scope": message.scope,
        "expires_at": _moment(message.expires_at),
    }


def question_to_plain(message: msg.Question) -> dict[str, Any]:
    """Give a question to a person."""
    return {
        "question_id": message.question_id,
        "run_id": message.run_id,
        "text": message.text,
        "choices": list(message.choices),
        "expires_at": _moment(message.expires_at),
    }


def result_to_plain(message: ExecuteTask.Result) -> dict[str, Any]:
    """Give the result of an instruction; ``succeeded``: every change of the world was confirmed by the world."""
    return {
        "succeeded": message.status_name == RunStatus.SUCCEEDED.value,
        "status": message.status_name,
        "summary": message.summary,
        "error_code": message.error_code,
        "run_id": message.run_id,
        "outline": outline_to_plain(message.outline),
        "code": message.code,
        "calls": [call_to_plain(call) for call in message.calls],
        "diagnostics": [to_plain(diagnostic) for diagnostic in message.diagnostics],
        "predicted": json.loads(message.predicted_json) if message.predicted_json else {},
    }


def outline_to_plain(message: msg.Outline) -> dict[str, Any]:
    """Give an outline."""
    return {
        "outline_id": message.outline_id,
        "planner": message.planner,
        "steps": [to_plain(step) for step in message.steps],
    }


def run_to_plain(message: msg.Run) -> dict[str, Any]:
    """Give a run of ``list_runs`` or ``get_run``."""
    plain: dict[str, Any] = to_plain(message)
    plain["status"] = _RUN_STATUS[message.status]
    plain["created_at"] = _moment(message.created_at)
    plain["ended_at"] = _moment(message.ended_at)
    plain["calls"] = [call_to_plain(call) for call in message.calls]
    return plain


def _moment(stamp: Any) -> str | None:
    if stamp.sec == 0:
        return None
    return datetime.fromtimestamp(stamp.sec + stamp.nanosec * 1e-9, tz=UTC).isoformat(timespec="milliseconds")
