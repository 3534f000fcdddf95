"""The internet of the simulated home, on this machine: weather in Open-Meteo's format, a news feed, a calendar."""

from __future__ import annotations

import json
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

COLD_C = 5.0
HEADLINES = (
    "Robots now bring coffee to half of all kitchens",
    "City council opens the new bridge on Friday",
    "Chess champion loses to her own fridge",
)


class SimulatedInternet:
    """Serves in threads of its own between ``open`` and ``close``. ``outside_c`` may be set at any time."""

    def __init__(self, outside_c: float = 2.0) -> None:
        self.outside_c = outside_c
        self.requests: list[str] = []
        """The paths that were asked for, the latest last."""
        self._server: ThreadingHTTPServer | None = None

    @property
    def address(self) -> str:
        """Host and port."""
        assert self._server is not None
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{self.address}"

    def open(self) -> None:
        """Begin to serve on a free port of the loopback interface."""
        internet = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                internet.answer(self)

            def log_message(self, *_args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="sim-internet", daemon=True).start()

    def close(self) -> None:
        """Serve no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        path = urlsplit(request.path).path
        self.requests.append(request.path)
        bodies = {
            "/v1/forecast": ("application/json", lambda: json.dumps(forecast(self.outside_c))),
            "/news.xml": ("application/rss+xml", news),
        }
        kind, body = bodies.get(path, ("", None))
        if body is None:
            request.send_error(404)
            return
        data = body().encode()
        request.send_response(200)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)


def forecast(outside_c: float) -> dict[str, Any]:
    """Give a forecast as Open-Meteo does."""
    is_cold = outside_c < COLD_C
    code = 71 if is_cold else 3
    return {
        "latitude": 52.52,
        "longitude": 13.41,
        "timezone": "Europe/Berlin",
        "current_units": {"temperature_2m": "°C", "wind_speed_10m": "m/s"},
        "current": {
            "temperature_2m": outside_c,
            "relative_humidity_2m": 80,
            "precipitation": 0.2 if is_cold else 0.0,
            "weather_code": code,
            "wind_speed_10m": 3.1,
        },
        "daily": {
            "temperature_2m_min": [outside_c - 2],
            "temperature_2m_max": [outside_c + 4],
            "precipitation_probability_max": [60 if is_cold else 10],
            "weather_code": [code],
        },
    }


def news() -> str:
    """Give a news feed in RSS 2.0."""
    items = "".join(
        f"<item><title>{title}</title><link>https://news.example/{number}</link></item>"
        for number, title in enumerate(HEADLINES, start=1)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>{items}</channel></rss>'


def calendar(first: date, zone: str = "Europe/Berlin") -> str:
    """Give a calendar in iCalendar: a meeting on every day from the first on, and a dentist on that day."""
    day = first.strftime("%Y%m%d")
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//taskmatrix_ros simulation//EN",
        "BEGIN:VEVENT",
        "UID:meeting@home",
        f"DTSTAMP:{day}T000000Z",
        f"DTSTART;TZID={zone}:{day}T093000",
        f"DTEND;TZID={zone}:{day}T100000",
        "RRULE:FREQ=DAILY",
        "SUMMARY:Team meeting",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "UID:dentist@home",
        f"DTSTAMP:{day}T000000Z",
        f"DTSTART;TZID={zone}:{day}T163000",
        f"DTEND;TZID={zone}:{day}T170000",
        "SUMMARY:Dentist",
        "LOCATION:Main Street 4",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "\r\n".join(lines) + "\r\n"
