"""Which tests of a shared run stay with one worker."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling

UNIT = "test/unit/"
HOME_ASSISTANT = "test/scenario/test_home_assistant.py"
SIMULATED = ("test/integration/robot/", "test/integration/sim/", "test/integration/doctor/", "test/scenario/")


class PeersTogether(LoadFileScheduling):
    """Keeps what runs a simulator with one worker and what needs another peer with another, both in order.

    The unit tests go file by file to whoever is free. Home Assistant starts once: its scenario stays with its contract.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(UNIT):
            return super()._split_scope(nodeid)
        if nodeid.startswith(SIMULATED) and not nodeid.startswith(HOME_ASSISTANT):
            return "simulated"
        return "peers"
