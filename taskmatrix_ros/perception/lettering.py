"""Text in pictures: OpenCV 5's own typeface, or the stroke font of older versions."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Color = tuple[int, int, int]  # blue, green, red


class Lettering:
    """Writes into one picture. Positions are pixels, ``size`` is the height of the type in pixels."""

    def __init__(self, image: NDArray[np.uint8]) -> None:
        self._image = image
        self._face = cv2.FontFace("sans") if hasattr(cv2, "FontFace") else None

    def extent(self, text: str, size: float, weight: int = 400) -> tuple[int, int]:
        """Width and height that a text will take."""
        if self._face is not None:
            _, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), self._face, round(size), weight)
            return int(width), round(size * 0.74)
        (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size / 32, _strokes(size, weight))
        return int(width), int(height)

    def write(self, text: str, left: float, baseline: float, size: float, color: Color, weight: int = 400) -> None:
        """Write a line of text from its lower left corner."""
        origin = (round(left), round(baseline))
        if self._face is not None:
            cv2.putText(self._image, text, origin, color, self._face, round(size), weight)
            return
        plain = text.encode("ascii", "replace").decode("ascii")
        cv2.putText(
            self._image, plain, origin, cv2.FONT_HERSHEY_SIMPLEX, size / 32, color, _strokes(size, weight), cv2.LINE_AA
        )

    def write_on_plate(
        self, text: str, left: float, top: float, size: float, color: Color, plate: Color, weight: int = 400
    ) -> tuple[int, int, int, int]:
        """Write on a half-transparent plate, so that the text reads on any ground.

        :param left: of the plate.
        :param top: of the plate.
        :returns: the plate's left, top, right and bottom.
        """
        width, height = self.extent(text, size, weight)
        pad = round(size * 0.25)
        x0, y0 = round(left), round(top)
        x1, y1 = x0 + width + 2 * pad, y0 + height + 2 * pad
        clip = self._image[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)]
        clip[:] = (clip * 0.2 + np.array(plate) * 0.8).astype(np.uint8)
        self.write(text, x0 + pad, y1 - pad, size, color, weight)
        return x0, y0, x1, y1


def _strokes(size: float, weight: int) -> int:
    return max(1, round(size / 16 * (1.6 if weight >= 600 else 1.0)))
