"""How much of the world a prompt holds, and when the model is asked."""

from __future__ import annotations

from pydantic import Field

from taskmatrix_ros.core.frozen import Frozen

GRAMMAR_MISSES = ("NOT_UNDERSTOOD", "INCOMPLETE", "AMBIGUOUS", "TIMED", "LOCALE", "TOO_LONG")
"""Not ``UNKNOWN_NAME``, ``LIMIT`` and ``NOT_NOW``: there the sentence was understood, and a guess could act wrongly."""


class PlannerSettings(Frozen):
    """Small models want few documents and little state. ``ask_model_on``: error codes of the grammar's refusals.

    ``repairs``: how often code is written anew from findings; ``replans``: how often the rest is planned anew after a
    failed call. ``step_by_step``: code is asked for one step at a time. ``phrase_answers``: the model words what a run
    did, from its facts alone.
    """

    documents: int = Field(default=24, ge=1)
    state_values: int = Field(default=60, ge=0)
    catalogue_names: int = Field(default=80, ge=0)
    turns: int = Field(default=6, ge=0, le=50)
    repairs: int = Field(default=3, ge=0, le=10)
    replans: int = Field(default=1, ge=0, le=10)
    step_by_step: bool = False
    phrase_answers: bool = False
    ask_model_on: frozenset[str] = frozenset(GRAMMAR_MISSES)
