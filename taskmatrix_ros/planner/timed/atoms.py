"""What happens or is so, as a trigger and as a test."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from taskmatrix_ros.core.rule import StateTrigger, Trigger
from taskmatrix_ros.planner.timed.time_phrase import Phrase


@dataclass(frozen=True, slots=True)
class Atom:
    """One thing that happens, or is so. ``trigger``: what starts it; ``test``: CEL for its being so, empty if none."""

    trigger: Trigger | None
    test: str
    is_event: bool
    about: str = ""
    """What it speaks of, as it was said: what ``it`` means in the action."""


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: things that all have to be so, and phrases of time among them. ``either``: any is enough."""

    atoms: tuple[Atom, ...]
    phrases: tuple[Phrase, ...] = ()
    either: bool = False


def becomes(key: str, values: Sequence[Any]) -> StateTrigger:
    """Start where a key gets one of some values."""
    return StateTrigger(kind="state", key=key, to=tuple(values))


def equals(key: str, value: Any) -> str:
    """Test that a key has a value, in CEL."""
    return f'state["{key}"] == {json.dumps(value)}'


def lasting(atom: Atom, for_s: float) -> Atom:
    """Let it start only after it was so for some seconds."""
    if not isinstance(atom.trigger, StateTrigger):
        return atom
    return replace(atom, trigger=atom.trigger.model_copy(update={"for_s": for_s}), is_event=True)
