"""Which pixels have a colour, in whatever light."""

from __future__ import annotations

import re
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_HEX = re.compile(r"#[0-9a-f]{6}")
_GREY_CHROMA = 12.0
_HUE_DEG = 18.0


@dataclass(frozen=True, slots=True)
class ColourRange:
    """A part of CIELAB, by hue, chroma and lightness: shade moves the last two, and hardly the first.

    :param hue_deg: from and to, counter-clockwise from the red-green axis; None for greys, which have no hue.
    :param chroma: least and greatest. :param lightness: least and greatest, 0 black to 100 white.
    """

    hue_deg: tuple[float, float] | None
    chroma: tuple[float, float]
    lightness: tuple[float, float]

    @classmethod
    def parse(cls, text: str) -> ColourRange:
        """Read the name of a colour, or ``#rrggbb``.

        :raises ValueError: it is neither.
        """
        word = text.strip().casefold()
        if word in _NAMED:
            return _NAMED[word]
        if _HEX.fullmatch(word):
            return cls.around(*(int(word[at : at + 2], 16) for at in (1, 3, 5)))
        raise ValueError(f"color '{text}' is not known; allowed: {', '.join(_NAMED)}, or #rrggbb")

    @classmethod
    def around(cls, red: int, green: int, blue: int) -> ColourRange:
        """Take a colour and its shades. :param red: 0..255, as are the others."""
        lightness, a, b = (float(v) for v in to_lab(np.array([[[red, green, blue]]], np.uint8))[0, 0])
        chroma = float(np.hypot(a, b))
        light = (0.4 * lightness - 5.0, 1.4 * lightness + 15.0)
        if chroma < _GREY_CHROMA:
            return cls(None, (0.0, _GREY_CHROMA), (lightness - 25.0, lightness + 25.0))
        hue = float(np.degrees(np.arctan2(b, a))) % 360.0
        return cls((hue - _HUE_DEG, hue + _HUE_DEG), (0.4 * chroma, 1.7 * chroma), light)

    def mask(self, lab: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Tell which pixels have it.

        :param lab: ``(H, W, 3)``, of :func:`to_lab`.
        :returns: ``(H, W)``.
        """
        chroma = np.hypot(lab[..., 1], lab[..., 2])
        found = (chroma >= self.chroma[0]) & (chroma <= self.chroma[1])
        found &= (lab[..., 0] >= self.lightness[0]) & (lab[..., 0] <= self.lightness[1])
        if self.hue_deg is not None:
            low, high = self.hue_deg
            hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))
            found &= (hue - low) % 360.0 <= high - low
        return np.asarray(found)


def to_lab(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Turn a picture into CIELAB, D65.

    :param image: ``(H, W, 3) uint8``, RGB.
    :returns: ``(H, W, 3) float32``: lightness 0..100, a, b.
    """
    return np.asarray(cv2.cvtColor(image.astype(np.float32) / 255.0, cv2.COLOR_RGB2LAB), dtype=np.float32)


_ANY_LIGHT = (8.0, 98.0)
_NAMED = {
    "red": ColourRange((10.0, 52.0), (30.0, 140.0), (8.0, 72.0)),
    "orange": ColourRange((50.0, 82.0), (36.0, 140.0), (30.0, 90.0)),
    "brown": ColourRange((35.0, 85.0), (12.0, 44.0), (10.0, 58.0)),
    "yellow": ColourRange((82.0, 114.0), (30.0, 140.0), (30.0, 98.0)),
    "green": ColourRange((114.0, 178.0), (18.0, 140.0), _ANY_LIGHT),
    "cyan": ColourRange((178.0, 238.0), (14.0, 140.0), _ANY_LIGHT),
    "blue": ColourRange((238.0, 311.0), (16.0, 140.0), _ANY_LIGHT),
    "purple": ColourRange((308.0, 345.0), (16.0, 140.0), _ANY_LIGHT),
    "pink": ColourRange((335.0, 390.0), (12.0, 80.0), (48.0, 96.0)),
    "white": ColourRange(None, (0.0, 12.0), (60.0, 100.0)),
    "grey": ColourRange(None, (0.0, 12.0), (26.0, 76.0)),
    "gray": ColourRange(None, (0.0, 12.0), (26.0, 76.0)),
    "black": ColourRange(None, (0.0, 12.0), (0.0, 30.0)),
}
