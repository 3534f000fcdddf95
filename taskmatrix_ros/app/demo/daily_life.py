"""What the demo of daily life needs beside the home: its internet, its calendar, and manifests that point to them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.core.rule import parse_time
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.sim.internet import SimulatedInternet, calendar

ASK_EVERY_S = 1
"""Seconds between two looks at the weather: the demo's clock jumps, and so does its weather."""


class DailyLife:
    """Serves weather, news and calendar on this machine. The home's days are counted from today."""

    def __init__(self, folder: Path, place: HomePlace) -> None:
        """:param folder: for the calendar's file and the manifest."""
        self._folder, self._place = folder, place
        self._internet = SimulatedInternet()
        self._first = place.local(datetime.now(UTC)).date()

    def open(self) -> None:
        """Begin to serve, and write the files."""
        self._internet.open()
        self._calendar.write_text(calendar(self._first, self._place.time_zone), encoding="utf-8", newline="")
        text = resource("api_manifests/internet.yaml").read_text(encoding="utf-8")
        for shipped, here in (
            ("https://api.open-meteo.com", self._internet.url),
            ("https://feeds.bbci.co.uk/news/rss.xml", f"{self._internet.url}/news.xml"),
            ('source: ""', f'source: "{self._calendar}"'),
            ("zone: Europe/Berlin", f"zone: {self._place.time_zone}"),
            ("every_s: 600", f"every_s: {ASK_EVERY_S}"),
        ):
            assert shipped in text, shipped
            text = text.replace(shipped, here)
        self._manifest.write_text(text, encoding="utf-8")

    def close(self) -> None:
        """Serve no more."""
        self._internet.close()

    def overrides(self, manifests: tuple[str, ...]) -> tuple[str, ...]:
        """Give what a profile's settings become. :param manifests: those of the profile."""
        return (
            f"manifests=[{', '.join((*manifests, str(self._manifest)))}]",
            f"http.private_hosts=[{self._internet.address}]",
            "home_clock=virtual",
            f"processes.outside_c={self._internet.outside_c}",
        )

    def set_outside(self, outside_c: float) -> None:
        """Let it be so warm outside, in degrees Celsius."""
        self._internet.outside_c = outside_c

    def moment(self, clock: str, day: int) -> datetime:
        """Give a time of day so many days after the first, aware, in the home's zone."""
        at: time = parse_time(clock)
        on: date = self._first + timedelta(days=day)
        return self._place.local(self._place.at(on, at))

    @property
    def _calendar(self) -> Path:
        return self._folder / "calendar.ics"

    @property
    def _manifest(self) -> Path:
        return self._folder / "internet.yaml"


def told_changes(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, Any]]:
    """Give the devices' values that are others now, by key; measurements and what the robot does are left out."""
    return [
        (key, value)
        for key, value in sorted(after.items())
        if key in before and before[key] != value and not key.startswith(("object.", "robot.")) and _is_told(key)
    ]


def _is_told(key: str) -> bool:
    return not key.endswith(("_c", "said"))
