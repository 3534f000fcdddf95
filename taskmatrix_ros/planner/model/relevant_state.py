"""The part of the world's state that a plan may need to know, without what is nobody's business."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument, StateSpec

_WORD = re.compile(r"[a-z0-9]+")
_KEY = re.compile(r'state\["([a-z][a-z0-9_]*)[."]')


def relevant_state(
    state: Mapping[str, Any],
    specs: Sequence[StateSpec],
    documents: Sequence[ApiDocument],
    texts: Sequence[str],
    limit: int,
) -> dict[str, Any]:
    """Choose at most ``limit`` values: those that the documents read or set, then those that the texts name.

    State that a manifest marks as sensitive is left out whatever happens. Where everything fits, everything is given.

    :param texts: the instruction and the steps.
    """
    secret = [_pattern(spec.key) for spec in specs if spec.sensitive]
    keys = [key for key in state if not any(pattern.fullmatch(key) for pattern in secret)]
    used = [_pattern(key) for document in documents for key in document.sets]
    sources = [source for document in documents for source in (*document.requires, *document.ensures)]
    devices = {device for source in sources for device in _KEY.findall(source)}
    words = {word for text in texts for word in _WORD.findall(text.casefold())}

    def rank(key: str) -> tuple[int, int, str]:
        is_used = any(pattern.fullmatch(key) for pattern in used) or key.partition(".")[0] in devices
        named = len(words & set(_WORD.findall(key.casefold())))
        return (0 if is_used else 1, -named, key)

    return {key: state[key] for key in sorted(sorted(keys, key=rank)[:limit])}


def _pattern(key: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]*\}", key)
    return re.compile("[^.]+".join(re.escape(part) for part in parts))
