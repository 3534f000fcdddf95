"""Prompts are files: versioned, and known by their hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "prompts"


@dataclass(frozen=True, slots=True)
class Prompt:
    """The text of one file, its first line ``version: N`` taken off."""

    name: str
    version: int
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of version and text, hexadecimal."""
        return hashlib.sha256(f"{self.name} {self.version}\n{self.text}".encode()).hexdigest()


@cache
def load_prompt(name: str) -> Prompt:
    """Read ``prompts/<name>.md``.

    :raises ValueError: the file does not begin with its version; a fault of the package.
    """
    first, _, text = (FOLDER / f"{name}.md").read_text(encoding="utf-8").partition("\n")
    key, _, version = first.partition(":")
    if key != "version" or not version.strip().isdecimal():
        raise ValueError(f"prompt {name}: the first line is {first!r}, not `version: N`")
    return Prompt(name, int(version), text.strip())


def hash_of(prompts: Iterable[Prompt]) -> str:
    """Give one SHA-256 over several prompts in their order: what the journal keeps beside the code."""
    return hashlib.sha256("".join(prompt.digest for prompt in prompts).encode()).hexdigest()
