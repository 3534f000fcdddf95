"""``python -m taskmatrix_ros.bench.burst_publisher --port N``: publishes a burst as fast as a socket takes it.

It speaks MQTT 3.1.1 by itself: a client library would be slower than those who listen, and the measurement its own.
Each line of its standard input, a number of messages, is answered by a burst and a line when the broker has it all.
"""

from __future__ import annotations

import argparse
import socket
import sys
import threading

from taskmatrix_ros.app.processes.broker import HOST
from taskmatrix_ros.core.parent_death import die_with_parent

TOPICS = 100
_PUBACK_BYTES = 4


def topic_of(number: int) -> str:
    """Give the topic of a message."""
    return f"bench/sensor/s{number % TOPICS}"


def payload_of(number: int) -> str:
    """Give a message as a sensor of a home would send it."""
    return (
        f'{{"temperature": {20 + number / 1000:.3f}, "humidity": {40 + number % 20}, "battery": 97, "linkquality": 120,'
        f' "voltage": 3005, "number": {number}}}'
    )


def main() -> None:
    """Serve until standard input ends."""
    die_with_parent()
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    with socket.create_connection((HOST, parser.parse_args().port)) as sock:
        sock.sendall(_packet(0x10, b"\x00\x04MQTT\x04\x02\x00\x00" + _text("bench-burst")))
        _read(sock, 4)
        sys.stdout.write("publisher ready\n")
        sys.stdout.flush()
        for line in sys.stdin:
            count = int(line)
            burst = b"".join(map(_publish, range(count)))
            reader = threading.Thread(target=_read, args=(sock, count * _PUBACK_BYTES))
            reader.start()
            sock.sendall(burst)
            reader.join()
            sys.stdout.write("sent\n")
            sys.stdout.flush()


def _publish(number: int) -> bytes:
    identifier = (number % 65_535 + 1).to_bytes(2, "big")
    return _packet(0x32, _text(topic_of(number)) + identifier + payload_of(number).encode())


def _packet(kind: int, body: bytes) -> bytes:
    length, left = bytearray(), len(body)
    while True:
        left, digit = divmod(left, 128) if left >= 128 else (0, left)
        length.append(digit | (0x80 if left else 0))
        if not left:
            return bytes([kind]) + bytes(length) + body


def _text(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw


def _read(sock: socket.socket, count: int) -> None:
    while count > 0:
        count -= len(sock.recv(min(count, 65_536))) or count


if __name__ == "__main__":
    main()
