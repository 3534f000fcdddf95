"""Bindings to the home itself: its rules, what persons tell it and what it says; and state that comes of calls."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from taskmatrix_ros.core.frozen import Frozen


class Rules(Frozen):
    """What is done about rules. What changes one waits for a person's yes; a run that a rule began changes none."""

    kind: Literal["rules"]
    name: Literal["add", "change", "delete", "list", "at", "remind"]


class Told(Frozen):
    """A fact that a person tells goes into state: the argument ``value`` to ``key``, null to forget it."""

    kind: Literal["told"]
    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$")]
    value: Any = "{value}"

    @property
    def name(self) -> str:
        """What policies call it."""
        return self.key


class Say(Frozen):
    """The argument ``text`` is said to whoever listens: the event ``said`` and the node's topic ``say``."""

    kind: Literal["say"]

    @property
    def name(self) -> str:
        """What policies call it."""
        return "person"


WAITING = frozenset({"builtin", "rules"})
"""Kinds whose calls may wait for a person or a moment, and move nothing while they do."""


class ToldSource(Frozen):
    """State that a person tells, by a document with a ``told`` binding."""

    kind: Literal["told"]


class CallSource(Frozen):
    """State from what a reading API gives back, asked for every ``every_s`` seconds.

    ``arguments`` as in action code; ``path`` is an RFC 6901 JSON pointer into the result, empty for all of it; what it
    points at may be missing, and is then null. ``map`` turns what was found, as text, into values, anything else into
    null.
    """

    kind: Literal["call"]
    api: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,79}$")]
    arguments: dict[str, Any] = Field(default_factory=dict)
    path: Annotated[str, Field(pattern=r"^(/.*)?$")] = ""
    map: dict[str, Any] | None = None
    every_s: float = Field(default=600.0, ge=1, le=86_400)
