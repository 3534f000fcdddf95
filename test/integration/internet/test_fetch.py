"""Where an operator's address leads to, and what errors tell of it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import httpcore2
import pytest
from http_service import Service

from taskmatrix_ros.core.errors import CallError, CallRefused, CallUnavailable
from taskmatrix_ros.internet.calendar_functions import calendar_add, calendar_events
from taskmatrix_ros.internet.fetch import MAX_REDIRECTS, fetch
from taskmatrix_ros.internet.hop_guard import HopGuard, HopRefused
from taskmatrix_ros.internet.news import news_headlines

TOKEN = "private-0815"
ZONE = "Europe/Berlin"


@contextmanager
def serving() -> Iterator[Service]:
    with Service(0) as service:
        thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield service
        finally:
            service.shutdown()
            thread.join()


def url(service: Service, path: str) -> str:
    return f"http://127.0.0.1:{service.server_port}{path}"


def test_redirects_are_followed_on_the_own_server_and_a_few_times_only() -> None:
    with serving() as service:
        assert b"hello" in fetch(url(service, f"/to?url={quote('/echo?say=hello')}"), "news")
        path = "/echo"
        for _ in range(MAX_REDIRECTS + 1):
            path = f"/to?url={quote(path, safe='')}"
        with pytest.raises(CallUnavailable, match=f"led on {MAX_REDIRECTS} times"):
            fetch(url(service, path), "news")
        assert service.asked["/echo"] == 1


def test_no_redirect_leads_to_another_server_off_the_public_internet() -> None:
    with serving() as service, serving() as inner:
        for host in ("127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"):
            with pytest.raises(CallRefused, match="no public host") as refused:
                fetch(url(service, f"/to?url=http://{host}:{inner.server_port}/echo?key={TOKEN}"), "news")
            assert TOKEN not in refused.value.message
        with pytest.raises(CallRefused, match="not followed"):
            fetch(url(service, "/to?url=file:///etc/passwd"), "news")
        assert inner.asked == {}


def test_the_address_that_was_judged_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[str] = []

    def answer(address: str) -> Any:
        return lambda *_args, **_more: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))]

    def connect(_self: object, host: str, *_: Any) -> None:
        connected.append(host)

    monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", connect)
    guard = HopGuard("calendar.example", 443)
    monkeypatch.setattr(socket, "getaddrinfo", answer("1.1.1.1"))
    guard.connect_tcp("elsewhere.example", 443)
    monkeypatch.setattr(socket, "getaddrinfo", answer("10.0.0.7"))
    with pytest.raises(HopRefused, match=r"elsewhere\.example"):
        guard.connect_tcp("elsewhere.example", 443)
    with pytest.raises(HopRefused):
        guard.connect_tcp("calendar.example", 80)
    guard.connect_tcp("Calendar.example", 443)  # the operator's own, wherever it is
    assert connected == ["1.1.1.1", "10.0.0.7"]


def test_errors_name_the_host_alone() -> None:
    with serving() as service:
        paths = (f"/nothing/{TOKEN}", f"/picture?key={TOKEN}", f"/garbage?key={TOKEN}", f"/hang_up?key={TOKEN}")
        sources = [url(service, path) for path in paths]
        sources += [
            f"http://127.0.0.1:9/{TOKEN}.ics",
            f"http://u:{TOKEN}/x@127.0.0.1/",
            f"caldav://127.0.0.1:9/{TOKEN}/",
        ]
        for source in sources:
            with pytest.raises(CallError) as failed:
                calendar_events(source, ZONE)
            assert TOKEN not in failed.value.message, source
            assert "127.0.0.1" in failed.value.message or source.startswith("http://u:")
            if source.startswith("http"):
                with pytest.raises(CallError) as failed:
                    news_headlines(source)
                assert TOKEN not in failed.value.message, source
        with pytest.raises(CallRefused, match="only be read") as failed_to_add:
            calendar_add(sources[0], ZONE, "x", "2026-11-26T10:00")
        assert TOKEN not in failed_to_add.value.message
