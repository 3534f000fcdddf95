"""The measuring end of the rules' bench: publishes events and waits for what comes of them."""

from __future__ import annotations

import select
import socket
import time
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from taskmatrix_ros.app.processes.broker import HOST
from taskmatrix_ros.core.errors import CallUnavailable

PATIENCE_S = 10.0


class RoundTrips:
    """One client that publishes on one topic and hears another. Blocks; for a thread of its own."""

    def __init__(self, port: int, event_topic: str, ring_topic: str) -> None:
        self._event_topic, self._ring_topic = event_topic, ring_topic
        self._heard = 0
        self._listening = False
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._on_message
        self._client.on_subscribe = self._on_subscribe
        self._client.connect(HOST, port)
        self._client.subscribe(ring_topic, qos=0)
        sock = self._client.socket()
        assert isinstance(sock, socket.socket)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = sock
        self._number = 0
        self._pump(lambda: self._listening)

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()

    def begin(self, payloads: tuple[str, ...] = ()) -> None:
        """Publish until something is answered: what changes first is only what later values are compared with.

        :raises CallUnavailable: nothing is.
        """
        until_s = time.monotonic() + PATIENCE_S
        while not self._heard:
            for payload in payloads or (None,):
                self._publish(payload)
            if self._is_readable(0.1):
                self._client.loop_read()
            elif time.monotonic() > until_s:
                raise CallUnavailable(f"bench: nothing was heard on {self._ring_topic} within {PATIENCE_S:g} s")
        while self._is_readable(0.2):
            self._client.loop_read()

    def take(self, count: int, payloads: tuple[str, ...] = ()) -> list[float]:
        """Time single events, one after the other: from the publish to the answer, in seconds.

        :param payloads: published in turns, of which only the last is answered; rising numbers if left out.
        :raises CallUnavailable: an answer did not come.
        """
        spent = []
        for _ in range(count):
            wanted = self._heard + 1
            for unanswered in payloads[:-1]:
                self._publish(unanswered)
                time.sleep(0.002)  # it is not to be in the way of the one that is timed
            began = time.perf_counter()
            self._publish(payloads[-1] if payloads else None)
            self._pump(lambda wanted=wanted: self._heard >= wanted)
            spent.append(time.perf_counter() - began)
        return spent

    def burst(self, count: int) -> tuple[int, float]:
        """Publish events as fast as they go out. :returns: how many were answered, and in how many seconds."""
        before = self._heard
        began = time.perf_counter()
        for _ in range(count):
            self._publish(None)
            while self._is_readable(0):
                self._client.loop_read()
        heard_at = time.perf_counter()
        while (heard := self._heard - before) < count:
            if not self._is_readable(PATIENCE_S if heard < count else 0):
                break
            self._client.loop_read()
            heard_at = time.perf_counter()
        # what comes twice would come now
        while self._is_readable(0.2):
            self._client.loop_read()
        return self._heard - before, heard_at - began

    def _publish(self, payload: str | None) -> None:
        self._number += 1
        self._client.publish(self._event_topic, str(self._number) if payload is None else payload, qos=0)
        while self._client.want_write():
            select.select([], [self._socket], [], PATIENCE_S)
            self._client.loop_write()

    def _pump(self, done: Any) -> None:
        until_s = time.monotonic() + PATIENCE_S
        while not done():
            if self._is_readable(0.5):
                self._client.loop_read()
            elif time.monotonic() > until_s:
                raise CallUnavailable(f"bench: nothing was heard on {self._ring_topic} within {PATIENCE_S:g} s")

    def _is_readable(self, within_s: float) -> bool:
        return bool(select.select([self._socket], [], [], within_s)[0])

    def _on_message(self, *_: Any) -> None:
        self._heard += 1

    def _on_subscribe(self, *_: Any) -> None:
        self._listening = True
