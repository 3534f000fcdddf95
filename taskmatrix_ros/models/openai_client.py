"""The ``openai`` library's client, kept from telling or following what it need not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskmatrix_ros.models.model_settings import ServerSettings

if TYPE_CHECKING:
    import openai


class OpenAiClient:
    """The library's client of one server, from ``open`` to ``close``."""

    def __init__(self, settings: ServerSettings) -> None:
        self.key = ""
        """What the server is asked with; empty where it needs none."""
        self._settings = settings
        self._library: openai.AsyncOpenAI | None = None

    async def open(self) -> None:
        """Read the key and make the client; nothing is sent yet.

        :raises ConfigError: the key is missing.
        """
        self.key = self._settings.load_key() or ""
        self._library = make_client(self._settings, self.key)

    async def close(self) -> None:
        """Close the connections."""
        library, self._library = self._library, None
        if library is not None:
            await library.close()

    @property
    def library(self) -> openai.AsyncOpenAI:
        """What asks."""
        assert self._library is not None, "ask after open()"
        return self._library


def make_client(settings: ServerSettings, key: str) -> openai.AsyncOpenAI:
    """Make a client of one server; nothing is sent yet."""
    # Half a second of import, which a profile without a model does not pay.
    import openai

    # A redirect could lead anywhere; a proxy of the environment is not for a server on this machine.
    http = openai.DefaultAsyncHttpxClient(follow_redirects=False, trust_env=not settings.is_local)
    # The library would take these from the environment and tell them to any server.
    unsent: Any = {"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()}
    return openai.AsyncOpenAI(
        api_key=key or "none",
        base_url=settings.base_url,
        timeout=settings.timeout_s,
        max_retries=settings.retries,
        default_headers=unsent,
        http_client=http,
    )
