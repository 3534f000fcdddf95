"""How the findings of several queries become one ranking."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

SHARPNESS = 2.0
"""Power of a score in 0..1: the best of one query stands well above what every query half fits."""


def fuse(findings: Iterable[Mapping[str, float]], limit: int) -> dict[str, float]:
    """Add up what each query found, scaled to 0..1 by its least and its best; what it says the more tells, the more.

    A query's words tell as much as its best finding scores: "the author is George Orwell" finds something, too, but
    nothing that fits. Its weight is the root of that, against the other queries'.

    :param findings: name -> score above 0, on one engine's scale.
    :param limit: how many each query asked for: where it found fewer, what it did not find scores 0.
    :returns: name -> score in 0..1, best first.
    :source: min-max scaling after Lee, "Analyses of Multiple Evidence Combination", 1997.
    """
    found = [scores for scores in findings if scores]
    weights = [math.sqrt(max(scores.values())) for scores in found]
    total: defaultdict[str, float] = defaultdict(float)
    for scores, weight in zip(found, weights, strict=True):
        best = max(scores.values())
        least = min(scores.values()) if len(scores) >= limit > 1 else 0.0
        for name, score in scores.items():
            scaled = (score - least) / (best - least) if best > least else 1.0
            total[name] += weight * scaled**SHARPNESS
    highest = max(total.values(), default=0.0) or 1.0
    return {name: total[name] / highest for name in sorted(total, key=lambda name: (-total[name], name))}
