"""What the engine asks of whoever sees its firings through."""

from __future__ import annotations

from typing import Protocol

from taskmatrix_ros.core.rule import Firing, Rule


class RuleWork(Protocol):
    """Starts and cancels runs. Told after what it is told of was written; it answers with ``RuleEngine.ended``."""

    def begin(self, rule: Rule, firing: Firing) -> None:
        """Begin a run, or go on with the one that ``firing.firing_id`` began in an earlier life."""

    def cancel(self, firing: Firing, reason: str) -> None:
        """End a run early."""

    def told(self, rule: Rule, kind: str, why: str) -> None:
        """Hear what a person should know: ``rule_fired``, ``rule_stopped``, ``rule_missed``."""
