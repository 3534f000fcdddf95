"""How long a large Home Assistant takes to be taken over: registries, states, documents."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from websockets.asyncio.client import connect

from taskmatrix_ros.bench.figure import Figure
from taskmatrix_ros.bench.home_assistant_server import HOST, HomeAssistantServer
from taskmatrix_ros.bindings.homeassistant.homeassistant_binding import HomeAssistantBinding
from taskmatrix_ros.bindings.homeassistant.homeassistant_settings import HomeAssistantSettings
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.registry.registry import Registry

_ROUNDS = 3


async def measure_home_load(announce: Callable[[str], None], entities: int = 2000) -> list[Figure]:
    """Take a Home Assistant over, some times; the median counts.

    :raises ConfigError: no Home Assistant is installed, or not everything was taken over.
    """
    with TemporaryDirectory(prefix="taskmatrix-bench-") as folder:
        server = HomeAssistantServer(Path(folder), large_home(entities), start_within_s=180)
        announce(f"starting a Home Assistant with {entities} entities")
        await asyncio.to_thread(server.open)
        try:
            token_file = Path(folder) / "token"
            token_file.write_text(server.token)
            announce("taking it over")
            bare = sorted([await _bare_load(server) for _ in range(_ROUNDS)])[_ROUNDS // 2]
            ours = sorted([await _load(server, token_file, entities) for _ in range(_ROUNDS)])[_ROUNDS // 2]
        finally:
            await asyncio.to_thread(server.close)
    note = f"{entities} entities: registries, states and documents; the baseline only reads the states"
    return [Figure(name="ha_load_s", value=ours, unit="s", baseline=bare, note=note)]


async def _load(server: HomeAssistantServer, token_file: Path, entities: int) -> float:
    state, registry = StateStore(), Registry(trusted=["homeassistant"])
    registry.load([resource("api_manifests/home.yaml"), resource("api_manifests/time.yaml")])
    settings = HomeAssistantSettings(url=server.url, token_file=token_file, expose="all", connect_s=60)
    binding = HomeAssistantBinding(settings, registry, state)
    began_s = time.perf_counter()
    await binding.open()
    took_s = time.perf_counter() - began_s
    try:
        heard = sum(value.key.endswith(".state") for value in state.all_values())
        problem = binding.peer_problem()
        if problem or heard < entities or registry.get("light_turn_on") is None:
            raise ConfigError(f"only {heard} of {entities} entities were taken over: {problem or 'some are missing'}")
    finally:
        await binding.close()
    return took_s


async def _bare_load(server: HomeAssistantServer) -> float:
    began_s = time.perf_counter()
    async with connect(f"ws://{HOST}:{server.port}/api/websocket", max_size=None, compression=None) as socket:
        await socket.recv()
        await socket.send(json.dumps({"type": "auth", "access_token": server.token}))
        await socket.recv()
        await socket.send(json.dumps({"id": 1, "type": "get_states"}))
        json.loads(await socket.recv())
    return time.perf_counter() - began_s


def large_home(entities: int) -> dict[str, Any]:
    """Give a configuration with about this many entities, and some more that Home Assistant brings itself."""
    switches, numbers = int(entities * 0.4), int(entities * 0.2)
    lights = int(entities * 0.15)
    sensors = entities - switches - numbers - lights
    return {
        "input_boolean": {f"switch_{index}": {"name": f"Switch {index}"} for index in range(switches)},
        "input_number": {
            f"level_{index}": {"name": f"Level {index}", "min": 0, "max": 255, "initial": 100}
            for index in range(numbers)
        },
        "light": [{"platform": "template", "lights": {f"lamp_{index}": _light(index) for index in range(lights)}}],
        "template": [
            {
                "sensor": [
                    {
                        "name": f"Reading {index}",
                        "unique_id": f"reading_{index}",
                        "unit_of_measurement": "°C",
                        "device_class": "temperature",
                        "state": f"{{{{ states('input_number.level_{index % numbers}') }}}}",
                    }
                    for index in range(sensors)
                ]
            }
        ],
    }


def _light(index: int) -> dict[str, Any]:
    target = {"entity_id": f"input_boolean.switch_{index}"}
    return {
        "friendly_name": f"Lamp {index}",
        "unique_id": f"lamp_{index}",
        "value_template": f"{{{{ is_state('input_boolean.switch_{index}', 'on') }}}}",
        "turn_on": {"service": "input_boolean.turn_on", "target": target},
        "turn_off": {"service": "input_boolean.turn_off", "target": target},
    }
