"""A counter in a real Home Assistant, for the contract of bindings."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from binding_contract import CONNECT_S, PATIENCE_S

from taskmatrix_ros.bench.home_assistant_server import HomeAssistantServer
from taskmatrix_ros.bindings.homeassistant.homeassistant_binding import HomeAssistantBinding, HomeAssistantSettings
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.registry.registry import Registry

COUNTER = "counter.presses"
HEARD = "input_text.heard"


class HomeAssistantPeer:
    """Losing the peer is ending Home Assistant, which keeps its counter; holding it is stopping its process."""

    def __init__(self, server: HomeAssistantServer, token_file: Path) -> None:
        self._server = server
        self._store = StateStore()
        self._registry = Registry(trusted=["homeassistant"])
        self._held = False
        self._first = self._count()
        settings = HomeAssistantSettings(
            url=server.url,
            token_file=token_file,
            expose=("counter.*", "input_text.*", "light.odd"),
            connect_s=CONNECT_S,
        )
        self.binding = HomeAssistantBinding(settings, self._registry, self._store)

    def request(self, *, deadline_s: float = PATIENCE_S) -> tuple[Call, ApiDocument]:
        return self._call("counter_increment", {}, deadline_s)

    def refused_request(self) -> tuple[Call, ApiDocument]:
        return self._call("counter_set_value", {"value": -5.5}, PATIENCE_S)

    def _call(self, api: str, arguments: dict[str, Any], deadline_s: float) -> tuple[Call, ApiDocument]:
        document = self._registry.get(api) or ApiDocument.model_validate(
            {
                "name": api,
                "description": "As it will be once Home Assistant has told it.",
                "parameters": {"entity_id": {"type": "array", "items": {"type": "string"}}},
                "binding": {"kind": "homeassistant", "service": api.replace("_", ".", 1)},
            }
        )
        call = Call(run_id="r", api=api, arguments={"entity_id": [COUNTER], **arguments}, deadline_s=deadline_s)
        return call, document

    def _count(self) -> int:
        return int(self._server.state_of(COUNTER)["state"])

    async def done(self) -> int:
        return await asyncio.to_thread(self._count) - self._first

    async def hold(self) -> None:
        self._signal(signal.SIGSTOP)
        self._held = True

    async def release(self) -> None:
        if self._held:
            self._signal(signal.SIGCONT)
            self._held = False

    async def lose(self) -> None:
        number = signal.SIGKILL if self._held else signal.SIGTERM
        self._held = False
        await asyncio.to_thread(self._server.stop, number)

    async def restore(self) -> None:
        await asyncio.to_thread(self._server.open)

    async def connected(self) -> bool:
        return self.binding.peer_problem() is None

    async def say_garbage(self) -> None:
        for odd in (
            {"brightness": "very"},
            {"brightness": [1]},
            {"supported_features": {"a": 1}},
            {"friendly_name": 7},
        ):
            body = {"state": "on" * 60, "attributes": odd}
            await asyncio.to_thread(self._server.request, "POST", "/api/states/light.odd", body)

    async def say_state(self, value: str) -> None:
        body = {"entity_id": HEARD, "value": value}
        await asyncio.to_thread(self._server.request, "POST", "/api/services/input_text/set_value", body)

    def state(self) -> Any:
        return self._store.get(f"{HEARD}.state")

    def resources(self) -> int:
        return sum(task.get_name().startswith("homeassistant-") for task in asyncio.all_tasks())

    async def close(self) -> None:
        await self.release()
        if self._server.pid is None:
            await self.restore()

    def _signal(self, number: signal.Signals) -> None:
        assert self._server.pid is not None
        os.kill(self._server.pid, number)


@asynccontextmanager
async def homeassistant_peer(folder: Path, server: HomeAssistantServer) -> AsyncIterator[HomeAssistantPeer]:
    """Give the peer; Home Assistant runs again afterwards, whatever became of it."""
    token_file = folder / "token"
    token_file.write_text(server.token)
    peer = HomeAssistantPeer(server, token_file)
    try:
        yield peer
    finally:
        await peer.close()
