"""Tools of servers that speak the Model Context Protocol."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taskmatrix_ros.bindings.call_verdict import CallVerdict
from taskmatrix_ros.bindings.calls_in_flight import CallInFlight, CallsInFlight, ended_early
from taskmatrix_ros.bindings.mcp.mcp_fate import Fate, Told, Withdrawn
from taskmatrix_ros.bindings.mcp.mcp_link import McpLink
from taskmatrix_ros.bindings.mcp.mcp_result import judge_error, judge_result
from taskmatrix_ros.bindings.mcp.mcp_settings import McpSettings
from taskmatrix_ros.bindings.secret import SecretSettings
from taskmatrix_ros.bindings.templates import render
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.binding_spec import Mcp
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import TaskMatrixError
from taskmatrix_ros.core.outcome import Outcome, Status, utc_now
from taskmatrix_ros.core.ports import Progress, ProgressReport

if TYPE_CHECKING:
    from mcp.client import Client

_log = logging.getLogger(__name__)


_UNSENT = Told(Fate.UNSENT)


@dataclass(eq=False, slots=True)
class _Exchange(CallInFlight):
    """``told``: what became of its request."""

    told: Told = _UNSENT

    def note(self, told: Told) -> None:
        self.told, self.sent = told, told.fate in (Fate.SENT, Fate.LOST)


class McpBinding:
    """Calls tools. Servers may ask nothing back: no sampling, no elicitation, no roots."""

    kinds = frozenset({"mcp"})

    def __init__(
        self, settings: McpSettings, secrets: Mapping[str, SecretSettings], private_hosts: tuple[str, ...] = ()
    ) -> None:
        """:param private_hosts: the profile's ``http.private_hosts``: servers at a URL are reached like any other."""
        self._settings = settings
        self._secrets = dict(secrets)
        self._private_hosts = tuple(host.lower() for host in private_hosts)
        self._links: dict[str, McpLink] = {}
        self._calls = CallsInFlight[_Exchange]()

    async def open(self) -> None:
        """Connect to every server, and start those that have a command.

        Returns when each has answered or failed to, at most after its ``connect_s``. One that is away is connected when
        it comes.
        """
        for name in ("mcp", "httpx2", "httpcore2"):  # they log what passes, which may hold secrets
            logging.getLogger(name).setLevel(logging.WARNING)
        self._calls.open()
        for name, settings in self._settings.servers.items():
            link = McpLink(
                name, settings, self._secrets, self._private_hosts, pending=self._calls.find, note=self._note
            )
            self._links[name] = link
            link.start()
        await asyncio.gather(*(link.tried(link.settings.connect_s) for link in self._links.values()))
        for name, link in self._links.items():
            if link.problem is not None:
                _log.warning("mcp %s is not there: %s; it is tried again", name, link.problem)

    async def close(self) -> None:
        """End what is under way, disconnect, end the servers that were started."""
        await self._calls.close()
        links, self._links = tuple(self._links.values()), {}
        await asyncio.gather(*(link.close() for link in links))

    def peer_problem(self, server: str) -> str | None:
        """Say in one line why a server cannot be reached and what to do, or None if it can."""
        link = self._links.get(server)
        if link is None:
            known = ", ".join(self._links) or "none"
            return f"mcp {server!r} is not open; known servers: {known}; add it to mcp.servers of the profile"
        if link.problem is None:
            return None
        return f"mcp {server!r} is not there: {link.problem}; start it, or correct it in the profile"

    async def call(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome:
        """Call the document's tool.

        :param call: ``call.deadline_s`` bounds everything, in seconds.
        :param progress: told what the server reports, its completion in 0..1 where it tells a total.
        :returns: ``succeeded`` with the structured result, else its text; ``rejected`` if the server knows no such tool
            or takes no such arguments; ``failed`` if the tool says so; ``unavailable`` if it was not sent; ``in_doubt``
            if a command was sent and no answer came.
        """
        started_at = utc_now()
        spec = document.binding
        if not isinstance(spec, Mcp):
            raise TypeError(f"{document.name} has a {spec.kind} binding, not mcp")
        link = self._links.get(spec.server)
        if link is None:
            problem = self.peer_problem(spec.server) or ""
            return CallVerdict(Status.UNAVAILABLE, "UNAVAILABLE", f"not sent: {problem}").outcome(call, started_at)
        try:
            template = (
                {name: f"{{{name}}}" for name in document.parameters} if spec.arguments is None else spec.arguments
            )
            arguments = render(template, call.arguments)
        except TaskMatrixError as error:
            return CallVerdict(Status.REJECTED, error.error_code, error.message).outcome(call, started_at)
        exchange = _Exchange(call.call_id, document.effect is Effect.READ, self._calls.epoch)
        work = self._perform(exchange, link, spec, arguments, progress)
        task = await self._calls.see_through(exchange, work, call.deadline_s, f"mcp-{call.api}")
        verdict: CallVerdict = ended_early(exchange, f"mcp {link.name!r}") if task.cancelled() else task.result()
        return verdict.outcome(call, started_at)

    async def cancel(self, call_id: str) -> None:
        """Take back what has not gone out, and what only reads; for a command that went out the answer is awaited."""
        self._calls.cancel(call_id)

    async def recover(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome | None:  # noqa: ARG002
        """No server tells what became of an earlier call."""
        return None

    def stop(self) -> None:
        """Let nothing go out that has not, and wait for nothing. Synchronous, from any thread, without a lock."""
        self._calls.stop()

    def _note(self, call_id: str, told: Told) -> None:
        exchange = self._calls.get(call_id)
        if exchange is None or (told.fate is Fate.SENT and self._calls.is_stopped(exchange)):
            raise Withdrawn
        exchange.note(told)

    async def _perform(
        self, exchange: _Exchange, link: McpLink, spec: Mcp, arguments: dict[str, Any], progress: Progress
    ) -> CallVerdict:
        for again in (True, False):
            client = await link.ready(link.settings.connect_s)
            if client is None:
                return CallVerdict(Status.UNAVAILABLE, "UNAVAILABLE", f"not sent: {self.peer_problem(link.name)}")
            if self._calls.is_stopped(exchange):
                return CallVerdict(Status.CANCELLED, "STOPPED", "stopped before it was sent")
            verdict = await self._ask(exchange, link, client, spec, arguments, progress)
            if verdict is not None or not again:
                break
        if verdict is None:
            return CallVerdict(Status.UNAVAILABLE, "UNAVAILABLE", f"mcp {link.name!r} ends every session at once")
        return verdict

    async def _ask(
        self,
        exchange: _Exchange,
        link: McpLink,
        client: Client,
        spec: Mcp,
        arguments: dict[str, Any],
        tell: Progress,
    ) -> CallVerdict | None:
        """Ask once. :returns: None: the server has forgotten the session and has done nothing; ask in a new one."""
        from mcp import MCPError

        async def on_progress(progress: float, total: float | None, message: str | None) -> None:
            tell(ProgressReport(min(max(progress / total, 0.0), 1.0) if total else None, message or ""))

        if not await link.has_tool(client, spec.tool):
            known = ", ".join(link.tools[:20]) or "none"
            return CallVerdict(
                Status.REJECTED, "REFUSED", f"mcp {link.name!r} has no tool {spec.tool!r}; it has {known}"
            )

        if link.settings.url is None:
            exchange.note(Told(Fate.SENT))  # a pipe tells nothing of what happens to what is written
        meta: Any = {"taskmatrix/call_id": exchange.call_id}
        try:
            result = await client.call_tool(spec.tool, arguments, progress_callback=on_progress, meta=meta)
        except MCPError as error:
            verdict = judge_error(error, exchange.told, reads=exchange.reads, server=link.name)
            if verdict is None:
                link.drop(client, "the server has forgotten the session")
                exchange.note(_UNSENT)
            return verdict
        except (RuntimeError, ValueError) as error:
            # The client refuses what the server answered; what the server did, it did.
            message = f"mcp {link.name!r} answered against its own schema: {error}"
            return CallVerdict(Status.FAILED, "BAD_REPLY", message[:300])
        return judge_result(result, reads=exchange.reads, max_bytes=link.settings.max_bytes)
