"""Embeddings of any OpenAI-compatible server."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.models.model_settings import EmbeddingSettings
from taskmatrix_ros.models.openai_client import OpenAiClient
from taskmatrix_ros.models.server_errors import planning_error


class EmbeddingClient:
    """Implements ``core.ports.Embedder``. Lives in the loop's thread; may be asked several things at a time."""

    def __init__(self, settings: EmbeddingSettings) -> None:
        self.settings = settings
        self._client = OpenAiClient(settings)

    async def open(self) -> None:
        """Read the key and make the client; nothing is sent yet.

        :raises ConfigError: the key is missing.
        """
        await self._client.open()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Give one vector per text, in their order, all of one length; asked ``batch`` texts at a time.

        :raises PlanningError: ``MODEL_REPLY``: the vectors are not as many as the texts, or not of one length.
        :raises ModelUnavailable: no connection, no answer in time, too many requests, a fault of the server.
        :raises ConfigError: the server does not take the key, the model's name or a setting.
        """
        size = self.settings.batch
        vectors: list[Sequence[float]] = []
        for first in range(0, len(texts), size):
            vectors += await self._batch(texts[first : first + size])
        if len({len(vector) for vector in vectors}) > 1:
            raise self._misshapen("its vectors are of several lengths")
        return vectors

    async def _batch(self, texts: Sequence[str]) -> list[Sequence[float]]:
        import openai

        library = self._client.library
        settings = self.settings
        try:
            async with asyncio.timeout(settings.timeout_s * (settings.retries + 1) + settings.patience_s):
                reply = await library.embeddings.create(
                    model=settings.model, input=list(texts), encoding_format="float"
                )
        except (openai.OpenAIError, TimeoutError) as error:
            raise planning_error(error, settings, self._client.key) from error
        except ValueError as error:
            raise self._misshapen("its answer cannot be read") from error
        try:
            ordered = sorted(reply.data, key=lambda each: each.index)
            vectors = [[float(number) for number in each.embedding] for each in ordered]
        except (AttributeError, TypeError, ValueError) as error:
            raise self._misshapen("its answer holds no vectors") from error
        if len(vectors) != len(texts) or not all(vectors):
            raise self._misshapen(f"it gave {len(vectors)} vectors for {len(texts)} texts")
        return list(vectors)

    def _misshapen(self, what: str) -> PlanningError:
        said = f"embedding model '{self.settings.model}': {what}; check base_url, which often ends in /v1, and model"
        return PlanningError(said, code="MODEL_REPLY")
