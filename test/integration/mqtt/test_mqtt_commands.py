"""What happens to commands: quality of service, age, size, outages, and documents that come later."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from broker_kinds import needs_mosquitto
from given_catalogue import GivenCatalogue
from mqtt_home import PATIENCE_S, Judge, until

from taskmatrix_ros.app.processes.broker import Broker, BrokerKind
from taskmatrix_ros.bindings.mqtt.mqtt_binding import BrokerSettings, MqttBinding
from taskmatrix_ros.core.api_document import ApiDocument, StateSpec
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.state_store import StateStore

pytestmark = [pytest.mark.mqtt, needs_mosquitto]


def lamp(qos: int = 1, expires_s: float | None = None, *, idempotent: bool = False, **binding: Any) -> ApiDocument:
    return ApiDocument.model_validate(
        {
            "name": "lamp_set",
            "description": "Set the lamp.",
            "parameters": {"level": {"type": "string"}},
            "expires_s": expires_s,
            "idempotent": idempotent,
            "binding": {"kind": "mqtt", "topic": "lamp/set", "payload": "{level}", "qos": qos, **binding},
        }
    )


class Bench:
    """A broker, somebody who listens to the lamp's topic, and the binding."""

    def __init__(self, broker: Broker, connect_s: float) -> None:
        self.broker = broker
        self.catalogue = GivenCatalogue()
        self.state = StateStore()
        settings = BrokerSettings(port=broker.port, connect_s=connect_s)
        self.binding = MqttBinding({"default": settings}, self.catalogue, self.state)
        self.judge = Judge(broker.port)

    async def call(self, document: ApiDocument, level: str, deadline_s: float = PATIENCE_S) -> Outcome:
        call = Call(run_id="r", api=document.name, arguments={"level": level}, deadline_s=deadline_s)
        return await self.binding.call(call, document, lambda _report: None)

    @property
    def heard(self) -> list[str]:
        return [payload for topic, payload, _ in self.judge.messages if topic == "lamp/set"]

    async def connected(self) -> None:
        await until(lambda: self.binding.peer_problem() is None, "the binding connects")

    async def kill(self) -> None:
        assert self.broker.pid is not None
        os.kill(self.broker.pid, signal.SIGKILL)
        await self.broker.close()
        await until(lambda: self.binding.peer_problem() is not None, "the binding notices")

    async def revive(self) -> None:
        await self.broker.open()
        messages = self.judge.messages
        self.judge.close()
        self.judge = Judge(self.broker.port)
        self.judge.messages = messages
        await self.judge.listen()


@asynccontextmanager
async def bench(
    folder: Path, *, connect_s: float = 30.0, options: Mapping[str, str] | None = None
) -> AsyncIterator[Bench]:
    broker = Broker(log_file=folder / "broker.log", kind=BrokerKind.MOSQUITTO, options=options)
    await broker.open()
    made = Bench(broker, connect_s)
    try:
        await made.judge.listen()
        await made.binding.open()
        await made.connected()
        yield made
    finally:
        await made.binding.close()
        made.judge.close()
        await broker.close()


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_each_quality_of_service(tmp_path: Path, qos: int) -> None:
    async def main() -> None:
        async with bench(tmp_path) as made:
            for number in range(50):
                assert (await made.call(lamp(qos), str(number))).status is Status.SUCCEEDED
            await until(lambda: len(made.heard) >= 50, "all arrive")
            assert made.heard == [str(number) for number in range(50)]

    asyncio.run(main())


def test_a_retained_command_needs_nobody_who_listens(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path) as made:
            made.judge.close()
            while (await made.call(lamp(), "7")).ok:
                await asyncio.sleep(0.01)  # until the broker has noticed
            assert (await made.call(lamp(retain=True, idempotent=True), "8")).status is Status.SUCCEEDED

    asyncio.run(main())


def test_a_command_that_grew_too_old_is_never_sent(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path) as made:
            await made.kill()
            outcome = await made.call(lamp(expires_s=0.3), "old", deadline_s=60.0)
            assert outcome.status is Status.EXPIRED
            assert outcome.error is not None
            assert "lamp_set was not sent before it expired: mqtt 'default': no broker at" in outcome.error.message
            await made.revive()
            await made.connected()
            assert (await made.call(lamp(expires_s=PATIENCE_S), "fresh")).ok
            await until(lambda: "fresh" in made.heard, "it arrives")
            assert made.heard == ["fresh"]

    asyncio.run(main())


def test_a_command_larger_than_the_broker_takes_is_refused_and_costs_no_connection(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, options={"max_packet_size": "2000"}) as made:
            outcome = await made.call(lamp(), "x" * 3000)
            assert outcome.status is Status.REJECTED
            assert outcome.error is not None
            assert "bytes are more than the 2000 it takes" in outcome.error.message
            assert (await made.call(lamp(), "x" * 1000)).ok
            assert (tmp_path / "broker.log").read_text(encoding="utf-8").count("as taskmatrix-0") <= 1

    asyncio.run(main())


def test_a_stop_is_told_as_such(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path) as made:
            await made.kill()
            pending = asyncio.create_task(made.call(lamp(), "on", deadline_s=600))
            await asyncio.sleep(0.05)
            made.binding.stop()
            outcome = await pending
            assert outcome.status is Status.CANCELLED
            assert outcome.error is not None
            assert (outcome.error.code, outcome.error.message) == ("STOPPED", "lamp_set was stopped before it was sent")

    asyncio.run(main())


def test_every_command_through_an_outage_is_accounted_for(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, connect_s=0.4) as made:
            calls = []
            for number in range(200):
                calls.append(asyncio.create_task(made.call(lamp(), str(number))))
                await asyncio.sleep(0.01)
                if number == 60:
                    await made.kill()
                if number == 140:
                    await made.revive()
            outcomes = await asyncio.gather(*calls)
            await made.connected()
            assert (await made.call(lamp(), "fence")).ok
            await until(lambda: "fence" in made.heard, "it arrives")
            by_status: dict[Status, set[str]] = {}
            for number, outcome in enumerate(outcomes):
                by_status.setdefault(outcome.status, set()).add(str(number))
            assert set(by_status) <= {Status.SUCCEEDED, Status.UNAVAILABLE, Status.IN_DOUBT}
            assert by_status[Status.UNAVAILABLE], "the outage was noticed"
            assert len(by_status[Status.SUCCEEDED]) >= 60
            assert len(made.heard) == len(set(made.heard)), "none came twice"
            assert not by_status[Status.UNAVAILABLE] & set(made.heard), "none came that was called not sent"

    asyncio.run(main())


def test_a_broker_that_freezes_and_dies_behind_a_full_socket_is_found_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path) as made:
            assert made.broker.pid is not None
            os.kill(made.broker.pid, signal.SIGSTOP)
            large = asyncio.create_task(made.call(lamp(qos=0), "x" * 40_000_000))
            await asyncio.sleep(0)
            assert not large.done(), "no socket takes 40 MB unread"
            await made.kill()
            assert (await large).status is Status.IN_DOUBT
            await made.revive()
            await made.connected()
            assert (await made.call(lamp(qos=0), "on")).status is Status.SUCCEEDED
            await until(lambda: made.heard == ["on"], "the judge hears it")

    asyncio.run(main())


def test_states_that_are_registered_later_are_heard(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path) as made:
            made.judge.say("lamp/state", "on", retain=True)
            spec = {"key": "lamp.state", "type": "string", "from": {"kind": "mqtt", "topic": "lamp/state"}}
            made.catalogue.specs = (StateSpec.model_validate(spec),)
            made.catalogue.revision += 1
            made.binding.refresh()
            await until(lambda: made.state.get("lamp.state") == "on", "it is heard")
            made.catalogue.specs = ()
            made.catalogue.revision += 1
            assert (await made.call(lamp(), "1")).ok, "a call also sees the new revision"
            await made.call(lamp(), "2")  # a fence behind the unsubscription
            made.judge.say("lamp/state", "off")
            await made.call(lamp(), "3")
            assert made.state["lamp.state"] == "on"
            assert not made.binding.bad_payloads

    asyncio.run(main())


def test_a_later_state_that_can_never_work_does_not_hurt_a_call(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with bench(tmp_path) as made:
            spec = {"key": "lamp.state", "type": "string", "from": {"kind": "mqtt", "topic": "lamp/#"}}
            made.catalogue.specs = (StateSpec.model_validate(spec),)
            made.catalogue.revision += 1
            assert (await made.call(lamp(), "1")).ok
            assert (await made.call(lamp(), "2")).ok

    asyncio.run(main())
    assert caplog.text.count("new state specs are not used: state 'lamp.state'") == 1
