"""The car of the paper, over a real broker: warm it up ten minutes before its owner leaves, if it is cold."""

from __future__ import annotations

import asyncio
import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from taskmatrix_ros.app.processes.broker import HOST, Broker

pytestmark = pytest.mark.mqtt

PATIENCE_S = 120.0
HERE = Path(__file__).parent

RULES = """
rules:
  - id: warm_car
    text: When it is below 5 degrees and I am leaving, warm up the car ten minutes before I leave
    triggers:
      - {kind: before, key: user.departure_at, offset_s: 600}
    condition: state["weather.temperature_c"] < 5
    action: {%s}
"""


class Car:
    """The car and its judge: counts what it is told, and shows what it does."""

    def __init__(self, port: int) -> None:
        self.told: queue.Queue[datetime] = queue.Queue()
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        listening = threading.Event()
        self._client.on_connect = lambda *_: self._client.subscribe("car/ac/set", qos=1)
        self._client.on_subscribe = lambda *_: listening.set()
        self._client.on_message = self._on_message
        self._client.connect(HOST, port)
        self._client.loop_start()
        assert listening.wait(PATIENCE_S)
        self._client.publish("car/ac/state", '{"power": "off"}', qos=1, retain=True).wait_for_publish(PATIENCE_S)

    def _on_message(self, *_: Any) -> None:
        self.told.put(datetime.now(UTC))
        self._client.publish("car/ac/state", '{"power": "on"}', qos=1, retain=True)

    def say(self, topic: str, payload: str) -> None:
        self._client.publish(topic, payload, qos=1, retain=True).wait_for_publish(PATIENCE_S)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Home:
    """One life of the system. Its clock is ``ahead_s`` ahead of this machine's."""

    def __init__(self, port: int, folder: Path, ahead_s: float) -> None:
        command = (
            sys.executable,
            str(HERE / "car_home.py"),
            str(port),
            str(folder / "h.sqlite"),
            str(folder / "r.yaml"),
            str(ahead_s),
        )
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.lines: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(json.loads(line))

    def wait_for(self, kind: str) -> dict[str, Any]:
        while (line := self.lines.get(timeout=PATIENCE_S))["kind"] != kind:
            pass
        return line

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def living(port: int, folder: Path, ahead_s: float = 0.0) -> Iterator[Home]:
    home = Home(port, folder, ahead_s)
    try:
        yield home
    finally:
        home.kill()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[int]:
    # The broker's child belongs to a loop; that loop turns in a thread of its own, since this test waits for processes.
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    broker = Broker(log_file=tmp_path / "broker.log")
    try:
        asyncio.run_coroutine_threadsafe(broker.open(), loop).result(PATIENCE_S)
        yield broker.port
    finally:
        asyncio.run_coroutine_threadsafe(broker.close(), loop).result(PATIENCE_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.mark.parametrize("action", ["code: car_ac_open()", "instruction: warm up the car"])
def test_ten_minutes_before_also_when_killed_in_between(broker: int, tmp_path: Path, action: str) -> None:
    (tmp_path / "r.yaml").write_text(RULES % action, encoding="utf-8")
    car = Car(broker)
    try:
        car.say("car/thermometer", "2.5")
        with living(broker, tmp_path) as home:
            home.wait_for("up")
            due = datetime.now(UTC) + timedelta(seconds=9)
            car.say("car/departure", (due + timedelta(minutes=10)).isoformat())
            assert home.wait_for("due")["at"] == due.isoformat()
        assert car.told.empty()
        assert datetime.now(UTC) < due
        with living(broker, tmp_path) as home:
            fired = home.wait_for("rule_fired")
            assert "weather.temperature_c is 2.5" in fired["why"]
            assert home.wait_for("run_ended")["status"] == "succeeded"
            told_at = car.told.get(timeout=PATIENCE_S)
        assert told_at >= due
        with living(broker, tmp_path) as home:  # once more: what was done is not done again
            home.wait_for("up")
            with pytest.raises(queue.Empty):
                car.told.get(timeout=1.0)
    finally:
        car.close()


def test_a_moment_in_the_downtime_is_run_late_and_a_warm_day_is_left_alone(broker: int, tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(RULES % "code: car_ac_open()", encoding="utf-8")
    car = Car(broker)
    try:
        car.say("car/thermometer", "12")
        with living(broker, tmp_path) as home:
            home.wait_for("up")
            due = datetime.now(UTC) + timedelta(seconds=4)
            car.say("car/departure", (due + timedelta(minutes=10)).isoformat())
            assert home.wait_for("due")["at"] == due.isoformat()
            assert home.wait_for("due")["at"] is None
            due = datetime.now(UTC) + timedelta(seconds=60)
            car.say("car/departure", (due + timedelta(minutes=10)).isoformat())
            assert home.wait_for("due")["at"] == due.isoformat()
        assert car.told.empty()
        car.say("car/thermometer", "2.5")
        with living(broker, tmp_path, ahead_s=90.0) as home:
            assert "s late" in home.wait_for("rule_fired")["why"]
            car.told.get(timeout=PATIENCE_S)
    finally:
        car.close()
