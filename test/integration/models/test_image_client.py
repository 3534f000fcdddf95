"""A model that draws, behind a real HTTP server on the loopback interface."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from taskmatrix_ros.core.errors import CallFailed, CallUnavailable
from taskmatrix_ros.models.image_client import ImageClient, ImageModelSettings

PNG = b"\x89PNG\r\n\x1a\n" + b"a picture"


class Studio(ThreadingHTTPServer):
    """Draws the same for everybody; keeps what it was asked."""

    status = 200
    reply: dict[str, Any]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Desk)
        self.asked: list[tuple[str, bytes]] = []
        self.reply = {"created": 1, "data": [{"b64_json": base64.b64encode(PNG).decode()}]}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Desk(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        studio: Studio = self.server  # type: ignore[assignment]
        studio.asked.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
        body = json.dumps(studio.reply).encode()
        self.send_response(studio.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def studio() -> Iterator[Studio]:
    studio = Studio()
    thread = threading.Thread(target=studio.serve_forever, args=(0.01,))
    thread.start()
    yield studio
    studio.shutdown()
    thread.join()
    studio.server_close()


def client(studio: Studio, **settings: Any) -> ImageClient:
    return ImageClient(ImageModelSettings(base_url=studio.url, model="painter", retries=0, timeout_s=120, **settings))


def test_it_draws_from_words(studio: Studio) -> None:
    assert asyncio.run(client(studio).paint("a cup")) == PNG
    path, body = studio.asked[0]
    assert path == "/v1/images/generations"
    assert json.loads(body) | {"prompt": "a cup", "size": "512x512", "model": "painter"} == json.loads(body)


def test_a_picture_leaves_only_where_the_profile_lets_it(studio: Studio) -> None:
    with pytest.raises(CallUnavailable, match=r"models\.images\.pictures"):
        asyncio.run(client(studio).repaint(PNG, "bluer"))
    with pytest.raises(CallFailed, match="picture_bytes"):
        asyncio.run(client(studio, pictures=True, picture_bytes=5).repaint(PNG, "bluer"))
    assert studio.asked == []
    assert asyncio.run(client(studio, pictures=True).repaint(PNG, "bluer")) == PNG
    path, body = studio.asked[0]
    assert path == "/v1/images/edits"
    assert PNG in body
    assert b"bluer" in body


@pytest.mark.parametrize(
    ("status", "reply", "error", "code"),
    [
        (500, {"error": {"message": "broken"}}, CallUnavailable, "NO_MODEL"),
        (429, {"error": {"message": "busy"}}, CallUnavailable, "NO_MODEL"),
        (400, {"error": {"message": "not that"}}, CallFailed, "MODEL_REFUSED"),
        (200, {"created": 1, "data": []}, CallFailed, "MODEL_REPLY"),
        (200, {"created": 1, "data": [{"b64_json": "no base64!"}]}, CallFailed, "MODEL_REPLY"),
    ],
)
def test_what_goes_wrong_is_told(
    studio: Studio, status: int, reply: dict[str, Any], error: type[Exception], code: str
) -> None:
    studio.status, studio.reply = status, reply
    with pytest.raises(error) as caught:
        asyncio.run(client(studio).paint("a cup"))
    assert caught.value.error_code == code  # type: ignore[attr-defined]


def test_a_key_that_is_missing_is_told(studio: Studio) -> None:
    with pytest.raises(CallUnavailable, match="TASKMATRIX_TEST_NO_KEY is not set"):
        asyncio.run(client(studio, key_env="TASKMATRIX_TEST_NO_KEY").paint("a cup"))
