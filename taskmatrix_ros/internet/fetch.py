"""Reads a file or a web address that an operator named."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx2

from taskmatrix_ros.core.errors import CallRefused, CallTimedOut, CallUnavailable

MAX_BYTES = 5_000_000
TIMEOUT_S = 15.0


def is_web(source: str) -> bool:
    """Whether a source is a web address."""
    return source.lower().startswith(("http://", "https://"))


def local_path(source: str) -> Path:
    """Give the path of a source that is a file, also of a ``file:`` URL."""
    if source.lower().startswith("file:"):
        return Path(unquote(urlsplit(source).path))
    return Path(source).expanduser()


def fetch(source: str, what: str) -> bytes:
    """Read a source whole.

    :param what: it is called so in errors.
    :raises CallRefused: it is too large, or is no such file.
    :raises CallUnavailable: it cannot be reached, or the server refuses. ``CallTimedOut``: the server is silent.
    """
    if not is_web(source):
        return _read(local_path(source), what)
    try:
        with (
            httpx2.Client(timeout=TIMEOUT_S, follow_redirects=True, trust_env=False) as client,
            client.stream("GET", source) as response,
        ):
            if response.status_code >= 400:
                raise CallUnavailable(f"{what}: {source} answers {response.status_code}; look at its address")
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise CallRefused(f"{what}: {source} is larger than {MAX_BYTES} bytes; name another")
            return bytes(body)
    except httpx2.TimeoutException as error:
        raise CallTimedOut(f"{what}: {source} did not answer within {TIMEOUT_S:g} s") from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise CallUnavailable(f"{what}: {source} cannot be read: {error}; look at its address") from error


def _read(path: Path, what: str) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CallRefused(f"{what}: {path} is larger than {MAX_BYTES} bytes; name another")
        return path.read_bytes()
    except OSError as error:
        raise CallUnavailable(f"{what}: {path} cannot be read: {error.strerror}; name a file or an address") from error
