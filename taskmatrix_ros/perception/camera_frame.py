"""One picture with the time it was taken and the camera that took it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.perception.camera_model import CameraModel

_CHANNELS = {"rgb8": 3, "bgr8": 3, "rgba8": 4, "bgra8": 4, "mono8": 1}
_TO_RGB = {
    "bgr8": cv2.COLOR_BGR2RGB,
    "rgba8": cv2.COLOR_RGBA2RGB,
    "bgra8": cv2.COLOR_BGRA2RGB,
    "mono8": cv2.COLOR_GRAY2RGB,
}

_DISTANCES: dict[str, tuple[type, float]] = {"32FC1": (np.float32, 1.0), "16UC1": (np.uint16, 0.001)}


def decode_image(encoding: str, height_px: int, width_px: int, step: int, data: bytes) -> NDArray[np.uint8]:
    """Turn the fields of ``sensor_msgs/Image`` into an array.

    :param step: bytes per row, padding included.
    :returns: ``(H, W, 3) uint8``, RGB.
    :raises ValueError: an encoding that is not supported, or fewer bytes than the size needs.
    """
    channels = _CHANNELS.get(encoding)
    if channels is None:
        raise ValueError(f"image encoding {encoding!r} is not supported; allowed: {', '.join(_CHANNELS)}")
    row = width_px * channels
    if height_px <= 0 or width_px <= 0 or step < row or len(data) < step * height_px:
        raise ValueError(
            f"image of {height_px}x{width_px} {encoding} with {step} bytes per row does not fit {len(data)} bytes"
        )
    rows = np.frombuffer(data, np.uint8, step * height_px).reshape(height_px, step)[:, :row]
    pixels = np.ascontiguousarray(rows).reshape(height_px, width_px, channels)
    if encoding in _TO_RGB:
        return np.asarray(cv2.cvtColor(pixels, _TO_RGB[encoding]), dtype=np.uint8)
    return pixels


def decode_depth(
    encoding: str, height_px: int, width_px: int, step: int, data: bytes, *, big_endian: bool
) -> NDArray[np.float32]:
    """Turn the fields of a depth ``sensor_msgs/Image`` into distances.

    :returns: ``(H, W)``, metres along the optical axis; not finite where unknown.
    :raises ValueError: an encoding that is not supported, or fewer bytes than the size needs.
    :source: REP 118.
    """
    kind, scale = _DISTANCES.get(encoding, (None, 0.0))
    if kind is None:
        raise ValueError(f"depth encoding {encoding!r} is not supported; allowed: {', '.join(_DISTANCES)}")
    row = np.dtype(kind).itemsize * width_px
    if height_px <= 0 or width_px <= 0 or step < row or len(data) < step * height_px:
        raise ValueError(
            f"depth of {height_px}x{width_px} {encoding} with {step} bytes per row is not {len(data)} bytes"
        )
    rows = np.frombuffer(data, np.uint8, step * height_px).reshape(height_px, step)[:, :row]
    stored = np.dtype(kind).newbyteorder(">") if big_endian else np.dtype(kind).newbyteorder("<")
    values = np.ascontiguousarray(rows).view(stored).astype(np.float32) * scale
    if kind is np.uint16:
        values[values == 0] = np.nan
    return np.asarray(values, dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class CameraFrame:
    """A picture.

    :param stamp_s: when it was taken, ROS time, seconds.
    :param image: ``(H, W, 3) uint8``, RGB.
    """

    stamp_s: float
    image: NDArray[np.uint8]
    camera: CameraModel

    def __post_init__(self) -> None:
        height, width = self.image.shape[:2]
        if (width, height) != (self.camera.width_px, self.camera.height_px):
            raise ValueError(
                f"picture of {width}x{height} does not fit its camera_info of "
                f"{self.camera.width_px}x{self.camera.height_px}"
            )

    def gray(self) -> NDArray[np.uint8]:
        """Brightness, ``(H, W) uint8``."""
        return np.asarray(cv2.cvtColor(self.image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
