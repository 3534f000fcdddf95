from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from taskmatrix_ros.bindings.mqtt.mqtt_settings import BrokerSettings
from taskmatrix_ros.core.errors import ConfigError


def test_the_secret_comes_from_the_environment_anew_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = BrokerSettings(username="me", password_env="HOME_MQTT_PASSWORD")
    with pytest.raises(ConfigError, match="HOME_MQTT_PASSWORD is not set"):
        settings.load_password()
    monkeypatch.setenv("HOME_MQTT_PASSWORD", "first")
    assert settings.load_password() == "first"
    monkeypatch.setenv("HOME_MQTT_PASSWORD", "second")
    assert settings.load_password() == "second"


def test_the_secret_is_the_first_line_of_its_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    settings = BrokerSettings(username="me", password_file=secret)
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        settings.load_password()
    secret.write_text("pass word\nmore\n", encoding="utf-8")
    assert settings.load_password() == "pass word"
    secret.write_text("\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="is empty"):
        settings.load_password()
    secret.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="no UTF-8"):
        settings.load_password()


@pytest.mark.parametrize(
    "given",
    [
        {"port": 0},
        {"port": 65_536},
        {"host": ""},
        {"protocol": "4"},
        {"keepalive_s": 0},
        {"connect_s": 0},
        {"password": "secret"},
        {"password_env": "A"},
        {"username": "me", "password_env": "A", "password_file": "b"},
    ],
)
def test_settings_that_cannot_work_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        BrokerSettings.model_validate(given)


def test_settings_come_back_from_json() -> None:
    settings = BrokerSettings(host="h", username="me", password_file=Path("/run/secret"), protocol="3.1.1")
    assert BrokerSettings.model_validate_json(settings.model_dump_json()) == settings
