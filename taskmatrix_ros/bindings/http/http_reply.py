"""What a reply means for the call that asked."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from taskmatrix_ros.bindings.call_verdict import CallVerdict
from taskmatrix_ros.core.outcome import Status

_MAX_TOLD = 200
_MAX_WAIT_S = 60.0
_TEXTS = frozenset({"application/yaml", "application/x-yaml", "application/xml"})


class Unreadable(Exception):
    """A reply that cannot be used; the text says why."""


async def read_body(response: httpx2.Response, max_bytes: int) -> bytes:
    """Read a reply's body as far as it may be long.

    :raises Unreadable: it is longer, or compressed though that was not asked for.
    """
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise Unreadable(f"it is compressed ({encoding[:20]}), which was not asked for")
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_raw():
        size += len(part)
        if size > max_bytes:
            raise Unreadable(f"it is longer than {max_bytes} bytes, the profile's http.max_bytes")
        parts.append(part)
    return b"".join(parts)


def read_value(response: httpx2.Response, body: bytes, pointer: str) -> Any:
    """Give what a successful reply says.

    :param pointer: RFC 6901, into JSON.
    :raises Unreadable: it is neither JSON nor text, or has not what the pointer names.
    """
    if not body:
        if pointer:
            raise Unreadable(f"it is empty and has no {pointer}")
        return None
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json") or (not kind and body[:1] in b"{["):
        return point(parse_json(body), pointer)
    if (kind.startswith("text/") or kind in _TEXTS) and not pointer:
        try:
            return body.decode(response.charset_encoding or "utf-8")
        except (LookupError, UnicodeDecodeError) as error:
            raise Unreadable("its text cannot be decoded") from error
    raise Unreadable(f"it is {kind[:60] or 'of no type'}, not JSON")


def parse_json(body: bytes) -> Any:
    """Parse JSON from outside. :raises Unreadable: it is none, or nested without end."""
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"it is no JSON: {str(error)[:80]}") from error


def point(value: Any, pointer: str) -> Any:
    """Follow an RFC 6901 pointer. :raises Unreadable: it leads nowhere."""
    for token in pointer.split("/")[1:]:
        part = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise Unreadable(f"it has no {pointer}")
    return value


def judge_status(response: httpx2.Response, body: bytes, *, repeatable: bool) -> CallVerdict:
    """Say what a status other than success means.

    :param repeatable: asking again does no harm; then a failure of a server in between is no doubt.
    """
    number = response.status_code
    said = _told(body)
    message = f"the server says {number}{f' {response.reason_phrase}' if response.reason_phrase else ''}{said}"
    wait_s = retry_after_s(response)
    if number in (401, 403):
        return CallVerdict(
            status=Status.REJECTED, code=f"HTTP_{number}", message=f"{message}; correct the secret or its rights"
        )
    if number in (429, 503):
        return CallVerdict(status=Status.UNAVAILABLE, code=f"HTTP_{number}", message=message, retry_s=wait_s)
    if number in (408, 425) and repeatable:
        return CallVerdict(status=Status.UNAVAILABLE, code=f"HTTP_{number}", message=message, retry_s=wait_s)
    if 400 <= number < 500:
        return CallVerdict(status=Status.REJECTED, code=f"HTTP_{number}", message=message)
    if number in (502, 504):
        status = Status.UNAVAILABLE if repeatable else Status.IN_DOUBT
        return CallVerdict(status=status, code=f"HTTP_{number}", message=message, retry_s=wait_s)
    return CallVerdict(status=Status.FAILED, code=f"HTTP_{number}", message=message)


def retry_after_s(response: httpx2.Response) -> float:
    """Read ``Retry-After``, in seconds; 0 where it says nothing usable."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return min(float(text), _MAX_WAIT_S)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - datetime.now(UTC)).total_seconds()), _MAX_WAIT_S)


def _told(body: bytes) -> str:
    """Quote what a server says of an error, in one short line."""
    try:
        value = parse_json(body)
    except Unreadable:
        return ""
    for key in ("detail", "message", "title", "error", "reason"):
        found = value.get(key) if isinstance(value, dict) else None
        if isinstance(found, dict):
            found = found.get("message")
        if isinstance(found, str) and found.strip():
            text = " ".join(found.split())
            return f": {text[:_MAX_TOLD]!r}"
    return ""


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")
