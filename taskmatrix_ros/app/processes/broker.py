"""An MQTT broker of our own on the loopback interface: mosquitto where it is installed, else amqtt."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from taskmatrix_ros.app.processes.child_process import READY, ChildProcess
from taskmatrix_ros.core.errors import ConfigError

HOST = "127.0.0.1"

_MOSQUITTO_OPTIONS = {
    "allow_anonymous": "true",
    "persistence": "false",
    "sys_interval": "0",
    "set_tcp_nodelay": "true",  # else a state behind an acknowledgement is 40 ms late
    # a burst of states is not to be dropped for a subscriber that is behind
    "max_queued_messages": "100000",
}
_READY_WITHIN_S = 15.0
_PORTS_TRIED = 5
_SEARCHED = os.pathsep.join(("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"))
"""Where distributions put mosquitto outside of a user's PATH."""


class BrokerKind(StrEnum):
    """Which program serves."""

    MOSQUITTO = "mosquitto"
    AMQTT = "amqtt"


class Broker:
    """Starts a broker that anybody on this machine, and nobody else, can reach; it ends with us, however we end.

    Without a port it takes a free one and keeps it: closed and opened again it is on the same one.
    """

    def __init__(
        self,
        *,
        log_file: Path,
        port: int | None = None,
        kind: BrokerKind | None = None,
        options: Mapping[str, str] | None = None,
    ) -> None:
        """:param log_file: gets what the broker says; its configuration lies beside it while it runs.

        :param kind: None for mosquitto, or amqtt if that is not installed.
        :param options: further settings of ``mosquitto.conf``, or others in place of ours.
        """
        self._log_file = log_file
        self._port = port
        self._kind = kind
        self._options = {**_MOSQUITTO_OPTIONS, **(options or {})}
        self._config_file = log_file.with_suffix(".conf")
        self._child: ChildProcess | None = None

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1. :raises RuntimeError: it was never open and no port was given."""
        if self._port is None:
            raise RuntimeError("the broker has no port before it was open")
        return self._port

    @property
    def kind(self) -> BrokerKind:
        """Which program serves. :raises ConfigError: none is installed."""
        return self._kind or find_broker()

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._child.pid if self._child is not None else None

    async def open(self) -> None:
        """Start it and wait until it answers a CONNECT.

        :raises ConfigError: no broker is installed, the port is taken, or the broker did not come up.
        """
        tries = 1 if self._port is not None else _PORTS_TRIED
        for left in reversed(range(tries)):
            port = self._port or _free_port()
            try:
                await self._start(port)
            except ConfigError as error:
                # somebody else may have taken the port between our look and the broker's
                if left and "in use" in error.message.lower():
                    continue
                raise ConfigError(f"MQTT broker on {HOST}:{port}: {error.message}") from error
            self._port = port
            return

    async def close(self) -> None:
        """End it."""
        if self._child is not None:
            await self._child.close()
            self._child = None
        self._config_file.unlink(missing_ok=True)

    async def _start(self, port: int) -> None:
        argv = self._amqtt(port) if self.kind is BrokerKind.AMQTT else self._mosquitto(port)
        self._child = ChildProcess(
            self._log_file.stem,
            argv,
            self._log_file.parent,
            ready_within_s=_READY_WITHIN_S,
            is_ready=_says_ready,
        )
        try:
            # The broker's own word comes first: what answers before it may be another program on that port.
            await self._child.open()
            await _wait_connack(port)
        except BaseException:
            await self.close()
            raise

    def _mosquitto(self, port: int) -> tuple[str, ...]:
        program = find_mosquitto()
        if program is None:
            raise ConfigError("mosquitto is not installed; apt-get install mosquitto, or leave the choice to us")
        lines = [f"listener {port} {HOST}", "log_dest stderr"]
        lines += [f"log_type {kind}" for kind in ("error", "warning", "notice", "information")]
        if os.geteuid() == 0:
            lines.append("user root")  # a change of user would free it from ending with us
        lines += [f"{name} {value}" for name, value in self._options.items()]
        self._config_file.parent.mkdir(parents=True, exist_ok=True)
        self._config_file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        tied = (sys.executable, "-m", "taskmatrix_ros.core.exec_with_parent")
        return (*tied, program, "-c", str(self._config_file))

    def _amqtt(self, port: int) -> tuple[str, ...]:
        return (sys.executable, "-m", "taskmatrix_ros.app.processes.amqtt_broker", "--host", HOST, "--port", str(port))


def find_mosquitto() -> str | None:
    """Give the path of mosquitto, or None."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path=_SEARCHED)


def find_broker() -> BrokerKind:
    """Say which broker would be started.

    :raises ConfigError: none is installed.
    """
    if find_mosquitto() is not None:
        return BrokerKind.MOSQUITTO
    if importlib.util.find_spec("amqtt") is not None:
        return BrokerKind.AMQTT
    raise ConfigError("no MQTT broker is installed; apt-get install mosquitto, or pip install amqtt")


def _says_ready(line: str) -> bool:
    mosquitto = ": mosquitto version " in line and line.endswith(" running")
    return mosquitto or line.startswith(READY)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


async def _wait_connack(port: int) -> None:
    """Wait until the broker answers a CONNECT; one that wants a password answers no, which is as good.

    :raises ConfigError: it does not.
    """
    client_id = b"taskmatrix-ready"
    body = b"\x00\x04MQTT\x04\x02\x00\x0a" + len(client_id).to_bytes(2, "big") + client_id
    answer = b""
    with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
        async with asyncio.timeout(_READY_WITHIN_S):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                writer.write(b"\x10" + bytes([len(body)]) + body)
                answer = await reader.readexactly(4)
                writer.write(b"\xe0\x00")
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
    if answer[:2] != b"\x20\x02":
        raise ConfigError("it does not answer a CONNECT; its log says why")
