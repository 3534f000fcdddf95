"""What can be done to a picture without a model. Pictures are ``(H, W, 3) uint8`` RGB."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.core.errors import CallFailed
from taskmatrix_ros.perception.lettering import Lettering
from taskmatrix_ros.perception.pictures.picture_file import MAX_PIXELS, MAX_SIDE_PX, Pixels

_FEATHER_PX = 3
_SKETCH_SIGMA_RATIO = 0.02
_INPAINT_RADIUS_PX = 5
_INPAINT_PIXELS = 1_000_000
_BLUR_SIGMA_PX = 6.0
_NOISE_SLOPE = 60.0
_COLORS = ((230, 25, 75), (0, 130, 200), (60, 180, 75), (245, 130, 48), (145, 30, 180), (0, 128, 128))


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a picture, pixels; x to the right, y down."""

    x_px: int
    y_px: int
    width_px: int
    height_px: int

    def within(self, pixels: Pixels) -> tuple[slice, slice]:
        """Give its rows and columns.

        :raises CallFailed: ``BAD_BOX``: it is empty or reaches beyond the picture.
        """
        height, width = pixels.shape[:2]
        fits = 0 <= self.x_px < self.x_px + self.width_px <= width
        if not (fits and 0 <= self.y_px < self.y_px + self.height_px <= height):
            raise CallFailed(
                f"picture: box x={self.x_px} y={self.y_px} width={self.width_px} height={self.height_px} is not within "
                f"the picture of {width}x{height} pixels",
                code="BAD_BOX",
            )
        return slice(self.y_px, self.y_px + self.height_px), slice(self.x_px, self.x_px + self.width_px)


def crop(pixels: Pixels, box: Box) -> Pixels:
    """Cut a part out."""
    rows, columns = box.within(pixels)
    return np.ascontiguousarray(pixels[rows, columns])


def resize(pixels: Pixels, width_px: int | None, height_px: int | None) -> Pixels:
    """Scale to a size; with one side given, the other follows.

    :raises CallFailed: ``BAD_SIZE``: no side, a side below 1, or too many pixels.
    """
    height, width = pixels.shape[:2]
    if width_px is None and height_px is None:
        raise CallFailed("picture: neither width_px nor height_px was given; give one", code="BAD_SIZE")
    wide = width_px if width_px is not None else max(1, round(width * (height_px or 1) / height))
    high = height_px if height_px is not None else max(1, round(height * wide / width))
    if wide < 1 or high < 1 or wide * high > MAX_PIXELS or max(wide, high) > MAX_SIDE_PX:
        raise CallFailed(
            f"picture: {wide}x{high} is outside 1..{MAX_PIXELS} pixels with sides of 1..{MAX_SIDE_PX}", code="BAD_SIZE"
        )
    smaller = wide * high < width * height
    return np.asarray(
        cv2.resize(pixels, (wide, high), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC), np.uint8
    )


def edges(pixels: Pixels) -> Pixels:
    """Draw its edges, white on black.

    :source: Canny, "A Computational Approach to Edge Detection", 1986; the upper threshold parts the slopes as Otsu,
        "A Threshold Selection Method from Gray-Level Histograms", 1979, and stays above what noise makes.
    """
    gray = cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (0, 0), 1.2)
    dx, dy = (cv2.Sobel(gray, cv2.CV_16S, *order) for order in ((1, 0), (0, 1)))
    slope = np.hypot(dx.astype(np.float32), dy.astype(np.float32))
    otsu, _ = cv2.threshold(np.clip(slope / 4, 0, 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    high = max(_NOISE_SLOPE, 4.0 * otsu)
    return _gray_to_rgb(cv2.Canny(dx, dy, 0.4 * high, high, L2gradient=True))


def lines(pixels: Pixels) -> tuple[Pixels, list[dict[str, int]]]:
    """Find straight lines; draw them, white on black.

    :returns: the drawing; the ends of each, longest first, in pixels.
    :source: Grompone von Gioi et al., "LSD: A Line Segment Detector", 2012.
    """
    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    found = cv2.createLineSegmentDetector().detect(gray)[0]
    shortest = 0.04 * max(gray.shape)
    segments = [] if found is None else [segment.reshape(4) for segment in found]
    segments = [s for s in segments if np.hypot(s[2] - s[0], s[3] - s[1]) >= shortest]
    segments.sort(key=lambda s: -float(np.hypot(s[2] - s[0], s[3] - s[1])))
    drawing = np.zeros_like(pixels)
    ends = []
    for segment in segments:
        x1, y1, x2, y2 = (round(float(value)) for value in segment)
        cv2.line(drawing, (x1, y1), (x2, y2), (255, 255, 255), 1, cv2.LINE_AA)
        ends.append({"x1_px": x1, "y1_px": y1, "x2_px": x2, "y2_px": y2})
    return drawing, ends


def sketch(pixels: Pixels) -> Pixels:
    """Draw it as a pencil would: brightness over the brightness around it."""
    gray = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32)
    around = _wide_blur(gray, max(1.0, _SKETCH_SIGMA_RATIO * max(gray.shape)))
    drawn = np.clip(255.0 * gray / np.maximum(around, 1.0), 0, 255)
    return _gray_to_rgb(drawn.astype(np.uint8))


def remove(pixels: Pixels, where: Box | NDArray[np.uint8]) -> Pixels:
    """Fill a part from what is around it.

    :param where: a box, or a mask of the picture's size, white where to fill.
    :raises CallFailed: ``BAD_BOX``, ``BAD_MASK``: it does not fit, or covers everything.
    :source: Telea, "An Image Inpainting Technique Based on the Fast Marching Method", 2004.
    """
    mask = np.zeros(pixels.shape[:2], np.uint8)
    if isinstance(where, Box):
        mask[where.within(pixels)] = 255
    else:
        if where.shape[:2] != pixels.shape[:2]:
            raise CallFailed(
                f"picture: the mask is {where.shape[1]}x{where.shape[0]}, the picture "
                f"{pixels.shape[1]}x{pixels.shape[0]}; they must be alike",
                code="BAD_MASK",
            )
        bright = where if where.ndim == 2 else cv2.cvtColor(where, cv2.COLOR_RGB2GRAY)
        mask[bright > 127] = 255
    wider = cv2.dilate(mask, np.ones((_FEATHER_PX, _FEATHER_PX), np.uint8))
    if not np.any(wider) or np.all(wider):
        raise CallFailed("picture: what is to be removed is nothing, or the whole picture", code="BAD_MASK")
    return _inpainted(pixels, np.asarray(wider, np.uint8))


def _inpainted(pixels: Pixels, mask: NDArray[np.uint8]) -> Pixels:
    """Fill what the mask shows; a large hole in a smaller picture of it, for its filling is smooth anyway."""
    height, width = mask.shape
    x, y, across, down = cv2.boundingRect(mask)
    margin = 4 * _INPAINT_RADIUS_PX
    rows = slice(max(0, y - margin), min(height, y + down + margin))
    columns = slice(max(0, x - margin), min(width, x + across + margin))
    part, hole = pixels[rows, columns], mask[rows, columns]
    scale = math.sqrt(_INPAINT_PIXELS / hole.size)
    if scale < 1:
        size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
        small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        holes = (cv2.resize(hole, size, interpolation=cv2.INTER_AREA) > 0).astype(np.uint8)
        small = cv2.inpaint(small, holes, _INPAINT_RADIUS_PX, cv2.INPAINT_TELEA)
        filled = cv2.resize(small, (part.shape[1], part.shape[0]), interpolation=cv2.INTER_LINEAR)
    else:
        filled = cv2.inpaint(np.ascontiguousarray(part), hole, _INPAINT_RADIUS_PX, cv2.INPAINT_TELEA)
    result = pixels.copy()
    result[rows, columns][hole > 0] = filled[hole > 0]
    return result


def annotate(pixels: Pixels, marks: Sequence[tuple[Box, str]]) -> Pixels:
    """Draw boxes with their labels."""
    drawn = pixels.copy()
    size = max(13.0, min(pixels.shape[:2]) / 28)
    lettering = Lettering(drawn)
    for number, (box, label) in enumerate(marks):
        box.within(pixels)
        color = _COLORS[number % len(_COLORS)]
        corner = (box.x_px, box.y_px)
        cv2.rectangle(drawn, corner, (box.x_px + box.width_px - 1, box.y_px + box.height_px - 1), color, 2)
        if label:
            top = max(box.y_px - 1.4 * size, 0.0)
            lettering.write_on_plate(label, box.x_px, top, size, (255, 255, 255), color)
    return drawn


def depth_picture(depth_m: NDArray[np.float32]) -> tuple[Pixels, Mapping[str, float]]:
    """Color distances, near ones warm, unknown ones black.

    :param depth_m: ``(H, W)``, along the optical axis; not finite or not above 0 where unknown.
    :returns: the picture; ``nearest_m``, ``median_m``, ``farthest_m`` of what is known.
    :raises CallFailed: ``NO_DEPTH``: nothing is known.
    """
    known = np.isfinite(depth_m) & (depth_m > 0)
    if not known.any():
        raise CallFailed("picture: the depth camera measures nothing", code="NO_DEPTH")
    values = depth_m[known]
    near, far = float(values.min()), float(values.max())
    share = np.zeros(depth_m.shape, np.float32)
    share[known] = (far - values) / max(far - near, 1e-6)
    colored = cv2.applyColorMap((share * 255).astype(np.uint8), cv2.COLORMAP_TURBO)
    colored[~known] = 0
    picture = np.asarray(cv2.cvtColor(colored, cv2.COLOR_BGR2RGB), np.uint8)
    return picture, {"nearest_m": near, "median_m": float(np.median(values)), "farthest_m": far}


def _wide_blur(gray: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    """Blur by a Gaussian however wide: what a wide one leaves is in a smaller picture as well, for less work.

    :source: Burt and Adelson, "The Laplacian Pyramid as a Compact Image Code", 1983.
    """
    height, width = gray.shape
    shrink = max(1.0, sigma_px / _BLUR_SIGMA_PX)
    if shrink == 1.0:
        return np.asarray(cv2.GaussianBlur(gray, (0, 0), sigma_px), np.float32)
    size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    small = cv2.GaussianBlur(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), (0, 0), _BLUR_SIGMA_PX)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _gray_to_rgb(gray: NDArray[Any]) -> Pixels:
    return np.asarray(cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB), np.uint8)
