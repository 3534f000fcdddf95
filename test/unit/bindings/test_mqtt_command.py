from __future__ import annotations

import asyncio
import threading

from taskmatrix_ros.bindings.mqtt.mqtt_command import Delivered, Delivery, MqttCommand


def command(result: asyncio.Future[Delivered]) -> MqttCommand:
    return MqttCommand(call_id="c", topic="t", payload=b"", qos=1, retain=False, epoch=object(), result=result)


def test_only_one_of_many_threads_may_decide() -> None:
    async def body() -> None:
        for _ in range(200):
            contested = command(asyncio.get_running_loop().create_future())
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
        told = command(asyncio.get_running_loop().create_future())
        told.settle(Delivered(Delivery.LOST, "first"))
        told.settle(Delivered(Delivery.ACKNOWLEDGED))
        assert (await told.result).delivery is Delivery.LOST

    asyncio.run(body())
