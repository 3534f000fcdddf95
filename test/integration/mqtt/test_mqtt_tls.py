"""TLS with a real broker: who is believed, who is refused, and that each refusal says what it is and keeps secrets."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from broker_kinds import needs_mosquitto
from certificates import Authority
from given_catalogue import GivenCatalogue
from mqtt_home import HOME, until

from taskmatrix_ros.app.processes.broker import HOST, Broker, BrokerKind
from taskmatrix_ros.bindings.mqtt.mqtt_binding import BrokerSettings, MqttBinding
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.state_store import StateStore

pytestmark = [pytest.mark.mqtt, needs_mosquitto]

SECRET = "correct-horse-battery"


@dataclass
class Guarded:
    """A broker that speaks TLS on a port of its own, and the authorities that were made for it."""

    tls_port: int
    ours: Authority
    strangers: Authority

    def settings(self, **tls: object) -> BrokerSettings:
        given = {"ca_file": self.ours.ca_file, **tls}
        return BrokerSettings.model_validate({"port": self.tls_port, "connect_s": 30.0, "tls": given})


@asynccontextmanager
async def guarded(
    folder: Path, *, expired: bool = False, mutual: bool = False, host: str = HOST
) -> AsyncIterator[Guarded]:
    ours, strangers = Authority(folder / "ca", "ours"), Authority(folder / "ca", "strangers")
    certificate, key = ours.sign("broker", expired=expired, host=host)
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        tls_port = int(probe.getsockname()[1])
    options = {"listener": f"{tls_port} {HOST}", "certfile": str(certificate), "keyfile": str(key)}
    if mutual:
        options |= {"cafile": str(ours.ca_file), "require_certificate": "true"}
    broker = Broker(log_file=folder / "broker.log", kind=BrokerKind.MOSQUITTO, options=options)
    await broker.open()
    try:
        yield Guarded(tls_port, ours, strangers)
    finally:
        await broker.close()


async def problem_of(settings: BrokerSettings) -> str | None:
    binding = MqttBinding({"default": settings}, GivenCatalogue.of(HOME), StateStore())
    await binding.open()
    try:
        problem = binding.peer_problem()
        if problem is None:
            outcome = await call(binding, 60.0)
            assert outcome.error is None or outcome.error.code == "NO_SUBSCRIBER"
        else:
            outcome = await call(binding, 0.5)
            assert outcome.status is Status.UNAVAILABLE
            assert outcome.error is not None
            assert "\n" not in outcome.error.message
        return problem
    finally:
        await binding.close()


async def call(binding: MqttBinding, deadline_s: float) -> Outcome:
    document = next(document for document in HOME.apis if document.name == "ac_open")
    return await binding.call(
        Call(run_id="r", api="ac_open", arguments={}, deadline_s=deadline_s), document, lambda _report: None
    )


def test_a_known_authority_is_believed(tmp_path: Path) -> None:
    async def main() -> None:
        async with guarded(tmp_path) as made:
            assert await problem_of(made.settings()) is None

    asyncio.run(main())


def test_both_sides_show_certificates(tmp_path: Path) -> None:
    async def main() -> None:
        async with guarded(tmp_path, mutual=True) as made:
            certificate, key = made.ours.sign("node")
            assert await problem_of(made.settings(cert_file=certificate, key_file=key)) is None

    asyncio.run(main())


Change = Callable[[Guarded], BrokerSettings]

REFUSED: list[tuple[str, dict[str, object], Change, str]] = [
    ("wrong CA", {}, lambda made: made.settings(ca_file=made.strangers.ca_file), "correct tls.ca_file"),
    ("expired", {"expired": True}, lambda made: made.settings(), "has expired; renew the broker's"),
    ("another host", {"host": "elsewhere.example"}, lambda made: made.settings(), "for another host"),
    ("no certificate of ours", {"mutual": True}, lambda made: made.settings(), "wants a certificate"),
    (
        "a stranger's certificate",
        {"mutual": True},
        lambda made: made.settings(**dict(zip(("cert_file", "key_file"), made.strangers.sign("node"), strict=True))),
        "does not know who signed",
    ),
    (
        "our certificate has expired",
        {"mutual": True},
        lambda made: made.settings(
            **dict(zip(("cert_file", "key_file"), made.ours.sign("node", expired=True), strict=True))
        ),
        "this node's certificate has expired",
    ),
]


@pytest.mark.parametrize(("_label", "broker", "change", "said"), REFUSED, ids=[label for label, *_ in REFUSED])
def test_each_refusal_is_one_of_its_own(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    _label: str,
    broker: dict[str, bool],
    change: Change,
    said: str,
) -> None:
    async def main() -> None:
        async with guarded(tmp_path, **broker) as made:  # type: ignore[arg-type]
            problem = await problem_of(change(made))
            assert problem is not None
            assert said in problem

    with caplog.at_level(logging.DEBUG):
        asyncio.run(main())
    assert "PRIVATE KEY" not in caplog.text


def test_tls_to_a_port_without_and_the_other_way_round(tmp_path: Path) -> None:
    async def main() -> None:
        broker = Broker(log_file=tmp_path / "plain.log", kind=BrokerKind.MOSQUITTO)
        await broker.open()
        try:
            settings = BrokerSettings.model_validate({"port": broker.port, "connect_s": 2.0, "tls": {}})
            problem = await problem_of(settings)
            assert problem is not None
            assert "speaks no TLS" in problem or "TLS" in problem or "unasked" in problem
        finally:
            await broker.close()
        async with guarded(tmp_path) as made:
            problem = await problem_of(BrokerSettings(port=made.tls_port, connect_s=2.0))
            assert problem is not None

    asyncio.run(main())


def test_files_that_are_missing_or_do_not_fit_are_named(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ours")
    certificate, key = authority.sign("one")
    _other, other_key = authority.sign("two")
    (tmp_path / "empty.pem").write_text("", encoding="utf-8")
    for tls, said in (
        ({"ca_file": tmp_path / "nowhere.pem"}, "nowhere.pem"),
        ({"ca_file": tmp_path / "empty.pem"}, "no certificate in PEM form"),
        ({"cert_file": certificate, "key_file": other_key}, "does not fit the certificate"),
        ({"cert_file": certificate, "key_file": key, "key_password_env": "NOT_SET_HERE"}, "NOT_SET_HERE"),
    ):
        settings = BrokerSettings.model_validate({"tls": tls})
        binding = MqttBinding({"default": settings}, GivenCatalogue.of(HOME), StateStore())
        with pytest.raises(ConfigError, match=said):
            asyncio.run(binding.open())


def test_a_burst_over_tls_is_heard_whole(tmp_path: Path) -> None:
    async def main() -> None:
        async with guarded(tmp_path) as made:
            state = StateStore()
            binding = MqttBinding({"default": made.settings()}, GivenCatalogue.of(HOME), state)
            await binding.open()
            try:
                listening = state.sequence
                other = MqttBinding(
                    {"default": made.settings()}, GivenCatalogue(HOME.apis), StateStore(), base_topic="home/x"
                )
                await other.open()
                link = other._links["default"]
                for number in range(2000):
                    while not link.connected or link._connection._client.want_write():  # type: ignore[union-attr]
                        await asyncio.sleep(0)
                    link.tell(
                        "home/light/hall/state", f'{{"power": "on", "brightness_pct": {number % 100}}}', retain=False
                    )
                await until(lambda: state.sequence - listening == 4000, "each message feeds two keys")
                await other.close()
            finally:
                await binding.close()

    asyncio.run(main())
