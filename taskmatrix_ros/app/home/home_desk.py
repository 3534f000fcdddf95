"""A home without ROS takes instructions here: JSON lines over a local socket."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from taskmatrix_ros.app.api_desk import ApiDesk
from taskmatrix_ros.app.home.home_socket import MAX_LINE
from taskmatrix_ros.app.rules.rule_plain import rule_to_plain
from taskmatrix_ros.app.runs.run_plain import (
    Plain,
    approval_to_plain,
    feedback_to_plain,
    outline_to_plain,
    question_to_plain,
    result_to_plain,
    run_to_plain,
)
from taskmatrix_ros.app.runs.run_teller import RunTeller
from taskmatrix_ros.app.runs.run_view import RunView
from taskmatrix_ros.app.system import System
from taskmatrix_ros.core.approval import ApprovalAnswer
from taskmatrix_ros.core.errors import ConfigError, RequestError, TaskMatrixError
from taskmatrix_ros.core.event_bus import Event
from taskmatrix_ros.core.instruction import Channel, Instruction
from taskmatrix_ros.core.run_ports import Resolution

_log = logging.getLogger(__name__)

_CREDENTIALS = struct.Struct("3i")


class HomeDesk:
    """One request for each connection: ``{"do": name, …}``; lines of ``feedback``, then one of ``result`` or ``error``.

    Whoever may open the socket is the user who runs the home, and has the operator right.
    """

    def __init__(self, system: System, path: Path) -> None:
        """:param path: of the socket."""
        self._system = system
        self._path = path
        self._server: asyncio.Server | None = None
        self._served: set[asyncio.Task[Any]] = set()
        self._requests: dict[str, Callable[[Plain], Awaitable[Plain]]] = {
            "answer": self._answer,
            "approve": self._approve,
            "cancel_run": self._cancel_run,
            "get_run": self._get_run,
            "list_rules": self._list_rules,
            "list_runs": self._list_runs,
            "pause_run": self._pause_run,
            "rearm": self._rearm,
            "resolve_call": self._resolve_call,
            "resume_run": self._resume_run,
            "stop": self._stop,
            **ApiDesk(system).handlers(),
        }

    async def open(self) -> None:
        """Listen.

        :raises ConfigError: another home of this profile runs.
        """
        if self._path.exists():
            if await _answers(self._path):
                raise ConfigError(f"a home of this profile runs already, at {self._path}; end it first")
            self._path.unlink()
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, str(self._path), limit=MAX_LINE)
        finally:
            os.umask(before)

    async def close(self) -> None:
        """Take no more requests, and end those that are being served."""
        if self._server is None:
            return
        self._server.close()
        for task in tuple(self._served):
            task.cancel()
        if self._served:
            await asyncio.wait(self._served)
        self._server = None
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._served.add(task)
        try:
            if _user_of(writer) == os.getuid():
                await self._answer_one(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # the client has gone, or the home ends
        finally:
            self._served.discard(task)
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = _parsed(await reader.readline())
            name = str(asked.pop("do", ""))
            if name == "execute":
                result = await self._execute(asked, reader, writer)
            elif handler := self._requests.get(name):
                result = await handler(asked)
            else:
                raise RequestError(f"request {name!r} is none of execute, {', '.join(self._requests)}")
            _write(writer, {"result": result})
        except TaskMatrixError as error:
            _write(writer, {"error": {"code": error.error_code, "message": error.message}})
        except (ValueError, KeyError, TypeError) as error:
            _write(writer, {"error": {"code": "BAD_REQUEST", "message": f"the request cannot be read: {error}"}})
        except Exception as error:  # noqa: BLE001 - the client must get an answer whatever went wrong here
            _log.exception("a request failed by a fault of the program")
            _write(writer, {"error": {"code": "INTERNAL", "message": f"internal fault: {error!r}; see the log"}})
        await writer.drain()

    async def _execute(self, asked: Plain, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Plain:
        """Run an instruction; a further line of the client's cancels it, its going away does not."""
        try:
            channel = Channel.CLI.of_conversation(str(asked.get("conversation_id", "")))
            instruction = Instruction.model_validate(asked | {"channel": channel.value})
        except ValidationError as error:
            found = error.errors()[0]
            field = ".".join(map(str, found["loc"]))
            raise RequestError(f"execute: {field}: {found['msg']}; correct it", code="BAD_GOAL") from error
        view = self._system.session.start(instruction)

        def tell() -> None:
            _write(writer, {"feedback": feedback_to_plain(view, *_pending(self._system, view.episode.run_id))})

        teller = RunTeller(view, self._system.events, tell)
        listening = asyncio.create_task(self._cancel_on_word(reader, view), name=f"word-{view.episode.run_id}")
        try:
            episode = await self._system.session.finish(view)
        finally:
            teller.close()
            listening.cancel()
        return result_to_plain(view, episode)

    async def _cancel_on_word(self, reader: asyncio.StreamReader, view: RunView) -> None:
        if await reader.readline():
            await self._system.session.cancel(view.episode.run_id, "cancelled by the client")

    async def _approve(self, asked: Plain) -> Plain:
        approved = asked["approved"]
        if not isinstance(approved, bool):
            raise RequestError(
                f"approve: approved is {approved!r}, which is neither true nor false", code="BAD_REQUEST"
            )
        answer = ApprovalAnswer(
            approval_id=asked["approval_id"],
            approved=approved,
            channel=Channel.CLI,
            comment=str(asked.get("comment", "")),
        )
        self._system.approvals.answer(answer)
        return _done("approved" if answer.approved else "denied")

    async def _answer(self, asked: Plain) -> Plain:
        self._system.questions.answer(asked["question_id"], asked["answer"])
        return _done("answered")

    async def _pause_run(self, asked: Plain) -> Plain:
        self._system.session.pause(asked["run_id"], cancel_call=bool(asked.get("cancel_call")))
        return _done("paused" if asked.get("cancel_call") else "pauses after the current call")

    async def _resume_run(self, asked: Plain) -> Plain:
        self._system.runner.resume(asked["run_id"])
        return _done("resumed")

    async def _resolve_call(self, asked: Plain) -> Plain:
        resolution = list(Resolution)[int(asked["resolution"])]
        comment = str(asked.get("comment", ""))
        self._system.runner.resolve(asked["run_id"], asked["call_id"], resolution, comment)
        return _done(f"call {asked['call_id']}: {resolution.value}")

    async def _cancel_run(self, asked: Plain) -> Plain:
        session, given = self._system.session, str(asked.get("run_id", ""))
        wanted = [given] if given else [view.episode.run_id for view in session.active]
        active = await asyncio.gather(*(session.cancel(run_id) for run_id in wanted))
        ended = [run_id for run_id, was_active in zip(wanted, active, strict=True) if was_active]
        if given and not ended:
            raise RequestError(f"run '{given}' is not active; list_runs shows what is", code="NOT_ACTIVE")
        return _done("") | {"run_ids": ended}

    async def _list_rules(self, asked: Plain) -> Plain:
        limit = min(1000, int(asked.get("limit", 0)) or 200)
        rules, only = self._system.rules, bool(asked.get("enabled_only"))
        found = [rule.id for rule, _ in rules.engine.rules() if rule.enabled or not only]
        return _done("") | {"rules": [rule_to_plain(rules, rule_id) for rule_id in found[:limit]]}

    async def _list_runs(self, asked: Plain) -> Plain:
        episodes = self._system.journal.runs(
            active_only=bool(asked.get("active_only")), limit=min(1000, int(asked.get("limit", 50)))
        )
        return _done("") | {"runs": [run_to_plain(episode, whole=False) for episode in episodes]}

    async def _get_run(self, asked: Plain) -> Plain:
        run_id = str(asked["run_id"])
        episode = self._system.journal.run(run_id)
        if episode is None:
            raise RequestError(f"run '{run_id}' is unknown; list_runs gives the ids", code="UNKNOWN_RUN")
        approvals, questions = _pending(self._system, run_id)
        return _done("") | {
            "run": run_to_plain(episode, whole=True),
            "outline": outline_to_plain(episode.outline),
            "approvals": approvals,
            "questions": questions,
        }

    async def _stop(self, asked: Plain) -> Plain:
        reason = str(asked.get("reason") or "stop was asked for")
        report = await asyncio.to_thread(self._system.safety.stop, reason)
        self._system.events.publish(Event(kind="stop_latched", data={"reason": reason}))
        return _done(f"stopped and latched: {reason}; rearm to go on") | {
            "success": not report.not_told,
            "error_code": "NOT_TOLD" if report.not_told else "",
            "told": list(report.told),
            "not_told": list(report.not_told),
            "latency_s": report.latency_s,
        }

    async def _rearm(self, asked: Plain) -> Plain:
        comment = str(asked.get("comment", ""))
        message = "rearmed" if self._system.latch.holds else "the stop latch was not set"
        self._system.latch.rearm(comment)
        self._system.events.publish(Event(kind="stop_rearmed", data={"comment": comment}))
        return _done(message)


def _pending(system: System, run_id: str) -> tuple[list[Plain], list[Plain]]:
    approvals = [
        approval_to_plain(request, system.approvals.shown_arguments(request))
        for request in system.approvals.pending(run_id)
    ]
    return approvals, [question_to_plain(question) for question in system.questions.pending(run_id)]


def _done(message: str) -> Plain:
    return {"success": True, "message": message, "error_code": ""}


def _write(writer: asyncio.StreamWriter, message: Plain) -> None:
    if not writer.is_closing():
        writer.write(json.dumps(message, default=str, ensure_ascii=False).encode() + b"\n")


def _parsed(line: bytes) -> Plain:
    value = json.loads(line)
    if not isinstance(value, dict):
        raise TypeError("it is no JSON object")
    return value


def _user_of(writer: asyncio.StreamWriter) -> int:
    """Give the user id of the process at the other end."""
    connection: socket.socket = writer.get_extra_info("socket")
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(raw)[1])


async def _answers(path: Path) -> bool:
    with suppress(OSError):
        _reader, writer = await asyncio.open_unix_connection(str(path))
        writer.close()
        return True
    return False
