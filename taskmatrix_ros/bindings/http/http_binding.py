"""Services that speak HTTP."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx2

from taskmatrix_ros.bindings.call_verdict import CallVerdict
from taskmatrix_ros.bindings.calls_in_flight import CallInFlight, CallsInFlight, ended_early
from taskmatrix_ros.bindings.http.http_hosts import GuardedTransport, HostGuard, HostRefused
from taskmatrix_ros.bindings.http.http_reply import Unreadable, judge_status, read_body, read_value
from taskmatrix_ros.bindings.http.http_request import HttpRequest, make_request, may_have, with_secret
from taskmatrix_ros.bindings.http.http_settings import HttpSettings
from taskmatrix_ros.bindings.secret import SecretSettings
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.binding_spec import Http
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import ConfigError, TaskMatrixError
from taskmatrix_ros.core.hosts import names_host
from taskmatrix_ros.core.outcome import Outcome, Status, utc_now
from taskmatrix_ros.core.ports import Progress

MAX_REDIRECTS = 5

_FIRST_WAIT_S = 0.2
_UNSENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)


class _Withdrawn(Exception):
    """A stop came before the request went out."""


@dataclass(eq=False, slots=True)
class _Exchange(CallInFlight):
    """``repeatable``: the request may be sent again where it came to nothing."""

    repeatable: bool = False


class HttpBinding:
    """One request for each call, and for one that may be repeated a few more where the first came to nothing.

    A command gets a connection of its own: on one that was used before, a peer that has just hung up would leave it in
    doubt. No proxy of the environment is used: it would connect where the guard cannot look.
    """

    kinds = frozenset({"http"})

    def __init__(self, settings: HttpSettings, secrets: Mapping[str, SecretSettings]) -> None:
        """:param secrets: by the name that documents use in ``auth.secret``."""
        self._settings = settings
        self._secrets = dict(secrets)
        self._private = frozenset(entry.lower() for entry in settings.private_hosts)
        self._readers: httpx2.AsyncClient | None = None
        self._commanders: httpx2.AsyncClient | None = None
        self._calls = CallsInFlight[_Exchange]()

    async def open(self) -> None:
        """Get ready; nothing is connected to before a call.

        :raises ConfigError: the file of certificate authorities cannot be used.
        """
        for name in ("httpx2", "httpcore2"):  # they log URLs and headers, which may hold credentials
            logging.getLogger(name).setLevel(logging.WARNING)
        self._calls.open()
        trust = self._trust()
        self._readers = self._client(trust, keep_alive=True)
        self._commanders = self._client(trust, keep_alive=False)

    async def close(self) -> None:
        """End what is under way and give every connection back."""
        await self._calls.close()
        clients, self._readers, self._commanders = (self._readers, self._commanders), None, None
        for client in clients:
            if client is not None:
                await client.aclose()

    async def call(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome:  # noqa: ARG002
        """Send the document's request.

        :param call: ``call.deadline_s`` bounds everything, repeats included, in seconds.
        :param progress: never told anything: HTTP has no feedback.
        :returns: ``succeeded`` with the reply, or the part that ``result`` names; ``rejected`` if an argument does not
            fit, the host may not be reached, or the server says 4xx; ``failed`` if it says 500; ``unavailable`` if
            nothing was sent, or nothing came of a request that may be repeated; ``in_doubt`` if a command was sent
            and no answer came.
        """
        started_at = utc_now()
        spec = document.binding
        if not isinstance(spec, Http):
            raise TypeError(f"{document.name} has a {spec.kind} binding, not http")
        client = self._readers if spec.method in ("GET", "HEAD") else self._commanders
        if client is None:
            return CallVerdict(Status.UNAVAILABLE, "CLOSED", "http is not open").outcome(call, started_at)
        try:
            request = make_request(spec, call.arguments)
            if spec.auth is not None:
                request = with_secret(request, spec.auth, self._secrets, self._private)
        except TaskMatrixError as error:
            return CallVerdict(Status.REJECTED, error.error_code, error.message).outcome(call, started_at)
        reads = document.effect is Effect.READ
        repeatable = document.idempotent or (reads and spec.method in ("GET", "HEAD"))
        exchange = _Exchange(call.call_id, reads, self._calls.epoch, repeatable=repeatable)
        work = self._attempts(exchange, client, request, spec.result)
        task = await self._calls.see_through(exchange, work, call.deadline_s, f"http-{call.api}")
        place = f"{request.scheme}://{request.host}:{request.port}"
        verdict: CallVerdict = ended_early(exchange, place) if task.cancelled() else task.result()
        return verdict.outcome(call, started_at)

    async def cancel(self, call_id: str) -> None:
        """Take back what has not gone out, and what only reads; a command that went out can only be awaited."""
        self._calls.cancel(call_id)

    async def recover(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome | None:  # noqa: ARG002
        """No server tells what became of a request."""
        return None

    def stop(self) -> None:
        """Let nothing go out that has not, and wait for nothing. Synchronous, from any thread, without a lock."""
        self._calls.stop()

    def _trust(self) -> ssl.SSLContext:
        trust = ssl.create_default_context()
        file = self._settings.ca_file
        if file is not None:
            try:
                trust.load_verify_locations(file.expanduser())
            except (OSError, ssl.SSLError) as error:
                raise ConfigError(f"http.ca_file {file} cannot be used: {error}; correct it in the profile") from error
        return trust

    def _client(self, trust: ssl.SSLContext, *, keep_alive: bool) -> httpx2.AsyncClient:
        transport = GuardedTransport(HostGuard(self._settings.private_hosts), trust, keep_alive=keep_alive)
        # A call's deadline bounds the rest.
        timeout = httpx2.Timeout(None, connect=self._settings.connect_s)
        return httpx2.AsyncClient(transport=transport, timeout=timeout, follow_redirects=False, trust_env=False)

    async def _attempts(
        self, exchange: _Exchange, client: httpx2.AsyncClient, request: HttpRequest, pointer: str
    ) -> CallVerdict:
        wait_s = _FIRST_WAIT_S
        for _ in range(self._settings.retries if exchange.repeatable else 0):
            verdict = await self._attempt(exchange, client, request, pointer)
            if verdict.retry_s is None:
                return verdict
            await asyncio.sleep(max(wait_s, verdict.retry_s))
            wait_s *= 2
        return await self._attempt(exchange, client, request, pointer)

    async def _attempt(
        self, exchange: _Exchange, client: httpx2.AsyncClient, request: HttpRequest, pointer: str
    ) -> CallVerdict:
        place = f"{request.scheme}://{request.host}:{request.port}"
        try:
            return await self._exchange(exchange, client, request, pointer)
        except HostRefused as error:
            return CallVerdict(Status.REJECTED, "HOST_REFUSED", f"not sent: {error}")
        except _Withdrawn:
            return CallVerdict(Status.CANCELLED, "STOPPED", "stopped before it was sent")
        except _UNSENT as error:
            if not exchange.sent:
                message = f"not sent: no connection to {place}: {error or type(error).__name__}"
                return CallVerdict(Status.UNAVAILABLE, "UNAVAILABLE", message, retry_s=0.0)
            return _lost(exchange, f"{place}: {error or type(error).__name__}")
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
            return _lost(exchange, f"{place}: {error or type(error).__name__}")

    async def _exchange(
        self, exchange: _Exchange, client: httpx2.AsyncClient, request: HttpRequest, pointer: str
    ) -> CallVerdict:
        async def trace(event: str, _info: dict[str, Any]) -> None:
            if event.endswith("send_request_headers.started"):
                if self._calls.is_stopped(exchange):
                    raise _Withdrawn
                exchange.sent = True

        url, headers, query = httpx2.URL(request.url), request.sent_headers, request.sent_query
        if query:
            url = url.copy_merge_params(list(query))
        for _ in range(MAX_REDIRECTS + 1):
            made = client.build_request(
                request.method, url, headers=headers, content=request.content, extensions={"trace": trace}
            )
            response = await client.send(made, stream=True)
            try:
                if not response.has_redirect_location:
                    return await self._judge(exchange, response, pointer)
                following = url.join(response.headers["location"])
                if request.method not in ("GET", "HEAD"):
                    message = f"the server sends {request.method} elsewhere; write the right url: {_shown(following)}"
                    return CallVerdict(Status.REJECTED, "REDIRECT", message[:300])
                if following.scheme not in ("http", "https") or (url.scheme, following.scheme) == ("https", "http"):
                    message = f"the server leads from https to {following.scheme[:20]}, which is not followed"
                    return CallVerdict(Status.REJECTED, "REDIRECT", message)
                if self._leads_inside(url, following):
                    message = (
                        f"the server leads to {following.host[:100]}, a private host that only a document may name; "
                        "write a document for it"
                    )
                    return CallVerdict(Status.REJECTED, "REDIRECT", message)
                headers = self._headers_for(request, headers, url, following)
                url = following
            finally:
                await response.aclose()
        return CallVerdict(Status.FAILED, "REDIRECT", f"the server led on {MAX_REDIRECTS} times; correct the url")

    def _leads_inside(self, here: httpx2.URL, there: httpx2.URL) -> bool:
        """Whether a redirect goes to another server, of those that the profile opens to documents that name them.

        What a document was approved for is where it says: else any public server could have a request made inside.
        """
        if (here.raw_host, _port(here)) == (there.raw_host, _port(there)):
            return False
        return names_host(self._private, there.raw_host.decode(), _port(there))  # as the guard is given it

    def _headers_for(
        self, request: HttpRequest, headers: dict[str, str], here: httpx2.URL, there: httpx2.URL
    ) -> dict[str, str]:
        """Keep what a document sends to its own host; credentials also where the secret names the next host."""
        if (here.scheme, here.host, here.port) == (there.scheme, there.host, there.port):
            return headers
        secret = request.secret
        if secret is not None:
            allowed = there.scheme == "https" and may_have(self._secrets[secret[0].secret], there.host, _port(there))
            secret = secret if allowed else None
        return replace(request, headers={}, secret=secret).sent_headers

    async def _judge(self, exchange: _Exchange, response: httpx2.Response, pointer: str) -> CallVerdict:
        limit = self._settings.max_bytes
        if not response.is_success:
            try:
                body = await read_body(response, min(limit, 65_536))
            except Unreadable:
                body = b""
            return judge_status(response, body, repeatable=exchange.repeatable)
        try:
            return CallVerdict(Status.SUCCEEDED, value=read_value(response, await read_body(response, limit), pointer))
        except Unreadable as error:
            if exchange.reads:
                return CallVerdict(Status.FAILED, "BAD_REPLY", f"the reply cannot be used: {error}")
            # The server says that it was done; only its words are lost.
            return CallVerdict(Status.SUCCEEDED, evidence=(f"the reply cannot be used: {error}",))


def _port(url: httpx2.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _shown(url: httpx2.URL) -> str:
    """Give an address without what may hold credentials."""
    return str(url.copy_with(userinfo=b"", query=None, fragment=None))


def _lost(exchange: _Exchange, problem: str) -> CallVerdict:
    if exchange.reads or exchange.repeatable:
        message = f"no answer from {problem}"
        return CallVerdict(Status.UNAVAILABLE, "UNAVAILABLE", message, retry_s=0.0)
    message = f"it was sent, and no answer came from {problem}; it may have been done or not"
    return CallVerdict(Status.IN_DOUBT, "IN_DOUBT", message)
