"""What a measurement prints."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One number. ``baseline``: the same thing done bare, in the same run and unit; ``ratio``: value over baseline."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times the baseline; None where none was run."""
        return self.value / self.baseline if self.baseline else None


def report(bench: str, figures: Sequence[Figure]) -> dict[str, Any]:
    """Give the JSON document that ``taskmatrix bench X --json`` prints."""
    return {
        "bench": bench,
        "machine": machine(),
        "figures": [asdict(figure) | {"ratio": figure.ratio} for figure in figures],
    }


def machine() -> dict[str, Any]:
    """Describe where the figures were taken."""
    return {
        "cpus": os.cpu_count(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
    }
