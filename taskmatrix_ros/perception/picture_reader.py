"""What is to be seen in a picture, in words: for who cannot look at it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.core.instruction import Image
from taskmatrix_ros.perception.object_catalogue import ObjectCatalogue

MAX_TEXT = 300
"""Letters of one code: a QR code may hold thousands."""


class PictureReader:
    """Implements ``core.ports.PictureReader`` by tags and QR codes. Reads in a thread: a picture takes 10 to 100 ms."""

    def __init__(self, objects: ObjectCatalogue | None = None) -> None:
        """:param objects: what carries which tag; without it tags are told by their numbers."""
        self._objects = objects

    async def read(self, image: Image) -> Mapping[str, Any]:
        """Give size, objects with their place in the picture, and the texts of codes; empty where there are none.

        Places are of the middle, as a share of width and height, 0..1 from the upper left.
        """
        return await asyncio.to_thread(self._read, image.data)

    def _read(self, data: bytes) -> dict[str, Any]:
        # A quarter of a second of import, which only a picture pays.
        import cv2
        import numpy as np

        grey = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
        if grey is None:
            return {}
        height_px, width_px = grey.shape
        things = [
            {"name": name, "x_ratio": round(x_px / width_px, 2), "y_ratio": round(y_px / height_px, 2)}
            for name, x_px, y_px in self._tagged(grey, cv2)
        ]
        found, texts, _, _ = cv2.QRCodeDetector().detectAndDecodeMulti(grey)
        codes = [text[:MAX_TEXT] for text in texts if text] if found else []
        seen = {"objects": things, "codes": codes}
        return {"width_px": width_px, "height_px": height_px, **seen} if things or codes else {}

    def _tagged(self, grey: Any, cv2: Any) -> list[tuple[str, float, float]]:
        family = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
        corners, numbers, _ = cv2.aruco.ArucoDetector(family).detectMarkers(grey)
        tagged = []
        for quad, number in zip(corners, () if numbers is None else numbers.flatten(), strict=True):
            thing = self._objects.by_tag(int(number)) if self._objects else None
            x_px, y_px = quad.reshape(4, 2).mean(axis=0)
            tagged.append((thing.name if thing else f"tag {int(number)}", float(x_px), float(y_px)))
        return tagged
