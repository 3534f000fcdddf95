"""How much of the world a call changes."""

from __future__ import annotations

from taskmatrix_ros.core.plain_enum import PlainEnum


class Effect(PlainEnum):
    """In rising order of what can go wrong; unknown means ``hazardous``."""

    READ = "read"
    NOTIFY = "notify"
    ACTUATE = "actuate"
    HAZARDOUS = "hazardous"

    @property
    def rank(self) -> int:
        """Place in the order, from 0."""
        return list(Effect).index(self)

    @property
    def commands(self) -> bool:
        """Whether a success must be shown by the world and not only by the called party."""
        return self in (Effect.ACTUATE, Effect.HAZARDOUS)
