"""From words to a real Home Assistant and back: exactly what was asked for changes, and what cannot is said by name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from home_assistant_home import FLOORS, LIGHTS

from taskmatrix_ros.app.profile.apis_settings import ApisSettings
from taskmatrix_ros.app.system import System
from taskmatrix_ros.bench.home_assistant_server import HomeAssistantServer
from taskmatrix_ros.bindings.homeassistant.homeassistant_binding import HomeAssistantBinding, HomeAssistantSettings
from taskmatrix_ros.core.instruction import Channel, Instruction
from taskmatrix_ros.core.outcome import Confirmation, Status
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.core.run import Episode, RunStatus

pytestmark = pytest.mark.homeassistant

WISH = "turn off all the lights downstairs except the hall and set the bedroom to 19 degrees"
MEANT = {"light.kitchen_light", "light.kitchen_counter", "light.living_room_light", "light.reading_lamp"}


@pytest.fixture
def house(home_assistant: HomeAssistantServer) -> Iterator[HomeAssistantServer]:
    """Everything on, 21 degrees wanted, the door locked; as every test finds it."""

    def reset() -> None:
        switches = [f"input_boolean.{name}{end}" for name in LIGHTS for end in ("", "_reachable")]
        for service, data in (
            ("input_boolean/turn_on", {"entity_id": switches}),
            ("input_boolean/turn_off", {"entity_id": ["input_boolean.front_door"]}),
            ("input_number/set_value", {"entity_id": "input_number.garage_position", "value": 0}),
            ("climate/set_temperature", {"entity_id": "climate.bedroom_thermostat", "temperature": 21}),
        ):
            home_assistant.request("POST", f"/api/services/{service}", data)

    reset()
    yield home_assistant
    reset()


@asynccontextmanager
async def running(house: HomeAssistantServer, folder: Path) -> AsyncIterator[System]:
    (folder / "token").write_text(house.token)
    floors = {name: {"areas": list(areas)} for name, areas in FLOORS.items()}
    settings = HomeAssistantSettings.model_validate(
        {"url": house.url, "token_file": folder / "token", "floors": floors}
    )

    def make(catalogue: Any, state: Any) -> list[HomeAssistantBinding]:
        return [HomeAssistantBinding(settings, catalogue, state)]

    system = System(
        [resource("api_manifests/time.yaml")],
        store_file=folder / "store.sqlite",
        make_bindings=make,
        apis=ApisSettings(trust=("homeassistant",)),
    )
    await system.open()
    try:
        async with asyncio.timeout(240):  # a slow one has not told everything by then
            while system.bindings[0].peer_problem() is not None or system.registry.get("light_turn_off") is None:
                await asyncio.sleep(0.02)
        yield system
    finally:
        await system.close()


def told(house: HomeAssistantServer) -> dict[str, Any]:
    """What may change, by Home Assistant's own word."""
    found = {}
    for entity in house.request("GET", "/api/states"):
        domain = entity["entity_id"].split(".")[0]
        if domain in ("light", "lock", "cover", "fan", "switch", "media_player", "climate"):
            wanted = entity["attributes"].get("temperature") if domain == "climate" else None
            found[entity["entity_id"]] = (entity["state"], wanted)
    return found


def ask(house: HomeAssistantServer, folder: Path, *wishes: str) -> list[Episode]:
    async def main() -> list[Episode]:
        async with running(house, folder) as system:
            return [await system.session.submit(Instruction(text=wish, channel=Channel.CLI)) for wish in wishes]

    return asyncio.run(main())


def test_a_wish_changes_exactly_what_it_names(house: HomeAssistantServer, tmp_path: Path) -> None:
    before = told(house)
    (episode,) = ask(house, tmp_path, WISH)
    after = told(house)
    assert episode.status is RunStatus.SUCCEEDED, episode.summary
    assert episode.code is not None
    assert episode.code.planner == "offline"
    assert {name for name in before if before[name] != after[name]} == MEANT | {"climate.bedroom_thermostat"}
    assert all(after[name][0] == "off" for name in MEANT)
    assert after["climate.bedroom_thermostat"] == ("heat", 19.0)
    for record in episode.calls:
        assert record.outcome is not None
        assert record.outcome.confirmation is Confirmation.CONFIRMED


def test_one_bulb_away_fails_by_name_and_the_rest_is_done(house: HomeAssistantServer, tmp_path: Path) -> None:
    away = {"entity_id": "input_boolean.reading_lamp_reachable"}
    house.request("POST", "/api/services/input_boolean/turn_off", away)
    (episode,) = ask(house, tmp_path, WISH)
    after = told(house)
    assert episode.status is RunStatus.FAILED
    assert episode.error_code == "PARTIAL"
    assert "light.reading_lamp is unavailable" in episode.summary
    assert all(after[name][0] == "off" for name in MEANT - {"light.reading_lamp"})
    assert after["climate.bedroom_thermostat"] == ("heat", 19.0)
    assert after["light.hall_light"][0] == "on"
    ends = {record.call.api: record.outcome for record in episode.calls}
    lights, warmth = ends["light_turn_off"], ends["climate_set_temperature"]
    assert lights is not None
    assert warmth is not None
    assert (lights.status, lights.confirmation) == (Status.FAILED, Confirmation.CONFIRMED)
    assert set(lights.value["done"]) == MEANT - {"light.reading_lamp"}
    assert list(lights.value["failed"]) == ["light.reading_lamp"]
    assert (warmth.status, warmth.confirmation) == (Status.SUCCEEDED, Confirmation.CONFIRMED)


def test_limits_of_the_very_device_hold(house: HomeAssistantServer, tmp_path: Path) -> None:
    before = told(house)
    (episode,) = ask(house, tmp_path, "set the bedroom to 35 degrees")
    assert not episode.status.ended or episode.status in (RunStatus.REFUSED, RunStatus.FAILED)
    assert "28" in episode.summary or "max_temperature" in episode.summary
    assert told(house) == before


def test_a_stop_halts_what_moves(house: HomeAssistantServer, tmp_path: Path) -> None:
    async def main() -> Episode:
        async with running(house, tmp_path) as system:
            view = system.session.start(Instruction(text="open the awning", channel=Channel.CLI))
            async with asyncio.timeout(240):
                while system.state.get("cover.awning.state") != "opening":
                    await asyncio.sleep(0.02)
                await asyncio.to_thread(system.safety.stop, "the test")
                while house.state_of("input_select.awning")["state"] != "stopped":
                    await asyncio.sleep(0.02)
            return await system.session.finish(view)

    assert asyncio.run(main()).status is RunStatus.CANCELLED


def test_what_is_dangerous_waits_for_a_person(house: HomeAssistantServer, tmp_path: Path) -> None:
    before = told(house)

    async def main() -> None:
        async with running(house, tmp_path) as system:
            for wish in ("unlock the front door", "open the garage door"):
                view = system.session.start(Instruction(text=wish, channel=Channel.CLI))
                async with asyncio.timeout(240):
                    while not system.approvals.pending() and not view.episode.status.ended:
                        await asyncio.sleep(0.02)
                (asked,) = system.approvals.pending()
                assert asked.effect.value == "hazardous", wish
                await system.session.cancel(view.episode.run_id)

    asyncio.run(main())
    assert told(house) == before
