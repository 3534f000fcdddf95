"""A forecast in the format of Open-Meteo, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.core.errors import CallRefused

CONDITIONS: Mapping[int, str] = {
    **dict.fromkeys((0, 1), "clear sky"),
    2: "some clouds",
    3: "clouds",
    **dict.fromkeys((45, 48), "fog"),
    **dict.fromkeys((51, 53, 55, 56, 57), "drizzle"),
    **dict.fromkeys((61, 63, 65, 66, 67, 80, 81, 82), "rain"),
    **dict.fromkeys((71, 73, 75, 77, 85, 86), "snow"),
    **dict.fromkeys((95, 96, 99), "thunderstorms"),
}
"""WMO weather codes, as Open-Meteo uses them, in words. :source: https://open-meteo.com/en/docs"""


def weather_text(forecast: Mapping[str, Any]) -> str:
    """Say what the weather is and will be today.

    :param forecast: with ``current`` (``temperature_2m``, ``weather_code``) and, if it is there, ``daily``.
    :raises CallRefused: there is no current temperature in it.
    """
    current = forecast.get("current")
    now_c = current.get("temperature_2m") if isinstance(current, Mapping) else None
    if not isinstance(now_c, int | float) or isinstance(now_c, bool):
        raise CallRefused("weather_text: the forecast has no current.temperature_2m; give what weather_forecast gave")
    assert isinstance(current, Mapping)
    sky = CONDITIONS.get(_code(current.get("weather_code")), "")
    said = f"It is {_degrees(now_c)} outside{f' with {sky}' if sky else ''}."
    daily = forecast.get("daily")
    if not isinstance(daily, Mapping):
        return said
    low_c, high_c = _first(daily, "temperature_2m_min"), _first(daily, "temperature_2m_max")
    if low_c is not None and high_c is not None:
        said += f" Today it will be {round(low_c)} to {_degrees(high_c)}"
        chance_pct = _first(daily, "precipitation_probability_max")
        said += f", with a {chance_pct:.0f} percent chance of rain." if chance_pct else "."
    return said


def _degrees(value_c: float) -> str:
    whole = round(value_c)
    return f"{whole} degree{'' if abs(whole) == 1 else 's'}"


def _code(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else -1


def _first(daily: Mapping[str, Any], name: str) -> float | None:
    values = daily.get(name)
    if not isinstance(values, list) or not values or isinstance(values[0], bool):
        return None
    return float(values[0]) if isinstance(values[0], int | float) else None
