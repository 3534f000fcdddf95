"""How to reach a Home Assistant, and what of it may be used."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, field_validator, model_validator

from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.frozen import Frozen

Pattern = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""A name with ``*``, ``?`` and ``[…]``: ``light.*``."""


class FloorSettings(Frozen):
    """A storey: its areas by id or name. For a Home Assistant before 2024.4, whose API does not tell."""

    areas: tuple[str, ...] = Field(min_length=1)
    aliases: tuple[str, ...] = ()


class HomeAssistantSettings(Frozen):
    """A Home Assistant as a profile names it. The token itself never stands in a profile.

    ``token_env`` names an environment variable, ``token_file`` a file whose first line is a long-lived access token;
    what may be done is what its user may. ``expose``: ``assist`` for what is exposed to Assist there, ``all``, or
    patterns of entity ids. ``services`` are patterns of the services that become documents, beyond which there are
    never those of ``core.home_services.NEVER_USED``. ``effects``: service -> its effect, first match; the way to make a
    script of yours less than hazardous. ``connect_s`` bounds one attempt to connect and how long a call waits for a
    connection, ``start_s`` how long it may still be starting before it is used as it is, in seconds.
    """

    url: str = "http://127.0.0.1:8123"
    token_env: str | None = None
    token_file: Path | None = None
    ca_file: Path | None = None
    expose: Literal["assist", "all"] | tuple[Pattern, ...] = "assist"
    services: tuple[Pattern, ...] = ("*",)
    effects: dict[Pattern, Effect] = Field(default_factory=dict)
    floors: dict[str, FloorSettings] = Field(default_factory=dict)
    connect_s: float = Field(default=5.0, gt=0, le=120)
    start_s: float = Field(default=60.0, ge=0, le=3600)

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise ValueError("url is of the form http://homeassistant.local:8123, without user and query")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if (self.token_env is None) == (self.token_file is None):
            raise ValueError("a token comes from `token_env` or from `token_file`; give one of them")
        return self

    @property
    def websocket_url(self) -> str:
        """Where its WebSocket API is."""
        return "ws" + self.url.removeprefix("http") + "/api/websocket"

    def load_token(self) -> str:
        """Read the token, anew each time it is needed, so that it can be changed while the node runs.

        :raises ConfigError: the variable is not set, or the file cannot be read or is empty.
        """
        if self.token_env is not None:
            if token := os.environ.get(self.token_env, "").strip():
                return token
            raise ConfigError(f"environment variable {self.token_env} is not set; set it or correct token_env")
        assert self.token_file is not None
        try:
            text = self.token_file.expanduser().read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            problem = getattr(error, "strerror", None) or "it is no UTF-8 text"
            raise ConfigError(f"token file {self.token_file} cannot be read: {problem}; correct token_file") from error
        if not text:
            raise ConfigError(f"token file {self.token_file} is empty; its first line is a long-lived access token")
        return text.splitlines()[0].strip()
