"""Changes of an outline in a person's words. Pure: each gives a new outline of the same id."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import RequestError
from taskmatrix_ros.core.instruction import MAX_TEXT
from taskmatrix_ros.core.outline import Outline, OutlineStep

PERSON = "person"
"""The planner of an outline that a person has changed."""
MAX_STEPS = 50
_SLOT = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def spoken_step(step_id: str, text: str) -> OutlineStep:
    """Make a step of a person's words.

    Its effect is ``hazardous``, which means that it may ask for anything; what it calls is still gated and approved.

    :raises RequestError: the text is empty or too long.
    """
    words = " ".join(text.split())
    if not words or len(words) > MAX_TEXT:
        raise RequestError(f"edit_outline: a step has 1 to {MAX_TEXT:,} characters, not {len(words):,}")
    return OutlineStep(id=step_id, text=words, effect=Effect.HAZARDOUS)


def with_step(outline: Outline, step: OutlineStep, *, before: str = "") -> Outline:
    """Put a new step before another, or at the end.

    :raises RequestError: no such step, its id is taken, or there are too many.
    """
    if any(each.id == step.id for each in outline.steps):
        raise RequestError(f"edit_outline: step {step.id!r} is there already")
    if len(outline.steps) >= MAX_STEPS:
        raise RequestError(f"edit_outline: an outline has at most {MAX_STEPS} steps")
    at = _place(outline, before) if before else len(outline.steps)
    return _with(outline, [*outline.steps[:at], step, *outline.steps[at:]])


def with_words(outline: Outline, step: OutlineStep) -> Outline:
    """Put a step in the place of the one of its id; what comes before it stays as it was.

    :raises RequestError: no such step.
    """
    at = _place(outline, step.id)
    kept = step.model_copy(update={"needs": outline.steps[at].needs})
    return _with(outline, [*outline.steps[:at], kept, *outline.steps[at + 1 :]])


def without_step(outline: Outline, step_id: str) -> Outline:
    """Leave a step out; those that needed it need what it needed.

    :raises RequestError: no such step.
    """
    at = _place(outline, step_id)
    gone = outline.steps[at]
    return _with(outline, [_instead(step, gone) for step in outline.steps if step is not gone])


def moved(outline: Outline, step_id: str, *, before: str = "") -> Outline:
    """Put a step before another, or at the end.

    :raises RequestError: no such step.
    """
    step = outline.steps[_place(outline, step_id)]
    if before == step_id:
        return outline
    if before:
        _place(outline, before)
    others = [each for each in outline.steps if each is not step]
    at = next((index for index, each in enumerate(others) if each.id == before), len(others))
    return _with(outline, [*others[:at], step, *others[at:]])


def free_id(outline: Outline) -> str:
    """Give an id that no step has."""
    numbers = [int(step.id) for step in outline.steps if step.id.isdecimal()]
    return str(max([len(outline.steps), *numbers]) + 1)


def as_template(outline: Outline, name: str, parameters: Sequence[str], outline_id: str) -> Outline:
    """Make a template: ``{parameter}`` in its steps is filled in when it is run.

    :raises RequestError: the name is empty, or the steps name other parameters than those given.
    """
    named = {slot for step in outline.steps for slot in _SLOT.findall(step.text)}
    if not name.strip():
        raise RequestError("edit_outline: a template needs a name")
    if named != set(parameters):
        given, there = ", ".join(parameters) or "none", ", ".join(sorted(named)) or "none"
        raise RequestError(f"edit_outline: parameters {given}; the steps name {there}; give those")
    changes = {"outline_id": outline_id, "name": name.strip(), "parameters": tuple(parameters), "is_template": True}
    return outline.model_copy(update=changes)


def filled(template: Outline, values: Mapping[str, str]) -> Outline:
    """Fill in a template's parameters, in the person's words.

    :raises RequestError: one is missing, or one is not asked for.
    """
    if set(values) != set(template.parameters):
        wanted = ", ".join(template.parameters) or "none"
        raise RequestError(f"outline {template.name or template.outline_id}: its parameters are {wanted}; give those")

    def fill(step: OutlineStep) -> OutlineStep:
        text = _SLOT.sub(lambda slot: values.get(slot[1], slot[0]), step.text)
        return step if text == step.text else spoken_step(step.id, text).model_copy(update={"needs": step.needs})

    return _with(template, [fill(step) for step in template.steps]) if values else template


def _with(outline: Outline, steps: Sequence[OutlineStep]) -> Outline:
    """Keep of ``needs`` only what still comes before."""
    before: set[str] = set()
    kept = []
    for step in steps:
        kept.append(step.model_copy(update={"needs": tuple(need for need in step.needs if need in before)}))
        before.add(step.id)
    return outline.model_copy(update={"steps": tuple(kept), "planner": PERSON})


def _instead(step: OutlineStep, gone: OutlineStep) -> OutlineStep:
    if gone.id not in step.needs:
        return step
    needs = (*(need for need in step.needs if need != gone.id), *gone.needs)
    return step.model_copy(update={"needs": tuple(dict.fromkeys(needs))})


def _place(outline: Outline, step_id: str) -> int:
    for index, step in enumerate(outline.steps):
        if step.id == step_id:
            return index
    there = ", ".join(step.id for step in outline.steps) or "none"
    raise RequestError(f"edit_outline: there is no step {step_id[:40]!r}; the steps are {there}", code="UNKNOWN_STEP")
