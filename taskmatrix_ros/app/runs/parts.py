"""What a session is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from taskmatrix_ros.app.runs.outline_desk import OutlineDesk
from taskmatrix_ros.core.clocks import HomeClock
from taskmatrix_ros.core.event_bus import EventBus
from taskmatrix_ros.core.policy import Policy
from taskmatrix_ros.core.ports import (
    Catalogue,
    Journal,
    Phraser,
    Planner,
    Preferences,
    Questions,
    Rehearsal,
    Selector,
    Verifier,
)
from taskmatrix_ros.core.rule import Rule
from taskmatrix_ros.core.run import CallRecord
from taskmatrix_ros.core.run_ports import Runner
from taskmatrix_ros.core.state_store import StateStore


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a session is made of.

    ``zone``: the home's time zone. ``rules_of``: gives the rules that live, those of a conversation last.
    ``max_repairs``: how often refused code goes back to its planner; ``max_replans``: how often the rest is planned
    anew after a failed call. ``catalogue``: what the answer at the end is worded by; None: without facts.
    ``questions``: where a person is asked back; None: nowhere. ``ended``: told the calls of every run that has ended.
    """

    planner: Planner
    selector: Selector
    verifier: Verifier
    rehearsal: Rehearsal
    runner: Runner
    journal: Journal
    state: StateStore
    clock: HomeClock
    events: EventBus
    policy: Policy = field(default_factory=Policy)
    outlines: OutlineDesk | None = None
    zone: str = ""
    rules_of: Callable[[str], tuple[Rule, ...]] = lambda _conversation: ()
    catalogue: Catalogue | None = None
    questions: Questions | None = None
    phraser: Phraser | None = None
    preferences: Preferences | None = None
    ended: Callable[[Sequence[CallRecord]], None] = lambda _calls: None
    max_repairs: int = 3
    max_replans: int = 1
