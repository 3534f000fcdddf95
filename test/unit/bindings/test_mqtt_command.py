from __future__ import annotations

import asyncio
import threading

from taskmatrix_ros.bindings.mqtt.mqtt_command import Delivered, Delivery, MqttCommand


def command() -> MqttCommand:
    return MqttCommand(call_id="c", topic="t", payload=b"", qos=1, retain=False, epoch=object())


def test_only_one_of_many_threads_may_decide() -> None:
    async def body() -> None:
        for _ in range(200):
            contested = command()
            start = threading.Barrier(4)
            won: list[bool] = []

            def claim(
                contested: MqttCommand = contested, start: threading.Barrier = start, won: list[bool] = won
            ) -> None:
                start.wait()
                won.append(contested.claim())

            threads = [threading.Thread(target=claim) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert sorted(won) == [False, False, False, True]

    asyncio.run(body())


def test_a_fate_is_told_once() -> None:
    async def body() -> None:
        told = command()
        told.settle(Delivered(Delivery.LOST, "first"))
        told.settle(Delivered(Delivery.ACKNOWLEDGED))
        assert told.delivered == Delivered(Delivery.LOST, "first")
        assert (await told.result).delivery is Delivery.LOST

    asyncio.run(body())


def test_who_waits_before_it_is_known_is_told() -> None:
    async def body() -> None:
        told = command()
        waiting = told.result
        assert not waiting.done()
        told.settle(Delivered(Delivery.NOBODY))
        assert (await waiting).delivery is Delivery.NOBODY
        given_up = command()
        given_up.result.cancel()
        given_up.settle(Delivered(Delivery.LOST))
        assert given_up.delivered == Delivered(Delivery.LOST)

    asyncio.run(body())
