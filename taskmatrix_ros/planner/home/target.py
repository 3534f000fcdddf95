"""One thing or group that was named."""

from __future__ import annotations

from dataclasses import dataclass, replace

from taskmatrix_ros.planner.home.home_nouns import Noun

ALL = "all"
BOTH = "both"


@dataclass(frozen=True, kw_only=True)
class Target:
    """One thing or group that was named.

    ``entities``: those of the name that was said, ``partial`` if it is only a part of theirs; ``noun``: the kind that
    was said; ``quantity``: ``all``, ``both``, a number in digits or empty; ``stripped``: the noun that a name lacks,
    which another target must bring; ``hidden``: it is the name of nothing that may be named.
    """

    said: str
    entities: tuple[str, ...] = ()
    partial: bool = False
    noun: Noun | None = None
    everything: bool = False
    pronoun: str = ""
    quantity: str = ""
    plural: bool = False
    indefinite: bool = False
    others: bool = False
    areas: frozenset[str] = frozenset()
    floors: frozenset[str] = frozenset()
    here: bool = False
    there: bool = False
    everywhere: bool = False
    stripped: str = ""
    hidden: bool = False
    excepts: tuple[Target, ...] = ()

    @property
    def is_place(self) -> bool:
        """Whether only a place was said."""
        return not (self.entities or self.noun or self.everything or self.pronoun or self.hidden)

    @property
    def is_located(self) -> bool:
        """Whether a place was said with it."""
        return bool(self.areas or self.floors or self.here or self.there or self.everywhere)

    def at(self, place: Target) -> Target:
        """Give it at a place that was said apart from it."""
        return replace(
            self,
            areas=self.areas | place.areas,
            floors=self.floors | place.floors,
            here=self.here or place.here,
            there=self.there or place.there,
            everywhere=self.everywhere or place.everywhere,
        )


Targets = tuple[Target, ...]
