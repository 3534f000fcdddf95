"""The command line's way to a home that runs without ROS."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from taskmatrix_ros.app.home.home_socket import MAX_LINE, sockets
from taskmatrix_ros.core.errors import CallUnavailable, ConfigError
from taskmatrix_ros.core.instruction import Image, Mode

Plain = dict[str, Any]


class HomeReply:
    """An answer as the commands read a service's response; a field that it does not have is an empty list."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = dict(fields)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._fields.get(name, [])


class HomeClient:
    """Asks over a local socket what ``ros.task_client.TaskClient`` asks over ROS."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: asyncio.StreamWriter | None = None

    async def execute(
        self,
        instruction: str,
        on_feedback: Callable[[Plain], None],
        *,
        mode: Mode = Mode.RUN,
        request_id: str = "",
        outline_id: str = "",
        parameters: Mapping[str, str] | None = None,
        images: Sequence[Image] = (),
        **more: str,
    ) -> Plain:
        """Send an instruction and wait for its end.

        :param on_feedback: told the run as it stands.
        :param more: text fields of the instruction: ``conversation_id``, ``speaker``, ``area``, ``locale``.
        :returns: ``app.run_plain.result_to_plain``.
        :raises CallUnavailable: the home does not take it, or went away before the end.
        """
        text = instruction or f"outline {outline_id}"
        asked = {"do": "execute", "text": text, "mode": mode.value, "request_id": request_id, "outline_id": outline_id}
        pictures = [image.model_dump(mode="json") for image in images]
        whole = {**asked, "parameters": dict(parameters or {}), "images": pictures, **more}
        message = await self._ask(whole, on_feedback)
        if "error" in message:
            raise CallUnavailable(str(message["error"]["message"]), code=str(message["error"]["code"]))
        return dict(message["result"])

    def cancel(self) -> None:
        """Cancel the pending instruction; ``execute`` then returns its result."""
        if self._writer is not None:
            self._writer.write(b"{}\n")

    async def request(self, kind: str, name: str, /, *, repeatable: bool = True, **fields: Any) -> HomeReply:  # noqa: ARG002
        """Ask what a service of the node answers.

        :param kind: of the ROS service, of no use here.
        :param name: the request's name.
        :raises CallUnavailable: the home went away.
        """
        message = await self._ask({"do": name, **fields}, lambda _feedback: None)
        if "error" in message:
            error = message["error"]
            return HomeReply({"success": False, "message": error["message"], "error_code": error["code"]})
        return HomeReply(message["result"])

    async def parameter(self, node: str, name: str) -> str:  # noqa: ARG002
        """Give nothing: a home without ROS has no parameters, and tells moments as its own clocks show them."""
        return ""

    async def _ask(self, asked: Plain, on_feedback: Callable[[Plain], None]) -> Plain:
        try:
            reader, writer = await asyncio.open_unix_connection(str(self._path), limit=MAX_LINE)
        except OSError as error:
            raise CallUnavailable(f"no home at {self._path}: {error.strerror}; start it with taskmatrix up") from error
        self._writer = writer
        try:
            writer.write(json.dumps(asked).encode() + b"\n")
            while line := await reader.readline():
                message: Plain = json.loads(line)
                if "feedback" not in message:
                    return message
                on_feedback(message["feedback"])
        except OSError as error:
            raise CallUnavailable(f"the home at {self._path} went away: {error.strerror}; its log says why") from error
        finally:
            self._writer = None
            writer.close()
        raise CallUnavailable(f"the home at {self._path} went away; its log says why")


async def running_home() -> HomeClient | None:
    """Give the client of the home that runs on this machine; None where there is none.

    :raises ConfigError: several run.
    """
    alive = []
    for path in sockets():
        try:
            _reader, writer = await asyncio.open_unix_connection(str(path))
        except OSError:
            continue
        writer.close()
        alive.append(path)
    if len(alive) > 1:
        names = ", ".join(path.stem for path in alive)
        raise ConfigError(f"several homes run: {names}; end all but one of them")
    return HomeClient(alive[0]) if alive else None


@asynccontextmanager
async def any_client(namespace: str) -> AsyncIterator[Any]:
    """Open a client of what runs: a home without ROS on this machine, else the ROS node in ``namespace``.

    :raises ConfigError: neither can be reached: ROS is not installed and no home runs.
    """
    if (home := await running_home()) is not None:
        yield home
        return
    from taskmatrix_ros.cli.ros_link import task_client

    async with task_client(namespace) as client:
        yield client
