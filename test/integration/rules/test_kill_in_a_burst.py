"""Kill -9 in the midst of a burst: whatever went out was written before."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from taskmatrix_ros.app.processes.broker import HOST, Broker
from taskmatrix_ros.app.processes.child_process import ChildProcess
from taskmatrix_ros.bench.rules_bench import ANY_CHANGE, STRAIGHT, rule
from taskmatrix_ros.store.database import Database

pytestmark = pytest.mark.mqtt

EVENTS = 2000
HEARD_BEFORE = 150
PATIENCE_S = 60.0


def test_every_message_that_went_out_has_its_call_in_the_journal(tmp_path: Path) -> None:
    async def main() -> None:
        broker = Broker(log_file=tmp_path / "broker.log")
        await broker.open()
        file = tmp_path / "rules.yaml"
        file.write_text("rules:\n" + rule("straight", ANY_CHANGE, STRAIGHT), encoding="utf-8")
        given = ("--port", str(broker.port), "--folder", str(tmp_path), "--rules", str(file))
        argv = (sys.executable, "-m", "taskmatrix_ros.bench.rules_home", *given)
        home = ChildProcess("killed-home", argv, tmp_path / "logs", ready_within_s=PATIENCE_S)
        try:
            await home.open()
            assert home.pid is not None
            heard = await asyncio.to_thread(burst_and_kill, broker.port, home.pid)
        finally:
            await home.close()
            await broker.close()
        assert heard >= HEARD_BEFORE
        assert calls_begun(tmp_path / "state" / "taskmatrix.sqlite") >= heard

    asyncio.run(main())


def burst_and_kill(port: int, pid: int) -> int:
    """Publish, kill the home when it has answered some, and count all answers."""
    client = paho.Client(CallbackAPIVersion.VERSION2)
    heard: list[bytes] = []
    ready: list[bool] = []
    client.on_message = lambda _client, _userdata, message: heard.append(message.payload)
    client.on_subscribe = lambda *_: ready.append(True)
    client.connect(HOST, port)
    client.subscribe("bench/ring", qos=0)
    client.loop_start()
    until_s = time.monotonic() + PATIENCE_S
    while not ready and time.monotonic() < until_s:
        time.sleep(0.005)
    for number in range(EVENTS):
        client.publish("bench/event", str(number), qos=0)
    while len(heard) < HEARD_BEFORE and time.monotonic() < until_s:
        time.sleep(0.0005)
    os.kill(pid, signal.SIGKILL)
    # What the broker has of it comes before the answer to another message of ours on that topic.
    client.publish("bench/ring", b"end", qos=0)
    while b"end" not in heard and time.monotonic() < until_s:
        time.sleep(0.005)
    client.disconnect()
    client.loop_stop()
    return heard.index(b"end")


def calls_begun(store: Path) -> int:
    """Count the calls that a start finds in the journal."""
    database = Database(store)
    database.open()
    try:
        return int(database.execute("SELECT COUNT(*) FROM calls").fetchone()[0])
    finally:
        database.close()
