"""The request that a call asks for."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from taskmatrix_ros.bindings.secret import SecretSettings
from taskmatrix_ros.bindings.templates import render, render_text, template_names
from taskmatrix_ros.core.binding_spec import Http, HttpAuth
from taskmatrix_ros.core.errors import CallRefused, ConfigError
from taskmatrix_ros.core.hosts import names_host
from taskmatrix_ros.core.url_template import UrlTemplate

MAX_BODY_BYTES = 10_000_000

_NEVER_SET = frozenset({"host", "content-length", "transfer-encoding", "connection", "authorization", "cookie"})
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\x80-\U0010ffff]")
_TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded", "text": "text/plain; charset=utf-8"}


@dataclass(frozen=True, kw_only=True)
class HttpRequest:
    """Ready to be sent. ``secret`` stays out of ``repr``, which may reach a log."""

    method: str
    url: str
    host: str
    port: int
    scheme: str
    query: tuple[tuple[str, str], ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes | None = field(default=None, repr=False)
    secret: tuple[HttpAuth, str] | None = field(default=None, repr=False)

    @property
    def sent_headers(self) -> dict[str, str]:
        """Everything that goes into the head, credentials included."""
        headers = {"accept": "application/json, text/*;q=0.5", "accept-encoding": "identity", **self.headers}
        if self.secret is None:
            return headers
        auth, secret = self.secret
        if auth.kind == "bearer":
            headers["authorization"] = f"Bearer {secret}"
        elif auth.kind == "basic":
            headers["authorization"] = f"Basic {base64.b64encode(secret.encode()).decode()}"
        elif auth.kind == "header":
            headers[(auth.name or "").lower()] = secret
        return headers

    @property
    def sent_query(self) -> tuple[tuple[str, str], ...]:
        """Everything that goes into the query, credentials included."""
        if self.secret is None or self.secret[0].kind != "query":
            return self.query
        return (*self.query, (self.secret[0].name or "", self.secret[1]))


def make_request(spec: Http, arguments: Mapping[str, Any]) -> HttpRequest:
    """Fill a spec with a call's arguments; without credentials.

    :raises CallRefused: an argument does not fit its place.
    """
    template = UrlTemplate.parse(spec.url)
    try:
        url = template.fill(arguments)
    except ValueError as error:
        raise CallRefused(f"the URL cannot be made: {error}") from error
    query, body = spec.query, spec.body
    if query is None and body is None:
        spare = {name: value for name, value in arguments.items() if name not in _used(spec, template)}
        left = {name: value for name, value in spare.items() if value is not None}
        if spec.method in ("GET", "HEAD", "DELETE"):
            query = {name: f"{{{name}}}" for name in left}
        elif left:
            body = {name: f"{{{name}}}" for name in left}
    headers = _headers(spec.headers, arguments)
    content = _content(body, spec.body_type, arguments)
    if content is not None:
        headers.setdefault("content-type", _TYPES[spec.body_type])
    return HttpRequest(
        method=spec.method,
        url=url,
        host=template.host,
        port=template.port,
        scheme=template.scheme,
        query=_pairs(render(query or {}, arguments)),
        headers=headers,
        content=content,
    )


def with_secret(
    request: HttpRequest, auth: HttpAuth, secrets: Mapping[str, SecretSettings], private_hosts: frozenset[str]
) -> HttpRequest:
    """Add credentials.

    :raises ConfigError: the profile has no such secret, or it cannot be read.
    :raises CallRefused: it may not go to this host, or not over an open line.
    """
    settings = secrets.get(auth.secret)
    if settings is None:
        known = ", ".join(sorted(secrets)) or "none"
        raise ConfigError(f"secret {auth.secret!r} is not in the profile; known: {known}; add it to `secrets`")
    if not may_have(settings, request.host, request.port):
        raise CallRefused(
            f"secret {auth.secret!r} may not go to {request.host}; allowed: {', '.join(settings.hosts)}; correct the "
            "document or the secret's hosts"
        )
    if request.scheme != "https" and not names_host(private_hosts, request.host, request.port):
        raise CallRefused(f"secret {auth.secret!r} does not go over http to {request.host}; write https://")
    secret = settings.load()
    if _UNPRINTABLE.search(secret):
        raise ConfigError(f"secret {auth.secret!r} holds a control character; correct where it comes from")
    return replace(request, secret=(auth, secret))


def may_have(secret: SecretSettings, host: str, port: int) -> bool:
    """Whether a secret may go to a host."""
    return names_host(frozenset(entry.lower() for entry in secret.hosts), host, port)


def _used(spec: Http, template: UrlTemplate) -> frozenset[str]:
    return frozenset(template.names) | template_names(list(spec.headers.values()))


def _headers(templates: Mapping[str, str], arguments: Mapping[str, Any]) -> dict[str, str]:
    headers = {}
    for name, template in templates.items():
        if render(template, arguments) is None:
            continue
        text = render_text(template, arguments)
        if name.lower() in _NEVER_SET:
            raise CallRefused(f"header {name} is not a document's to set; use `auth` for credentials")
        if _UNPRINTABLE.search(text):
            raise CallRefused(f"header {name} would hold a control character; correct the argument")
        headers[name.lower()] = text
    return headers


def _content(body: Any, kind: str, arguments: Mapping[str, Any]) -> bytes | None:
    if body is None:
        return None
    if kind == "text":
        if not isinstance(body, str):
            raise CallRefused("a text body is a template of text; write it as one, or use body_type json")
        content = render_text(body, arguments).encode()
    else:
        value = render(body, arguments)
        if kind == "form":
            if not isinstance(value, dict):
                raise CallRefused("a form is made of names and values; write `body` as a mapping")
            content = urlencode(_pairs(value)).encode()
        else:
            try:
                content = json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
            except (TypeError, ValueError) as error:
                raise CallRefused(f"the body cannot be written as JSON: {error}") from error
    if len(content) > MAX_BODY_BYTES:
        raise CallRefused(f"the body of {len(content)} bytes is larger than {MAX_BODY_BYTES}; send less")
    return content


def _pairs(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Give names and texts; a list becomes its name once for each member."""
    pairs: list[tuple[str, str]] = []
    for name, value in values.items():
        members = value if isinstance(value, list | tuple) else (value,)
        pairs += [(name, render_text("{value}", {"value": one})) for one in members if one is not None]
    return tuple(pairs)
