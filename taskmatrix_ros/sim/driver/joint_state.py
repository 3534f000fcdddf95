"""What a driven joint does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JointState:
    """One joint: m and N, or rad and N m."""

    name: str
    position: float
    velocity: float
    effort: float
