"""Puts a run's approvals and questions to the person at the terminal, one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

from taskmatrix_ros.cli.output import errors, escape
from taskmatrix_ros.cli.pending_text import approval_lines, question_lines
from taskmatrix_ros.cli.terminal_prompt import ask_line, can_ask
from taskmatrix_ros.cli.timeline import Timeline, call_text
from taskmatrix_ros.core.errors import CallUnavailable


class Services(Protocol):
    """The node's services, as ``ros.task_client.TaskClient`` calls them."""

    async def request(self, kind: str, name: str, **fields: Any) -> Any:
        """Call a service."""


class Asker:
    """Fed with feedback. Where nobody sits at the terminal, it says how to answer, and waits."""

    def __init__(
        self,
        client: Services,
        timeline: Timeline,
        *,
        yes: bool,
        ask: Callable[[str], Awaitable[str | None]] | None = None,
    ) -> None:
        """:param yes: say yes to all that is not hazardous, without asking.

        :param ask: reads a line; the terminal if left out, where there is one.
        """
        self._client = client
        self._timeline = timeline
        self._yes = yes
        self._ask = ask or (ask_line if can_ask() else None)
        self._known: set[str] = set()
        self._waiting: list[tuple[str, dict[str, Any]]] = []
        self._pending: set[str] = set()
        self._current = ""
        self._task: asyncio.Task[None] | None = None
        self._prompt: asyncio.Future[str | None] | None = None

    def show(self, approvals: Iterable[dict[str, Any]], questions: Iterable[dict[str, Any]]) -> None:
        """Take what the run waits for now; what is gone was answered elsewhere or has expired."""
        entries = [(entry["approval_id"], entry) for entry in approvals]
        entries += [(entry["question_id"], entry) for entry in questions]
        self._pending = {identifier for identifier, _ in entries}
        for identifier, entry in entries:
            if identifier not in self._known:
                self._known.add(identifier)
                self._waiting.append((identifier, entry))
        if self._prompt is not None and self._current not in self._pending:
            self._prompt.cancel()
        if self._waiting and self._task is None:
            self._task = asyncio.create_task(self._work(), name="asker")

    async def close(self) -> None:
        """Ask nothing more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self) -> None:
        try:
            while self._waiting:
                self._current, entry = self._waiting.pop(0)
                if self._current in self._pending:
                    await self._handle(self._current, entry)
        finally:
            self._task = None

    async def _handle(self, identifier: str, entry: dict[str, Any]) -> None:
        is_approval = "approval_id" in entry
        if is_approval and self._yes and entry["effect"] != "hazardous":
            await self._send("Approve", "approve", approval_id=identifier, approved=True, comment="--yes")
            errors.print(f"[dim]approved by --yes:[/] {escape(call_text(entry))}")
            return
        with self._timeline.set_aside():
            for line in approval_lines(entry) if is_approval else question_lines(entry):
                errors.print(line)
            if self._ask is None:
                how = f"approve {identifier}, or with --deny" if is_approval else f'answer {identifier} "…"'
                errors.print(f"    waiting; answer with: taskmatrix {how}")
                return
            said = await self._read(self._ask, "    y/N: " if is_approval else "    > ")
        if said is None:
            return
        if is_approval:
            yes = said.strip().casefold() in ("y", "yes")
            await self._send("Approve", "approve", approval_id=identifier, approved=yes, comment="")
        else:
            await self._answer(identifier, entry, said)

    async def _answer(self, identifier: str, entry: dict[str, Any], said: str) -> None:
        refused = await self._send("Answer", "answer", question_id=identifier, answer=said)
        if refused:
            self._waiting.insert(0, (identifier, entry))  # asked again while it is pending

    async def _read(self, ask: Callable[[str], Awaitable[str | None]], prompt: str) -> str | None:
        self._prompt = asyncio.ensure_future(ask(prompt))
        try:
            return await self._prompt
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            errors.print("\n    answered elsewhere, or expired")
            return None
        finally:
            self._prompt = None

    async def _send(self, kind: str, name: str, **fields: Any) -> bool:
        """Call the service. :returns: whether it refused."""
        try:
            response = await self._client.request(f"taskmatrix_interfaces/srv/{kind}", name, **fields)
        except CallUnavailable as error:
            errors.print(f"[red]error[/] {escape(error.message)}")
            return True
        if not response.success:
            errors.print(f"[red]error[/] {escape(response.message)}")
        return not response.success
