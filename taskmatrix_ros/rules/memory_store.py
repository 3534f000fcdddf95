"""What rules write, kept nowhere: for trying them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from taskmatrix_ros.core.rule import Firing, Rule, Told, Trace
from taskmatrix_ros.store.rule_store import Deadline, RuleCounts, RuleStore, counted

_NOTHING = nullcontext()


class MemoryStore(RuleStore):
    """A rule store without a file, of which every trace is kept, oldest first."""

    def __init__(self) -> None:
        self.told: list[Trace] = []

    def transaction(self, *, durable: bool = False, soon: bool = False) -> AbstractContextManager[None]:  # noqa: ARG002 - as there
        """Do nothing about it."""
        return _NOTHING

    def save(self, rule: Rule) -> None:
        """Nothing to keep."""

    def delete(self, rule_id: str) -> None:
        """Nothing to forget."""

    def rules(self) -> Sequence[tuple[Rule, RuleCounts]]:
        """None are there from before."""
        return ()

    def set_deadline(self, deadline: Deadline) -> None:
        """The agenda has it."""

    def clear_deadline(self, rule_id: str, trigger: int) -> None:
        """The agenda has it."""

    def deadlines(self) -> Sequence[Deadline]:
        """None are there from before."""
        return ()

    def save_firing(self, firing: Firing) -> None:
        """The engine has it."""

    def end_firing(self, firing_id: str) -> None:
        """The engine has it."""

    def firings(self) -> Sequence[Firing]:
        """None are there from before."""
        return ()

    def tell(self, told: Told, counts: RuleCounts, *, count: int = 1) -> RuleCounts:
        """Keep a trace and count it."""
        self.told.append(told.trace())
        return counted(told, counts, count)

    def traces(self, rule_id: str, limit: int = 10) -> Sequence[Trace]:
        """Give the latest of a rule's traces, newest first."""
        return tuple(trace for trace in reversed(self.told) if trace.rule_id == rule_id)[: max(limit, 0)]

    def remember(self, key: str, value: Any) -> None:
        """The engine has it."""

    def remembered(self) -> dict[str, Any]:
        """Nothing is there from before."""
        return {}
