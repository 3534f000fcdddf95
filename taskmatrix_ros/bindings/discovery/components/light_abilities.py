"""What lights of all schemas have in common: the documents that switch, dim and colour them."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

from taskmatrix_ros.bindings.discovery.entity_maker import (
    EntityMaker,
    cel,
    if_given,
    kept_or,
    near,
    number,
    said,
    word,
)
from taskmatrix_ros.core.binding_spec import Mqtt
from taskmatrix_ros.core.parameter_spec import ParameterSpec

_RGB = {
    "red": (255, 0, 0),
    "orange": (255, 128, 0),
    "yellow": (255, 220, 0),
    "green": (0, 255, 0),
    "turquoise": (64, 224, 208),
    "cyan": (0, 255, 255),
    "blue": (0, 0, 255),
    "purple": (128, 0, 255),
    "magenta": (255, 0, 255),
    "pink": (255, 105, 180),
    "white": (255, 255, 255),
}


def _hs(rgb: tuple[int, int, int]) -> tuple[float, ...]:
    hue, saturation, _value = colorsys.rgb_to_hsv(*(part / 255 for part in rgb))
    return round(hue * 360, 2), round(saturation * 100, 2)


def _xy(rgb: tuple[int, int, int]) -> tuple[float, ...]:
    """CIE 1931 chromaticity of an sRGB colour. :source: IEC 61966-2-1."""
    linear = [part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in rgb]
    red, green, blue = linear
    x = 0.4124 * red + 0.3576 * green + 0.1805 * blue
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = 0.0193 * red + 0.1192 * green + 0.9505 * blue
    total = x + y + z
    return round(x / total, 4), round(y / total, 4)


COLORS: dict[str, dict[str, tuple[float, ...]]] = {
    name: {"rgb": rgb, "hs": _hs(rgb), "xy": _xy(rgb)} for name, rgb in _RGB.items()
}
"""Colours that have a name, as lights want them."""


@dataclass(frozen=True, kw_only=True)
class Abilities:
    """What a light can do beside being on or off. Colour temperatures are in kelvin, lowest and highest."""

    brightness: bool
    color_temperatures: tuple[float, float] | None
    color: bool
    effects: tuple[str, ...]
    brightness_scale: float

    def brightness_value(self, parameter: str) -> str:
        """Give Jinja for the device's number for a brightness in per cent: 1 is the least that is not off."""
        return f"[1, ({parameter} * {self.brightness_scale:g} / 100) | round(0) | int] | max"

    @property
    def brightness_tolerance(self) -> float:
        """How far a brightness that is told may be from the one that was set, in per cent: devices round."""
        return round(max(0.5, 75 / self.brightness_scale), 2)

    def parameters(self) -> dict[str, ParameterSpec]:
        """Give the parameters of switching it on; all may be left out."""
        given: dict[str, ParameterSpec] = {}
        if self.brightness:
            given["brightness_pct"] = number(
                "How bright; as before if left out.", unit="pct", low=1, high=100, required=False
            )
        if self.color_temperatures:
            low, high = self.color_temperatures
            given["color_temp_kelvin"] = number(
                "Colour temperature of white light.", unit="kelvin", low=low, high=high, required=False
            )
        if self.color:
            given["color"] = word("Colour of the light.", tuple(COLORS), required=False)
        if self.effects:
            given["effect"] = word("Effect that the light shows.", self.effects, required=False)
        return given


class LightBuilder:
    """Makes the documents of a light from its messages and state keys."""

    def __init__(self, maker: EntityMaker, abilities: Abilities) -> None:
        self._maker = maker
        self._abilities = abilities
        self.state_key: str | None = None
        self.brightness_key: str | None = None
        self.temperature_key: str | None = None
        self.effect_key: str | None = None

    def add(self, on: Mqtt, off: Mqtt) -> None:
        """Add turning on, with what it can do, and turning off."""
        abilities, maker = self._abilities, self._maker
        sets: dict[str | None, str] = {self.state_key: cel("on")}
        tolerance: dict[str | None, float] = {}
        ensures = [f'{said(self.state_key)} == "on"'] if self.state_key else []
        if abilities.brightness and self.brightness_key:
            key, within = self.brightness_key, abilities.brightness_tolerance
            sets[key], tolerance[key] = kept_or(key, "brightness_pct"), within
            ensures.append(if_given("brightness_pct", near(key, "args.brightness_pct", within)))
        if abilities.color_temperatures and self.temperature_key:
            key = self.temperature_key
            sets[key], tolerance[key] = kept_or(key, "color_temp_kelvin"), 60.0
            ensures.append(if_given("color_temp_kelvin", near(key, "args.color_temp_kelvin", 60.0)))
        if abilities.effects and self.effect_key:
            sets[self.effect_key] = kept_or(self.effect_key, "effect")
            ensures.append(if_given("effect", f"{said(self.effect_key)} == args.effect"))
        maker.api(
            "turn_on",
            f"Switch {maker.name} on{self._what()}.",
            on,
            parameters=abilities.parameters(),
            sets=sets if self.state_key else {},
            ensures=ensures if self.state_key else (),
            tolerance=tolerance,
            sentences=self._sentences(),
        )
        maker.api(
            "turn_off",
            f"Switch {maker.name} off.",
            off,
            sets={self.state_key: cel("off")},
            sentences=("(turn|switch) off NAME", "(turn|switch) NAME off", "NAME off"),
        )

    def _what(self) -> str:
        given = {"brightness_pct": "brightness", "color_temp_kelvin": "colour temperature", "color": "colour"}
        can = [given.get(name, name) for name in self._abilities.parameters()]
        return f", optionally with {', '.join(can)}" if can else ""

    def _sentences(self) -> tuple[str, ...]:
        sentences = ["(turn|switch) on NAME", "(turn|switch) NAME on", "NAME on"]
        if self._abilities.brightness:
            sentences += [
                "(set|dim|turn|brighten|change) NAME to {brightness_pct} [percent]",
                "(set|change) [the] brightness of NAME to {brightness_pct} [percent]",
                "(set|change) NAME brightness to {brightness_pct} [percent]",
                "(turn|switch) on NAME (at|to|with) {brightness_pct} [percent]",
            ]
        if self._abilities.color:
            sentences += ["(set|turn|make|change) NAME [to] {color}", "(set|change) [the] color of NAME to {color}"]
        if self._abilities.color_temperatures:
            sentences += ["(set|change) NAME to {color_temp_kelvin} kelvin"]
        return tuple(sentences)
