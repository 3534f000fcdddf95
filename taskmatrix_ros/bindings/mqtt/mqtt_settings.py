"""How to reach one MQTT broker."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.frozen import Frozen


class MqttProtocol(StrEnum):
    """The version of MQTT to speak; ``auto`` tries 5 first and falls back to 3.1.1 where the broker knows no 5."""

    AUTO = "auto"
    V5 = "5"
    V311 = "3.1.1"


class TlsSettings(Frozen):
    """How a connection is encrypted, and by what both sides show who they are. Files are PEM.

    Without ``ca_file`` the certificates of the system are believed. ``cert_file`` and ``key_file`` are this node's own;
    ``key_password_env`` names the environment variable that opens the key.
    """

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    key_password_env: str | None = None

    @model_validator(mode="after")
    def _certificate_with_key(self) -> Self:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file go together; give both or neither")
        return self


class BrokerSettings(Frozen):
    """A broker as a profile names it. The secret itself never stands in a profile.

    ``password_env`` names an environment variable, ``password_file`` a file whose first line is the password. An empty
    ``client_id`` becomes one of our own for each process: two clients of one id push each other out for ever.
    ``connect_s`` bounds one attempt to connect and how long a call waits for a connection, in seconds; ``queue`` is how
    many messages may wait for one. ``discovery`` is the prefix of Home Assistant's discovery topics, mostly
    ``homeassistant``; empty: devices that announce themselves are not imported.
    """

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=1883, ge=1, le=65_535)
    client_id: str = ""
    username: str | None = None
    password_env: str | None = None
    password_file: Path | None = None
    protocol: MqttProtocol = MqttProtocol.AUTO
    keepalive_s: int = Field(default=15, ge=1, le=65_535)
    connect_s: float = Field(default=5.0, gt=0, le=120)
    tls: TlsSettings | None = None
    queue: int = Field(default=1000, ge=1, le=100_000)
    discovery: str = Field(default="", pattern=r"^([^/+#\x00]+(/[^/+#\x00]+)*)?$")

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if self.password_env is not None and self.password_file is not None:
            raise ValueError("password_env and password_file are both given; keep one")
        if self.username is None and (self.password_env or self.password_file):
            raise ValueError("a password is given without a username")
        return self

    @property
    def address(self) -> str:
        """``host:port``."""
        return f"{self.host}:{self.port}"

    def load_password(self) -> str | None:
        """Read the secret, anew each time it is needed, so that it can be changed while the node runs.

        :raises ConfigError: the variable is not set, or the file cannot be read or is empty.
        """
        if self.password_env is not None:
            secret = os.environ.get(self.password_env)
            if not secret:
                raise ConfigError(
                    f"environment variable {self.password_env} is not set; set it or correct password_env"
                )
            return secret
        if self.password_file is not None:
            try:
                lines = self.password_file.read_text(encoding="utf-8").splitlines()
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(
                    f"password file {self.password_file} cannot be read: "
                    f"{getattr(error, 'strerror', None) or 'it is no UTF-8 text'}; correct password_file"
                ) from error
            if not lines or not lines[0]:
                raise ConfigError(f"password file {self.password_file} is empty; its first line is the password")
            return lines[0]
        return None
