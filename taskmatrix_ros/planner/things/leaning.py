"""What was said beside a request and decides among what fits it."""

from __future__ import annotations

from dataclasses import dataclass

from taskmatrix_ros.planner.things.description import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaning:
    """Traits that are liked, things that are ruled out, what is needed at all."""

    prefers: tuple[str, ...] = ()
    without: tuple[Tokens, ...] = ()
    wants: str = ""
    """The kind of thing that is needed, where the request does not say."""
    traits: tuple[tuple[Tokens, str], ...] = ()
    """What something was said to be like now: ``I opened a sprite``."""

    def joined(self, other: Leaning) -> Leaning:
        """Give both; of what is needed, the later."""
        return Leaning(
            prefers=(*self.prefers, *other.prefers),
            without=(*self.without, *other.without),
            wants=other.wants or self.wants,
            traits=(*self.traits, *other.traits),
        )
