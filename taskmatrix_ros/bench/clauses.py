"""A plain text as the steps of an outline, for data sets that have none."""

from __future__ import annotations

import re

_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+")
_JOINED = re.compile(r",?\s+(?:and then|then|after that|as well as|and also)\s+", re.IGNORECASE)
_LISTED = re.compile(
    r",\s+(?:and\s+)?|\s+and\s+(?=(?:the|a|an|any|some|its|their|details|information)\b)", re.IGNORECASE
)
_LEAST_CLAUSE, _LEAST_LISTED = 3, 4
"""Words below which a part says too little to be a step."""


def clauses(text: str) -> tuple[str, ...]:
    """Split a text into sentences and joined clauses, and what a clause lists into its parts."""
    sentences = [part for part in _SENTENCE_END.split(text) if _words(part) >= _LEAST_CLAUSE]
    joined = [part for sentence in sentences for part in _JOINED.split(sentence) if _words(part) >= _LEAST_CLAUSE]
    steps = dict.fromkeys(joined)
    for clause in joined:
        listed = _LISTED.split(clause)
        if len(listed) > 1:
            steps |= dict.fromkeys(part for part in listed if _words(part) >= _LEAST_LISTED)
    return tuple(steps)


def _words(text: str) -> int:
    return len(text.split())
