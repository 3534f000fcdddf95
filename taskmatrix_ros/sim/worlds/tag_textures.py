"""Draws the AprilTag pictures that the models wear. Run it after adding a tag; the pictures are kept in the repository.

``python -m taskmatrix_ros.sim.worlds.tag_textures`` writes every ``textures/*.png`` named below into ``sim/models``.
"""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

CELLS = 10  # 6 of data, 2 of black border, 2 of white margin
CELL_PX = 24


def tag_texture(tag_id: int) -> NDArray[np.uint8]:
    """Draw one face: the tag with its black border and one cell of white around it.

    The black square, whose edge is the tag's size, covers 0.8 of the face.

    :param tag_id: number in the family 36h11, 0..586.
    :returns: ``(240, 240) uint8``, row 0 on top.
    :raises ValueError: there is no such tag.
    """
    family = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    count = len(family.bytesList)
    if not 0 <= tag_id < count:
        raise ValueError(f"tag {tag_id} is outside 0..{count - 1} of the family 36h11")
    face = np.full((CELLS * CELL_PX, CELLS * CELL_PX), 255, np.uint8)
    inner = (CELLS - 2) * CELL_PX
    face[CELL_PX:-CELL_PX, CELL_PX:-CELL_PX] = cv2.aruco.generateImageMarker(family, tag_id, inner)
    return face


def texture_files(model_folder: Path) -> dict[Path, int]:
    """Return the picture files that the models name, with the tag on each.

    The number stands in the file name (``tag36h11_020.png``).
    """
    files: dict[Path, int] = {}
    for model in sorted(model_folder.glob("*/model.sdf")):
        for name in re.findall(r"<albedo_map>(textures/tag36h11_\d+\.png)</albedo_map>", model.read_text("utf-8")):
            files[model.parent / name] = int(name.rpartition("_")[2].removesuffix(".png"))
    return files


def write_textures(model_folder: Path) -> list[Path]:
    """Draw every picture that the models name; returns the files written."""
    files = texture_files(model_folder)
    for path, tag_id in files.items():
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), tag_texture(tag_id), [cv2.IMWRITE_PNG_BILEVEL, 1])
    return list(files)


if __name__ == "__main__":
    from taskmatrix_ros.sim.worlds.locations import model_folder

    write_textures(model_folder())
