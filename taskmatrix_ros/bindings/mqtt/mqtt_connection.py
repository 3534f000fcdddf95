"""One connection to a broker, from CONNECT to its end."""

from __future__ import annotations

import asyncio
import logging
import math
import socket
import ssl
from collections.abc import Callable, Mapping
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from taskmatrix_ros.bindings.mqtt.mqtt_client import MqttClient
from taskmatrix_ros.bindings.mqtt.mqtt_command import Delivered, Delivery, MqttCommand
from taskmatrix_ros.bindings.mqtt.mqtt_owner import ConnectionEnd, ConnectionOwner, Received, Subscription
from taskmatrix_ros.bindings.mqtt.mqtt_settings import BrokerSettings
from taskmatrix_ros.bindings.mqtt.mqtt_tls import alert_problem, handshake_problem, tls_context, tls_problem
from taskmatrix_ros.core.errors import ConfigError

_log = logging.getLogger(__name__)

_BATCH_MESSAGES = 64
_BATCH_BYTES = 1_048_576
_IN_FLIGHT = 20
_MOST_HELD = 2048
"""Bytes that messages are held back for each other up to: some milliseconds of work, which a socket takes whole."""
_MAX_PACKET = 268_435_455
_HEADER_BYTES = 32
_FILTERS_AT_ONCE = 100
_IDLE_S = 0.5
_SILENT_S = 5.0
"""A broker that owes an acknowledgement and says nothing at all for longer is taken for lost."""
_NO_SUBSCRIBER = 16
_UNSUPPORTED_VERSION = 132
_REMEDIES = dict.fromkeys((134, 135), "; correct username and password") | {
    133: "; another client has this client_id: give each its own",
    138: "; this client is banned there",
}
"""What to do about reasons of MQTT 5, to which paho translates those of 3.1.1."""


class MqttConnection:
    """Owns a paho client that is used once: what one connection did not deliver, no later one can.

    ``connect`` blocks and belongs to a thread; from ``serve`` on, the loop itself reads and writes the socket: what
    comes in is known, and what goes out is written, without a word between threads.

    paho's own reconnecting and queueing are left aside. They would send a command again, or late, behind the back of a
    caller who was told otherwise.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        client_id: str,
        version: MQTTProtocolVersion,
        owner: ConnectionOwner,
        *,
        presence_topic: str = "",
    ) -> None:
        """:param presence_topic: says, retained, whether this node is there; the broker says so when it is not."""
        self._settings = settings
        self._presence_topic = presence_topic
        self._version = version
        self._owner = owner
        self._client = MqttClient(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=version, reconnect_on_failure=False
        )
        self._client.connect_timeout = settings.connect_s
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.on_subscribe = self._on_subscribe
        self._client.on_log = self._on_log
        self._client.on_socket_close = self._on_socket_close
        if presence_topic:
            self._client.will_set(presence_topic, "offline", qos=1, retain=True)
        self._loop: asyncio.AbstractEventLoop
        self._socket: socket.socket | None = None
        self._descriptor = -1
        self._writes = False
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._accepted = False
        self._reason = ""
        self._other_version = False
        self._filters: Mapping[str, Subscription] = {}
        self._said = ""
        self._subscribing: dict[int, list[str]] = {}
        self._refused: list[str] = []
        self._window = _IN_FLIGHT
        self._max_packet = _MAX_PACKET
        self._in_flight: dict[int, MqttCommand] = {}
        self._answers_since_s = 0.0
        """Steady time since when the broker owes an answer and has said or taken nothing at all."""
        self._holds = False
        """Whether ``_let_go`` will be called: messages may be held back until others have joined them."""
        self._reads_on = False
        """Whether the rest is read in the loop's next turn."""
        self._unwritten: dict[int, paho.MQTTMessageInfo] = {}
        """Of those in flight, the ones of QoS 0: nobody acknowledges them, they have but to be written."""
        self._batch: list[Received] = []
        self._batch_bytes = 0

    # --- the thread's

    def connect(self) -> ConnectionEnd | None:
        """Connect, and say hello. Blocks; never raises. :returns: why it came to nothing, or None."""
        try:
            password = self._settings.load_password()
            if self._settings.username is not None:
                self._client.username_pw_set(self._settings.username, password)
            if self._settings.tls is not None:
                self._client.tls_set_context(tls_context(self._settings.tls))
            self._client.connect(self._settings.host, self._settings.port, keepalive=self._settings.keepalive_s)
        except ConfigError as error:
            return ConnectionEnd(error.message)
        except ssl.SSLError as error:
            return ConnectionEnd(tls_problem(error, self._settings.host))
        except TimeoutError:
            return ConnectionEnd(f"no answer within {self._settings.connect_s:g} s")
        except ConnectionResetError as error:
            unasked = "it ended the TLS handshake; see whether it speaks TLS on this port"
            return ConnectionEnd(unasked if self._settings.tls is not None else error.strerror or str(error))
        except (OSError, ValueError) as error:
            return ConnectionEnd(getattr(error, "strerror", None) or str(error) or type(error).__name__)
        sock = self._client.socket()
        if not isinstance(sock, socket.socket):
            said = self._reason or self._tls_alert() or self._refused_handshake() or "the connection ended at once"
            return ConnectionEnd(said, other_version=self._is_v5)
        # A command behind an acknowledgement would wait 40 ms for the broker's delayed TCP acknowledgement.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = sock
        return None

    # --- the loop's

    def serve(self) -> None:
        """Read and write from now on, until the connection ends or ``close``; once, after ``connect``."""
        assert self._socket is not None
        self._loop = asyncio.get_running_loop()
        if self._owner.closing:
            self.close()
            return
        self._descriptor = self._socket.fileno()
        self._loop.add_reader(self._descriptor, self._guarded, self._read)
        self._timers["answer"] = self._loop.call_later(self._settings.connect_s, self._give_up)
        self._keep_alive()

    def push(self) -> None:
        """Send what there is to send: filters or a command are new."""
        self._guarded(self._send)

    def tell(self, topic: str, payload: str, *, retain: bool) -> None:
        """Publish what is no command, now or not at all: not behind a socket that is full."""

        def publish() -> None:
            if self._accepted and not self._client.want_write():
                self._client.publish(topic, payload, qos=0, retain=retain)

        self._guarded(publish)

    def close(self) -> None:
        """Say goodbye and end."""
        if self._socket is not None:
            self._client.let_go()
            if self._accepted and self._presence_topic:
                self._client.publish(self._presence_topic, "offline", qos=0, retain=True)
            self._client.disconnect()
            self._finish()

    def _guarded(self, step: Callable[[], None]) -> None:
        """Do one step, and notice the end of the connection."""
        if self._socket is None:
            return
        try:
            step()
        except Exception as error:  # noqa: BLE001 - a fault of ours must end one connection, not all that the loop does
            _log.exception("mqtt at %s: the connection failed by a fault of the program", self._settings.address)
            self._reason = f"internal error: {error}"
            self._finish()
            return
        self._notice()

    def _notice(self) -> None:
        """See what became of the connection in a step."""
        if self._socket is None:
            return
        if not self._is_connected:
            self._finish()
        elif self._client.want_write() is not self._writes:
            self._watch_writing()

    def _watch_writing(self) -> None:
        assert self._socket is not None
        self._writes = self._client.want_write()
        if self._writes:
            self._loop.add_writer(self._descriptor, self._guarded, self._write)
        else:
            self._loop.remove_writer(self._descriptor)

    def _finish(self) -> None:
        sock, self._socket = self._socket, None
        if sock is None:
            return
        self._leave_alone()
        for timer in self._timers.values():
            timer.cancel()
        self._client.let_go()  # it was told as written
        self._hand_over()
        sock.close()
        end = self._end()
        for command in self._in_flight.values():
            command.settle(Delivered(Delivery.LOST, end.reason))
        self._in_flight.clear()
        self._owner.ended(end)

    def _leave_alone(self) -> None:
        """Watch the socket no more. A closed one that is watched for both cannot be left."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:  # it may end before the loop has begun to serve it
            self._loop.remove_reader(descriptor)
            self._loop.remove_writer(descriptor)

    @property
    def _is_v5(self) -> bool:
        return self._version is MQTTProtocolVersion.MQTTv5

    def _end(self) -> ConnectionEnd:
        if self._owner.closing:
            return ConnectionEnd("closed", answered=self._accepted)
        silent = not self._accepted and not self._reason
        return ConnectionEnd(
            self._reason
            or self._tls_alert()
            or ("the connection was lost" if self._accepted else "it closed the connection unasked"),
            answered=self._accepted,
            other_version=self._is_v5 and (silent or self._other_version),
        )

    def _tls_alert(self) -> str:
        """Say what the broker did not like of our certificate: with TLS 1.3 it tells only after the handshake."""
        return "" if self._settings.tls is None else alert_problem(self._said)

    def _refused_handshake(self) -> str:
        """Ask once more, without MQTT: what we had written may have gone before the broker's alert was read."""
        settings = self._settings
        return "" if settings.tls is None else handshake_problem(settings.tls, settings.host, settings.port)

    def _on_log(self, _client: paho.Client, _userdata: Any, level: int, text: str) -> None:
        if level == paho.MQTT_LOG_ERR:
            self._said = text

    def _give_up(self) -> None:
        if not self._accepted:
            self._reason = f"no answer to CONNECT within {self._settings.connect_s:g} s"
            self._finish()

    def _keep_alive(self) -> None:
        self._timers["alive"] = self._loop.call_later(_IDLE_S, self._keep_alive)
        self._guarded(self._look_after)

    def _look_after(self) -> None:
        self._client.loop_misc()
        silent_s = self._loop.time() - self._answers_since_s
        if self._in_flight and silent_s > max(_SILENT_S, self._settings.connect_s):
            # Frozen, or behind a cable that was pulled: TCP would keep up appearances for much longer.
            self._reason = f"it has acknowledged nothing for {silent_s:.0f} s"
            self._finish()

    def _read(self) -> None:
        if not self._reads_on:  # each would have another follow it
            self._read_on()

    def _read_on(self) -> None:
        """Read what is there; what comes in together is handed over together."""
        self._reads_on = False
        self._answers_since_s = self._loop.time()
        self._client.loop_read()
        while self._client.has_read_ahead and self._is_connected and not self._batch_is_full:
            self._client.loop_read()
        self._hand_over()
        self._send()  # an acknowledgement may have made room
        # What was read ahead, or decrypted by TLS already, makes no socket readable.
        if self._is_connected and (
            self._client.has_read_ahead or (isinstance(self._socket, ssl.SSLSocket) and self._socket.pending())
        ):
            self._reads_on = True
            self._loop.call_soon(self._guarded, self._read_on)

    @property
    def _is_connected(self) -> bool:
        return self._client.socket() is self._socket

    def _write(self) -> None:
        self._answers_since_s = self._loop.time()  # it takes what we write
        self._client.loop_write()
        self._send()

    def _send(self) -> None:
        if self._unwritten:
            self._settle_written()
        if self._accepted and self._socket is not None:
            self._apply_filters()
            self._send_commands()

    def _settle_written(self) -> None:
        for mid, info in tuple(self._unwritten.items()):
            if info.is_published():
                del self._unwritten[mid]
                self._in_flight.pop(mid).settle(Delivered(Delivery.ACKNOWLEDGED))

    @property
    def _batch_is_full(self) -> bool:
        return len(self._batch) >= _BATCH_MESSAGES or self._batch_bytes >= _BATCH_BYTES

    def _hand_over(self) -> None:
        if self._batch:
            batch, self._batch, self._batch_bytes = self._batch, [], 0
            self._owner.received(batch)

    def _apply_filters(self) -> None:
        wanted = self._owner.filters
        if wanted is self._filters:
            return
        have, self._filters = self._filters, wanted
        if gone := [topic_filter for topic_filter in have if topic_filter not in wanted]:
            self._client.unsubscribe(gone)
        # One that more is read of than before is subscribed to anew: the broker then repeats what it retains.
        new = [(one, wish.qos) for one, wish in wanted.items() if have.get(one) != wish]
        for start in range(0, len(new), _FILTERS_AT_ONCE):
            chunk = new[start : start + _FILTERS_AT_ONCE]
            result, mid = self._client.subscribe(list(chunk))
            if result is not MQTTErrorCode.MQTT_ERR_SUCCESS or mid is None:
                return  # the connection has just ended
            self._subscribing[mid] = [topic_filter for topic_filter, _qos in chunk]
        if not self._subscribing:
            self._owner.subscribed(())

    def _send_commands(self) -> None:
        # One that paho holds back, behind a full socket or its own window, could not be taken back any more.
        while self._socket is not None and not self._client.want_write() and len(self._in_flight) < self._window:
            command = self._owner.next_command()
            if command is None:
                return
            self._publish(command)

    def _hold_back(self, size: int) -> None:
        """Have a message go out by one write with the next ones: the broker is woken once for several."""
        if self._settings.tls is not None:
            return
        fits = self._client.held_bytes + size <= _MOST_HELD
        if not (fits and self._client.holds):
            self._client.let_go()
            self._holds = self._holds or self._owner.together.hold(self._let_go)
            if self._holds and size <= _MOST_HELD:
                self._client.hold()

    def _let_go(self) -> None:
        self._holds = False
        self._guarded(self._client.let_go)

    def _publish(self, command: MqttCommand) -> None:
        size = len(command.payload) + len(command.topic.encode()) + _HEADER_BYTES
        if size > self._max_packet:  # a broker ends the connection of a client that sends it
            reason = f"{size} bytes are more than the {self._max_packet} it takes"
            command.settle(Delivered(Delivery.REFUSED, reason))
            return
        self._hold_back(size)
        properties: Properties | None = None
        if self._is_v5 and command.expiry_s is not None:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.MessageExpiryInterval = max(1, math.ceil(command.expiry_s))
        if command.qos and self._client.on_publish is None:
            self._client.on_publish = self._on_publish  # paho tells it at some cost, which QoS 0 can do without
        try:
            info = self._client.publish(command.topic, command.payload, command.qos, command.retain, properties)
        except ValueError as error:
            command.settle(Delivered(Delivery.REFUSED, str(error)))
            return
        if info.rc == MQTTErrorCode.MQTT_ERR_NO_CONN:
            command.settle(Delivered(Delivery.NOT_SENT, "the connection ended"))
        elif not command.qos and info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS and info.is_published():
            command.settle(Delivered(Delivery.ACKNOWLEDGED))
        else:
            if not self._in_flight:
                self._answers_since_s = self._loop.time()
            self._in_flight[info.mid] = command
            if not command.qos and self._is_connected:  # or else it is lost with the others
                self._unwritten[info.mid] = info

    # --- paho's callbacks, from within its functions

    def _on_connect(
        self, _client: paho.Client, _userdata: Any, _flags: Any, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._reason = f"it refused the connection: {reason}{_REMEDIES.get(reason.value, '')}"
            self._other_version = reason.value == _UNSUPPORTED_VERSION
            return
        self._window = min(_IN_FLIGHT, getattr(properties, "ReceiveMaximum", _IN_FLIGHT))
        self._max_packet = getattr(properties, "MaximumPacketSize", _MAX_PACKET)
        self._accepted = True
        self._timers["answer"].cancel()
        self._client.on_log = None  # each packet would cost a line
        if self._presence_topic:
            self._client.publish(self._presence_topic, "online", qos=1, retain=True)
        self._owner.accepted("5" if self._is_v5 else "3.1.1")

    def _on_socket_close(self, _client: paho.Client, _userdata: Any, _socket: Any) -> None:
        self._leave_alone()

    def _on_disconnect(
        self, _client: paho.Client, _userdata: Any, flags: Any, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if not self._reason and flags.is_disconnect_packet_from_server:
            self._reason = f"it ended the connection: {reason}"
        elif not self._reason and reason.getName() == "Keep alive timeout":
            self._reason = f"it was silent for longer than {self._settings.keepalive_s} s"

    def _on_message(self, _client: paho.Client, _userdata: Any, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return  # no broker may forward such a topic, and no spec can name it
        self._batch.append(Received(topic, message.payload, message.retain))
        self._batch_bytes += len(message.payload) + len(topic)

    def _on_publish(
        self, _client: paho.Client, _userdata: Any, mid: int, reason: ReasonCode, _properties: Properties
    ) -> None:
        if reason.is_failure:
            delivered = Delivered(Delivery.REFUSED, str(reason))
        elif reason.value == _NO_SUBSCRIBER:
            delivered = Delivered(Delivery.NOBODY)
        else:
            delivered = Delivered(Delivery.ACKNOWLEDGED)
        if mid not in self._unwritten and (command := self._in_flight.pop(mid, None)) is not None:
            command.settle(delivered)

    def _on_subscribe(
        self,
        _client: paho.Client,
        _userdata: Any,
        mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        filters = self._subscribing.pop(mid, [])
        self._refused += [
            f"{topic_filter}: {reason}"
            for topic_filter, reason in zip(filters, reasons, strict=False)
            if reason.is_failure
        ]
        if not self._subscribing:
            self._owner.subscribed(self._refused)
            self._refused = []
