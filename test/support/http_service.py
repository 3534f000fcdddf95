"""A service with an OpenAPI document of its own, in a process of its own: ``python http_service.py PORT [TOKEN]``.

It keeps lamps. Other paths misbehave, each in its own way, for the tests of whoever asks.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

LAMPS = ("hall", "desk")


def openapi(port: int, *, secured: bool) -> dict[str, Any]:
    """The service's own description."""
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Lamp House", "version": "2.3.0", "description": "Lamps of a house."},
        "servers": [{"url": f"http://127.0.0.1:{port}"}],
        "paths": {
            "/lamps/{lamp}": {
                "parameters": [{"$ref": "#/components/parameters/Lamp"}],
                "get": {
                    "operationId": "readLamp",
                    "summary": "Tell whether a lamp of the house burns.",
                    "responses": {"200": {"$ref": "#/components/responses/Lamp"}},
                },
                "put": {
                    "operationId": "setLamp",
                    "summary": "Let a lamp of the house burn with a brightness.",
                    "requestBody": {
                        "required": True,
                        "content": {
                            "application/json": {
                                "schema": {"$ref": "#/components/schemas/Setting"},
                                "example": {"state": "on", "brightness_pct": 40},
                            }
                        },
                    },
                    "responses": {"200": {"$ref": "#/components/responses/Lamp"}},
                },
            },
        },
        "components": {
            "parameters": {
                "Lamp": {
                    "name": "lamp",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string", "enum": list(LAMPS)},
                }
            },
            "schemas": {
                "Setting": {
                    "type": "object",
                    "required": ["state"],
                    "properties": {
                        "state": {"type": "string", "enum": ["on", "off"], "description": "Whether it burns."},
                        "brightness_pct": {"type": "number", "minimum": 0, "maximum": 100, "default": 100},
                    },
                },
            },
            "responses": {
                "Lamp": {
                    "description": "The lamp as it is now.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Setting"}}},
                }
            },
        },
    }
    if secured:
        document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"key": []}]
    return document


class Service(ThreadingHTTPServer):
    """What it knows, and what it was asked."""

    daemon_threads = True
    request_queue_size = 200

    def __init__(self, port: int, token: str = "") -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.token = token
        self.lock = threading.Lock()
        self.lamps: dict[str, dict[str, Any]] = {lamp: {"state": "off", "brightness_pct": 0} for lamp in LAMPS}
        self.settings: list[Any] = []
        self.asked: dict[str, int] = {}
        self.heads: list[dict[str, str]] = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Service

    def log_message(self, *_: Any) -> None: ...

    def do_GET(self) -> None:
        path, query = self._path()
        if path == "/openapi.json":
            self._say(openapi(self.server.server_port, secured=bool(self.server.token)))
        elif path == "/told":
            self._say({"settings": self.server.settings, "asked": self.server.asked, "heads": self.server.heads[-20:]})
        elif path.startswith("/lamps/"):
            self._lamp(path)
        elif path == "/echo":
            self._say({"query": query, "headers": dict(self.headers.items())})
        else:
            self._odd(path, query)

    do_HEAD = do_GET  # noqa: N815 - http.server's name

    def do_PUT(self) -> None:
        path, _ = self._path()
        size = int(self.headers.get("content-length", "0"))
        body = self.rfile.read(size)
        if path.startswith("/lamps/"):
            self._lamp(path, json.loads(body))
        elif path == "/echo":
            self._say({"body": body.decode(), "type": self.headers.get("content-type", "")})
        else:
            self._odd(path, {})

    do_POST = do_PUT  # noqa: N815

    def _path(self) -> tuple[str, dict[str, list[str]]]:
        parts = urlsplit(self.path)
        with self.server.lock:
            self.server.asked[parts.path] = self.server.asked.get(parts.path, 0) + 1
            if parts.path != "/told":
                self.server.heads.append({name.lower(): value for name, value in self.headers.items()})
        return parts.path, parse_qs(parts.query)

    def _lamp(self, path: str, setting: dict[str, Any] | None = None) -> None:
        lamp = path.removeprefix("/lamps/")
        if self.server.token and self.headers.get("authorization") != f"Bearer {self.server.token}":
            self._say({"detail": "no such key"}, 401)
        elif lamp not in self.server.lamps:
            self._say({"detail": f"there is no lamp {lamp}"}, 404)
        else:
            if setting is not None:
                with self.server.lock:
                    self.server.settings.append(setting)
                    self.server.lamps[lamp] = {"brightness_pct": 100, **setting}
            self._say(self.server.lamps[lamp])

    def _odd(self, path: str, query: dict[str, list[str]]) -> None:
        odd = getattr(self, f"_at_{path[1:]}", None)
        if odd is None:
            self._say({"detail": "nothing here"}, 404)
        elif path == "/to":
            odd(query["url"][0])
        else:
            odd()

    def _at_to(self, url: str) -> None:
        self._send(302, b"", location=url)

    def _at_moved(self) -> None:
        query = urlsplit(self.path).query
        self._send(307, b"", location=f"/lamps/hall?{query}" if query else "/lamps/hall")

    def _at_busy_twice(self) -> None:
        self._say({"detail": "come again"}, 503 if self.server.asked["/busy_twice"] <= 2 else 200)

    def _at_hang_up(self) -> None:
        self.close_connection = True

    def _at_fault(self) -> None:
        self._say({"error": {"message": "planted\nfault"}}, 500)

    def _at_slow(self) -> None:
        time.sleep(30)

    def _at_big(self) -> None:
        self._send(200, b"[" + b"1," * 2_000_000 + b"1]")

    def _at_endless(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/plain")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        with suppress(OSError):
            while True:
                self.wfile.write(b"x" * 65536)

    def _at_zipped(self) -> None:
        self._send(200, b"\x1f\x8b...", content_encoding="gzip")

    def _at_garbage(self) -> None:
        self._send(200, b'{"a": NaN')

    def _at_picture(self) -> None:
        self._send(200, b"\x89PNG", content_type="image/png")

    def _at_deep(self) -> None:
        self._send(200, b"[" * 200_000)

    def _say(self, value: Any, status: int = 200) -> None:
        self._send(status, json.dumps(value).encode())

    def _send(self, status: int, body: bytes, content_type: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


if __name__ == "__main__":
    Service(int(sys.argv[1]), *sys.argv[2:]).serve_forever()
