"""The embeddings client against a real HTTP server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from scripted_model import Said, ScriptedModel, error

from taskmatrix_ros.core.errors import ConfigError, ModelUnavailable, PlanningError
from taskmatrix_ros.models.embedding_client import EmbeddingClient
from taskmatrix_ros.models.model_settings import EmbeddingSettings


def play(scenario: Callable[[ScriptedModel, EmbeddingClient], Awaitable[None]], *answers: Any, **settings: Any) -> None:
    async def main() -> None:
        async with asyncio.timeout(240), ScriptedModel(*answers) as server:
            chosen = EmbeddingSettings.model_validate({"base_url": server.url, "model": "e", **settings})
            client = EmbeddingClient(chosen)
            await client.open()
            try:
                await scenario(server, client)
            finally:
                await client.close()

    asyncio.run(main())


def vectors(*given: list[float], turned: bool = False) -> Said:
    data = [{"object": "embedding", "index": at, "embedding": vector} for at, vector in enumerate(given)]
    body = {"object": "list", "model": "e", "data": data[::-1] if turned else data, "usage": {}}
    return Said(body=json.dumps(body))


def test_each_text_has_a_vector_in_its_place() -> None:
    async def scenario(server: ScriptedModel, client: EmbeddingClient) -> None:
        assert await client.embed(["a", "b", "c"]) == [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]
        assert [request["input"] for request in server.requests] == [["a", "b"], ["c"]]
        assert {request["path"] for request in server.requests} == {"/v1/embeddings"}
        assert await client.embed([]) == []

    play(scenario, vectors([1, 0], [0, 1], turned=True), vectors([0.5, 0.5]), batch=2)


def test_what_may_pass_is_tried_again() -> None:
    async def scenario(server: ScriptedModel, client: EmbeddingClient) -> None:
        assert await client.embed(["a"]) == [[1.0]]
        assert len(server.requests) == 3

    play(scenario, error(429), error(500), vectors([1]))


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (error(500), ModelUnavailable),
        (Said(text="late", wait_s=5), ModelUnavailable),
        (error(401), ConfigError),
        (error(404), ConfigError),
        (vectors([1], [1]), PlanningError),
        (vectors([]), PlanningError),
        (Said(body="no json"), PlanningError),
        (Said(body='{"data": 3}'), PlanningError),
    ],
)
def test_what_goes_wrong_is_one_line(answer: Any, kind: type[Exception]) -> None:
    async def scenario(_server: ScriptedModel, client: EmbeddingClient) -> None:
        with pytest.raises(kind) as raised:
            await client.embed(["a"])
        assert "\n" not in str(raised.value)

    patience_s = 0.3 if isinstance(answer, Said) and answer.wait_s else 120.0  # a slow machine is no silent server
    play(scenario, answer, retries=0, timeout_s=patience_s)


def test_vectors_of_several_lengths_are_none() -> None:
    async def scenario(_server: ScriptedModel, client: EmbeddingClient) -> None:
        with pytest.raises(PlanningError, match="several lengths"):
            await client.embed(["a", "b"])

    play(scenario, vectors([1], [1, 2]))
