"""Reads the outline a model wrote, and keeps of it only what makes sense."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import ConfigError, PlanningError
from taskmatrix_ros.core.outline import OutlineStep
from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.planner.model.quoted_data import one_line

MAX_STEPS = 50
MAX_TARGETS = 20

_TEXTS = {"type": "array", "items": {"type": "string"}}
_STEP: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "text": {"type": "string"},
        "needs": _TEXTS,
        "effect": {"type": "string", "enum": [effect.value for effect in Effect]},
        "targets": _TEXTS,
        "goal": {"type": ["string", "null"]},
    },
    "required": ["id", "text", "needs", "effect", "targets", "goal"],
    "additionalProperties": False,
}
OUTLINE_SCHEMA: dict[str, Any] = {
    "title": "outline",
    "type": "object",
    "properties": {
        "steps": {"type": "array", "items": _STEP},
        "question": {"type": "string"},
        "refusal": {"type": "string"},
    },
    "required": ["steps", "question", "refusal"],
    "additionalProperties": False,
}
"""All keys are required and no other allowed: the form of a schema that every server takes."""


def read_steps(reply: Mapping[str, Any], model: str) -> tuple[OutlineStep, ...]:
    """Take the steps of a reply, numbered anew from 1.

    ``needs`` keeps earlier steps, ``goal`` is kept only if it is CEL over state; a step that is a bare text is taken.

    :raises PlanningError: ``AMBIGUOUS`` with the model's question, ``NOT_UNDERSTOOD`` with its refusal, ``MODEL_REPLY``
        where there are no steps, or too many.
    """
    steps = steps_so_far(reply)
    if steps and len(steps) <= MAX_STEPS:
        return steps
    if steps:
        said = f"model '{model}': the outline has {len(steps)} steps, more than {MAX_STEPS}; ask for less at a time"
        raise PlanningError(said, code="TOO_LONG")
    if question := _text(reply.get("question")):
        raise PlanningError(f"{question} (asked by model '{model}')", code="AMBIGUOUS", question=question)
    if refusal := _text(reply.get("refusal")):
        raise PlanningError(f"model '{model}' sees no way: {refusal}", code="NOT_UNDERSTOOD")
    raise PlanningError(f"model '{model}': the reply holds no steps; say it in other words", code="MODEL_REPLY")


def steps_so_far(reply: Mapping[str, Any]) -> tuple[OutlineStep, ...]:
    """Take the steps of a reply that may be cut anywhere."""
    given = reply.get("steps")
    steps: list[OutlineStep] = []
    numbers: dict[str, str] = {}
    for each in given if isinstance(given, list) else ():
        step = each if isinstance(each, dict) else {"text": each}
        text = _text(step.get("text"))
        if not text:
            continue
        number = str(len(steps) + 1)
        steps.append(
            OutlineStep(
                id=number,
                text=text,
                needs=tuple(dict.fromkeys(numbers[need] for need in _texts(step.get("needs")) if need in numbers)),
                effect=_effect(step.get("effect")),
                targets=tuple(dict.fromkeys(_texts(step.get("targets"))))[:MAX_TARGETS],
                goal=_goal(step.get("goal")),
            )
        )
        numbers[_text(step.get("id")) or number] = number
    return tuple(steps)


def _effect(given: Any) -> Effect:
    """Take what is no effect as ``actuate``: a step of less could hide what its code does."""
    return Effect(given) if isinstance(given, str) and given in set(Effect) else Effect.ACTUATE


def _goal(given: Any) -> str | None:
    text = _text(given)
    try:
        goal = Expression.parse(text) if text else None
    except ConfigError:
        return None
    return text if goal is not None and goal.reads_state and not goal.arg_names and not goal.uses_result else None


def _text(given: Any) -> str:
    return one_line(str(given), 400) if isinstance(given, str | int) and not isinstance(given, bool) else ""


def _texts(given: Any) -> list[str]:
    return [text for each in given if (text := _text(each))] if isinstance(given, list) else []
