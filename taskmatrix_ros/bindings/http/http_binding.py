"""Services that speak HTTP."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import httpx2

from taskmatrix_ros.bindings.http.http_hosts import GuardedTransport, HostGuard, HostRefused
from taskmatrix_ros.bindings.http.http_reply import Unreadable, Verdict, judge_status, read_body, read_value
from taskmatrix_ros.bindings.http.http_request import HttpRequest, make_request, may_have, with_secret
from taskmatrix_ros.bindings.http.http_settings import HttpSettings
from taskmatrix_ros.bindings.secret import SecretSettings
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.binding_spec import Http
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import ConfigError, TaskMatrixError
from taskmatrix_ros.core.hosts import names_host
from taskmatrix_ros.core.outcome import ErrorReport, Outcome, Status, utc_now
from taskmatrix_ros.core.ports import Progress

MAX_REDIRECTS = 5

_FIRST_WAIT_S = 0.2
_UNSENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)


class _Withdrawn(Exception):
    """A stop came before the request went out."""


@dataclass(eq=False, slots=True)
class _Exchange:
    """A call under way. ``epoch``: which stop it was made after; ``why``: what ends it early, in a word."""

    call: Call
    reads: bool
    repeatable: bool
    epoch: object
    sent: bool = False
    why: str = ""
    task: asyncio.Task[Verdict] | None = field(default=None)

    def end(self, why: str) -> None:
        if self.task is not None and not self.task.done() and not self.why:
            self.why = why
            self.task.cancel()


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
        self._pending: dict[str, _Exchange] = {}
        self._epoch = object()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def open(self) -> None:
        """Get ready; nothing is connected to before a call.

        :raises ConfigError: the file of certificate authorities cannot be used.
        """
        for name in ("httpx2", "httpcore2"):  # they log URLs and headers, which may hold credentials
            logging.getLogger(name).setLevel(logging.WARNING)
        self._loop = asyncio.get_running_loop()
        trust = self._trust()
        self._readers = self._client(trust, keep_alive=True)
        self._commanders = self._client(trust, keep_alive=False)

    async def close(self) -> None:
        """End what is under way and give every connection back."""
        for exchange in tuple(self._pending.values()):
            exchange.end("closed")
        tasks = [exchange.task for exchange in self._pending.values() if exchange.task is not None]
        if tasks:
            await asyncio.wait(tasks)
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
            return _outcome(
                call, Verdict(status=Status.UNAVAILABLE, code="CLOSED", message="http is not open"), started_at
            )
        try:
            request = make_request(spec, call.arguments)
            if spec.auth is not None:
                request = with_secret(request, spec.auth, self._secrets, self._private)
        except TaskMatrixError as error:
            verdict = Verdict(status=Status.REJECTED, code=error.error_code, message=error.message)
            return _outcome(call, verdict, started_at)
        reads = document.effect is Effect.READ
        exchange = _Exchange(
            call, reads, document.idempotent or (reads and spec.method in ("GET", "HEAD")), self._epoch
        )
        verdict = await self._see_through(exchange, client, request, spec.result)
        return _outcome(call, verdict, started_at)

    async def cancel(self, call_id: str) -> None:
        """Take back what has not gone out, and what only reads; a command that went out can only be awaited."""
        exchange = self._pending.get(call_id)
        if exchange is not None and (exchange.reads or not exchange.sent):
            exchange.end("cancelled")

    async def recover(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome | None:  # noqa: ARG002
        """No server tells what became of a request."""
        return None

    def stop(self) -> None:
        """Let nothing go out that has not, and wait for nothing. Synchronous, from any thread, without a lock."""
        self._epoch = object()
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits
                self._loop.call_soon_threadsafe(self._end_stopped)

    def _end_stopped(self) -> None:
        for exchange in tuple(self._pending.values()):
            if exchange.epoch is not self._epoch:
                exchange.end("stopped")

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

    async def _see_through(
        self, exchange: _Exchange, client: httpx2.AsyncClient, request: HttpRequest, pointer: str
    ) -> Verdict:
        call = exchange.call
        exchange.task = asyncio.create_task(self._attempts(exchange, client, request, pointer), name=f"http-{call.api}")
        self._pending[call.call_id] = exchange
        try:
            await asyncio.wait({exchange.task}, timeout=call.deadline_s)
            if not exchange.task.done():
                exchange.end("timed out")
                await asyncio.wait({exchange.task})
        finally:
            exchange.task.cancel()
            self._pending.pop(call.call_id, None)
        if exchange.task.cancelled():
            return _ended_early(exchange, request)
        return exchange.task.result()

    async def _attempts(
        self, exchange: _Exchange, client: httpx2.AsyncClient, request: HttpRequest, pointer: str
    ) -> Verdict:
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
    ) -> Verdict:
        place = f"{request.scheme}://{request.host}:{request.port}"
        try:
            return await self._exchange(exchange, client, request, pointer)
        except HostRefused as error:
            return Verdict(status=Status.REJECTED, code="HOST_REFUSED", message=f"not sent: {error}")
        except _Withdrawn:
            return Verdict(status=Status.CANCELLED, code="STOPPED", message="stopped before it was sent")
        except _UNSENT as error:
            if not exchange.sent:
                message = f"not sent: no connection to {place}: {error or type(error).__name__}"
                return Verdict(status=Status.UNAVAILABLE, code="UNAVAILABLE", message=message, retry_s=0.0)
            return _lost(exchange, f"{place}: {error or type(error).__name__}")
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
            return _lost(exchange, f"{place}: {error or type(error).__name__}")

    async def _exchange(
        self, exchange: _Exchange, client: httpx2.AsyncClient, request: HttpRequest, pointer: str
    ) -> Verdict:
        async def trace(event: str, _info: dict[str, Any]) -> None:
            if event.endswith("send_request_headers.started"):
                if exchange.epoch is not self._epoch:
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
                    return Verdict(status=Status.REJECTED, code="REDIRECT", message=message[:300])
                if following.scheme not in ("http", "https") or (url.scheme, following.scheme) == ("https", "http"):
                    message = f"the server leads from https to {following.scheme[:20]}, which is not followed"
                    return Verdict(status=Status.REJECTED, code="REDIRECT", message=message)
                if self._leads_inside(url, following):
                    message = (
                        f"the server leads to {following.host[:100]}, a private host that only a document may name; "
                        "write a document for it"
                    )
                    return Verdict(status=Status.REJECTED, code="REDIRECT", message=message)
                headers = self._headers_for(request, headers, url, following)
                url = following
            finally:
                await response.aclose()
        return Verdict(
            status=Status.FAILED, code="REDIRECT", message=f"the server led on {MAX_REDIRECTS} times; correct the url"
        )

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

    async def _judge(self, exchange: _Exchange, response: httpx2.Response, pointer: str) -> Verdict:
        limit = self._settings.max_bytes
        if not response.is_success:
            try:
                body = await read_body(response, min(limit, 65_536))
            except Unreadable:
                body = b""
            return judge_status(response, body, repeatable=exchange.repeatable)
        try:
            return Verdict(
                status=Status.SUCCEEDED, value=read_value(response, await read_body(response, limit), pointer)
            )
        except Unreadable as error:
            if exchange.reads:
                return Verdict(status=Status.FAILED, code="BAD_REPLY", message=f"the reply cannot be used: {error}")
            # The server says that it was done; only its words are lost.
            return Verdict(status=Status.SUCCEEDED, evidence=(f"the reply cannot be used: {error}",))


def _port(url: httpx2.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _shown(url: httpx2.URL) -> str:
    """Give an address without what may hold credentials."""
    return str(url.copy_with(userinfo=b"", query=None, fragment=None))


def _lost(exchange: _Exchange, problem: str) -> Verdict:
    if exchange.reads or exchange.repeatable:
        message = f"no answer from {problem}"
        return Verdict(status=Status.UNAVAILABLE, code="UNAVAILABLE", message=message, retry_s=0.0)
    message = f"it was sent, and no answer came from {problem}; it may have been done or not"
    return Verdict(status=Status.IN_DOUBT, code="IN_DOUBT", message=message)


def _ended_early(exchange: _Exchange, request: HttpRequest) -> Verdict:
    code = {"timed out": "TIMED_OUT", "stopped": "STOPPED"}.get(exchange.why, "CANCELLED")
    place = f"{request.scheme}://{request.host}:{request.port}"
    if not exchange.sent:
        status = Status.UNAVAILABLE if exchange.why == "timed out" else Status.CANCELLED
        return Verdict(status=status, code=code, message=f"{exchange.why} before it was sent to {place}")
    if exchange.reads:
        status = Status.TIMED_OUT if exchange.why == "timed out" else Status.CANCELLED
        return Verdict(status=status, code=code, message=f"{exchange.why} while waiting for {place}")
    message = f"it was sent to {place} and {exchange.why} without an answer; it may have been done or not"
    return Verdict(status=Status.IN_DOUBT, code="IN_DOUBT", message=message)


def _outcome(call: Call, verdict: Verdict, started_at: datetime) -> Outcome:
    error = None
    if verdict.status is not Status.SUCCEEDED:
        error = ErrorReport(code=verdict.code, message=" ".join(f"{call.api}: {verdict.message}".split()))
    return Outcome(
        call_id=call.call_id,
        status=verdict.status,
        value=verdict.value,
        error=error,
        evidence=verdict.evidence,
        started_at=started_at,
    )
