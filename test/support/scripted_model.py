"""An OpenAI-compatible server on the loopback interface that says what the test wrote down for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Said:
    """One answer. ``cut``: hang up after so many letters. ``wait_s``: before anything is sent; ``pace_s``: between
    the parts of a stream."""

    text: str = ""
    status: int = 200
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    finish: str = "stop"
    refusal: str = ""
    cut: int | None = None
    wait_s: float = 0.0
    pace_s: float = 0.0
    usage: tuple[int, int] | None = (100, 20)


def error(status: int, message: str = "planted", **headers: str) -> Said:
    """An error as such servers send it; it asks for a repeat at once, so that no test waits."""
    body = json.dumps({"error": {"message": message, "type": "planted", "code": None}})
    return Said(status=status, body=body, headers={"retry-after-ms": "1", **headers})


Answer = Said | dict[str, Any] | str
Script = Callable[[dict[str, Any]], Answer]


class ScriptedModel:
    """Answers in the order of ``answers``, or by a function of the request; keeps every request and its headers."""

    def __init__(self, *answers: Answer | Script) -> None:
        self.answers = list(answers)
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> ScriptedModel:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_error: object) -> None:
        assert self._server is not None
        self._server.close()
        await asyncio.sleep(0)  # a connection that was just accepted gets its task now
        while self._tasks:
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """What a profile gives as ``base_url``."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    def text_of(self, number: int, role: str | None = None) -> str:
        """All text of a request's messages, or of those of one role."""
        parts = []
        for message in self.requests[number]["messages"]:
            if role in (None, message["role"]):
                content = message["content"]
                parts += [content] if isinstance(content, str) else [part.get("text", "") for part in content]
        return "\n".join(parts)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            request = json.loads(await reader.readexactly(int(headers.get("content-length", "0"))) or b"{}")
            self.requests.append({"path": head[0].split()[1], **request})
            self.headers.append(headers)
            said = self._next(request)
            await asyncio.sleep(said.wait_s)
            if not await self._send(writer, request, said):
                return

    def _next(self, request: dict[str, Any]) -> Said:
        if not self.answers:
            return error(418, "the script is over")
        answer = self.answers[0] if callable(self.answers[0]) else self.answers.pop(0)
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, dict):
            answer = json.dumps(answer)
        return Said(text=answer) if isinstance(answer, str) else answer

    async def _send(self, writer: asyncio.StreamWriter, request: dict[str, Any], said: Said) -> bool:
        streamed = bool(request.get("stream")) and said.body is None
        kind = "text/event-stream" if streamed else "application/json"
        body = said.body if said.body is not None else "" if streamed else json.dumps(self._completion(said))
        lines = [f"HTTP/1.1 {said.status} planted", f"content-type: {kind}"]
        lines += [f"{name}: {value}" for name, value in said.headers.items()]
        if not streamed:
            data = body.encode()
            lines.append(f"content-length: {len(data)}")
            writer.write("\r\n".join([*lines, "", ""]).encode() + (data if said.cut is None else data[: said.cut]))
            await writer.drain()
            return said.cut is None
        writer.write("\r\n".join([*lines, "transfer-encoding: chunked", "", ""]).encode())
        for event in self._events(said):
            data = f"data: {event}\n\n".encode()
            writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            await writer.drain()
            await asyncio.sleep(said.pace_s)
        if said.cut is None:
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        return said.cut is None

    @staticmethod
    def _completion(said: Said) -> dict[str, Any]:
        message = {"role": "assistant", "content": said.text, "refusal": said.refusal or None}
        choice = {"index": 0, "message": message, "finish_reason": said.finish}
        completion = {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
        if said.usage is not None:
            completion["usage"] = _usage(said.usage)
        return completion

    @staticmethod
    def _events(said: Said) -> list[str]:
        def chunk(**choice: Any) -> dict[str, Any]:
            whole = {"index": 0, "delta": {}, "finish_reason": None, **choice}
            return {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [whole]}

        text = said.text if said.cut is None else said.text[: said.cut]
        events = [chunk(delta={"content": text[at : at + 7]}) for at in range(0, len(text), 7)]
        if said.cut is None:
            if said.refusal:
                events.append(chunk(delta={"refusal": said.refusal}))
            events.append(chunk(finish_reason=said.finish))
            if said.usage is not None:
                events.append({**chunk(), "choices": [], "usage": _usage(said.usage)})
        return [*(json.dumps(event) for event in events), *(["[DONE]"] if said.cut is None else [])]


def _usage(usage: tuple[int, int]) -> dict[str, int]:
    return {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
