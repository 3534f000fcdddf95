"""The connection of one simulated device."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from taskmatrix_ros.sim.mqtt_devices.device import Publication

RETRY_S = 0.5
CONNECT_S = 2.0
KEEPALIVE_S = 10


class DeviceClient:
    """Keeps a device connected, from within the loop of its host; MQTT 3.1.1, as most devices speak.

    Each connection has a client of its own: a state that was not acknowledged on the last one is not repeated after the
    newer state that is told when the device is back.
    """

    def __init__(
        self,
        topic: str,
        subscriptions: tuple[str, ...],
        *,
        host: str,
        port: int,
        greeting: Callable[[], list[Publication]],
        receive: Callable[[str, bytes], None],
        announcement: tuple[str, str] | None = None,
    ) -> None:
        """:param greeting: what there is to tell on each new connection.

        :param announcement: topic and payload of what says what kind of device it is, retained.
        """
        self._announcement = announcement
        self.topic = topic
        self.connected = False
        self.ready = False
        """Whether commands reach it."""
        self.problem = "it was not tried"
        self._subscriptions = subscriptions
        self._address = (host, port)
        self._greeting = greeting
        self._receive = receive
        self._client: paho.Client | None = None
        self._retry_at_s = 0.0

    def socket(self) -> socket.socket | None:
        """The socket to watch, None while there is none."""
        found = self._client.socket() if self._client is not None else None
        return found if isinstance(found, socket.socket) else None

    @property
    def wants_write(self) -> bool:
        """Whether bytes wait to be written."""
        return self._client is not None and self._client.want_write()

    def step(self, *, readable: bool, writable: bool) -> None:
        """Read, write, keep alive, or connect anew; never raises for what the network does."""
        if self._client is None:
            if time.monotonic() >= self._retry_at_s:
                self._connect()
            return
        if readable:
            self._client.loop_read()
        if writable and self._client.socket() is not None:
            self._client.loop_write()
        self._client.loop_misc()
        if self._client.socket() is None:
            self._client = None
            self.connected = self.ready = False
            self._retry_at_s = time.monotonic() + RETRY_S

    def publish(self, publication: Publication) -> None:
        """Tell; lost while not connected: the greeting tells the state again."""
        if self._client is not None and self.connected:
            topic = f"{self.topic}/{publication.subtopic}"
            self._client.publish(topic, publication.payload, qos=1, retain=publication.retain)

    def close(self) -> None:
        """Say that it is offline, and disconnect."""
        if self._client is None:
            return
        self.publish(Publication("availability", "offline", retain=True))
        self._client.disconnect()
        until_s = time.monotonic() + 0.5
        while self._client.want_write() and time.monotonic() < until_s:
            self._client.loop_write()
            time.sleep(0.005)
        if (left := self.socket()) is not None:
            left.close()
        self._client = None
        self.connected = self.ready = False

    def _connect(self) -> None:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"sim-{self.topic.replace('/', '-')}",
            protocol=MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_S
        client.will_set(f"{self.topic}/availability", "offline", qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        try:
            client.connect(*self._address, keepalive=KEEPALIVE_S)
        except (OSError, ValueError) as error:
            self.problem = getattr(error, "strerror", None) or str(error)
            self._retry_at_s = time.monotonic() + RETRY_S
            return
        self._client = client
        if (found := self.socket()) is not None:
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _on_connect(
        self, client: paho.Client, _userdata: Any, _flags: Any, reason: ReasonCode, _properties: Any
    ) -> None:
        if reason.is_failure:
            self.problem = f"refused: {reason}"
            return
        self.connected = True
        self.ready = not self._subscriptions
        if self._subscriptions:
            client.subscribe([(topic, 1) for topic in self._subscriptions])
        if self._announcement is not None:
            client.publish(*self._announcement, qos=1, retain=True)
        for publication in self._greeting():
            self.publish(publication)

    def _on_subscribe(self, _client: paho.Client, _userdata: Any, _mid: int, _reasons: Any, _properties: Any) -> None:
        self.ready = True

    def _on_message(self, _client: paho.Client, _userdata: Any, message: paho.MQTTMessage) -> None:
        if not message.retain:  # a command that waited in the broker for nobody knows how long is not done
            self._receive(message.topic, bytes(message.payload))
