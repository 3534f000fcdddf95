"""Reads a file or a web address that an operator named."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx2

from taskmatrix_ros.core.errors import CallRefused, CallTimedOut, CallUnavailable
from taskmatrix_ros.internet.hop_guard import HopGuard, HopRefused, HopTransport

MAX_BYTES = 5_000_000
MAX_REDIRECTS = 5
TIMEOUT_S = 15.0


def is_web(source: str) -> bool:
    """Whether a source is a web address."""
    return source.lower().startswith(("http://", "https://"))


def local_path(source: str) -> Path:
    """Give the path of a source that is a file, also of a ``file:`` URL."""
    if source.lower().startswith("file:"):
        return Path(unquote(urlsplit(source).path))
    return Path(source).expanduser()


def shown(source: str) -> str:
    """Give a source as errors name it: of an address the host alone, for the rest may hold a token."""
    if "://" not in source or source.lower().startswith("file:"):
        return source
    try:
        return urlsplit(source).hostname or "an address without a host"
    except ValueError:
        return "an address that cannot be read"


def fetch(source: str, what: str) -> bytes:
    """Read a source whole.

    :param what: it is called so in errors.
    :raises CallRefused: it is too large, or leads to a server off the public internet that the source does not name.
    :raises CallUnavailable: it cannot be reached, or the server refuses. ``CallTimedOut``: the server is silent.
    """
    if not is_web(source):
        return _read(local_path(source), what)
    named = shown(source)
    try:
        return _followed(httpx2.URL(source), f"{what}: {named}")
    except httpx2.TimeoutException as error:
        raise CallTimedOut(f"{what}: {named} did not answer within {TIMEOUT_S:g} s") from error
    except httpx2.InvalidURL as error:
        raise CallUnavailable(f"{what}: {named} has no address that can be read; look at it") from error
    except httpx2.HTTPError as error:
        raise CallUnavailable(f"{what}: {named} cannot be read: {error}; look at its address") from error


def _followed(url: httpx2.URL, who: str) -> bytes:
    """Read an address and where it leads to, hop by hop."""
    guard = HopGuard(url.raw_host.decode(), url.port or (443 if url.scheme == "https" else 80))
    with httpx2.Client(
        transport=HopTransport(guard), timeout=TIMEOUT_S, follow_redirects=False, trust_env=False
    ) as client:
        for _ in range(MAX_REDIRECTS + 1):
            try:
                with client.stream("GET", url) as response:
                    if not response.has_redirect_location:
                        return _body(response, who)
                    following = url.join(response.headers["location"])
            except HopRefused as error:
                raise CallRefused(f"{who} leads to {error}; name what it leads to", code="HOST_REFUSED") from error
            if following.scheme not in ("http", "https") or (url.scheme, following.scheme) == ("https", "http"):
                raise CallRefused(
                    f"{who} leads from {url.scheme} to {following.scheme[:20]}, which is not followed; name another"
                )
            url = following
    raise CallUnavailable(f"{who} led on {MAX_REDIRECTS} times; look at its address")


def _body(response: httpx2.Response, who: str) -> bytes:
    if response.status_code >= 400:
        raise CallUnavailable(f"{who} answers {response.status_code}; look at its address")
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise CallRefused(f"{who} is larger than {MAX_BYTES} bytes; name another")
    return bytes(body)


def _read(path: Path, what: str) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CallRefused(f"{what}: {path} is larger than {MAX_BYTES} bytes; name another")
        return path.read_bytes()
    except OSError as error:
        raise CallUnavailable(f"{what}: {path} cannot be read: {error.strerror}; name a file or an address") from error
