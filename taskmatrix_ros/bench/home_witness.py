"""Somebody else at the same Home Assistant, who knows nothing of ours: a WebSocket of its own, by its own rules."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from taskmatrix_ros.bench.home_assistant_server import HOST, HomeAssistantServer
from taskmatrix_ros.core.errors import ConfigError

WITNESS = "counter.witness"
"""What it counts itself, to see that Home Assistant does what it is told."""

_RETRY_S = 0.02
_STATES = 2
"""Number of the request for all states."""


class HomeWitness:
    """Notes when counters were seen to rise, and when a service call was first done again after each return.

    It tries without pause, as no client of a home should.
    """

    def __init__(self, server: HomeAssistantServer) -> None:
        self.rises: list[tuple[str, float]] = []
        """Entity id of each rise of a counter, and the moment in seconds of steady time."""
        self.returned = threading.Event()
        """Set when a service call was done; clear it to wait for the next time."""
        self._server = server
        self._return_s = 0.0
        self._counts: dict[str, int] = {}
        self._pressed = 0
        """How often the witness's own counter rose."""
        self._ended = threading.Event()
        self._socket: Connection | None = None
        self._thread = threading.Thread(target=self._run, name="home-witness", daemon=True)

    def open(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def close(self) -> None:
        """End."""
        self._ended.set()
        if (socket := self._socket) is not None:
            socket.close()
        self._thread.join()

    def wait_return(self, within_s: float) -> float:
        """Wait until a service call was done. :returns: the moment, in seconds of steady time.

        :raises ConfigError: it was not, for ``within_s`` seconds.
        """
        if not self.returned.wait(within_s):
            raise ConfigError(
                f"Home Assistant did nothing it was told for {within_s:g} s; its log is {self._server.log_file}"
            )
        return self._return_s

    def _run(self) -> None:
        while not self._ended.wait(_RETRY_S):
            with suppress(OSError, WebSocketException, TimeoutError, ValueError, KeyError):
                self._watch()

    def _watch(self) -> None:
        address = f"ws://{HOST}:{self._server.port}/api/websocket"
        with connect(address, max_size=None, compression=None, open_timeout=60, close_timeout=1) as socket:
            self._socket = socket
            socket.recv()
            socket.send(json.dumps({"type": "auth", "access_token": self._server.token}))
            if json.loads(socket.recv())["type"] != "auth_ok":
                return
            ask = {"domain": "counter", "service": "increment", "target": {"entity_id": WITNESS}}
            self._send(socket, 1, "subscribe_events", event_type="state_changed")
            self._send(socket, _STATES, "get_states")
            self._send(socket, 3, "call_service", **ask)
            number, done, before = 3, False, self._pressed
            for text in socket:
                message = json.loads(text)
                if message["type"] == "event":
                    self._hear(message["event"]["data"].get("new_state") or {})
                elif message["id"] == _STATES:
                    for state in message["result"]:
                        self._hear(state)
                    before = self._pressed
                elif message["id"] == number and not done:
                    # that it says yes is not enough: it does for a counter that is not there yet
                    if done := self._pressed > before:
                        self._return_s = time.monotonic()
                        self.returned.set()
                        continue
                    self._ended.wait(_RETRY_S)
                    number += 1
                    self._send(socket, number, "call_service", **ask)

    def _send(self, socket: Connection, number: int, kind: str, **fields: Any) -> None:
        socket.send(json.dumps({"id": number, "type": kind, **fields}))

    def _hear(self, state: Mapping[str, Any]) -> None:
        entity_id, said = str(state.get("entity_id", "")), state.get("state")
        if not entity_id.startswith("counter.") or not str(said).isdigit():
            return
        count = int(str(said))
        if count > self._counts.get(entity_id, 0):
            rose = count - self._counts.get(entity_id, 0)
            self.rises += [(entity_id, time.monotonic())] * rose
            self._pressed += rose * (entity_id == WITNESS)
        self._counts[entity_id] = count  # less than before: it was killed, and had not written it down
