"""What waits for a person, as ROS messages."""

from __future__ import annotations

from taskmatrix_interfaces import msg
from taskmatrix_ros.app.system import System
from taskmatrix_ros.core.approval import ApprovalRequest, Question
from taskmatrix_ros.node.messages import json_text, time_message

Pending = tuple[list[msg.ApprovalRequest], list[msg.Question]]


def pending_messages(system: System, run_id: str) -> Pending:
    """Give the approvals and questions that a run waits for, oldest first."""
    approvals = [
        approval_message(request, arguments=system.approvals.shown_arguments(request))
        for request in system.approvals.pending(run_id)
    ]
    return approvals, [question_message(question) for question in system.questions.pending(run_id)]


def approval_message(request: ApprovalRequest, *, arguments: dict[str, object]) -> msg.ApprovalRequest:
    """Give a request. :param arguments: as they may be shown."""
    return msg.ApprovalRequest(
        approval_id=request.approval_id,
        run_id=request.run_id,
        call_id=request.call_id,
        api=request.api,
        arguments_json=json_text(arguments),
        effect=request.effect.value,
        reason=request.reason,
        summary=request.summary,
        diff_json=json_text(request.diff),
        scope=request.scope.value,
        expires_at=time_message(request.expires_at),
    )


def question_message(question: Question) -> msg.Question:
    """Give a question."""
    return msg.Question(
        question_id=question.question_id,
        run_id=question.run_id,
        text=question.text,
        choices=list(question.choices),
        expires_at=time_message(question.expires_at),
    )
