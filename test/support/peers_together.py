"""Which tests of a shared run stay with one worker."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling

UNIT = "test/unit/"


class PeersTogether(LoadFileScheduling):
    """Keeps all that needs a peer with one worker, in order; the unit tests go file by file to whoever is free."""

    def _split_scope(self, nodeid: str) -> str:
        return super()._split_scope(nodeid) if nodeid.startswith(UNIT) else "peers"
