"""What came over ROS, or over a home's socket, as the same plain values."""

from __future__ import annotations

from typing import Any

Plain = dict[str, Any]


def plain_run(run: Any) -> Plain:
    """Give a run of ``list_runs`` or ``get_run``."""
    return _plain(run, "run_to_plain")


def plain_outline(outline: Any) -> Plain:
    """Give an outline."""
    return _plain(outline, "outline_to_plain")


def plain_approval(approval: Any) -> Plain:
    """Give a request for a person's yes."""
    return _plain(approval, "approval_to_plain")


def plain_question(question: Any) -> Plain:
    """Give a question to a person."""
    return _plain(question, "question_to_plain")


def _plain(message: Any, converter: str) -> Plain:
    if isinstance(message, dict):
        return message
    if message == []:  # a reply without it
        return {}
    from taskmatrix_ros.ros import task_messages

    plain: Plain = getattr(task_messages, converter)(message)
    return plain
