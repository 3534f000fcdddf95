from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from binding_contract import BindingContract, ContractPeer
from homeassistant_peer import homeassistant_peer

from taskmatrix_ros.bench.home_assistant_server import HomeAssistantServer
from taskmatrix_ros.core.outcome import Status


@pytest.mark.homeassistant
class TestHomeAssistant(BindingContract):
    cancelled_statuses = frozenset({Status.SUCCEEDED})  # a service that was called cannot be called back

    server: HomeAssistantServer

    @pytest.fixture(autouse=True)
    def _with_server(self, home_assistant: HomeAssistantServer) -> None:
        self.server = home_assistant

    def peer(self, folder: Path) -> AbstractAsyncContextManager[ContractPeer]:
        return homeassistant_peer(folder, self.server)
