"""Takes a reply out of what the server sends, whole or in parts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.models.message import Reply
from taskmatrix_ros.models.server_errors import CutStream

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion

_DONE = "[DONE]"
MAX_LETTERS = 200_000
"""Of one reply: more is a server gone wrong."""


def read_whole(completion: ChatCompletion, model: str) -> Reply:
    """Read a reply that came at once.

    :raises PlanningError: ``MODEL_REPLY``: it is not shaped as a chat completion.
    """
    try:
        # The library builds its types without checking them, so anything may stand here.
        choice: Any = completion.choices[0]
        text, refusal, finish = choice.message.content, choice.message.refusal, choice.finish_reason
    except (AttributeError, IndexError, TypeError) as error:
        raise misshapen(model) from error
    _check_length(text or "", model)
    if not isinstance(text or "", str):
        raise misshapen(model)
    return Reply(text or "", finish or "stop", refusal or "", *_usage(completion.usage))


async def read_stream(lines: AsyncIterator[str], model: str, on_text: Callable[[str], None]) -> Reply:
    """Read a reply that comes in parts.

    :param lines: of the server-sent events; read to their end.
    :param on_text: told all that has arrived, each time something does.
    :raises CutStream: it ended before the model did.
    :raises PlanningError: ``MODEL_REPLY``: a part is not shaped as one, or it never ends.
    :raises TimeoutError: nothing came for too long.
    :source: WHATWG server-sent events; each event of a chat completion is one ``data:`` line.
    """
    import httpx2

    text, refusal, finish, usage = "", "", "", (0, 0)
    try:
        async for line in lines:
            field, _, data = line.partition(":")
            data = data.strip()
            if field != "data" or data in ("", _DONE):
                continue
            part = _Part.of(data, model)
            finish, usage = part.finish or finish, part.usage or usage
            refusal += part.refusal
            if part.text:
                text += part.text
                _check_length(text, model)
                on_text(text)
    except httpx2.TimeoutException as error:
        raise TimeoutError from error
    except httpx2.TransportError as error:
        raise CutStream(f"model '{model}': the reply was cut off: {error}") from error
    if not finish:
        raise CutStream(f"model '{model}': the reply ended before the model did")
    return Reply(text, finish, refusal, *usage)


@dataclass(frozen=True, slots=True)
class _Part:
    text: str = ""
    refusal: str = ""
    finish: str = ""
    usage: tuple[int, int] | None = None

    @staticmethod
    def of(data: str, model: str) -> _Part:
        try:
            event = json.loads(data)
            counted = event.get("usage")
            usage = _usage(counted) if counted else None
            if not event["choices"]:
                return _Part(usage=usage)
            choice = event["choices"][0]
            delta = choice.get("delta") or {}
            said = (delta.get("content") or "", delta.get("refusal") or "", choice.get("finish_reason") or "")
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise misshapen(model) from error
        if not all(isinstance(each, str) for each in said):
            raise misshapen(model)
        text, refusal, finish = said
        return _Part(text, refusal, finish, usage)


def _usage(usage: Any) -> tuple[int, int]:
    """Give tokens in and out; zeros where the server does not count."""
    if not isinstance(usage, dict):
        usage = {} if usage is None else vars(usage)
    given = (usage.get("prompt_tokens"), usage.get("completion_tokens"))
    return (given[0], given[1]) if all(isinstance(count, int) and count >= 0 for count in given) else (0, 0)


def _check_length(text: str, model: str) -> None:
    if len(text) > MAX_LETTERS:
        said = f"model '{model}': the reply has more than {MAX_LETTERS:,} letters; look at the server"
        raise PlanningError(said, code="MODEL_REPLY")


def misshapen(model: str) -> PlanningError:
    """Say that what answers there is no such server."""
    said = f"model '{model}': the server's answer is no chat completion; check base_url, which often ends in /v1"
    return PlanningError(said, code="MODEL_REPLY")
