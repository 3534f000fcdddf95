"""Secrets by name: where they come from, and to which hosts they may go."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.frozen import Frozen


class SecretSettings(Frozen):
    """A secret of the profile; the secret itself never stands there.

    ``env`` names an environment variable, ``file`` a file whose first line is the secret. It is sent to ``hosts`` only,
    each ``host`` or ``host:port``: a document cannot have it sent elsewhere.
    """

    env: str | None = None
    file: Path | None = None
    hosts: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _from_one_place(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError("a secret comes from `env` or from `file`; give one of them")
        return self

    def load(self) -> str:
        """Read the secret, anew each time it is needed, so that it can be changed while the node runs.

        :raises ConfigError: the variable is not set, or the file cannot be read or is empty.
        """
        if self.env is not None:
            if secret := os.environ.get(self.env):
                return secret
            raise ConfigError(f"environment variable {self.env} is not set; set it or correct `env`")
        assert self.file is not None
        try:
            lines = self.file.expanduser().read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            problem = getattr(error, "strerror", None) or "it is no UTF-8 text"
            raise ConfigError(f"secret file {self.file} cannot be read: {problem}; correct `file`") from error
        if not lines or not lines[0].strip():
            raise ConfigError(f"secret file {self.file} is empty; its first line is the secret")
        return lines[0].strip()
