"""A forecast in words."""

from __future__ import annotations

from typing import Any

import pytest

from taskmatrix_ros.core.errors import CallRefused
from taskmatrix_ros.internet.weather import weather_text
from taskmatrix_ros.sim.internet import forecast


def test_weather_now_and_today() -> None:
    assert weather_text(forecast(2.0)) == (
        "It is 2 degrees outside with snow. Today it will be 0 to 6 degrees, with a 60 percent chance of rain."
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"current": {"temperature_2m": 1.2}}, "It is 1 degree outside."),
        ({"current": {"temperature_2m": -1}, "daily": {}}, "It is -1 degree outside."),
        ({"current": {"temperature_2m": 20, "weather_code": 12345}, "daily": None}, "It is 20 degrees outside."),
        (
            {"current": {"temperature_2m": 20, "weather_code": 0}, "daily": {"temperature_2m_min": ["x"]}},
            "It is 20 degrees outside with clear sky.",
        ),
    ],
)
def test_what_is_missing_is_not_told(given: dict[str, Any], said: str) -> None:
    assert weather_text(given) == said


@pytest.mark.parametrize("given", [{}, {"current": None}, {"current": {"temperature_2m": "warm"}}, {"current": []}])
def test_no_weather_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(CallRefused, match="temperature_2m"):
        weather_text(given)
