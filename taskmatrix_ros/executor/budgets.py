"""What one run may use up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """What one run may use up.

    ``refusals``: of one call with the same arguments; ``run_s``: seconds of steady time in which it runs, not those in
    which it waits or is held; ``attempts``: at one idempotent call that came to no answer.
    """

    calls: int = 200
    refusals: int = 3
    run_s: float = 3600.0
    attempts: int = 2
