"""Photographs as tests need them: a lit table with things on it, drawn with noise, blur and JPEG's own traces."""

from __future__ import annotations

import base64
import struct

import cv2
import numpy as np

WIDTH, HEIGHT = 640, 480
CUP = (400, 250, 60, 90)
"""x, y, width and height of the red cup on the table, pixels."""


def photograph(*, cup: bool = True, seed: int = 0) -> np.ndarray:
    """A wall in uneven light over a wooden table; ``(480, 640, 3) uint8`` RGB."""
    generator = np.random.default_rng(seed)
    light = np.linspace(0.8, 1.1, WIDTH)[None, :, None] * np.linspace(1.05, 0.85, HEIGHT)[:, None, None]
    scene = np.empty((HEIGHT, WIDTH, 3), np.float32)
    scene[:300] = (205, 200, 190)
    scene[300:] = (150, 110, 75)
    scene[300:] += 10 * np.sin(np.arange(HEIGHT - 300) / 3.0)[:, None, None]
    scene[60:200, 80:260] = (90, 120, 170)  # a picture on the wall
    if cup:
        x, y, width, height = CUP
        scene[y : y + height, x : x + width] = (190, 40, 35)
    scene = cv2.GaussianBlur(scene * light, (0, 0), 0.8) + generator.normal(0, 3, scene.shape)
    return np.clip(scene, 0, 255).astype(np.uint8)


def jpeg(pixels: np.ndarray) -> bytes:
    """The file a camera writes."""
    done, data = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 90])
    assert done
    return data.tobytes()


def with_head(data: bytes, orientation: int = 1, thumbnail: bytes = b"") -> bytes:
    """A JPEG file with the note that a telephone writes: how it was held, and the photograph once more, small."""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    note = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0) + thumbnail
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(note) + 2) + note + data[2:]


RED_CMYK = base64.b64decode(
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwANCQoLCggNCwoLDg4NDxMgFRMSEhMnHB4XIC4pMTAuKS0sMzpKPjM2RjcsLUBXQUZMTlJTUjI+"
    "WmFaUGBKUVJP/8AAFAgACAAQBEMRAE0RAFkRAEsRAP/EABYAAQEBAAAAAAAAAAAAAAAAAAAGB//EABQQAQAAAAAAAAAAAAAAAAAAAAD/"
    "2gAOBEMATQBZAEsAAD8ArEGiWnAD/9k="
)
"""A printer's JPEG file of four inks: 16x8 pixels of (200, 30, 40)."""
