"""The ``openai`` library's client, kept from telling or following what it need not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskmatrix_ros.models.model_settings import ServerSettings

if TYPE_CHECKING:
    import openai


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
