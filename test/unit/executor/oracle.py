"""What may reach a device in the house of the tests, said by hand and not by the code under test."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from taskmatrix_ros.core.call import Call

Arguments = Mapping[str, Any]


def number(value: Any, low: float, high: float) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and low <= value <= high


def text(value: Any) -> bool:
    return type(value) is str and "\0" not in value and value.isprintable() | (len(value) < 64_000)


def maybe_text(value: Any) -> bool:
    return value is None or text(value)


def light(value: Any) -> bool:
    return value in ("kitchen", "hall", "bedroom")


_ALLOWED: dict[str, Callable[[Arguments], bool]] = {
    "light_on": lambda a: light(a["light"]) and (a["brightness_pct"] is None or number(a["brightness_pct"], 1, 100)),
    "light_off": lambda a: light(a["light"]),
    "ac_set_temperature": lambda a: number(a["temperature_c"], 16, 30),
    "say": lambda a: text(a["text"]) and type(a["times"]) is int and 1 <= a["times"] <= 3,
    "robot_find": lambda a: text(a["object"]) and maybe_text(a["place"]),
    "robot_go_to": lambda a: (
        maybe_text(a["object"]) and maybe_text(a["place"]) and (a["object"] is None) is not (a["place"] is None)
    ),
    "robot_pick_up": lambda a: text(a["object"]),
    "robot_put_down": lambda a: text(a["object"]),
    "thermometer_read": lambda a: text(a["room"]),
    "bell_ring": lambda _: True,
}

_PARAMETERS = {
    "light_on": {"light", "brightness_pct"},
    "light_off": {"light"},
    "ac_set_temperature": {"temperature_c"},
    "say": {"text", "times"},
    "robot_find": {"object", "place"},
    "robot_go_to": {"object", "place"},
    "robot_pick_up": {"object"},
    "robot_put_down": {"object"},
    "thermometer_read": {"room"},
    "bell_ring": set(),
}


def forbidden(calls: Sequence[Call], *, only_arguments: bool = False) -> list[str]:
    """Give the calls that must not have been sent, in words.

    :param only_arguments: devices fail, so where the robot is and what it holds cannot be told from its calls. Else it
        may pick up only with an empty hand what it stands near, and put down only what it holds.
    """
    found: list[str] = []
    near, held = "", None
    for call in calls:
        rule = _ALLOWED.get(call.api)
        if rule is None or set(call.arguments) != _PARAMETERS[call.api] or not rule(call.arguments):
            found.append(str(call))
            continue
        given = call.arguments
        if only_arguments:
            continue
        if call.api == "robot_go_to":
            near = given["object"] or given["place"] or ""
        elif call.api == "robot_pick_up":
            if held is not None or near != given["object"]:
                found.append(f"{call} near {near!r} with {held!r} in hand")
            held = given["object"]
        elif call.api == "robot_put_down":
            if held != given["object"]:
                found.append(f"{call} with {held!r} in hand")
            held = None
    return found
