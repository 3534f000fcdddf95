"""Which model, where, and what it may cost."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.frozen import Frozen

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Structured(StrEnum):
    """How the server is asked for JSON; ``auto`` begins with the strictest and steps down where it is refused."""

    AUTO = "auto"
    JSON_SCHEMA = "json_schema"
    JSON_OBJECT = "json_object"
    PROMPT = "prompt"


class OutputLimit(StrEnum):
    """The name of the field that limits a reply: newer hosted models know only the second."""

    MAX_TOKENS = "max_tokens"
    MAX_COMPLETION_TOKENS = "max_completion_tokens"


BACKOFF_S = 0.5


class Prices(Frozen):
    """What a million tokens cost, in one currency of your choice; the money budget is in the same."""

    input_per_million: float = Field(default=0.0, ge=0)
    output_per_million: float = Field(default=0.0, ge=0)


class Budget(Frozen):
    """What one task may use, from its outline to its last repair; None: no limit."""

    requests: int = Field(default=20, ge=1)
    tokens: int | None = Field(default=100_000, ge=1)
    money: float | None = Field(default=None, gt=0)


class ServerSettings(Frozen):
    """One model of one server. The key itself never stands in a profile.

    ``key_env`` names an environment variable, ``key_file`` a file whose first line is the key; neither: the server
    wants none. ``timeout_s`` bounds one request, retries not counted; ``retries`` are of what may pass: no connection,
    408, 409, 429, 5xx, a cut stream.
    """

    base_url: str = Field(min_length=1)
    model: str = Field(min_length=1)
    key_env: str | None = None
    key_file: Path | None = None
    timeout_s: float = Field(default=60.0, gt=0, le=3600)
    retries: int = Field(default=2, ge=0, le=10)

    @model_validator(mode="after")
    def _address_and_key_make_sense(self) -> Self:
        parts = urlsplit(self.base_url)
        # First, and whatever the scheme: what may be a secret stands in no message.
        if "@" in self.base_url or parts.query or parts.fragment:
            raise ValueError("base_url holds more than an address; give a key by key_env or key_file")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"base_url {self.base_url!r} is no http or https address, as in http://127.0.0.1:8080/v1")
        if self.key_env is not None and not self.key_env.isidentifier():
            raise ValueError("key_env is no name of an environment variable; the key itself does not belong here")
        if self.key_env is not None and self.key_file is not None:
            raise ValueError("key_env and key_file are both given; keep one")
        return self

    @property
    def host(self) -> str:
        """The server's host name."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine: no proxy is asked for it."""
        return self.host in _LOOPBACK

    @property
    def patience_s(self) -> float:
        """The seconds that a client may wait between its retries: 0.5, 1, 2 … 8."""
        return sum(min(8.0, BACKOFF_S * float(2**attempt)) for attempt in range(self.retries))

    def load_key(self) -> str | None:
        """Read the key, anew each time the client opens.

        :raises ConfigError: the variable is not set, or the file cannot be read or is empty.
        """
        if self.key_env is not None:
            key = os.environ.get(self.key_env, "").strip()
            if not key:
                raise ConfigError(f"model '{self.model}': environment variable {self.key_env} is not set; set it")
            return key
        if self.key_file is not None:
            return self._key_in(self.key_file.expanduser())
        return None

    def _key_in(self, file: Path) -> str:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is no UTF-8 text"
            raise ConfigError(f"model '{self.model}': key file {file} cannot be read: {why}") from error
        if not lines or not lines[0].strip():
            raise ConfigError(f"model '{self.model}': key file {file} is empty; its first line is the key")
        return lines[0].strip()


class ModelSettings(ServerSettings):
    """A model that writes.

    ``temperature`` and ``seed`` None are not sent. ``pictures``: it takes images, of at most ``picture_bytes`` each.
    """

    temperature: float | None = Field(default=0.0, ge=0, le=2)
    seed: int | None = 0
    output_tokens: int = Field(default=2_000, ge=64)
    output_limit: OutputLimit = OutputLimit.MAX_TOKENS
    structured: Structured = Structured.AUTO
    stream: bool = True
    pictures: bool = False
    picture_bytes: int = Field(default=4_000_000, ge=1)
    prices: Prices = Prices()
    budget: Budget = Budget()

    @model_validator(mode="after")
    def _money_has_prices(self) -> Self:
        priced = self.prices.input_per_million or self.prices.output_per_million
        if self.budget.money is not None and not priced:
            raise ValueError("budget.money needs prices")
        return self


class EmbeddingSettings(ServerSettings):
    """A model that turns texts into vectors, ``batch`` of them with a request."""

    batch: int = Field(default=64, ge=1, le=2048)
