"""Brokers that want to know who one is, and say no."""

from __future__ import annotations

import asyncio
import logging
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from broker_kinds import needs_mosquitto
from given_catalogue import GivenCatalogue
from mqtt_home import HOME, until

from taskmatrix_ros.app.processes.broker import Broker, BrokerKind
from taskmatrix_ros.bindings.mqtt.mqtt_binding import BrokerSettings, MqttBinding, MqttProtocol
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.state_store import StateStore

pytestmark = [pytest.mark.mqtt, needs_mosquitto]

SECRET = "correct-horse-battery"


def access_files(folder: Path) -> dict[str, str]:
    passwords, rights = folder / "passwords", folder / "rights"
    tool = shutil.which("mosquitto_passwd")
    assert tool is not None, "it comes with mosquitto"
    passwords.touch(mode=0o600)
    subprocess.run([tool, "-b", str(passwords), "node", SECRET], check=True, capture_output=True)
    rights.write_text("user node\ntopic write home/ac/set\ntopic read home/ac/#\n", encoding="utf-8")
    return {"password_file": str(passwords), "acl_file": str(rights)}


@asynccontextmanager
async def guarded_broker(folder: Path) -> AsyncIterator[Broker]:
    """A mosquitto that knows one user, who may not switch the television."""
    options = {"allow_anonymous": "false", **access_files(folder)}
    broker = Broker(log_file=folder / "broker.log", kind=BrokerKind.MOSQUITTO, options=options)
    await broker.open()
    try:
        yield broker
    finally:
        await broker.close()


async def call(binding: MqttBinding, api: str, deadline_s: float = 60.0) -> Outcome:
    document = next(document for document in HOME.apis if document.name == api)
    call = Call(run_id="r", api=api, arguments={}, deadline_s=deadline_s)
    return await binding.call(call, document, lambda _report: None)


def settings(broker: Broker, **more: object) -> BrokerSettings:
    return BrokerSettings.model_validate({"port": broker.port, "connect_s": 30.0, **more})


def test_the_right_password_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET + "\n", encoding="utf-8")

    async def main() -> None:
        async with guarded_broker(tmp_path) as broker:
            mine = settings(broker, username="node", password_file=tmp_path / "secret")
            binding = MqttBinding({"default": mine}, GivenCatalogue.of(HOME), StateStore())
            await binding.open()
            try:
                await until(lambda: binding.peer_problem() is None, "it connects")
            finally:
                await binding.close()

    asyncio.run(main())


@pytest.mark.parametrize("protocol", list(MqttProtocol))
@pytest.mark.parametrize("password", ["wrong-horse", None])
def test_the_wrong_password_is_a_clear_problem_without_the_secret(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    protocol: MqttProtocol,
    password: str | None,
) -> None:
    if password is not None:
        monkeypatch.setenv("NODE_PASSWORD", password)
    secret = {} if password is None else {"username": "node", "password_env": "NODE_PASSWORD"}

    async def main() -> None:
        async with guarded_broker(tmp_path) as broker:
            mine = settings(broker, protocol=protocol, **secret)
            binding = MqttBinding({"default": mine}, GivenCatalogue.of(HOME), StateStore())
            await binding.open()
            try:
                problem = binding.peer_problem()
                assert problem is not None
                assert "it refused the connection: Not authorized" in problem
                assert "user" in problem
                outcome = await call(binding, "ac_open", deadline_s=0.3)
                assert outcome.status is Status.UNAVAILABLE
                assert outcome.error is not None
                assert "Not authorized" in outcome.error.message
            finally:
                await binding.close()

    with caplog.at_level(logging.DEBUG):
        asyncio.run(main())
    assert "Not authorized" in caplog.text
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1, "said once"
    assert password is None or password not in caplog.text


def test_what_the_broker_refuses_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NODE_PASSWORD", SECRET)

    async def main() -> None:
        async with guarded_broker(tmp_path) as broker:
            mine = settings(broker, username="node", password_env="NODE_PASSWORD", protocol="5")
            binding = MqttBinding({"default": mine}, GivenCatalogue.of(HOME), StateStore())
            await binding.open()
            try:
                refused = await call(binding, "tv_open")
                assert refused.status is Status.REJECTED
                assert refused.error is not None
                assert "refused home/tv/set: Not authorized" in refused.error.message
                allowed = await call(binding, "ac_open")
                assert allowed.error is not None
                assert allowed.error.code == "NO_SUBSCRIBER"
            finally:
                await binding.close()

    with caplog.at_level(logging.DEBUG):
        asyncio.run(main())
    assert SECRET not in caplog.text
