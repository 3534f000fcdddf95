from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmatrix_ros.sim.mqtt_devices.air_conditioner import AirConditioner
from taskmatrix_ros.sim.mqtt_devices.device import MAX_WAITING, CommandRefused, Device, parse_command
from taskmatrix_ros.sim.mqtt_devices.home import build_home
from taskmatrix_ros.sim.mqtt_devices.light import Light
from taskmatrix_ros.sim.mqtt_devices.room_air import RoomAir
from taskmatrix_ros.sim.mqtt_devices.speaker import Speaker
from taskmatrix_ros.sim.mqtt_devices.television import Television

KEYS = ["power", "mode", "target_c", "play", "pause", "volume_pct", "brightness_pct", "x"]
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-10, 200)
    | st.floats()
    | st.sampled_from(["on", "off", "cool", "heat", "auto", "", "news"])
    | st.lists(st.integers(), max_size=1)
)


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=3), max_size=6))
def test_a_device_does_a_command_wholly_or_not_at_all(commands: list[dict[str, Any]]) -> None:
    for device in build_home():
        for command in commands:
            before = device.state()
            try:
                device.apply(parse_command(json.dumps(command).encode()))
            except CommandRefused:
                assert device.state() == before
        state = device.state()
        assert json.loads(json.dumps(state, allow_nan=False)) == state
        assert state.get("power", "on") in ("on", "off")
        assert 16 <= state.get("target_c", 20) <= 30
        assert 0 <= state.get("volume_pct", 50) <= 100
        assert state["playing"] is None or state.get("power", "on") == "on" if "playing" in state else True


@given(st.binary(max_size=200))
def test_no_payload_breaks_a_device(payload: bytes) -> None:
    for device in build_home():
        told = [*device.receive(payload, 0.0), *device.advance(100.0)]
        assert told, "every command is answered by a state or an error"


def test_a_command_takes_its_time_and_is_told_when_it_is_done() -> None:
    light = Light("home/light/hall")
    assert light.receive(b'{"power": "on"}', 10.0) == []
    assert light.advance(10.0 + light.latency_s / 2) == []
    assert light.state() == {"power": "off"}
    (told,) = light.advance(10.0 + light.latency_s)
    assert (told.subtopic, json.loads(told.payload), told.retain) == ("state", {"power": "on"}, True)


def test_commands_are_done_in_order_each_after_the_one_before() -> None:
    television = Television("home/tv")
    television.receive(b'{"power": "on"}', 0.0)
    television.receive(b'{"play": "news"}', 0.0)
    assert [told.subtopic for told in television.advance(television.latency_s)] == ["state"]
    assert television.playing is None
    television.advance(2 * television.latency_s)
    assert television.playing == "news"


def test_too_many_waiting_commands_are_refused() -> None:
    light = Light("home/light/hall")
    for _ in range(MAX_WAITING):
        assert light.receive(b'{"power": "on"}', 0.0) == []
    (told,) = light.receive(b'{"power": "on"}', 0.0)
    assert told.subtopic == "error"
    assert not told.retain


def refused(device: Device, **command: Any) -> str:
    with pytest.raises(CommandRefused) as caught:
        device.apply(command)
    return str(caught.value)


def test_a_television_plays_only_while_it_is_on() -> None:
    television = Television("home/tv")
    assert "switch it on first" in refused(television, play="news")
    television.apply({"power": "on", "play": "news"})
    assert television.state()["playing"] == "news"
    assert "off" in refused(television, power="off", play="news")
    television.apply({"power": "off"})
    assert television.state()["playing"] is None


def test_a_speaker_pauses_goes_on_and_stops() -> None:
    speaker = Speaker("home/speaker")
    speaker.apply({"play": "jazz"})
    speaker.apply({"pause": True})
    assert speaker.state().items() >= {"state": "paused", "playing": "jazz", "volume_pct": 25.0}.items()
    speaker.apply({"pause": False})
    assert speaker.state()["state"] == "playing"
    speaker.apply({"pause": True})
    speaker.apply({"play": "blues"})
    assert speaker.state()["state"] == "playing"
    speaker.apply({"play": None})
    assert speaker.state().items() >= {"state": "idle", "playing": None, "volume_pct": 25.0}.items()


def test_a_light_that_cannot_be_dimmed_says_so_and_a_dimmed_one_remembers() -> None:
    assert "no 'brightness_pct'; it takes power" in refused(Light("l"), brightness_pct=40)
    light = Light("l", dimmable=True)
    light.apply({"power": "on", "brightness_pct": 40})
    light.apply({"power": "off"})
    light.apply({"power": "on"})
    assert light.state() == {"power": "on", "brightness_pct": 40.0}


@pytest.mark.parametrize(
    ("mode", "start_c", "target_c", "goes"),
    [("auto", 27, 22, "down"), ("auto", 18, 22, "up"), ("cool", 18, 16, "down"), ("heat", 18, 22, "up")],
)
def test_the_air_goes_to_the_target_and_no_further(mode: str, start_c: float, target_c: float, goes: str) -> None:
    air = RoomAir(start_c, weather_c=start_c)
    conditioner = AirConditioner("home/ac", air)
    conditioner.apply({"power": "on", "mode": mode, "target_c": target_c})
    seen = []
    for second in range(0, 1000, 10):
        conditioner.live(float(second))
        air.advance(float(second))
        seen.append(air.temperature_c)
    assert seen[-1] == pytest.approx(target_c, abs=0.05)
    assert seen == sorted(seen, reverse=goes == "down") or abs(seen[-1] - target_c) < 0.05


@pytest.mark.parametrize(("mode", "start_c", "target_c"), [("cool", 18, 22), ("heat", 27, 22)])
def test_cool_never_warms_and_heat_never_cools(mode: str, start_c: float, target_c: float) -> None:
    air = RoomAir(start_c, weather_c=start_c)
    conditioner = AirConditioner("home/ac", air)
    conditioner.apply({"power": "on", "mode": mode, "target_c": target_c})
    for second in range(100):
        conditioner.live(float(second))
        air.advance(float(second))
    assert air.temperature_c == pytest.approx(start_c)


def test_a_room_left_alone_follows_the_weather() -> None:
    air = RoomAir(20.0, weather_c=30.0)
    air.advance(0.0)
    air.advance(7200.0)
    assert air.temperature_c == pytest.approx(30 - 10 / 2.718281828, abs=1e-6)
