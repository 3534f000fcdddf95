"""What is wrong is found and named, with what to do; what is well is said to be."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

import pytest
import yaml
from broker_kinds import needs_mosquitto
from typer.testing import CliRunner

from taskmatrix_ros.app.doctor import machine_checks
from taskmatrix_ros.app.doctor.examination import examine
from taskmatrix_ros.app.doctor.finding import CheckedPart, Health
from taskmatrix_ros.app.processes.broker import HOST, Broker
from taskmatrix_ros.app.profile.settings import load_settings
from taskmatrix_ros.cli.main import app

BASE: dict[str, Any] = {"manifests": ["time.yaml"], "home": {"time_zone": "UTC"}}


def profile(folder: Path, **more: Any) -> Path:
    file = folder / "checked.yaml"
    file.write_text(yaml.safe_dump({**BASE, "state_folder": str(folder / "state"), **more}), encoding="utf-8")
    return file


def examined(folder: Path, **more: Any) -> dict[str, CheckedPart]:
    found = asyncio.run(examine(load_settings(str(profile(folder, **more)))))
    for one in found:
        assert "\n" not in one.said
        assert one.remedy or one.health in (Health.OK, Health.NOT_USED), one
    return {one.part: one for one in found}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def test_a_profile_of_nothing_is_well(tmp_path: Path) -> None:
    found = examined(tmp_path)
    assert {part: one.health for part, one in found.items()} == {
        "manifests": Health.OK,
        "ros": Health.NOT_USED,
        "broker": Health.NOT_USED,
        "homeassistant": Health.NOT_USED,
        "model": Health.NOT_USED,
        "simulator": Health.NOT_USED,
        "camera": Health.NOT_USED,
        "clock": found["clock"].health,
        "disk": Health.OK,
    }


def test_peers_that_are_away_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN_OF_THE_TEST", "x" * 20)
    port = free_port()
    found = examined(
        tmp_path,
        mqtt={
            "brokers": {"default": {"port": port, "connect_s": 1}, "garden": {"port": port, "tls": {"ca_file": "/no"}}}
        },
        homeassistant={"url": f"http://{HOST}:{port}", "token_env": "TOKEN_OF_THE_TEST"},
        models={"chat": {"base_url": f"http://{HOST}:{port}/v1", "model": "m"}},
    )
    assert "refused" in found["broker default"].said
    assert "/no" in found["broker garden"].said
    for part in ("broker default", "broker garden", "homeassistant", "model"):
        assert found[part].health is Health.FAILED


@needs_mosquitto
@pytest.mark.mqtt
def test_a_broker_that_answers_is_well(tmp_path: Path) -> None:
    async def main() -> tuple[CheckedPart, ...]:
        broker = Broker(log_file=tmp_path / "broker.log")
        await broker.open()
        try:
            settings = load_settings(str(profile(tmp_path, mqtt={"brokers": {"default": {"port": broker.port}}})))
            return await examine(settings)
        finally:
            await broker.close()

    found = {one.part: one for one in asyncio.run(main())}
    assert found["broker default"].health is Health.OK


def test_a_full_disk_a_wrong_zone_and_a_broken_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = machine_checks.shutil._ntuple_diskusage(10**9, 10**9 - 5 * 10**6, 5 * 10**6)
    monkeypatch.setattr(machine_checks.shutil, "disk_usage", lambda _path: usage)
    (tmp_path / "broken.yaml").write_text("package: [\n", encoding="utf-8")
    found = examined(tmp_path, manifests=[str(tmp_path / "broken.yaml")])
    assert found["disk"].health is Health.FAILED
    assert "5 MB are free" in found["disk"].said
    assert found["manifests"].health is Health.FAILED


def test_the_command_gives_one_document_and_a_status(tmp_path: Path) -> None:
    good = CliRunner().invoke(app, ["doctor", "--profile", str(profile(tmp_path)), "--json"])
    document = json.loads(good.stdout)
    assert good.exit_code == 0
    assert document["succeeded"] is True
    bad = profile(tmp_path, mqtt={"brokers": {"default": {"port": free_port(), "connect_s": 1}}})
    result = CliRunner().invoke(app, ["doctor", "--profile", str(bad), "--json"])
    assert result.exit_code == 1
    assert json.loads(result.stdout)["succeeded"] is False
