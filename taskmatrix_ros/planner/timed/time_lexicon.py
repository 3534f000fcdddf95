"""English words of time: weekdays, months, parts of the day, units."""

from __future__ import annotations

from datetime import time
from typing import Literal

from taskmatrix_ros.core.rule import Weekday

SunEvent = Literal["sunrise", "sunset"]

WEEKDAYS = {
    name: day
    for day, names in zip(
        Weekday,
        (
            "monday mon",
            "tuesday tue tues",
            "wednesday wed",
            "thursday thu thur thurs",
            "friday fri",
            "saturday sat",
            "sunday sun",
        ),
        strict=True,
    )
    for name in names.split()
}
"""``sun`` alone is a weekday only behind ``on`` and ``every``: else it is what rises."""

WORKING = tuple(Weekday)[:5]
WEEKEND = tuple(Weekday)[5:]
DAY_GROUPS = {
    "weekday": WORKING,
    "weekdays": WORKING,
    "workday": WORKING,
    "workdays": WORKING,
    "weekend": WEEKEND,
    "weekends": WEEKEND,
    "day": tuple(Weekday),
    "days": tuple(Weekday),
}

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sep sept",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}

UNITS_S = {
    name: seconds
    for names, seconds in (
        ("second seconds sec secs s", 1),
        ("minute minutes min mins", 60),
        ("hour hours hr hrs h", 3600),
        ("day days", 86400),
        ("week weeks", 7 * 86400),
    )
    for name in names.split()
}

PARTS = {
    "morning": (time(8), 5, 12),
    "afternoon": (time(15), 12, 18),
    "evening": (time(19), 17, 24),
    "night": (time(22), 18, 29),
}
"""Part of the day -> the time that is meant when none is said, and the hours it spans; past 24 is the next day."""

PART_WINDOWS = {"morning": (5, 12), "afternoon": (12, 18), "evening": (18, 23), "night": (22, 6)}
"""Part of the day -> the hours that it lasts as a condition."""

_ORDINAL_WORDS = """
first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth
sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third twenty-fourth
twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first
"""
ORDINALS = {word: number for number, word in enumerate(_ORDINAL_WORDS.split(), start=1)}

NAMED_TIMES = {"noon": time(12), "midday": time(12), "noontime": time(12), "midnight": time(0), "lunchtime": time(12)}

_SUNSETS = (
    *("sunset", "sundown", "dusk", "nightfall", "the sun sets", "sun sets", "the sun goes down", "sun goes down"),
    *("it gets dark", "it is getting dark", "dark"),
)
_SUNRISES = (
    *("sunrise", "sunup", "dawn", "daybreak", "the sun rises", "sun rises", "the sun comes up", "sun comes up"),
    *("it gets light", "first light"),
)
SUN_WORDS: dict[str, SunEvent] = {
    **dict.fromkeys(_SUNSETS, "sunset"),
    **dict.fromkeys(_SUNRISES, "sunrise"),
}
