"""The tie to one broker: a thread that connects again and again, and the loop's end of it."""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Protocol

from paho.mqtt.enums import MQTTProtocolVersion

from taskmatrix_ros.bindings.mqtt.mqtt_command import Delivered, Delivery, MqttCommand
from taskmatrix_ros.bindings.mqtt.mqtt_connection import MqttConnection
from taskmatrix_ros.bindings.mqtt.mqtt_owner import ConnectionEnd, Received, Subscription
from taskmatrix_ros.bindings.mqtt.mqtt_settings import BrokerSettings, MqttProtocol
from taskmatrix_ros.core.ids import new_id
from taskmatrix_ros.core.together import Together

_log = logging.getLogger(__name__)

_RETRY_FIRST_S = 0.1
_RETRY_LAST_S = 2.0
_STEADY_S = 5.0
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

    A thread of its own connects, since that may block for long, and hands each connection to the loop.
    """

    def __init__(
        self,
        name: str,
        settings: BrokerSettings,
        user: LinkUser,
        *,
        presence_topic: str = "",
        together: Together | None = None,
    ) -> None:
        """:param presence_topic: says, retained, whether this node is there; empty: nobody is told.

        :param together: what comes in together is answered in few segments.
        """
        self.name = name
        self.settings = settings
        self.connected = False
        """Whether messages go through now; loop's thread."""
        self.problem = "it was never connected"
        """Why not, if not."""
        self.epoch: object = object()
        """Changes with every stop; a command of an older epoch is not sent."""
        self.closing = False
        self.filters: Mapping[str, Subscription] = {}
        self._presence_topic = presence_topic
        self._user = user
        self._client_id = settings.client_id or f"taskmatrix-{new_id()[-12:].lower()}"
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tried = asyncio.Event()
        self._ended = asyncio.Event()
        self._outbox: deque[MqttCommand] = deque()
        self.together = together or Together()
        self._connection: MqttConnection | None = None
        self._end: ConnectionEnd | None = None
        """How the latest connection ended; None while it lasts. The loop tells it to the thread."""
        self._awake = threading.Event()
        self._told = ""

    # --- the loop's thread

    def start(self, filters: Mapping[str, Subscription]) -> None:
        """Begin to connect, in a thread of its own."""
        self._loop = asyncio.get_running_loop()
        self.filters = dict(filters)
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
        if self._connection is not None:
            self._connection.close()
        self._awake.set()
        await self._ended.wait()
        self._thread.join()
        self._thread = None

    def listen_to(self, filters: Mapping[str, Subscription]) -> None:
        """Replace the topic filters that are subscribed to."""
        if dict(filters) != self.filters:
            self.filters = dict(filters)
            self._push()

    def send(self, command: MqttCommand) -> None:
        """Send a message, or queue it; it goes out if a connection takes it before anybody takes it back."""
        while self._outbox and self._outbox[0].is_claimed:
            self._outbox.popleft()  # taken back while there was no connection
        if len(self._outbox) >= self.settings.queue and command.claim():
            waiting = f"{self.settings.queue} messages wait already; ask for less at once"
            command.settle(Delivered(Delivery.NOT_SENT, waiting))
            return
        self._outbox.append(command)
        self._push()

    def tell(self, topic: str, payload: str, *, retain: bool) -> None:
        """Publish what is no command, now or not at all; nobody waits for it."""
        if self._connection is not None:
            self._connection.tell(topic, payload, retain=retain)

    def _push(self) -> None:
        if self._connection is not None:
            self._connection.push()

    def next_command(self) -> MqttCommand | None:
        """Give the next message that may still be sent, claimed."""
        while self._outbox:
            command = self._outbox.popleft()
            if command.epoch is not self.epoch or not command.claim():
                continue  # whoever made the new epoch takes it back and tells its caller
            if command.expires_at_s is not None and time.monotonic() > command.expires_at_s:
                command.settle(Delivered(Delivery.EXPIRED, "it waited too long behind others"))
                continue
            return command
        return None

    def accepted(self, version: str) -> None:
        """The broker accepted the connection."""
        self._became_accepted(version)

    def subscribed(self, refused: Iterable[str]) -> None:
        """The broker answered the subscriptions."""
        self._became_subscribed(tuple(refused))

    def received(self, batch: list[Received]) -> None:
        """Messages came in."""
        self._user.messages_received(batch)

    def ended(self, end: ConnectionEnd) -> None:
        """The connection is over; the thread makes another."""
        self._connection, self._end = None, end
        if not end.other_version:
            self._became_lost(end)
        self._awake.set()

    def _serve(self, connection: MqttConnection) -> None:
        self._connection = connection
        connection.serve()

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

    # --- the network thread

    def _run(self) -> None:
        pause_s = _RETRY_FIRST_S
        while not self.closing:
            began_s = time.monotonic()
            end = self._connect_once()
            # two clients of one id push each other out at once: no quick retry for a connection that did not last
            lasted = end.answered and time.monotonic() - began_s > _STEADY_S
            pause_s = _RETRY_FIRST_S if lasted else min(pause_s * 2, _RETRY_LAST_S)
            self._pause(pause_s * random.uniform(0.8, 1.2))  # noqa: S311 - spreads clients, hides nothing
        self._post(self._ended.set)

    def _connect_once(self) -> ConnectionEnd:
        """Connect, hand over, and wait for the end; with an older version of the protocol where that is the trouble."""
        end = ConnectionEnd("closed")
        for version in _VERSIONS[self.settings.protocol]:
            self._end = None
            self._awake.clear()
            connection = MqttConnection(
                self.settings, self._client_id, version, self, presence_topic=self._presence_topic
            )
            failed = connection.connect()
            if failed is None and self._post(partial(self._serve, connection)):
                end = self._served()
            end = failed or end
            if not end.other_version or self.closing:
                break
        if failed or end.other_version:
            self._post(partial(self._became_lost, end))
        return end

    def _served(self) -> ConnectionEnd:
        """Wait for the end of the connection that the loop serves."""
        while self._end is None:
            self._awake.wait()
            self._awake.clear()
        return self._end

    def _pause(self, duration_s: float) -> None:
        if not self.closing:
            self._awake.wait(duration_s)
            self._awake.clear()

    def _post(self, callback: Callable[[], Any]) -> bool:
        try:
            assert self._loop is not None
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError:  # the loop was closed without close(): nobody is left to tell
            self.closing = True
            return False
        return True
