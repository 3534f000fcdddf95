"""Core values as ROS messages and back."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from builtin_interfaces.msg import Time
from std_msgs.msg import String

from taskmatrix_interfaces import msg
from taskmatrix_interfaces.action import ExecuteTask
from taskmatrix_ros.app.runs.run_view import CallView, RunView
from taskmatrix_ros.core.diagnostic import Diagnostic, Severity
from taskmatrix_ros.core.event_bus import Event
from taskmatrix_ros.core.instruction import ApprovalMode, Channel, Image, Instruction, Mode
from taskmatrix_ros.core.outcome import Confirmation, Status
from taskmatrix_ros.core.outline import Outline
from taskmatrix_ros.core.run import Episode, RunStatus
from taskmatrix_ros.core.state_store import StateStore, StateValue

RUN_STATUS: dict[RunStatus, int] = {status: getattr(msg.Run, status.name) for status in RunStatus}

_CALL_STATUS: dict[Status, int] = {status: getattr(msg.CallStatus, status.name) for status in Status}
_CONFIRMATION: dict[Confirmation, int] = {
    Confirmation.NONE: msg.CallStatus.CONFIRMATION_NONE,
    Confirmation.CONFIRMED: msg.CallStatus.CONFIRMED,
    Confirmation.UNCONFIRMED: msg.CallStatus.UNCONFIRMED,
    Confirmation.CONTRADICTED: msg.CallStatus.CONTRADICTED,
}
_SEVERITY: dict[Severity, int] = {
    Severity.INFO: msg.Diagnostic.INFO,
    Severity.WARNING: msg.Diagnostic.WARNING,
    Severity.ERROR: msg.Diagnostic.ERROR,
}
_MODE = {
    ExecuteTask.Goal.MODE_RUN: Mode.RUN,
    ExecuteTask.Goal.MODE_OUTLINE_ONLY: Mode.OUTLINE_ONLY,
    ExecuteTask.Goal.MODE_DRY_RUN: Mode.DRY_RUN,
}
_APPROVAL = {
    ExecuteTask.Goal.APPROVAL_ASK: ApprovalMode.ASK,
    ExecuteTask.Goal.APPROVAL_DENY: ApprovalMode.DENY,
}


def time_message(moment: datetime | None) -> Time:
    """Give a UTC moment as a message; zero for None."""
    if moment is None:
        return Time()
    seconds = int(moment.timestamp())
    return Time(sec=seconds, nanosec=moment.microsecond * 1000)


def json_text(value: Any) -> str:
    """Give JSON, also of values JSON has no word for."""
    return json.dumps(value, default=str, ensure_ascii=False)


def instruction_of(goal: ExecuteTask.Goal) -> Instruction:
    """Read a goal.

    :raises ValueError: a field is out of its range (pydantic's ``ValidationError``, a ``KeyError``'s mode).
    """
    for name, table in (("mode", _MODE), ("approval", _APPROVAL)):
        if getattr(goal, name) not in table:
            raise ValueError(f"{name} {getattr(goal, name)} is none of {sorted(table)}")
    return Instruction(
        text=goal.instruction or (f"outline {goal.outline_id}" if goal.outline_id else ""),
        images=tuple(Image(format=image.format, data=bytes(image.data)) for image in goal.images),
        conversation_id=goal.conversation_id,
        speaker=goal.speaker,
        locale=goal.locale or "en",
        area=goal.area,
        request_id=goal.request_id,
        outline_id=goal.outline_id,
        parameters={parameter.name: _words_of(parameter.value_json) for parameter in goal.parameters},
        mode=_MODE[goal.mode],
        approval=_APPROVAL[goal.approval],
        priority=goal.priority,
        channel=Channel.ROS.of_conversation(goal.conversation_id),
    )


def _words_of(value_json: str) -> str:
    """Give a parameter as it stands in a step's words; what is no JSON is taken as it is."""
    try:
        value = json.loads(value_json)
    except ValueError:
        return value_json
    return value if isinstance(value, str) else value_json


def call_message(view: CallView) -> msg.CallStatus:
    """Give one call as it stands."""
    call, outcome = view.call, view.outcome
    message = msg.CallStatus(
        call_id=call.call_id,
        api=call.api,
        arguments_json=json_text(call.arguments),
        status=msg.CallStatus.RUNNING,
        attempt=call.attempt,
        completion=-1.0 if view.completion is None else float(view.completion),
        message=view.message,
        source_line=call.position.line,
        source_column=call.position.column,
    )
    if outcome is not None:
        message.status = _CALL_STATUS[outcome.status]
        message.confirmation = _CONFIRMATION[outcome.confirmation]
        message.completion = 1.0 if outcome.status is Status.SUCCEEDED else message.completion
        message.message = outcome.error.message if outcome.error else view.message
        message.value_json = "" if outcome.value is None else json_text(outcome.value)
        message.error_code = outcome.error.code if outcome.error else ""
        message.evidence = list(outcome.evidence)
        message.started_at = time_message(outcome.started_at)
        message.ended_at = time_message(outcome.ended_at)
    return message


def outline_message(outline: Outline | None) -> msg.Outline:
    """Give an outline; an empty message for None."""
    if outline is None:
        return msg.Outline()
    return msg.Outline(
        outline_id=outline.outline_id,
        instruction=outline.instruction,
        planner=outline.planner,
        is_template=outline.is_template,
        name=outline.name,
        parameters=list(outline.parameters),
        created_at=time_message(outline.created_at),
        steps=[
            msg.OutlineStep(
                id=step.id,
                text=step.text,
                needs=list(step.needs),
                effect=step.effect.value,
                targets=list(step.targets),
                goal=step.goal or "",
            )
            for step in outline.steps
        ],
    )


def diagnostic_message(diagnostic: Diagnostic) -> msg.Diagnostic:
    """Give a finding."""
    return msg.Diagnostic(
        severity=_SEVERITY[diagnostic.severity],
        code=diagnostic.code,
        message=diagnostic.message,
        hint=diagnostic.hint,
        file=diagnostic.file,
        line=diagnostic.line,
        column=diagnostic.column,
    )


def run_message(episode: Episode, *, whole: bool) -> msg.Run:
    """Give a run; ``whole``: with its code and calls."""
    instruction = episode.instruction
    message = msg.Run(
        run_id=episode.run_id,
        request_id=instruction.request_id,
        conversation_id=instruction.conversation_id,
        outline_id=episode.outline.outline_id if episode.outline else "",
        instruction=instruction.text,
        speaker=instruction.speaker,
        channel=instruction.channel.value,
        status=RUN_STATUS[episode.status],
        priority=instruction.priority,
        summary=episode.summary,
        error_code=episode.error_code,
        created_at=time_message(episode.created_at),
        ended_at=time_message(episode.ended_at),
    )
    if whole:
        message.code = episode.code.source if episode.code else ""
        message.calls = [call_message(CallView(record.call, outcome=record.outcome)) for record in episode.calls]
    return message


def feedback_message(
    view: RunView, approvals: list[msg.ApprovalRequest], questions: list[msg.Question]
) -> ExecuteTask.Feedback:
    """Give a run as it stands and what it waits for, for feedback."""
    completion = view.completion
    return ExecuteTask.Feedback(
        run_id=view.episode.run_id,
        stage=view.stage.value,
        outline=outline_message(view.episode.outline),
        calls=[call_message(call) for call in view.calls.values()],
        completion=-1.0 if completion is None else float(completion),
        message=view.message,
        approvals=approvals,
        questions=questions,
    )


def result_message(view: RunView, episode: Episode) -> ExecuteTask.Result:
    """Give an ended run."""
    rehearsed = episode.rehearsed
    planned = [] if rehearsed is None else [CallView(call) for call in rehearsed.calls]
    message = ExecuteTask.Result(
        status=RUN_STATUS[episode.status],
        status_name=episode.status.value,
        summary=episode.summary,
        run_id=episode.run_id,
        outline_id=episode.outline.outline_id if episode.outline else "",
        outline=outline_message(episode.outline),
        code=episode.code.source if episode.code else "",
        calls=[call_message(CallView(record.call, outcome=record.outcome)) for record in episode.calls],
        diagnostics=[diagnostic_message(diagnostic) for diagnostic in view.diagnostics],
        error_code=episode.error_code,
    )
    if episode.status is RunStatus.DRY_RUN:
        message.calls = [call_message(call) for call in planned]
        for call in message.calls:
            call.status = msg.CallStatus.PENDING
    if rehearsed is not None:
        message.predicted_json = rehearsed.model_dump_json(exclude={"calls"})
    elif episode.nearest:
        message.predicted_json = json_text({"nearest": episode.nearest})
    return message


def state_message(store: StateStore, value: StateValue) -> msg.StateValue:
    """Give one value of the world."""
    return msg.StateValue(
        key=value.key,
        value_json=json_text(value.value),
        unit=value.unit or "",
        source=value.source,
        stale=value.value is not None and store.problem(value.key) is not None,
        at=time_message(value.at),
    )


def event_message(event: Event) -> msg.Event:
    """Give an event."""
    message = msg.Event(
        id=event.id,
        kind=event.kind,
        run_id=event.run_id,
        call_id=event.call_id,
        rule_id=event.rule_id,
        json=json_text(event.data),
    )
    message.header.stamp = time_message(event.at)
    return message


def said_message(event: Event) -> String | None:
    """Give what the home says, for whatever speaks it; None for events of another kind."""
    return String(data=str(event.data.get("text", ""))) if event.kind == "said" else None
