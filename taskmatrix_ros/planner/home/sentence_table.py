"""The sentences of a home, as the files ``home_sentences.yaml`` and ``question_sentences.yaml`` have them.

A file has ``words``, pieces of sentences that stand as ``<name>`` in others, and ``sentences``: what they ask for,
``with`` what beside, and how it is ``said``, in hassil's notation; ``{reader:slot}`` is read by ``clause_parse``.
Among sentences that fit, those of an earlier entry win, then earlier sentences.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

Entry = tuple[str, Mapping[str, Any], Sequence[str]]
"""What is asked for, what is known beside the slots, and the sentences."""

_WORD = re.compile(r"<(\w+)>")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_sentences(name: str) -> tuple[Entry, ...]:
    """Read a table that is shipped beside this file. :raises KeyError: a sentence has a word that ``words`` has not."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    table = yaml.load(text, Loader=_LOADER)  # noqa: S506 - both are safe loaders
    words: dict[str, str] = {}
    for word, meaning in table["words"].items():
        words[word] = _filled(meaning, words)
    return tuple(
        (entry["asks"], entry.get("with", {}), tuple(_filled(sentence, words) for sentence in entry["said"]))
        for entry in table["sentences"]
    )


def _filled(text: str, words: Mapping[str, str]) -> str:
    return _WORD.sub(lambda found: words[found[1]], text) if "<" in text else text


COMMANDS = load_sentences("home_sentences.yaml")
QUESTIONS = load_sentences("question_sentences.yaml")
