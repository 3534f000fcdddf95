"""paho's client with fewer calls of the kernel: it reads ahead, and packets can wait for each other to be written."""

from __future__ import annotations

import select

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode

_READ_BYTES = 65_536


class MqttClient(paho.Client):
    """paho asks the kernel three times for each packet it reads, and once for each it writes.

    What is between is two methods of paho's own; where a later version does not call them, nothing is read ahead or
    held back. Used for one connection.
    """

    _ahead = b""
    _taken = 0
    """How much of ``_ahead`` was taken."""
    _holds = False
    _held = b""
    """What paho takes for written."""
    _room: select.poll | None = None
    """Tells whether the socket takes anything."""

    @property
    def has_read_ahead(self) -> bool:
        """Whether bytes were read that no packet has yet: the socket need not be readable for more to be there."""
        return self._taken < len(self._ahead)

    @property
    def holds(self) -> bool:
        """Whether what is sent now is held back."""
        return self._holds

    def hold(self) -> bool:
        """Write nothing until ``let_go``; whoever asks for it sees to that.

        What is held back counts as written. So it must be little: a socket that the kernel calls writable takes some
        kilobytes whole.

        :returns: False: the socket is full, or lost, and nothing is held back.
        """
        if not self._holds:
            self._holds = not self.want_write() and self._has_room()
        return self._holds

    def let_go(self) -> None:
        """Write what was held back, by one call; what the socket does not take now is ``want_write``'s."""
        self._holds = False
        self._write_held()

    @property
    def held_bytes(self) -> int:
        """How much is held back, or was and is not written yet."""
        return len(self._held)

    def want_write(self) -> bool:
        """Whether there is more to write than the socket took."""
        return bool(self._held and not self._holds) or super().want_write()

    def loop_write(self) -> MQTTErrorCode:
        """Write what is there; what was held back goes first."""
        if self._held and not self._holds:
            self._write_held()
            if self._held:
                return MQTTErrorCode.MQTT_ERR_SUCCESS
        return super().loop_write()

    def _has_room(self) -> bool:
        if self._sock is None:
            return False
        if self._room is None:
            self._room = select.poll()
            self._room.register(self._sock.fileno(), select.POLLOUT)
        return [event for _, event in self._room.poll(0)] == [select.POLLOUT]

    def _write_held(self) -> None:
        try:
            while self._held:
                self._held = self._held[super()._sock_send(self._held) :]
        except BlockingIOError:
            return
        except OSError:  # the connection is lost, which reading tells
            self._held = b""

    def _sock_send(self, buf: bytes | bytearray) -> int:
        if not self._holds:
            return super()._sock_send(buf)
        self._held += bytes(buf)
        return len(buf)

    def _sock_recv(self, bufsize: int) -> bytes:
        if self._taken == len(self._ahead):
            self._ahead, self._taken = super()._sock_recv(_READ_BYTES), 0
        chunk = self._ahead[self._taken : self._taken + bufsize]
        self._taken += len(chunk)
        return chunk
