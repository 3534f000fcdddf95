"""Corners of a tag to a fraction of a pixel."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

_CELLS = 8  # six data cells and one black border cell on each side
_MARGIN = 1  # white cells around the black square
_BLUR_PX = 3
_CRITERIA = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 1e-4)


class CornerRefiner:
    """Aligns a tag's whole pattern with the picture instead of looking at four small corners.

    All edges inside the pattern take part, so a tag of 20 pixels is placed to about 0.07 pixels, where corner by
    corner refinement leaves 0.4 pixels and shrinks small tags, which puts them farther away than they are.

    :param dictionary: the ``cv2.aruco`` family that the tags belong to.
    :source: Evangelidis and Psarakis, "Parametric image alignment using enhanced correlation coefficient
        maximization", PAMI 2008, as ``cv2.findTransformECC``.
    """

    def __init__(self, dictionary: cv2.aruco.Dictionary) -> None:
        self._dictionary = dictionary
        self._template = lru_cache(maxsize=256)(self._draw)

    def refine(
        self, gray: NDArray[np.uint8], corners_px: NDArray[np.float64], tag_id: int
    ) -> tuple[NDArray[np.float64], float]:
        """Improve the corners of one tag.

        :param gray: ``(H, W) uint8``.
        :param corners_px: ``(4, 2)``, pixels, from the detector.
        :returns: corners of the same shape and the correlation of picture and pattern, 0..1. Correlation 0 says that
            the alignment failed, and the corners are returned as they came.
        """
        side_px = float(np.mean(np.linalg.norm(corners_px - np.roll(corners_px, 1, axis=0), axis=1)))
        # A template as coarse as the picture: a finer one has edges that the picture cannot have.
        cell_px = int(np.clip(round(side_px / _CELLS), 2, 12))
        template, pattern = self._template(tag_id, cell_px)
        pad_px = side_px * _MARGIN / _CELLS + 6
        low = np.maximum(np.floor(corners_px.min(axis=0) - pad_px), 0).astype(int)
        high = np.ceil(corners_px.max(axis=0) + pad_px).astype(int)
        window = gray[low[1] : high[1], low[0] : high[0]]
        if min(window.shape) < 8:
            return corners_px, 0.0
        start = cv2.getPerspectiveTransform(pattern, (corners_px - low).astype(np.float32)).astype(np.float32)
        try:
            correlation, warp = cv2.findTransformECC(
                template,
                window,
                start,
                cv2.MOTION_HOMOGRAPHY,
                _CRITERIA,
                np.full(window.shape, 255, np.uint8),
                _BLUR_PX,
            )
        except cv2.error:  # it diverged: not a tag, or too much of it is hidden
            return corners_px, 0.0
        refined = cv2.perspectiveTransform(pattern[None].astype(np.float64), np.asarray(warp, np.float64))[0] + low
        if float(np.abs(refined - corners_px).max()) > max(2.0, side_px / _CELLS):
            return corners_px, 0.0
        return np.asarray(refined, dtype=np.float64), float(correlation)

    def _draw(self, tag_id: int, cell_px: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        margin_px, square_px = _MARGIN * cell_px, _CELLS * cell_px
        picture = np.full((square_px + 2 * margin_px,) * 2, 255, np.uint8)
        picture[margin_px:-margin_px, margin_px:-margin_px] = cv2.aruco.generateImageMarker(
            self._dictionary, tag_id, square_px
        )
        a, b = margin_px - 0.5, margin_px + square_px - 0.5
        return picture, np.array([[a, a], [b, a], [b, b], [a, b]], np.float32)
