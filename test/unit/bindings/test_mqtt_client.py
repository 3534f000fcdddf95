"""What the client reads ahead and holds back: every packet is read and written whole, once, in its order."""

from __future__ import annotations

import select
import socket
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion

from taskmatrix_ros.bindings.mqtt.mqtt_client import MqttClient

CONNACK = bytes((0x20, 2, 0, 0))


@contextmanager
def connected() -> Iterator[tuple[MqttClient, socket.socket]]:
    """Give a client that a broker has accepted, and the broker's end of the connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = MqttClient(CallbackAPIVersion.VERSION2, client_id="c", reconnect_on_failure=False)
        client.connect("127.0.0.1", server.getsockname()[1])
        broker, _ = server.accept()
        with broker:
            broker.settimeout(30)
            broker.recv(1024)
            broker.sendall(CONNACK)
            read_until(client, lambda: client.is_connected())
            yield client, broker
            client.disconnect()


def read_until(client: MqttClient, done: Callable[[], bool]) -> None:
    sock = client.socket()
    assert isinstance(sock, socket.socket)
    while not done():
        if not client.has_read_ahead:
            assert select.select([sock], [], [], 30)[0], "nothing comes"
        client.loop_read()


def message(number: int, size: int) -> bytes:
    """Write a PUBLISH packet of QoS 0 on topic ``t``."""
    payload = f"{number}:".encode() + b"x" * size
    length, remaining = 3 + len(payload), b""
    while True:
        length, digit = divmod(length, 128)
        remaining += bytes((digit | (128 if length else 0),))
        if not length:
            return b"\x30" + remaining + b"\x00\x01t" + payload


def read_all(broker: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        chunk = broker.recv(65_536)
        assert chunk, "the connection has ended"
        found += chunk
    return found


@given(st.lists(st.sampled_from([0, 1, 120, 130, 20_000, 70_000]), min_size=1, max_size=12), st.data())
def test_messages_are_read_whole_however_they_come(sizes: list[int], data: st.DataObject) -> None:
    payloads = [f"{number}:".encode() + b"x" * size for number, size in enumerate(sizes)]
    packets = [message(number, size) for number, size in enumerate(sizes)]
    ends = list(accumulate(map(len, packets)))
    stream, heard = b"".join(packets), list[bytes]()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=5)))
    with connected() as (client, broker):
        client.on_message = lambda _client, _userdata, got: heard.append(got.payload)
        for begin, end in pairwise([0, *cuts, len(stream)]):
            broker.sendall(stream[begin:end])
            whole = bisect_right(ends, end)
            read_until(client, lambda whole=whole: len(heard) >= whole)  # type: ignore[misc]
            assert heard == payloads[:whole]


def test_what_is_held_back_goes_out_at_once_and_in_order() -> None:
    packets = b"".join(message(number, 5) for number in range(3))
    with connected() as (client, broker):
        client.hold()
        for number in range(3):
            assert client.publish("t", f"{number}:xxxxx").is_published()
        broker.setblocking(False)
        with pytest.raises(BlockingIOError):
            broker.recv(1)
        assert client.held_bytes == len(packets)
        assert not client.want_write()
        client.let_go()
        broker.settimeout(30)
        assert read_all(broker, len(packets)) == packets
        assert client.held_bytes == 0
        client.publish("t", "3:")
        assert read_all(broker, len(message(3, 0))) == message(3, 0)


def test_behind_a_full_socket_nothing_overtakes() -> None:
    packets = [message(number, 10_000) for number in range(600)]
    with connected() as (client, broker):
        client.hold()
        for number in range(500):
            client.publish("t", f"{number}:" + "x" * 10_000)
        client.let_go()
        assert client.want_write(), "the socket takes less than 5 MB at once"
        for number in range(500, 600):
            client.publish("t", f"{number}:" + "x" * 10_000)
        stream, found = b"".join(packets), b""
        while len(found) < len(stream):
            client.loop_write()
            chunk = broker.recv(1_000_000)
            assert chunk, "the connection has ended"
            found += chunk
        assert found == stream
        assert not client.want_write()


def test_a_connection_that_is_lost_is_told_by_reading() -> None:
    with connected() as (client, broker):
        client.hold()
        client.publish("t", "0:")
        broker.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        broker.close()
        read_until(client, lambda: client.socket() is None)
        client.let_go()
        assert not client.want_write()


def test_nothing_is_held_back_behind_a_full_socket() -> None:
    with connected() as (client, broker):
        while not client.want_write():
            client.publish("t", b"x" * 1_000_000)
        assert not client.hold()
        broker.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        broker.close()
        read_until(client, lambda: client.socket() is None)
        assert not client.hold()
