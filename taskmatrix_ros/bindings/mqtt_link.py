"""The tie to one broker: a thread that connects again and again, and the loop's end of it."""

from __future__ import annotations

import asyncio
import logging
import random
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

from paho.mqtt.enums import MQTTProtocolVersion

from taskmatrix_ros.bindings.mqtt_command import Delivered, Delivery, MqttCommand
from taskmatrix_ros.bindings.mqtt_connection import ConnectionEnd, MqttConnection, Received
from taskmatrix_ros.bindings.mqtt_settings import BrokerSettings, MqttProtocol
from taskmatrix_ros.core.ids import new_id

_log = logging.getLogger(__name__)

_RETRY_FIRST_S = 0.1
_RETRY_LAST_S = 2.0
_STEADY_S = 5.0
_WAITING_BATCHES = 64
_VERSIONS = {
    MqttProtocol.AUTO: (MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311),
    MqttProtocol.V5: (MQTTProtocolVersion.MQTTv5,),
    MqttProtocol.V311: (MQTTProtocolVersion.MQTTv311,),
}


class LinkUser(Protocol):
    """Told, in the loop's thread and in the order of the connection, what the broker says."""

    def connection_accepted(self) -> None:
        """A new connection; what was heard over an older one is no longer known."""

    def connection_subscribed(self) -> None:
        """The broker took the subscriptions: what it holds is on its way, what changes will be heard."""

    def connection_lost(self) -> None:
        """Nothing is heard any more."""

    def messages_received(self, batch: list[Received]) -> None:
        """Messages of subscribed topics, oldest first."""


class MqttLink:
    """Keeps one broker connected from ``start`` to ``close``.

    The network thread owns the client. The two threads share deques and single attributes that only one of them
    writes, so neither ever waits for the other and ``stop`` works whatever they do.
    """

    def __init__(self, name: str, settings: BrokerSettings, user: LinkUser) -> None:
        self.name = name
        self.settings = settings
        self.connected = False
        """Whether messages go through now; loop's thread."""
        self.problem = "it was never connected"
        """Why not, if not."""
        self.epoch: object = object()
        """Changes with every stop; a command of an older epoch is not sent."""
        self.closing = False
        self.filters: Mapping[str, int] = {}
        self._user = user
        self._client_id = settings.client_id or f"taskmatrix-{new_id()[-12:].lower()}"
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tried = asyncio.Event()
        self._ended = asyncio.Event()
        self._outbox: deque[MqttCommand] = deque()
        self._inbox: deque[list[Received] | Callable[[], None]] = deque()
        self._drain_asked = False
        self._told = ""

    # --- the loop's thread

    def start(self, filters: Mapping[str, int]) -> None:
        """Begin to connect, in a thread of its own."""
        self._loop = asyncio.get_running_loop()
        self.filters = dict(filters)
        self.waker, self._wake_end = socket.socketpair()
        self.waker.setblocking(False)
        self._wake_end.setblocking(False)
        self._thread = threading.Thread(target=self._run, name=f"mqtt-{self.name}", daemon=True)
        self._thread.start()

    async def wait_tried(self) -> None:
        """Wait until the first attempt to connect has ended, one way or the other."""
        await self._tried.wait()

    async def close(self) -> None:
        """Say goodbye to the broker and end the thread: at once, or when an attempt to connect has timed out."""
        if self._thread is None:
            return
        self.closing = True
        self._wake()
        await self._ended.wait()
        self._thread.join()
        self._thread = None
        self._drain()
        self.waker.close()
        self._wake_end.close()

    def listen_to(self, filters: Mapping[str, int]) -> None:
        """Replace the topic filters, with QoS, that are subscribed to."""
        if dict(filters) != self.filters:
            self.filters = dict(filters)
            self._wake()

    def send(self, command: MqttCommand) -> None:
        """Queue a message; it goes out if a connection takes it before anybody takes it back."""
        self._outbox.append(command)
        self._wake()

    def _drain(self) -> None:
        self._drain_asked = False
        while self._inbox:
            item = self._inbox.popleft()
            if callable(item):
                item()
                continue
            self._user.messages_received(item)
            if len(self._inbox) == _WAITING_BATCHES // 2:
                self._wake()  # no longer congested
            if self._inbox and self._loop is not None and not self.closing:
                self._loop.call_soon(self._drain)  # others get their turn between two batches
                break

    def _became_accepted(self, version: str) -> None:
        self._user.connection_accepted()
        self.problem = "it has not answered the subscriptions"
        self._told = ""
        _log.info("mqtt %r: connected to %s, MQTT %s", self.name, self.settings.address, version)

    def _became_subscribed(self, refused: tuple[str, ...]) -> None:
        if refused:
            _log.error(
                "mqtt %r at %s refuses %d state topics, first %s; give this user the right to read them",
                self.name,
                self.settings.address,
                len(refused),
                refused[0],
            )
        if not self.connected:
            self.connected = True
            self._user.connection_subscribed()
        self._tried.set()

    def _became_lost(self, end: ConnectionEnd) -> None:
        self.problem = end.reason
        if self.connected or end.answered:
            self.connected = False
            self._user.connection_lost()
        if end.reason != self._told and not self.closing:
            self._told = end.reason
            _log.warning(
                "mqtt %r at %s is not connected: %s; trying again", self.name, self.settings.address, end.reason
            )
        self._tried.set()

    # --- any thread

    def stop(self) -> None:
        """Let nothing go out that has not gone out yet. No loop, no lock."""
        self.epoch = object()

    def _wake(self) -> None:
        with suppress(OSError):  # full: it is awake; closed: it has ended
            self._wake_end.send(b"\0")

    # --- the network thread

    def _run(self) -> None:
        pause_s = _RETRY_FIRST_S
        while not self.closing:
            began_s = time.monotonic()
            end = self._connect_once()
            self._tell(partial(self._became_lost, end))
            # two clients of one id push each other out at once: no quick retry for a connection that did not last
            lasted = end.answered and time.monotonic() - began_s > _STEADY_S
            pause_s = _RETRY_FIRST_S if lasted else min(pause_s * 2, _RETRY_LAST_S)
            while self._outbox and self._outbox[0].is_claimed:
                self._outbox.popleft()  # taken back while there was no connection
            self._pause(pause_s * random.uniform(0.8, 1.2))  # noqa: S311 - spreads clients, hides nothing
        self._post(self._ended.set)

    def _connect_once(self) -> ConnectionEnd:
        end = ConnectionEnd("closed")
        for version in _VERSIONS[self.settings.protocol]:
            self._version = "5" if version is MQTTProtocolVersion.MQTTv5 else "3.1.1"
            try:
                end = MqttConnection(self.settings, self._client_id, version, self).run()
            except Exception as error:  # noqa: BLE001 - a thread that dies silently would take all devices along
                _log.exception("mqtt %r: the network thread failed; it connects anew", self.name)
                end = ConnectionEnd(f"internal error: {error}", answered=True)
            if not end.other_version or self.closing:
                break
        return end

    def _pause(self, duration_s: float) -> None:
        until_s = time.monotonic() + duration_s
        with selectors.DefaultSelector() as selector:
            selector.register(self.waker, selectors.EVENT_READ)
            while not self.closing and (left_s := until_s - time.monotonic()) > 0:
                if selector.select(left_s):
                    self.waker.recv(4096)

    def next_command(self) -> MqttCommand | None:
        """Give the next message that may still be sent, claimed."""
        while self._outbox:
            command = self._outbox.popleft()
            if command.epoch is not self.epoch or not command.claim():
                continue  # whoever made the new epoch takes it back and tells its caller
            if command.expires_at_s is not None and time.monotonic() > command.expires_at_s:
                self.settled(command, Delivered(Delivery.EXPIRED, "it waited too long behind others"))
                continue
            return command
        return None

    def settled(self, command: MqttCommand, delivered: Delivered) -> None:
        """Tell the caller in the loop."""
        self._post(lambda: command.settle(delivered))

    def accepted(self) -> None:
        """The broker accepted the connection."""
        version = self._version
        self._tell(lambda: self._became_accepted(version))

    def subscribed(self, refused: Iterable[str]) -> None:
        """The broker answered the subscriptions."""
        names = tuple(refused)
        self._tell(lambda: self._became_subscribed(names))

    def received(self, batch: list[Received]) -> None:
        """Messages came in."""
        self._tell(batch)

    @property
    def congested(self) -> bool:
        """Whether the loop is far behind."""
        return len(self._inbox) >= _WAITING_BATCHES

    def _tell(self, item: list[Received] | Callable[[], None]) -> None:
        self._inbox.append(item)
        if not self._drain_asked:
            self._drain_asked = True
            self._post(self._drain)

    def _post(self, callback: Callable[[], Any]) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop was closed without close(): nobody is left to tell
                self._loop.call_soon_threadsafe(callback)
