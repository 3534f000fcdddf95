"""How to reach servers of the Model Context Protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from taskmatrix_ros.core.binding_spec import Name, Url
from taskmatrix_ros.core.frozen import Frozen


class McpServerSettings(Frozen):
    """A server, started by ``command`` and spoken to over its standard streams, or reached at ``url``.

    ``env`` is what the command finds in its environment beside the usual few variables; ``env_secrets``: variable ->
    name of one of the profile's secrets, whose ``hosts`` names ``mcp:<server>``. ``secret``: sent to ``url`` as a
    bearer token. ``connect_s`` bounds one attempt to connect, and how long a call waits for a connection, in seconds.
    """

    command: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    cwd: Path | None = None
    env: dict[str, str] = Field(default_factory=dict)
    env_secrets: dict[str, Name] = Field(default_factory=dict)
    url: Url | None = None
    secret: Name | None = None
    connect_s: float = Field(default=10.0, gt=0, le=120)
    max_bytes: int = Field(default=1_000_000, ge=1, le=100_000_000)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.command is None) == (self.url is None):
            raise ValueError("a server is started by `command` or reached at `url`; give one of them")
        if self.command is None and (self.env or self.env_secrets or self.cwd):
            raise ValueError("env, env_secrets and cwd go with `command`")
        if self.url is None and self.secret is not None:
            raise ValueError("`secret` goes with `url`; a command gets its secrets by env_secrets")
        return self


class McpSettings(Frozen):
    """Servers by the name that documents give them."""

    servers: dict[Name, McpServerSettings]
