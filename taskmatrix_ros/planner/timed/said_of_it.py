"""What a clause says of ``it``."""

from __future__ import annotations

from collections.abc import Sequence


def of_it(said: Sequence[str]) -> tuple[tuple[str, ...], bool] | None:
    """Write out what is said of ``it``, and whether it is denied: ``it isn't locked`` -> ``it is locked``, denied.

    :returns: None: it is said of another thing.
    """
    written: list[str] = []
    for word in said:
        written += _WRITTEN_OUT.get(word, (word,))
    if len(written) < 2 or written[0] not in IT:
        return None
    denied = written[1] in ("is", "are") and written[2:3] == ["not"]
    if denied:
        del written[2]
    return tuple(word for word in written if word not in _SAYS_NOTHING), denied


IT = frozenset({"it", "they", "that", "this", "those", "these"})
_WRITTEN_OUT = {
    "it's": ("it", "is"),
    "that's": ("that", "is"),
    "they're": ("they", "are"),
    "isn't": ("is", "not"),
    "aren't": ("are", "not"),
}
_SAYS_NOTHING = frozenset({"still", "currently", "already", "now", "right", "yet", "all", "both"})
