"""What the engine asks of whoever sees its firings through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from taskmatrix_ros.core.rule import Firing, Missed, Rule


class RuleWork(Protocol):
    """Starts and cancels runs. Told after what it is told of was written; it answers with ``RuleEngine.ended``."""

    def begin(self, rule: Rule, firing: Firing) -> None:
        """Begin a run, or go on with the one that ``firing.firing_id`` began in an earlier life."""

    def cancel(self, firing: Firing, reason: str) -> None:
        """End a run early."""

    def ask(self, rule: Rule, firing: Firing) -> None:
        """Ask a person whether a firing that is late is still to be done; answer with ``RuleEngine.answered``."""

    def told(self, rule: Rule, kind: str, why: str) -> None:
        """Hear what a person should know: ``rule_fired``, ``rule_stopped``, ``rule_missed``, ``rule_storm``."""

    def sets(self, rule: Rule) -> Mapping[str, Any]:
        """Give what a rule's code sets for certain, as far as its text tells: key of state -> value."""

    def missed_by_default(self, rule: Rule) -> Missed:
        """Say what happens to a moment that was missed where the rule says nothing of it."""
