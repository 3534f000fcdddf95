"""Reads what is said of sun and weather."""

from __future__ import annotations

from taskmatrix_ros.core.rule import StateTrigger, SunTrigger
from taskmatrix_ros.planner.timed.atoms import Atom, becomes, equals
from taskmatrix_ros.planner.timed.condition_words import DARK, DRY, FREEZING, RAINING
from taskmatrix_ros.planner.timed.time_lexicon import SUN_WORDS

WEATHER = "weather.temperature_c"


def read_sun(text: str) -> Atom | None:
    """Read that the sun sets, or that it is dark."""
    event = SUN_WORDS.get(text)
    if event is not None and text != "dark":
        return Atom(SunTrigger(kind="sun", event=event), "", is_event=True)
    if match := DARK.fullmatch(text):
        dark = match["what"] in ("dark", "night", "nighttime")
        trigger = SunTrigger(kind="sun", event="sunset" if dark else "sunrise")
        return Atom(trigger, f'state["home.daylight"] == {"false" if dark else "true"}', is_event=False)
    return None


def read_weather(text: str) -> Atom | None:
    """Read that it freezes, that it rains, or that it stops."""
    if FREEZING.fullmatch(text):
        trigger = StateTrigger(kind="state", key=WEATHER, below=0)
        return Atom(trigger, f'state["{WEATHER}"] < 0', is_event=False)
    if DRY.fullmatch(text):
        value, key = "snow" if "snow" in text else "rain", "weather.condition"
        trigger = StateTrigger(kind="state", key=key, **{"from": (value,)})
        return Atom(trigger, f'state["{key}"] != "{value}"', is_event=True)
    match = RAINING.fullmatch(text)
    if match is None:
        return None
    value = "snow" if match["what"].startswith("snow") else "fog" if match["what"].startswith("fog") else "rain"
    key = "weather.condition"
    return Atom(becomes(key, (value,)), equals(key, value), is_event="start" in text or "begin" in text)
