"""Chat completions of any OpenAI-compatible server."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from taskmatrix_ros.core.errors import ConfigError, ModelUnavailable, PlanningError
from taskmatrix_ros.core.picture import picture_problem
from taskmatrix_ros.models.json_reply import parse_json_reply
from taskmatrix_ros.models.message import Message, Reply, Role
from taskmatrix_ros.models.model_settings import BACKOFF_S, ModelSettings, Structured
from taskmatrix_ros.models.openai_client import OpenAiClient
from taskmatrix_ros.models.reply_reader import misshapen, read_stream, read_whole
from taskmatrix_ros.models.server_errors import CutStream, planning_error, unstructured
from taskmatrix_ros.models.spending import Spending, estimated_tokens

if TYPE_CHECKING:
    import openai

_log = logging.getLogger(__name__)

PICTURE_TOKENS = 1_500
"""What a picture is taken to cost before the server has counted it."""
_STEPS_DOWN = (Structured.JSON_SCHEMA, Structured.JSON_OBJECT, Structured.PROMPT)

OnText = Callable[[str], None]
"""Told all of the reply that has arrived so far, in the loop's thread, each time some arrives; a repeat begins anew."""


class ChatClient:
    """Asks one model. Lives in the loop's thread; may be asked several things at a time."""

    def __init__(self, settings: ModelSettings) -> None:
        self.settings = settings
        self._client = OpenAiClient(settings)
        self._structured: Structured = (
            Structured.JSON_SCHEMA if settings.structured is Structured.AUTO else settings.structured
        )

    async def open(self) -> None:
        """Read the key and make the client; nothing is sent yet.

        :raises ConfigError: the key is missing.
        """
        await self._client.open()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def ask(self, messages: Sequence[Message], spending: Spending, on_text: OnText | None = None) -> str:
        """Ask for text.

        :param spending: of the task; the request is refused before it is sent where it would go beyond the budget.
        :raises PlanningError: ``BUDGET``; ``PICTURE`` for one that may not be sent; ``MODEL_REFUSED``; ``MODEL_REPLY``
            for a reply that is empty or was cut.
        :raises ModelUnavailable: no connection, no answer in time, too many requests, a fault of the server.
        :raises ConfigError: the server does not take the key, the model's name or a setting.
        """
        return await self._said(messages, spending, {}, on_text)

    async def ask_json(
        self,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        spending: Spending,
        on_text: OnText | None = None,
    ) -> dict[str, Any]:
        """Ask for a JSON object. Where the server knows no schemas the prompt must say the shape.

        One reply that holds no JSON is answered with the reason and asked for again.

        :param schema: JSON Schema; the caller still has to check the reply against it.
        :raises: as ``ask``; ``MODEL_REPLY`` also for a second reply without JSON.
        """
        asked = list(messages)
        for last in (False, True):
            text = await self._structured_text(asked, schema, spending, on_text)
            try:
                return parse_json_reply(text)
            except ValueError as error:
                if last:
                    said = f"model '{self.settings.model}': {error}; ask again, or take a model that writes JSON"
                    raise PlanningError(said, code="MODEL_REPLY") from error
                _log.info("model %s: %s; asked again", self.settings.model, error)
                again = f"Your reply could not be read: {error}. Reply with the JSON object only."
                asked += [Message(Role.ASSISTANT, text), Message(Role.USER, again)]
        raise AssertionError("unreachable")

    async def _structured_text(
        self, messages: Sequence[Message], schema: Mapping[str, Any], spending: Spending, on_text: OnText | None
    ) -> str:
        while True:
            way: Structured = self._structured
            try:
                return await self._said(messages, spending, _format_of(way, schema), on_text)
            except ConfigError as error:
                lower = _STEPS_DOWN[_STEPS_DOWN.index(way) + 1 :]
                if self.settings.structured is not Structured.AUTO or not lower or not unstructured(error):
                    raise
                # Another task may have stepped down meanwhile.
                self._structured = lower[0] if self._structured is way else self._structured
                _log.info("model %s: no %s here; now %s", self.settings.model, way.value, lower[0].value)

    async def _said(
        self, messages: Sequence[Message], spending: Spending, more: Mapping[str, Any], on_text: OnText | None
    ) -> str:
        self._check_pictures(messages)
        for attempt in range(self.settings.retries + 1):
            try:
                reply = await self._reply(messages, spending, more, on_text)
                break
            except CutStream as error:
                if attempt == self.settings.retries:
                    raise ModelUnavailable(f"{error}, {attempt + 1} times; try again") from error
                await asyncio.sleep(BACKOFF_S * 2**attempt)
        name = f"model '{self.settings.model}'"
        if reply.refusal or reply.finish == "content_filter":
            why = reply.refusal[:200] or "its filter let nothing through"
            raise PlanningError(f"{name} refuses: {why}", code="MODEL_REFUSED")
        if reply.finish == "length":
            said = f"{name}: the reply was cut after {reply.output_tokens:,} tokens; raise output_tokens in the profile"
            raise PlanningError(said, code="MODEL_REPLY")
        if not reply.text.strip():
            raise PlanningError(f"{name}: the reply is empty; ask again", code="MODEL_REPLY")
        return reply.text

    async def _reply(
        self, messages: Sequence[Message], spending: Spending, more: Mapping[str, Any], on_text: OnText | None
    ) -> Reply:
        import openai

        library = self._client.library
        settings = self.settings
        prompt = estimated_tokens("".join(message.text for message in messages)) + len(json.dumps(more)) // 3
        prompt += PICTURE_TOKENS * sum(len(message.pictures) for message in messages)
        limit = spending.allow(prompt, settings.output_tokens)
        request: dict[str, Any] = {
            "model": settings.model,
            "messages": [message.to_plain() for message in messages],
            settings.output_limit.value: limit,
            **more,
        }
        if settings.temperature is not None:
            request["temperature"] = settings.temperature
        if settings.seed is not None:
            request["seed"] = settings.seed
        written = ""

        def on_part(text: str) -> None:
            nonlocal written
            written = text
            if on_text is not None:
                on_text(text)

        try:
            # The library's timeout is of each read: a server that trickles would hold a task for ever.
            async with asyncio.timeout(settings.timeout_s * (settings.retries + 1) + settings.patience_s):
                if settings.stream:
                    reply = await self._streamed(library, request, on_part)
                else:
                    reply = read_whole(await library.chat.completions.create(**request), settings.model)
        except (openai.OpenAIError, TimeoutError) as error:
            # A part of a reply was paid for, too.
            spending.add(prompt if written else 0, estimated_tokens(written) if written else 0)
            raise planning_error(error, settings, self._client.key) from error
        except CutStream:
            spending.add(prompt, estimated_tokens(written))
            raise
        except json.JSONDecodeError as error:
            raise misshapen(settings.model) from error
        spending.add(reply.input_tokens or prompt, reply.output_tokens or estimated_tokens(reply.text))
        return reply

    async def _streamed(self, client: openai.AsyncOpenAI, request: Mapping[str, Any], on_part: OnText) -> Reply:
        """Read the events ourselves: the library's own reader leaves generators behind that nobody ends."""
        create = client.chat.completions.with_streaming_response.create
        async with create(**request, stream=True, stream_options={"include_usage": True}) as response:
            if "text/event-stream" not in response.headers.get("content-type", ""):
                raise misshapen(self.settings.model)
            return await read_stream(response.iter_lines(), self.settings.model, on_part)

    def _check_pictures(self, messages: Sequence[Message]) -> None:
        settings = self.settings
        for picture in (picture for message in messages for picture in message.pictures):
            if not settings.pictures:
                said = f"model '{settings.model}' takes no pictures; say it in words, or set pictures in the profile"
                raise PlanningError(said, code="PICTURE")
            if problem := picture_problem(picture.format, picture.data, max_bytes=settings.picture_bytes):
                raise PlanningError(f"picture: {problem}", code="PICTURE")


def _format_of(way: Structured, schema: Mapping[str, Any]) -> dict[str, Any]:
    if way is Structured.JSON_SCHEMA:
        named = {"name": str(schema.get("title", "reply")), "schema": dict(schema), "strict": True}
        return {"response_format": {"type": "json_schema", "json_schema": named}}
    return {"response_format": {"type": "json_object"}} if way is Structured.JSON_OBJECT else {}
