"""Weather, news and calendars from servers on this machine: through the documents, the bindings and into state."""

from __future__ import annotations

import asyncio
import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.request import Request, urlopen
from zoneinfo import ZoneInfo

import pytest

from taskmatrix_ros.app.demo.daily_life import DailyLife
from taskmatrix_ros.app.system import System
from taskmatrix_ros.bindings.function.function_binding import FunctionBinding, FunctionSettings
from taskmatrix_ros.bindings.http.http_binding import HttpBinding
from taskmatrix_ros.bindings.http.http_settings import HttpSettings
from taskmatrix_ros.core.errors import CallRefused, CallUnavailable
from taskmatrix_ros.core.event_bus import Event
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.core.run import RunStatus
from taskmatrix_ros.internet.caldav_calendar import PASSWORD_ENV
from taskmatrix_ros.internet.calendar_functions import calendar_add, calendar_events, calendar_next
from taskmatrix_ros.rules.home_place import HomePlace

ZONE = "Europe/Berlin"
PLACE = HomePlace(time_zone=ZONE)
PATIENCE_S = 240.0


def test_the_weather_is_told_and_fed_into_state(tmp_path: Path) -> None:
    daily_life = DailyLife(tmp_path, PLACE)
    daily_life.open()
    (_, hosts, *_) = daily_life.overrides(())
    private = (hosts.partition("[")[2].rstrip("]"),)
    said: list[str] = []

    async def story() -> None:
        system = System(
            [*(resource(f"api_manifests/{name}.yaml") for name in ("time", "say")), tmp_path / "internet.yaml"],
            store_file=None,
            place=PLACE,
            private_hosts=private,
            make_bindings=lambda catalogue, _state: [
                HttpBinding(HttpSettings(private_hosts=private), {}),
                FunctionBinding(FunctionSettings(), catalogue),
            ],
        )

        def hear(event: Event) -> None:
            if event.kind == "said":
                said.append(str(event.data["text"]))

        system.events.listen(hear)
        await system.open()
        system.recover()
        try:
            episode = await system.session.submit(Instruction(text="tell me the weather, my calendar and the news"))
            assert episode.status is RunStatus.SUCCEEDED, episode.summary
            async with asyncio.timeout(PATIENCE_S):
                while "calendar.next.starts_at" not in system.state or "weather.condition" not in system.state:
                    await asyncio.sleep(0.02)
            assert (system.state["weather.temperature_c"], system.state["weather.condition"]) == (2.0, "snow")
            daily_life.set_outside(12.0)
            async with asyncio.timeout(PATIENCE_S):
                while system.state["weather.temperature_c"] != 12.0:
                    await asyncio.sleep(0.02)
            assert system.state["weather.condition"] == "clouds"
        finally:
            await system.close()

    try:
        asyncio.run(story())
    finally:
        daily_life.close()
    weather, appointments, headlines = said
    assert weather.startswith("It is 2 degrees outside with snow.")
    assert "Team meeting at 09:30" in appointments
    assert headlines.startswith("In the news: Robots now bring coffee")


@pytest.fixture
def caldav(tmp_path: Path) -> Iterator[str]:
    """A CalDAV server of its own, with one empty calendar; gives the calendar's address."""
    if importlib.util.find_spec("radicale") is None:
        pytest.skip("radicale is not installed: pip install radicale")
    users = tmp_path / "users"
    users.write_text("ann:secret\n", encoding="utf-8")
    port = _free_port()
    log = (tmp_path / "radicale.log").open("w")
    process = subprocess.Popen(
        (
            *(sys.executable, "-m", "radicale", "--config", "", "--server-hosts", f"127.0.0.1:{port}"),
            *("--auth-type", "htpasswd", "--auth-htpasswd-filename", str(users)),
            *("--auth-htpasswd-encryption", "plain"),
            *("--storage-filesystem-folder", str(tmp_path / "storage")),
        ),
        stdout=log,
        stderr=log,
    )
    try:
        _wait_for(port, tmp_path / "radicale.log")
        body = (
            '<C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop>'
            "<D:displayname>Home</D:displayname></D:prop></D:set></C:mkcalendar>"
        )
        request = Request(f"http://127.0.0.1:{port}/ann/home/", data=body.encode(), method="MKCALENDAR")
        request.add_header("Authorization", "Basic YW5uOnNlY3JldA==")
        urlopen(request, timeout=PATIENCE_S).close()
        yield f"caldav://ann@127.0.0.1:{port}/ann/home/"
    finally:
        process.terminate()
        process.wait(60)
        log.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text())


def test_appointments_on_a_caldav_server(caldav: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_ENV, "secret")
    starts = (datetime.now(ZoneInfo(ZONE)) + timedelta(days=1)).replace(microsecond=0)
    assert calendar_events(caldav, ZONE, 3) == []
    added = calendar_add(caldav, ZONE, "Dentist", starts.isoformat(), 1800, "Main Street 4")
    assert calendar_events(caldav, ZONE, 3) == [added]
    assert calendar_next(caldav, ZONE) == added
    monkeypatch.setenv(PASSWORD_ENV, "wrong")
    with pytest.raises((CallRefused, CallUnavailable), match="calendar"):
        calendar_events(caldav, ZONE)


def test_a_caldav_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(CallUnavailable, match="calendar"):
        calendar_events("caldav://ann@127.0.0.1:9/ann/home/", ZONE)
