"""A Home Assistant that serves long before it has started: what is there is used, what is not there yet is awaited."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from taskmatrix_ros.bench.home_assistant_server import HomeAssistantServer
from taskmatrix_ros.bindings.homeassistant.homeassistant_binding import HomeAssistantBinding, HomeAssistantSettings
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.registry.registry import Registry

pytestmark = pytest.mark.homeassistant

PATIENCE_S = 240.0
LATE, NEVER = "switch.late", "switch.never"
INTEGRATION = """
import asyncio
import pathlib

FOLDER = pathlib.Path(__file__).parent


async def async_setup(hass, config):
    while not (FOLDER / "go").exists():
        await asyncio.sleep(0.05)
    hass.states.async_set("switch.late", "off")
    if (FOLDER / "first").exists():
        hass.states.async_set("switch.never", "off")

    async def press(call):
        hass.states.async_set("switch.late", "on")

    hass.services.async_register("latecomer", "press", press)
    return True
"""


class Latecomer:
    """An integration in Home Assistant's folder, which is set up when it is let."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "custom_components" / "latecomer"
        self._folder.mkdir(parents=True)
        about = {"domain": "latecomer", "name": "Latecomer", "version": "1", "documentation": "", "codeowners": []}
        (self._folder / "manifest.json").write_text(json.dumps(about))
        (self._folder / "__init__.py").write_text(INTEGRATION)
        (self._folder / "first").touch()

    def hold(self) -> None:
        (self._folder / "go").unlink()
        (self._folder / "first").unlink()

    def let(self) -> None:
        (self._folder / "go").touch()


@pytest.fixture
def latecomer(tmp_path: Path) -> Latecomer:
    return Latecomer(tmp_path / "server")


@pytest.fixture
def server(tmp_path: Path, latecomer: Latecomer) -> Iterator[HomeAssistantServer]:
    # with its frontend, as every home has, it serves while it starts
    configuration = {"counter": {"presses": None}, "frontend": None, "latecomer": None}
    server = HomeAssistantServer(tmp_path / "server", configuration, start_within_s=PATIENCE_S)
    latecomer.let()
    try:
        server.open()
        yield server
    finally:
        server.close()


def test_what_is_there_is_used_and_the_rest_is_awaited(
    server: HomeAssistantServer, latecomer: Latecomer, tmp_path: Path
) -> None:
    asyncio.run(slow_start(server, latecomer, tmp_path))


async def slow_start(server: HomeAssistantServer, latecomer: Latecomer, folder: Path) -> None:
    (folder / "token").write_text(server.token)
    state, registry = StateStore(), Registry(trusted=["homeassistant"])
    settings = HomeAssistantSettings(url=server.url, token_file=folder / "token", expose="all", connect_s=120)
    binding = HomeAssistantBinding(settings, registry, state)
    newcomer: HomeAssistantBinding | None = None
    await binding.open()
    try:
        await until(lambda: binding.peer_problem() is None)
        await until(lambda: state.get(f"{LATE}.state") == "off" and state.get(f"{NEVER}.state") == "off")
        press, count = document(registry, "latecomer_press"), document(registry, "counter_increment")
        await asyncio.to_thread(server.stop)
        await until(lambda: binding.peer_problem() is not None)
        latecomer.hold()
        await asyncio.to_thread(server.launch)
        await until(lambda: binding.peer_problem() is None)

        counted = await binding.call(call(count, entity_id=["counter.presses"]), count, lambda _report: None)
        assert counted.status is Status.SUCCEEDED, counted
        assert await asyncio.to_thread(is_starting, server)
        assert state.get(f"{LATE}.state") is None, "nothing of before the outage is believed"
        assert {LATE, NEVER} <= {entity.entity_id for entity in binding.home.entities}, "half a home is no home"
        assert registry.get("latecomer_press") is not None

        hurried = await binding.call(call(press), press.model_copy(update={"expires_s": 0.2}), lambda _report: None)
        assert hurried.status is Status.EXPIRED
        impatient = await binding.call(call(press, deadline_s=0.2), press, lambda _report: None)
        assert impatient.status is Status.UNAVAILABLE
        assert impatient.error is not None
        assert "still starting: service latecomer.press is not there yet" in impatient.error.message

        newcomer = await opened(settings)
        await until(lambda: "it is starting" in (newcomer.peer_problem() or ""))

        patient = asyncio.create_task(perform(binding, press))
        cancelled = call(press)
        taken_back = asyncio.create_task(binding.call(cancelled, press, lambda _report: None))
        await asyncio.sleep(0)
        await binding.cancel(cancelled.call_id)
        assert (await taken_back).status is Status.CANCELLED
        assert not patient.done()
        latecomer.let()
        assert (await patient).status is Status.SUCCEEDED
        await until(lambda: state.get(f"{LATE}.state") == "on")
        await until(lambda: binding.home.entity(NEVER) is None)
        assert not await asyncio.to_thread(is_starting, server)
        assert state.read(f"{NEVER}.state") is None
        await until(lambda: newcomer.peer_problem() is None)
        assert newcomer.home.entity(LATE) is not None, "a home that was not known before is taken over whole"
    finally:
        if newcomer is not None:
            await newcomer.close()
        await binding.close()


async def opened(settings: HomeAssistantSettings) -> HomeAssistantBinding:
    """Give a binding that knows nothing of before."""
    hasty = settings.model_copy(update={"connect_s": 2.0})
    binding = HomeAssistantBinding(hasty, Registry(trusted=["homeassistant"]), StateStore())
    await binding.open()
    return binding


def document(registry: Registry, name: str) -> ApiDocument:
    found = registry.get(name)
    assert found is not None
    return found


def call(wanted: ApiDocument, *, deadline_s: float = PATIENCE_S, **arguments: object) -> Call:
    return Call(run_id="r", api=wanted.name, arguments=arguments, deadline_s=deadline_s)


async def perform(binding: HomeAssistantBinding, wanted: ApiDocument) -> Outcome:
    return await binding.call(call(wanted), wanted, lambda _report: None)


def is_starting(server: HomeAssistantServer) -> bool:
    return bool(server.request("GET", "/api/config")["state"] != "RUNNING")


async def until(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not fact():
            await asyncio.sleep(0.01)
