"""Puts what others wrote into a prompt as data, so that it can neither end its quotes nor hide."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

MAX_TEXT = 300
"""Letters of one text: names and sensor values are short, and orders take space."""

_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})


def quoted(kind: str, value: Any, *, tag: str = "data", max_text: int = MAX_TEXT) -> str:
    """Give a block of data: JSON on one line between tags that nothing inside can write.

    :param kind: what it is, a word of ours.
    :param value: JSON-like; texts are cut at ``max_text`` and lose what cannot be seen.
    :param tag: another than ``data`` for what is to be obeyed: the person's own words.
    """
    text = json.dumps(_clean(value, max_text), ensure_ascii=False, default=str)
    escaped = text.replace("<", "\\u003c").replace(">", "\\u003e")
    return f'<{tag} kind="{kind}">\n{escaped}\n</{tag}>'


def one_line(text: str, max_text: int = MAX_TEXT) -> str:
    """Give a text on one line, without what cannot be seen; a longer one is cut and ends in an ellipsis."""
    visible = "".join(" " if unicodedata.category(letter) in _INVISIBLE else letter for letter in text)
    shown = " ".join(visible.split())
    return shown if len(shown) <= max_text else f"{shown[: max_text - 1]}…"


def _clean(value: Any, max_text: int) -> Any:
    if isinstance(value, str):
        return one_line(value, max_text)
    if isinstance(value, dict):
        return {one_line(str(key), max_text): _clean(inner, max_text) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(inner, max_text) for inner in value]
    return value if value is None or isinstance(value, bool | int | float) else one_line(str(value), max_text)
