"""HTTPS to Home Assistant: each refusal has words of its own, and none of them holds the token."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from certificates import Authority
from websockets.asyncio.server import ServerConnection, serve

from taskmatrix_ros.bindings.homeassistant.homeassistant_binding import HomeAssistantBinding, HomeAssistantSettings
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.registry.registry import Registry

TOKEN = "eyJ.very.secret"


class Place:
    """Two authorities, of which one signs the server's certificate."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ours, self.strangers = Authority(folder / "ours", "ours"), Authority(folder / "strangers", "strangers")
        (folder / "token").write_text(TOKEN)
        (folder / "no.pem").write_text("nothing")

    async def problem(
        self, *, ca_file: Path | None, expired: bool = False, host: str = "127.0.0.1", tls: bool = True
    ) -> str:
        """Give what is told of a server that lets nobody in. :param tls: whether it speaks TLS."""
        context = None
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.ours.sign("server", expired=expired, host=host))
        opening = (
            serve(_let_nobody_in, "127.0.0.1", 0, ssl=context)
            if tls
            else await asyncio.start_server(_answer_as_http_does, "127.0.0.1", 0)
        )
        async with opening as server:
            port = next(iter(server.sockets)).getsockname()[1]
            url = f"https://127.0.0.1:{port}"
            settings = HomeAssistantSettings(url=url, token_file=self.folder / "token", ca_file=ca_file, connect_s=30)
            binding = HomeAssistantBinding(settings, Registry(), StateStore())
            await binding.open()
            try:
                said = binding.peer_problem()
                assert said is not None
                return said
            finally:
                await binding.close()


async def _let_nobody_in(socket: ServerConnection) -> None:
    await socket.send('{"type": "auth_required", "ha_version": "2024.3.3"}')
    await socket.recv()
    await socket.send('{"type": "auth_invalid", "message": "no"}')


async def _answer_as_http_does(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    writer.close()


REFUSED: list[tuple[str, dict[str, object], Callable[[Place], Path | None], str]] = [
    ("wrong token", {}, lambda place: place.ours.ca_file, "refuses the token"),
    ("wrong CA", {}, lambda place: place.strangers.ca_file, "signed by nobody that is known here; correct ca_file"),
    ("no CA", {}, lambda _place: None, "signed by nobody that is known here; correct ca_file"),
    ("expired", {"expired": True}, lambda place: place.ours.ca_file, "has expired; renew Home Assistant's certificate"),
    (
        "another host",
        {"host": "elsewhere.example"},
        lambda place: place.ours.ca_file,
        "for another host than '127.0.0.1'",
    ),
    ("no TLS there", {"tls": False}, lambda place: place.ours.ca_file, "speaks no TLS on this port"),
    ("no such file", {}, lambda place: place.folder / "nowhere.pem", "nowhere.pem cannot be read"),
    ("no certificate in it", {}, lambda place: place.folder / "no.pem", "no.pem holds no certificate in PEM form"),
]


@pytest.mark.parametrize(("_label", "server", "ca_file", "said"), REFUSED, ids=[label for label, *_ in REFUSED])
def test_each_refusal_is_one_of_its_own(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    _label: str,
    server: dict[str, bool],
    ca_file: Callable[[Place], Path | None],
    said: str,
) -> None:
    place = Place(tmp_path)
    with caplog.at_level(logging.DEBUG, "taskmatrix_ros"):
        problem = asyncio.run(place.problem(ca_file=ca_file(place), **server))  # type: ignore[arg-type]
    assert said in problem
    assert TOKEN not in problem
    assert TOKEN not in caplog.text
