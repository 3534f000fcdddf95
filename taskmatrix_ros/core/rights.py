"""What a channel, a speaker or a rule may do."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Self

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.frozen import Frozen


class Rights(Frozen):
    """Effects that may be caused and APIs that may be called; all of it by default.

    ``apis`` and ``deny`` are glob patterns of API names, such as ``light_*``. ``apis`` None allows any name; ``deny``
    goes before ``apis``. ``who`` is named in objections: ``channel mqtt``, ``speaker guest``. ``narrowed_by``: what has
    to allow a call as well.
    """

    who: str = "this channel"
    effects: frozenset[Effect] = frozenset(Effect)
    apis: tuple[str, ...] | None = None
    deny: tuple[str, ...] = ()
    narrowed_by: Rights | None = None

    def objection(self, document: ApiDocument) -> str | None:
        """Say why an API may not be called, in one line with what is allowed; None where it may."""
        name, effect = document.name, document.effect
        if effect not in self.effects:
            allowed = ", ".join(known for known in Effect if known in self.effects) or "nothing"
            return f"{name} would {_VERBS[effect]}, and {self.who} may only: {allowed}"
        if denied := _first_match(name, self.deny):
            return f"{self.who} may not call {name}: {denied} is denied to it"
        if self.apis is not None and _first_match(name, self.apis) is None:
            return f"{self.who} may not call {name}; allowed: {', '.join(self.apis) or 'nothing'}"
        return self.narrowed_by.objection(document) if self.narrowed_by else None

    def narrowed(self, by: Rights) -> Self:
        """Give what both allow: a claimed speaker can only lose rights, never gain any."""
        inner = self.narrowed_by.narrowed(by) if self.narrowed_by else by
        return self.model_copy(update={"narrowed_by": inner})


_VERBS = {
    Effect.READ: "read",
    Effect.NOTIFY: "notify somebody",
    Effect.ACTUATE: "actuate something",
    Effect.HAZARDOUS: "do something hazardous",
}


def _first_match(name: str, patterns: Iterable[str]) -> str | None:
    return next((pattern for pattern in patterns if fnmatchcase(name, pattern)), None)
