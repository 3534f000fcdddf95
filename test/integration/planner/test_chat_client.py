"""The client against a real HTTP server that answers as such servers do, rightly and wrongly."""

from __future__ import annotations

import asyncio
import json
import logging
from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pictures import PNG
from scripted_model import Said, ScriptedModel, error

from taskmatrix_ros.core.errors import ConfigError, ModelUnavailable, PlanningError, TaskMatrixError
from taskmatrix_ros.core.instruction import Image
from taskmatrix_ros.models.chat_client import ChatClient
from taskmatrix_ros.models.message import Message, Role
from taskmatrix_ros.models.model_settings import ModelSettings
from taskmatrix_ros.models.spending import Spending

ASKED = (Message(Role.SYSTEM, "be brief"), Message(Role.USER, "say it"))
SCHEMA = {"title": "said", "type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
KEY = "sk-planted-secret"

Scenario = Callable[[ScriptedModel, ChatClient, Spending], Awaitable[None]]


def play(scenario: Scenario, *answers: Any, **settings: Any) -> None:
    async def main() -> None:
        async with asyncio.timeout(240), ScriptedModel(*answers) as server:
            chosen = ModelSettings.model_validate({"base_url": server.url, "model": "m", **settings})
            client = ChatClient(chosen)
            await client.open()
            try:
                await scenario(server, client, Spending.of(chosen))
            finally:
                await client.close()

    asyncio.run(main())


@pytest.mark.parametrize("stream", [True, False])
def test_a_request_holds_what_the_profile_says(stream: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED_KEY", KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-not-for-everybody")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another")

    async def scenario(server: ScriptedModel, client: ChatClient, spending: Spending) -> None:
        seen: list[str] = []
        assert await client.ask(ASKED, spending, seen.append) == "it is said"
        [request] = server.requests
        assert request["path"] == "/v1/chat/completions"
        assert (request["model"], request["temperature"], request["seed"]) == ("m", 0.5, 7)
        assert request["max_completion_tokens"] == 300
        assert [message["role"] for message in request["messages"]] == ["system", "user"]
        [headers] = server.headers
        assert headers["authorization"] == f"Bearer {KEY}"
        assert "openai-organization" not in headers
        assert (spending.requests, spending.input_tokens, spending.output_tokens) == (1, 100, 20)
        assert (seen[-1:], len(seen)) == ((["it is said"], 2) if stream else ([], 0))

    more = {"output_tokens": 300, "output_limit": "max_completion_tokens", "key_env": "PLANTED_KEY"}
    play(scenario, "it is said", temperature=0.5, seed=7, stream=stream, **more)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("fault", [error(429), error(500), error(503), error(408)])
def test_what_passes_is_tried_again(stream: bool, fault: Said) -> None:
    async def scenario(server: ScriptedModel, client: ChatClient, spending: Spending) -> None:
        assert await client.ask(ASKED, spending) == "now"
        assert len(server.requests) == 3

    play(scenario, fault, fault, "now", stream=stream)


def test_a_cut_stream_is_asked_for_again_and_paid_for() -> None:
    async def scenario(server: ScriptedModel, client: ChatClient, spending: Spending) -> None:
        assert await client.ask(ASKED, spending) == "a whole sentence"
        assert len(server.requests) == spending.requests == 2
        assert spending.input_tokens > 100

    play(scenario, Said(text="a whole sentence", cut=9), "a whole sentence", retries=1)


FAULTS: tuple[tuple[Said, type[TaskMatrixError], str], ...] = (
    (error(429), ModelUnavailable, "too many requests"),
    (error(500), ModelUnavailable, "HTTP 500: planted"),
    (Said(text="never", wait_s=20), ModelUnavailable, "no answer within 0.3 s"),
    (Said(text="cut in the middle", cut=5), ModelUnavailable, "cut|ended before|cannot be reached"),
    (error(401, f"Incorrect API key provided: {KEY}"), ConfigError, r"correct key_env"),
    (error(404, "no model m"), ConfigError, "no model m"),
    (error(400, "temperature is\n too\x1b[31m hot"), ConfigError, "too .*hot"),
    (error(302, location="http://127.0.0.1:1/v1"), ConfigError, "not followed"),
    (Said(text="half", finish="length"), PlanningError, "raise output_tokens"),
    (Said(text=""), PlanningError, "empty"),
    (Said(text="", refusal="I will not"), PlanningError, "I will not"),
    (Said(text="", finish="content_filter"), PlanningError, "filter"),
    (Said(body="<html>hello</html>", headers={"content-type": "text/html"}), PlanningError, "base_url"),
    (Said(body='{"choices": 3}'), PlanningError, "no chat completion"),
    (Said(body='{"choices": ['), PlanningError, "base_url"),
)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("fault", "kind", "said"), FAULTS)
def test_every_fault_is_one_clear_line(
    stream: bool, fault: Said, kind: type[TaskMatrixError], said: str, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("PLANTED_KEY", KEY)
    caplog.set_level(logging.DEBUG)

    async def scenario(server: ScriptedModel, client: ChatClient, spending: Spending) -> None:
        with pytest.raises(kind, match=said) as raised:
            await client.ask(ASKED, spending)
        assert KEY not in raised.value.message
        assert "\x1b" not in raised.value.message
        assert len(raised.value.message) < 450

    patience_s = 0.3 if fault.wait_s else 120.0  # a slow machine must not make silence of another fault
    play(scenario, lambda _request: fault, retries=0, timeout_s=patience_s, stream=stream, key_env="PLANTED_KEY")
    assert KEY not in caplog.text


def test_a_server_that_is_not_there_is_named(free_port: int) -> None:
    async def scenario(server: ScriptedModel, client: ChatClient, spending: Spending) -> None:
        with pytest.raises(ModelUnavailable, match=f"127.0.0.1:{free_port}.*cannot be reached"):
            await client.ask(ASKED, spending)

    play(scenario, "-", base_url=f"http://127.0.0.1:{free_port}/v1", retries=0)


def test_a_server_without_schemas_is_asked_more_simply_from_then_on() -> None:
    def answer(request: dict[str, Any]) -> Said | dict[str, Any]:
        kind = request.get("response_format", {}).get("type")
        return error(400, f"response_format {kind} is not supported") if kind else {"a": 1}

    async def scenario(server: ScriptedModel, client: ChatClient, spending: Spending) -> None:
        assert await client.ask_json(ASKED, SCHEMA, spending) == {"a": 1}
        assert await client.ask_json(ASKED, SCHEMA, spending) == {"a": 1}
        kinds = [request.get("response_format", {}).get("type") for request in server.requests]
        assert kinds == ["json_schema", "json_object", None, None]

    play(scenario, answer)


def test_malformed_json_is_asked_for_once_more() -> None:
    async def scenario(server: ScriptedModel, client: ChatClient, spending: Spending) -> None:
        assert await client.ask_json(ASKED, SCHEMA, spending) == {"a": 2}
        assert "could not be read" in server.text_of(1)
        with pytest.raises(PlanningError, match="no JSON object") as raised:
            await client.ask_json(ASKED, SCHEMA, spending)
        assert raised.value.error_code == "MODEL_REPLY"

    play(scenario, '{"a": ', {"a": 2}, "no", "no again")


def test_nothing_is_sent_beyond_the_budget() -> None:
    async def scenario(server: ScriptedModel, client: ChatClient, spending: Spending) -> None:
        await client.ask(ASKED, spending)
        with pytest.raises(PlanningError, match="110 of 150 tokens") as raised:
            await client.ask(ASKED, spending)
        assert raised.value.error_code == "BUDGET"
        assert len(server.requests) == 1

    play(scenario, Said(text="long", usage=(10, 100)), budget={"tokens": 150}, output_tokens=100)


def test_a_server_that_does_not_count_is_estimated() -> None:
    async def scenario(server: ScriptedModel, client: ChatClient, spending: Spending) -> None:
        await client.ask(ASKED, spending)
        assert spending.input_tokens > 0
        assert spending.output_tokens >= 100

    play(scenario, Said(text="word " * 100, usage=None))


PICTURE = PNG


def test_a_picture_goes_with_the_text() -> None:
    async def scenario(server: ScriptedModel, client: ChatClient, spending: Spending) -> None:
        await client.ask([Message(Role.USER, "what is it", (PICTURE,))], spending)
        text, image = server.requests[0]["messages"][0]["content"]
        assert text == {"type": "text", "text": "what is it"}
        assert image["image_url"]["url"] == f"data:image/png;base64,{b64encode(PNG.data).decode()}"

    play(scenario, "a cup", pictures=True)


@pytest.mark.parametrize(
    ("picture", "settings", "said"),
    [
        (PICTURE, {}, "takes no pictures"),
        (PICTURE, {"pictures": True, "picture_bytes": 3}, "bytes; at most 3"),
        (Image(format="svg", data=b"<svg/>"), {"pictures": True}, "none of jpeg, png"),
    ],
)
def test_a_picture_that_may_not_be_sent_is_refused(picture: Image, settings: dict[str, Any], said: str) -> None:
    async def scenario(server: ScriptedModel, client: ChatClient, spending: Spending) -> None:
        with pytest.raises(PlanningError, match=said) as raised:
            await client.ask([Message(Role.USER, "what is it", (picture,))], spending)
        assert raised.value.error_code == "PICTURE"
        assert server.requests == []

    play(scenario, "a cup", **settings)


def test_a_cancelled_task_lets_the_request_go() -> None:
    async def scenario(server: ScriptedModel, client: ChatClient, spending: Spending) -> None:
        task = asyncio.ensure_future(client.ask(ASKED, spending))
        while not server.requests:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    play(scenario, Said(text="late", wait_s=20))


def test_the_schema_is_sent_whole() -> None:
    async def scenario(server: ScriptedModel, client: ChatClient, spending: Spending) -> None:
        await client.ask_json(ASKED, SCHEMA, spending)
        sent = server.requests[0]["response_format"]["json_schema"]
        assert (sent["name"], sent["strict"], json.dumps(sent["schema"])) == ("said", True, json.dumps(SCHEMA))

    play(scenario, {"a": 1})
