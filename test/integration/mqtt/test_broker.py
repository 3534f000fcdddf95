"""The broker that the demo starts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from broker_kinds import each_broker, needs_mosquitto
from mqtt_home import Judge, until

from taskmatrix_ros.app.processes import broker as broker_module
from taskmatrix_ros.app.processes.broker import HOST, Broker, BrokerKind
from taskmatrix_ros.core.errors import ConfigError

pytestmark = pytest.mark.mqtt


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@each_broker
def test_it_serves_this_machine_only_and_leaves_nothing(tmp_path: Path, kind: BrokerKind) -> None:
    async def main() -> None:
        broker = Broker(log_file=tmp_path / "logs" / "broker.log", kind=kind)
        with pytest.raises(RuntimeError, match="no port before"):
            _ = broker.port
        await broker.open()
        pid = broker.pid
        assert pid is not None
        judge = Judge(broker.port)
        await judge.listen()
        judge.say("a/b", "1")
        await until(lambda: judge.last("a/b") == 1, "it hears itself")
        judge.close()
        with socket.socket() as other:
            address = own_address()
            if address is not None:
                assert other.connect_ex((address, broker.port)) != 0, "reachable from elsewhere"
        await broker.close()
        assert broker.pid is None
        assert not listening(broker.port)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

    asyncio.run(main())
    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["broker.log"]
    assert (tmp_path / "logs" / "broker.log").stat().st_size


@each_broker
def test_a_port_that_is_taken_is_a_clear_error(tmp_path: Path, kind: BrokerKind) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"MQTT broker on {HOST}:{port}: .*in use"):
            asyncio.run(Broker(log_file=tmp_path / "broker.log", kind=kind, port=port).open())


def test_a_free_port_that_somebody_takes_first_is_left_to_him(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        with socket.socket() as taken:
            taken.bind((HOST, 0))
            taken.listen()
            offered = iter([taken.getsockname()[1], taken.getsockname()[1]])
            honest = broker_module._free_port
            monkeypatch.setattr(broker_module, "_free_port", lambda: next(offered, None) or honest())
            broker = Broker(log_file=tmp_path / "broker.log")
            await broker.open()
            assert broker.port != taken.getsockname()[1]
            await broker.close()

    asyncio.run(main())


@each_broker
def test_it_ends_with_a_parent_that_was_killed(tmp_path: Path, kind: BrokerKind) -> None:
    program = (
        "import asyncio, sys\nfrom pathlib import Path\n"
        "from taskmatrix_ros.app.processes.broker import Broker, BrokerKind\n"
        "async def main():\n"
        f"    broker = Broker(log_file=Path({str(tmp_path)!r}) / 'broker.log', kind=BrokerKind({kind.value!r}))\n"
        "    await broker.open()\n"
        "    print(broker.port, broker.pid, flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        port, pid = map(int, parent.stdout.readline().split())
        assert listening(port)
        parent.kill()
        parent.wait()
        until_s = time.monotonic() + 60
        while listening(port) and time.monotonic() < until_s:
            time.sleep(0.02)
        gone = not listening(port)
        if not gone:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert gone


def test_mosquitto_is_chosen_before_amqtt_and_none_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_module, "find_mosquitto", lambda: "/usr/sbin/mosquitto")
    assert broker_module.find_broker() is BrokerKind.MOSQUITTO
    monkeypatch.setattr(broker_module, "find_mosquitto", lambda: None)
    assert broker_module.find_broker() is BrokerKind.AMQTT
    with pytest.raises(ConfigError, match="mosquitto is not installed"):
        asyncio.run(Broker(log_file=tmp_path / "broker.log", kind=BrokerKind.MOSQUITTO).open())
    monkeypatch.setattr(broker_module.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ConfigError, match="no MQTT broker is installed; apt-get install mosquitto"):
        asyncio.run(Broker(log_file=tmp_path / "broker.log").open())


@needs_mosquitto
def test_an_option_mosquitto_does_not_know_is_a_clear_error(tmp_path: Path) -> None:
    broker = Broker(log_file=tmp_path / "broker.log", kind=BrokerKind.MOSQUITTO, options={"no_such_option": "1"})
    with pytest.raises(ConfigError, match=r"Unknown configuration variable|no_such_option|Unable to open|status"):
        asyncio.run(broker.open())
    assert broker.pid is None


def own_address() -> str | None:
    """An address of this machine that is not the loopback's."""
    try:
        found = socket.gethostbyname(socket.gethostname())
    except OSError:
        return None
    return None if found.startswith("127.") else found
