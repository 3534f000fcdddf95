"""The tie to one Home Assistant: a WebSocket that is opened again and again."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    InvalidURI,
    WebSocketException,
)

from taskmatrix_ros.bindings.homeassistant.homeassistant_settings import HomeAssistantSettings
from taskmatrix_ros.bindings.homeassistant.homeassistant_tls import tls_context, tls_problem
from taskmatrix_ros.core.errors import ConfigError

_log = logging.getLogger(__name__)

_RETRY_FIRST_S = 0.1
_RETRY_LAST_S = 1.0
"""One small TCP connection a second troubles nobody, and is soon enough for whoever waits for its return."""
_RETRY_REFUSED_S = 60.0
"""After a refused token: Home Assistant may ban who tries too often."""
_TOKEN_LOOK_S = 1.0
_PING_S = 10.0
_LARGEST_MESSAGE = 256 * 2**20
"""Bytes; the states of a large home are some megabytes."""


class Refused(Exception):
    """Home Assistant answered a request with no. ``code`` is its own, such as ``not_found``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Lost(Exception):
    """The connection ended before an answer came."""


class TokenRefused(Exception):
    """Home Assistant does not know the token."""


class LinkUser(Protocol):
    """Told, in the loop's thread, what becomes of the connection."""

    async def connection_opened(self) -> None:
        """Load and subscribe what is needed, by ``request`` and ``subscribe``; only then may calls go out.

        It may raise ``Refused`` and ``Lost``.
        """

    def connection_lost(self) -> None:
        """Nothing is heard any more."""


Listener = Callable[[Mapping[str, Any]], None]


class HomeAssistantLink:
    """Keeps one Home Assistant connected from ``start`` to ``close``. Lives in the loop's thread."""

    def __init__(self, settings: HomeAssistantSettings, user: LinkUser) -> None:
        self.settings = settings
        self.ready = asyncio.Event()
        """Set while calls may go out."""
        self.problem = "it was never connected"
        """Why not, if not."""
        self.version = ""
        self._user = user
        self._task: asyncio.Task[None] | None = None
        self._socket: ClientConnection | None = None
        self._tried = asyncio.Event()
        self._last_id = 0
        self._pending: dict[int, asyncio.Future[Any]] = {}
        self._listeners: dict[int, Listener] = {}
        self._told = ""
        self._system_tls: ssl.SSLContext | None = None

    def start(self) -> None:
        """Begin to connect."""
        self._task = asyncio.create_task(self._run(), name="homeassistant-link")

    async def wait_tried(self) -> None:
        """Wait until the first attempt has ended, one way or the other."""
        await self._tried.wait()

    async def close(self) -> None:
        """Say goodbye."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def request(self, kind: str, **fields: Any) -> Any:
        """Ask, and wait for the answer's ``result``.

        :raises Refused: the answer is no.
        :raises Lost: there is no connection, or it ended before the answer.
        """
        return await self.send(kind, **fields)

    def send(self, kind: str, **fields: Any) -> asyncio.Future[Any]:
        """Write a request. :returns: its result to be, ``Refused`` or ``Lost``; cancelling that takes nothing back.

        :raises Lost: there is no connection; nothing was written.
        """
        socket = self._socket
        if socket is None:
            raise Lost(self.problem)
        self._last_id += 1
        number = self._last_id
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._pending[number] = answer
        answer.add_done_callback(lambda _answer: self._pending.pop(number, None))
        self._write(socket, {"id": number, "type": kind, **fields})
        return answer

    async def ping(self) -> None:
        """Wait until it answers something that is sent now. :raises Lost: there is no connection, or it ended."""
        socket = self._socket
        if socket is None:
            raise Lost(self.problem)
        try:
            await (await socket.ping())
        except ConnectionClosed as error:
            raise Lost("the connection was lost") from error

    async def subscribe(self, listener: Listener, kind: str, **fields: Any) -> None:
        """Hear events of a subscription for as long as this connection lasts.

        :raises Refused: the answer is no.
        :raises Lost: as ``request``.
        """
        answer = self.send(kind, **fields)
        number = self._last_id
        self._listeners[number] = listener  # the first event may come right behind the answer
        try:
            await answer
        except Refused:
            self._listeners.pop(number, None)
            raise

    # --- one connection after the other

    async def _run(self) -> None:
        pause_s = _RETRY_FIRST_S
        while True:
            was_ready = False
            try:
                was_ready = await self._connect_once()
            except TokenRefused as error:
                self._tell(str(error))
                self._tried.set()
                await self._pause_refused()
                continue
            except Exception as error:  # noqa: BLE001 - a link that dies silently would take all devices along
                was_ready = self.ready.is_set()
                self._tell(_reason(error, urlsplit(self.settings.url).hostname or ""))
            finally:
                self._become_lost()
            self._tried.set()
            pause_s = _RETRY_FIRST_S if was_ready else min(pause_s * 2, _RETRY_LAST_S)
            await asyncio.sleep(pause_s * random.uniform(0.8, 1.2))  # noqa: S311 - spreads clients, hides nothing

    async def _connect_once(self) -> bool:
        """See one connection through. :returns: whether it had become ready; it has ended without an error."""
        token = self.settings.load_token()
        context = self._tls()
        async with connect(
            self.settings.websocket_url,
            ssl=context,
            open_timeout=self.settings.connect_s,
            close_timeout=1.0,
            ping_interval=_PING_S,
            ping_timeout=_PING_S,
            max_size=_LARGEST_MESSAGE,
            max_queue=256,
            compression=None,
            proxy=None,
        ) as socket:
            async with asyncio.timeout(self.settings.connect_s):
                await self._authenticate(socket, token)
            self._socket, self._last_id = socket, 0
            reader = asyncio.create_task(self._read(socket), name="homeassistant-read")
            opening = asyncio.create_task(self._open(), name="homeassistant-open")
            try:
                await asyncio.wait({reader, opening}, return_when=asyncio.FIRST_COMPLETED)
                if not reader.done():
                    await opening
                    self._become_ready()
                await reader
            finally:
                for task in (reader, opening):
                    task.cancel()
                await asyncio.wait({reader, opening})
                for task in (reader, opening):
                    if not task.cancelled():
                        task.exception()  # it was told, or follows from the loss
        self._tell("it closed the connection")
        return self.ready.is_set()

    async def _open(self) -> None:
        with suppress(Refused):  # one that is older than this feature
            await self.request("supported_features", features={"coalesce_messages": 1})
        await self._user.connection_opened()

    async def _authenticate(self, socket: ClientConnection, token: str) -> None:
        greeting = json.loads(await socket.recv())
        if greeting.get("type") != "auth_required":
            raise ConfigError("what answers there is no Home Assistant; correct url")
        self.version = str(greeting.get("ha_version", ""))
        await socket.send(json.dumps({"type": "auth", "access_token": token}))
        answer = json.loads(await socket.recv())
        if answer.get("type") != "auth_ok":
            raise TokenRefused(
                "it refuses the token: make a long-lived access token on the profile page of its user, and put it "
                f"where {self._token_place()} says"
            )

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            message = json.loads(text)
            for one in message if isinstance(message, list) else (message,):
                self._take(one)

    def _take(self, message: Mapping[str, Any]) -> None:
        number, kind = message.get("id"), message.get("type")
        if kind == "event" and (listener := self._listeners.get(number or 0)):
            try:
                listener(message.get("event") or {})
            except Exception:  # noqa: BLE001 - one event that cannot be read takes nothing else along
                _log.exception("homeassistant: an event could not be read")
        elif kind == "result" and (answer := self._pending.get(number or 0)) and not answer.done():
            if message.get("success"):
                answer.set_result(message.get("result"))
            else:
                error = message.get("error") or {}
                answer.set_exception(Refused(str(error.get("code", "")), str(error.get("message", "it says no"))))

    def _write(self, socket: ClientConnection, message: Mapping[str, Any]) -> None:
        """Hand it to the connection now: ``ClientConnection.send`` writes before its first wait."""
        sending = asyncio.ensure_future(socket.send(json.dumps(message)))
        sending.add_done_callback(_consume)

    def _become_ready(self) -> None:
        self._told = ""
        self.ready.set()
        self._tried.set()
        _log.info("homeassistant: connected to %s, version %s", self.settings.url, self.version)

    def _become_lost(self) -> None:
        was_open, self._socket = self._socket is not None, None
        self.ready.clear()
        self._listeners.clear()
        for answer in tuple(self._pending.values()):
            if not answer.done():
                answer.set_exception(Lost("the connection was lost"))
                answer.exception()  # a caller that was cancelled never asks
        if was_open:
            self._user.connection_lost()

    async def _pause_refused(self) -> None:
        """Wait a while, or until the token is another one."""
        token = ""
        with suppress(ConfigError):
            token = self.settings.load_token()
        deadline_s = asyncio.get_running_loop().time() + _RETRY_REFUSED_S
        while asyncio.get_running_loop().time() < deadline_s:
            await asyncio.sleep(_TOKEN_LOOK_S)
            with suppress(ConfigError):
                if self.settings.load_token() != token:
                    return

    def _tls(self) -> ssl.SSLContext | None:
        if not self.settings.url.startswith("https"):
            return None
        if self.settings.ca_file is not None:
            return tls_context(self.settings.ca_file)  # anew, so that it can be changed while the node runs
        self._system_tls = self._system_tls or tls_context(None)
        return self._system_tls

    def _token_place(self) -> str:
        return f"token_env {self.settings.token_env}" if self.settings.token_env else "token_file"

    def _tell(self, reason: str) -> None:
        self.problem = reason
        if reason != self._told:
            self._told = reason
            _log.warning("homeassistant at %s is not connected: %s; trying again", self.settings.url, reason)


def _consume(sending: asyncio.Future[None]) -> None:
    if not sending.cancelled():
        sending.exception()  # a lost connection is told by the reader


def _reason(error: Exception, host: str) -> str:
    """Say in a few words why there is no connection."""
    if isinstance(error, ConfigError):
        return error.message
    if isinstance(error, ssl.SSLError):
        return tls_problem(error, host)
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    if isinstance(error, InvalidStatus):
        return f"it answers with HTTP status {error.response.status_code}; correct url"
    if isinstance(error, InvalidHandshake | InvalidMessage | InvalidURI | json.JSONDecodeError):
        return "what answers there is no Home Assistant; correct url"
    if isinstance(error, Refused):
        return f"it refuses what is needed: {error}; give the token's user the right"
    if isinstance(error, OSError):
        if isinstance(error, ConnectionResetError):
            return "it closed the connection before it answered; see that url's port and http:// or https:// are right"
        return error.strerror or str(error) or type(error).__name__
    if isinstance(error, Lost | WebSocketException):
        return "it closed the connection"
    _log.exception("homeassistant: the link failed; it connects anew")
    return f"internal error: {type(error).__name__}"
