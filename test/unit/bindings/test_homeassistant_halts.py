"""A stop halts what was commanded, also where Home Assistant does not say yet that it moves."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from taskmatrix_ros.app.system import System
from taskmatrix_ros.bindings.homeassistant import homeassistant_halts
from taskmatrix_ros.bindings.homeassistant.homeassistant_binding import HomeAssistantBinding, HomeAssistantSettings
from taskmatrix_ros.bindings.homeassistant.homeassistant_halts import WATCH_S, HomeAssistantHalts
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import Status
from taskmatrix_ros.core.resources import resource

OPEN = ApiDocument.model_validate(
    {
        "name": "open",
        "description": "Open it.",
        "parameters": {"entity_id": {"type": "array", "items": {"type": "string"}}},
        "binding": {"kind": "homeassistant", "service": "cover.open_cover"},
    }
)


class Yard:
    """Things that say what they do, and what they were told to."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.states = {"cover.garage": "closed", "valve.main": "closed", "vacuum.robot": "docked", "light.hall": "off"}
        self.halted: list[tuple[str, str]] = []
        self.halts = HomeAssistantHalts(
            self.states.get, lambda entity_id, service: self.halted.append((entity_id, service)), now_s=self.now
        )

    def now(self) -> float:
        return self.now_s

    def say(self, entity_id: str, state: str) -> None:
        self.states[entity_id] = state
        self.halts.hear({"c": {entity_id: {"+": {"s": state}}}})

    def told(self) -> list[tuple[str, str]]:
        told = list(self.halted)
        self.halted.clear()
        return told


@pytest.mark.parametrize(("entity_id", "service"), [("cover.garage", "stop_cover"), ("valve.main", "stop_valve")])
@pytest.mark.parametrize("state", ["closed", "unavailable", "opening"])
def test_a_door_that_does_not_say_yet_that_it_moves_is_halted(entity_id: str, service: str, state: str) -> None:
    yard = Yard()
    yard.halts.sent([entity_id, "light.hall"])
    yard.states[entity_id] = state
    yard.halts.stop()
    assert yard.told() == [(entity_id, service)]


def test_what_begins_to_move_after_the_stop_is_halted() -> None:
    yard = Yard()
    yard.halts.sent(["vacuum.robot", "cover.garage"])
    yard.halts.stop()
    assert yard.told() == [("cover.garage", "stop_cover")]
    yard.now_s += WATCH_S / 2
    yard.say("vacuum.robot", "cleaning")
    yard.say("cover.garage", "opening")
    assert yard.told() == [("vacuum.robot", "stop"), ("cover.garage", "stop_cover")]
    yard.halts.hear({"a": {"cover.garage": {"s": "opening", "a": {}}}})
    assert yard.told() == [("cover.garage", "stop_cover")]
    yard.halts.hear({"c": {"cover.garage": {"+": {"a": {"current_position": 9}}}, "vacuum.robot": {"-": {}}}})
    yard.say("vacuum.robot", "docked")
    assert yard.told() == []


@pytest.mark.parametrize("end", ["time", "lift", "call"])
def test_others_may_move_it_once_the_stop_is_over(end: str) -> None:
    yard = Yard()
    yard.halts.sent(["vacuum.robot"])
    yard.halts.stop()
    if end == "time":
        yard.now_s += WATCH_S + 0.1
    elif end == "lift":
        yard.halts.lift()
    else:
        yard.halts.sent(["light.hall"])
    yard.say("vacuum.robot", "cleaning")
    assert yard.told() == []


def test_nothing_is_halted_that_was_not_commanded_or_without_a_stop() -> None:
    yard = Yard()
    yard.halts.sent(["vacuum.robot"])
    yard.say("vacuum.robot", "cleaning")
    yard.halts.stop()
    yard.say("cover.garage", "opening")
    assert yard.told() == [("vacuum.robot", "stop")]


def test_a_second_stop_halts_again_until_the_first_is_lifted() -> None:
    yard = Yard()
    yard.halts.sent(["cover.garage"])
    yard.halts.stop()
    yard.now_s += 2 * WATCH_S
    yard.halts.stop()
    assert yard.told() == [("cover.garage", "stop_cover")] * 2
    yard.halts.lift()
    yard.halts.stop()
    assert yard.told() == []


def test_events_of_any_shape_are_taken() -> None:
    yard = Yard()
    yard.halts.sent(["cover.garage"])
    yard.halts.stop()
    yard.told()
    events: list[dict[str, Any]] = [{}, {"a": None}, {"c": None}, {"r": ["cover.garage"]}, {"c": {"cover.garage": {}}}]
    for event in events:
        yard.halts.hear(event)
    assert yard.told() == []


class Peer:
    """Speaks Home Assistant's WebSocket protocol for one closed garage door, which never says that it moves."""

    def __init__(self) -> None:
        self.called: list[str] = []
        self.was_called = asyncio.Event()
        self._socket: ServerConnection | None = None
        self._states_id = 0

    async def serve(self, socket: ServerConnection) -> None:
        await socket.send(json.dumps({"type": "auth_required", "ha_version": "2026.1.0"}))
        await socket.recv()
        await socket.send(json.dumps({"type": "auth_ok"}))
        self._socket = socket
        async for text in socket:
            await self._answer(socket, json.loads(text))

    async def _answer(self, socket: ServerConnection, asked: dict[str, Any]) -> None:
        kind, number = asked["type"], asked["id"]
        result: Any = [] if kind.endswith("/list") else {}
        if kind == "get_config":
            result = {"state": "RUNNING"}
        elif kind == "get_services":
            result = {"cover": {"open_cover": {"fields": {}, "target": {"entity": [{"domain": ["cover"]}]}}}}
        await socket.send(json.dumps({"id": number, "type": "result", "success": True, "result": result}))
        if kind == "subscribe_entities":
            self._states_id = number
            await self.say({"a": {"cover.garage": {"s": "closed", "a": {}}}})
        if kind == "call_service":
            self.called.append(f"{asked['domain']}.{asked['service']}")
            self.was_called.set()

    async def say(self, event: dict[str, Any]) -> None:
        assert self._socket is not None
        await self._socket.send(json.dumps({"id": self._states_id, "type": "event", "event": event}))

    async def hears(self, service: str) -> None:
        """Wait until a service is called, and take it."""
        async with asyncio.timeout(60):
            while service not in self.called:
                self.was_called.clear()
                await self.was_called.wait()
        self.called.remove(service)


def test_a_stop_right_after_the_command_reaches_home_assistant_and_ends_when_lifted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homeassistant_halts, "WATCH_S", 600.0)  # for a slow machine
    (tmp_path / "token").write_text("secret")

    async def main() -> None:
        peer = Peer()
        async with serve(peer.serve, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            settings = HomeAssistantSettings(url=url, token_file=tmp_path / "token", expose="all", connect_s=60)
            system = System(
                [resource("api_manifests/time.yaml")],
                store_file=None,
                make_bindings=lambda catalogue, state: (HomeAssistantBinding(settings, catalogue, state),),
            )
            await system.open()
            try:
                (binding,) = system.bindings
                call = Call(run_id="r", api="open", arguments={"entity_id": ["cover.garage"]}, deadline_s=60)
                assert (await binding.call(call, OPEN, lambda _report: None)).status is Status.SUCCEEDED
                await peer.hears("cover.open_cover")
                await asyncio.to_thread(system.safety.stop, "the test")
                await peer.hears("cover.stop_cover")
                await peer.say({"c": {"cover.garage": {"+": {"s": "opening"}}}})
                await peer.hears("cover.stop_cover")
                await asyncio.to_thread(system.latch.rearm, "the test")
                await peer.say({"c": {"cover.garage": {"+": {"s": "open"}}}})
                await peer.say({"c": {"cover.garage": {"+": {"s": "closing"}}}})
                async with asyncio.timeout(60):
                    while system.state.get("cover.garage.state") != "closing":
                        await asyncio.sleep(0.01)
                assert (await binding.call(call, OPEN, lambda _report: None)).status is Status.SUCCEEDED
                assert peer.called == ["cover.open_cover"]
            finally:
                await system.close()

    asyncio.run(main())
