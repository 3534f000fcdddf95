"""Commands of the home's manifest, done by the simulated devices, read back, and judged by the devices' own word."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from broker_kinds import each_broker, needs_mosquitto
from mqtt_home import PATIENCE_S, Home, running_home, until

from taskmatrix_ros.app.processes.broker import BrokerKind
from taskmatrix_ros.sim.mqtt_devices.home import build_home

pytestmark = pytest.mark.mqtt


@each_broker
def test_each_command_of_the_manifest_shows_in_the_state(tmp_path: Path, kind: BrokerKind) -> None:
    async def main() -> None:
        async with running_home(tmp_path, kind) as home:
            await home.shows("ac.state", "off")
            await home.shows("light.kitchen.state", "on")
            steps: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
                ("ac_open", {}, {"ac.state": "on"}),
                ("ac_set_temperature", {"temperature_c": 22}, {"ac.target_c": 22.0, "ac.state": "on"}),
                ("tv_open", {}, {"tv.state": "on"}),
                ("tv_play_video", {"title": "the morning news"}, {"tv.playing": "the morning news"}),
                ("play_music", {"music": "Für Elise"}, {"speaker.playing": "Für Elise"}),
                ("light_off", {"light": "kitchen"}, {"light.kitchen.state": "off"}),
                ("light_on", {"light": "bedroom", "brightness_pct": 40}, {"light.bedroom.brightness_pct": 40.0}),
                ("light_on", {"light": "living_room"}, {"light.living_room.state": "on"}),
                ("tv_close", {}, {"tv.state": "off", "tv.playing": None}),
                ("ac_close", {}, {"ac.state": "off"}),
            ]
            for api, arguments, expected in steps:
                before = home.state.sequence
                assert (await home.call(api, **arguments)).ok, api
                for key, value in expected.items():
                    await home.shows(key, value)
                    arrived = home.state.read(key)
                    assert arrived is not None
                    assert arrived.sequence > before, f"{key} was told anew after {api}"
                    assert not arrived.retained
            truth = await home.judge.snapshot()
            assert truth["home/ac"]["target_c"] == 22.0
            assert truth["home/light/kitchen"] == {"power": "off"}
            assert truth["home/light/bedroom"] == {"power": "on", "brightness_pct": 40.0}
            assert truth["home/speaker"]["playing"] == "Für Elise"
            for topic, state in truth.items():
                if "thermometer" not in topic:
                    told = home.judge.last(f"{topic}/state")
                    assert {**told, "room_c": 0} == {**state, "room_c": 0}

    asyncio.run(main())


def test_the_air_conditioner_changes_the_air(tmp_path: Path) -> None:
    async def main() -> None:
        async with running_home(tmp_path) as home:
            await until(lambda: "room.living_room.temperature_c" in home.state, "the thermometer is heard")
            before = home.state["room.living_room.temperature_c"]
            await home.call("ac_open")
            await home.call("ac_set_temperature", temperature_c=18)
            await until(lambda: home.state["room.living_room.temperature_c"] < before - 0.3, "the room cools")

    asyncio.run(main())


def test_a_device_that_cannot_says_so_and_stays_as_it_is(tmp_path: Path) -> None:
    async def main() -> None:
        async with running_home(tmp_path) as home:
            await home.shows("tv.state", "off")
            before = await home.judge.snapshot()
            bad: list[tuple[str, str | bytes]] = [
                ("home/tv", '{"play": "the news"}'),
                ("home/tv", '{"power": "on", "volume_pct": 101}'),
                ("home/tv", '{"power": "maybe"}'),
                ("home/ac", '{"target_c": 99}'),
                ("home/ac", '{"target_c": true}'),
                ("home/ac", '{"power": "on", "turbo": 1}'),
                ("home/ac", "{"),
                ("home/ac", b"\xff\xfe\x00"),
                ("home/ac", "[]"),
                ("home/ac", "{}"),
                ("home/speaker", '{"play": 7}'),
                ("home/speaker", '{"pause": true}'),
                ("home/light/kitchen", '{"brightness_pct": 50}'),
                ("home/light/bedroom", '{"brightness_pct": "50"}'),
                ("home/light/bedroom", "x" * 5000),
            ]
            for topic, payload in bad:
                home.judge.say(f"{topic}/set", payload)

            def refusals() -> list[str]:
                return [topic for topic, _, _ in home.judge.messages if topic.endswith("/error")]

            await until(lambda: len(refusals()) == len(bad), "each is refused")
            after = await home.judge.snapshot()
            for state in (*before.values(), *after.values()):
                state.pop("temperature_c", None)
                state.pop("room_c", None)
            assert after == before
            home.judge.say("home/ac/set", '{"power": "on"}')
            await home.shows("ac.state", "on")

    asyncio.run(main())


def test_devices_tell_their_state_again_to_a_broker_that_forgot(tmp_path: Path) -> None:
    async def main() -> None:
        async with running_home(tmp_path) as home:
            await home.call("ac_open")
            await home.call("light_on", light="bedroom", brightness_pct=33)
            await home.shows("ac.state", "on")
            await home.shows("light.bedroom.brightness_pct", 33.0)
            await kill_broker(home)
            await until(lambda: "ac.state" not in home.state, "nothing of a lost broker is believed")
            assert "light.bedroom.brightness_pct" not in home.state
            problem = home.binding.peer_problem()
            assert problem is not None
            assert f"127.0.0.1:{home.broker.port}" in problem
            await home.broker.open()
            await home.shows("ac.state", "on")
            await home.shows("light.bedroom.brightness_pct", 33.0)
            await until(lambda: home.binding.peer_problem() is None, "the binding is back")
            assert (await home.call("ac_close")).ok
            await home.shows("ac.state", "off")

    asyncio.run(main())


@needs_mosquitto
def test_the_broker_says_offline_for_devices_that_died(tmp_path: Path) -> None:
    async def main() -> None:
        async with running_home(tmp_path) as home:
            await until(lambda: home.judge.last("home/ac/availability") == "online", "it is online")
            assert home.devices.pid is not None
            os.kill(home.devices.pid, signal.SIGKILL)
            await until(lambda: home.judge.last("home/ac/availability") == "offline", "it is offline")
            await until(lambda: home.judge.last("home/light/bedroom/availability") == "offline", "so is the last")
            home.judge.close()  # it hears everything, and would count as somebody
            while (outcome := await home.call("ac_open")).ok:
                await asyncio.sleep(0.01)  # until the broker has noticed
            assert outcome.status == "unavailable"
            assert outcome.error is not None
            assert outcome.error.code == "NO_SUBSCRIBER"
            assert "nobody is subscribed to home/ac/set" in outcome.error.message

    asyncio.run(main())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_devices_end_cleanly_and_offline(tmp_path: Path, number: signal.Signals) -> None:
    async def main() -> None:
        async with running_home(tmp_path) as home:
            await until(lambda: home.judge.last("home/tv/availability") == "online", "it is online")
            assert home.devices.pid is not None
            os.kill(home.devices.pid, number)
            assert await asyncio.wait_for(home.devices.wait(), PATIENCE_S) == "status 0"
            await until(lambda: home.judge.last("home/tv/availability") == "offline", "it is offline")
            lines = home.devices.log_file.read_text(encoding="utf-8").splitlines()
            assert lines == [f"ready: {len(build_home())} devices on 127.0.0.1:{home.broker.port}"]

    asyncio.run(main())


def test_devices_wait_for_a_broker_and_end_without_one(free_port: int) -> None:
    argv = [sys.executable, "-m", "taskmatrix_ros.sim.mqtt_devices", "--port", str(free_port)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "waiting for the broker" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0


def test_a_retained_command_is_not_done(tmp_path: Path) -> None:
    """A command that lay in the broker for nobody knows how long must not open anything at the next power-up."""

    async def main() -> None:
        async with running_home(tmp_path) as home:
            await home.devices.close()
            home.judge.say("home/ac/set", '{"power": "on"}', retain=True)
            await home.devices.open()
            home.judge.say("home/ac/set", '{"target_c": 20}')  # a fence: commands are done in order
            await home.shows("ac.target_c", 20.0)
            assert home.state["ac.state"] == "off"

    asyncio.run(main())


async def kill_broker(home: Home) -> None:
    assert home.broker.pid is not None
    os.kill(home.broker.pid, signal.SIGKILL)
    await home.broker.close()
