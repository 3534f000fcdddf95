"""By which way a package came, and what that means for it."""

from __future__ import annotations

from enum import StrEnum


class Route(StrEnum):
    """The ways; a name belongs to whoever comes first in this order."""

    MANIFEST = "manifest"
    """A file of the profile: the operator wrote it."""
    REGISTERED = "registered"
    """Through a service or the command line."""
    IMPORTED = "imported"
    """Drafted by an importer."""
    LIVE = "live"
    """Offered by a peer while it is there: Home Assistant, MQTT discovery."""

    def rank(self, source: str = "") -> int:
        """Give who yields to whom: the lower keeps a name. Home Assistant goes before other live sources."""
        if self is Route.LIVE:
            return 2 if source == "homeassistant" else 3
        return 0 if self is Route.MANIFEST else 1


class Conflicts(StrEnum):
    """What becomes of a document whose name another package has."""

    REFUSE = "refuse"
    NAMESPACE = "namespace"
    """It is renamed to ``<package>_<name>``, in its own package's code too."""
