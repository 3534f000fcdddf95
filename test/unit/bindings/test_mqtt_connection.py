"""What a connection tells of its messages is true, whatever the broker and the socket do."""

from __future__ import annotations

import asyncio
import select
import socket
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from taskmatrix_ros.bindings.mqtt.mqtt_command import Delivery, MqttCommand
from taskmatrix_ros.bindings.mqtt.mqtt_connection import MqttConnection
from taskmatrix_ros.bindings.mqtt.mqtt_owner import ConnectionEnd, Received, Subscription
from taskmatrix_ros.bindings.mqtt.mqtt_settings import BrokerSettings
from taskmatrix_ros.core.together import Together

CONNACK = bytes((0x20, 2, 0, 0))
PATIENCE_S = 60.0
SOCKET_BYTES = 65_536
"""What a socket keeps unread or unwritten, wherever this runs."""


class Owner:
    """Has commands to send, and notes what it is told."""

    def __init__(self) -> None:
        self.closing = False
        self.filters: Mapping[str, Subscription] = {}
        self.together = Together()
        self.commands: deque[MqttCommand] = deque()
        self.batches: list[int] = []
        self.is_accepted = False
        self.end: ConnectionEnd | None = None

    def next_command(self) -> MqttCommand | None:
        return self.commands.popleft() if self.commands else None

    def accepted(self, version: str) -> None:
        self.is_accepted = True

    def subscribed(self, refused: Iterable[str]) -> None:
        pass

    def received(self, batch: list[Received]) -> None:
        self.batches.append(len(batch))

    def ended(self, end: ConnectionEnd) -> None:
        self.end = end


def command(size: int = 10, qos: int = 0) -> MqttCommand:
    return MqttCommand(call_id="c", topic="t", payload=b"x" * size, qos=qos, retain=False, epoch=object())


async def until(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not fact():
            await asyncio.sleep(0)


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[MqttConnection, socket.socket, Owner]]:
    """Give a connection that a broker has accepted, and the broker's end of it."""
    owner = Owner()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BYTES)
        settings = BrokerSettings(port=server.getsockname()[1])
        connection = MqttConnection(settings, "c", MQTTProtocolVersion.MQTTv311, owner)
        assert connection.connect() is None
        assert connection._socket is not None
        connection._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
        broker, _ = server.accept()
    with broker:
        broker.settimeout(PATIENCE_S)
        broker.recv(1024)
        broker.sendall(CONNACK)
        connection.serve()
        try:
            await until(lambda: owner.is_accepted)
            yield connection, broker, owner
        finally:
            owner.closing = True
            connection.close()


def send_together(connection: MqttConnection, owner: Owner, commands: Iterable[MqttCommand]) -> None:
    owner.commands.extend(commands)
    with owner.together.gathering():
        assert owner.together.at_end(connection.push)


def read_bytes(broker: socket.socket, size: int) -> int:
    found = 0
    while found < size:
        chunk = broker.recv(1_000_000)
        assert chunk, "the connection has ended"
        found += len(chunk)
    return found


def test_of_what_goes_out_together_no_more_is_told_as_written_than_the_socket_took() -> None:
    async def main() -> None:
        async with connected() as (connection, broker, owner):
            commands = [command(1000) for _ in range(4000)]
            send_together(connection, owner, commands)
            told = sum(one.delivered is not None for one in commands)
            assert told < len(commands), "no such socket takes 4 MB unread"
            # The loop does nothing meanwhile, as if the process had ended: what was told comes all the same.
            read_bytes(broker, told * 1000)
            assert len(owner.commands) >= len(commands) - told - 1, "the others can be taken back"

    asyncio.run(main())


def test_a_message_larger_than_what_the_socket_takes_is_told_as_written_when_it_is() -> None:
    async def main() -> None:
        async with connected() as (connection, broker, owner):
            small, large = command(), command(4_000_000)
            send_together(connection, owner, (small, large))
            assert small.delivered is not None
            assert large.delivered is None
            reader = asyncio.create_task(asyncio.to_thread(read_bytes, broker, 4_000_000))
            await until(lambda: large.delivered is not None)
            assert large.delivered is not None
            assert large.delivered.delivery is Delivery.ACKNOWLEDGED
            await reader

    asyncio.run(main())


def test_a_broker_that_takes_a_large_message_slowly_is_not_taken_for_lost() -> None:
    async def main() -> None:
        async with connected() as (connection, broker, owner):
            large = command(4_000_000)
            owner.commands.append(large)
            connection.push()
            room = select.poll()
            room.register(connection._descriptor, select.POLLOUT)
            left = 4_000_000
            async with asyncio.timeout(PATIENCE_S):
                while large.delivered is None:
                    if select.select([broker], [], [], 0)[0]:
                        left -= len(broker.recv(100_000))
                    await asyncio.sleep(0)
                    if large.delivered is None and room.poll(0):
                        connection._answers_since_s = -1000.0  # it has said nothing for very long
                        await asyncio.sleep(0)
                        await asyncio.sleep(0)
                        connection._guarded(connection._look_after)
                        assert owner.end is None
            assert large.delivered is not None
            assert large.delivered.delivery is Delivery.ACKNOWLEDGED
            assert read_bytes(broker, left) >= left

    asyncio.run(main())


@pytest.mark.parametrize("together", [False, True])
def test_a_message_for_a_connection_that_was_reset_is_lost_and_no_fault(
    together: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with connected() as (connection, broker, owner):
            watch = select.poll()
            watch.register(connection._descriptor, 0)
            broker.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            broker.close()
            assert watch.poll(PATIENCE_S * 1000), "the reset comes"
            first = command()
            if together:
                send_together(connection, owner, (first,))
            else:
                owner.commands.append(first)
                connection.push()
            assert first.delivered is not None
            assert first.delivered.delivery is Delivery.LOST
            assert owner.end is not None

    asyncio.run(main())
    assert "fault" not in caplog.text


def test_what_was_told_as_written_is_written_where_a_fault_of_the_program_ends_the_connection() -> None:
    async def main() -> None:
        async with connected() as (connection, broker, owner):
            first = command()

            def next_command() -> MqttCommand:
                if first.delivered is None:
                    return first
                raise KeyError("oops")

            owner.next_command = next_command  # type: ignore[method-assign]
            send_together(connection, owner, ())
            assert first.delivered is not None
            assert owner.end is not None
            assert "oops" in owner.end.reason
            assert read_bytes(broker, 15) == 15

    asyncio.run(main())


def test_a_flood_leaves_the_loop_to_others() -> None:
    batch, batches = 64, 600
    packet = b"\x30\x3c\x00\x01t" + b"x" * 57

    async def main() -> None:
        async with connected() as (_, broker, owner):
            flood = threading.Thread(target=broker.sendall, args=(packet * batch * batches,))
            flood.start()
            most = before = 0
            async with asyncio.timeout(PATIENCE_S):
                while sum(owner.batches[before:]) or sum(owner.batches) < batch * batches:
                    before = len(owner.batches)
                    await asyncio.sleep(0)
                    most = max(most, len(owner.batches) - before)
            flood.join()
            assert sum(owner.batches) == batch * batches
            assert most <= 4

    asyncio.run(main())


@pytest.mark.parametrize("resets", [False, True])
def test_a_connection_that_is_lost_behind_a_full_socket_ends(resets: bool) -> None:
    """Both its ends are watched then, and the socket is closed before the loop is told to leave it alone."""

    async def main() -> None:
        async with connected() as (connection, broker, owner):
            large = command(4_000_000)
            owner.commands.append(large)
            connection.push()
            assert large.delivered is None
            if resets:
                broker.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
                broker.close()
            else:
                broker.shutdown(socket.SHUT_WR)
            await until(lambda: owner.end is not None)
            assert large.delivered is not None
            assert large.delivered.delivery is Delivery.LOST

    asyncio.run(main())
