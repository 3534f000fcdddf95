"""Pictures of tags drawn with OpenCV at known poses: no renderer, no simulator."""

from __future__ import annotations

import cv2
import numpy as np

from taskmatrix_ros.perception.camera_frame import CameraFrame
from taskmatrix_ros.perception.camera_model import CameraModel
from taskmatrix_ros.perception.tag_detector import tag_corners
from taskmatrix_ros.perception.transform import Transform

FAMILY = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
CAMERA = CameraModel.from_fovy(640, 480, np.radians(50))
# A tag that faces the camera squarely: its x axis points right, its z axis back at the camera.
FACING = np.diag([1.0, -1.0, -1.0])


def facing(x_m: float, y_m: float, z_m: float, yaw_rad: float = 0.0, pitch_rad: float = 0.0) -> Transform:
    """Pose of a tag in the optical frame, turned from squarely facing about the picture's vertical and horizontal."""
    turn = (
        Transform.from_rpy((0, 0, 0), (0, yaw_rad, 0)).rotation
        @ Transform.from_rpy((0, 0, 0), (pitch_rad, 0, 0)).rotation
    )
    return Transform(turn @ FACING, np.array([x_m, y_m, z_m]))


def draw(
    tags: list[tuple[int, float, Transform]],
    camera: CameraModel = CAMERA,
    *,
    stamp_s: float = 0.0,
    noise: float = 0.0,
    seed: int = 0,
    background: int = 150,
) -> CameraFrame:
    """Draw tags, farthest first, four times finer than the picture and then averaged.

    Pixel coordinates are those of OpenCV: the centre of the first pixel is (0, 0).
    """
    fine = 4
    canvas = np.full((camera.height_px * fine, camera.width_px * fine), background, np.uint8)
    for tag_id, size_m, pose in sorted(tags, key=lambda t: -float(t[2].translation[2])):
        cells, cell_px = 10, 20
        picture = np.full((cells * cell_px, cells * cell_px), 255, np.uint8)
        picture[cell_px:-cell_px, cell_px:-cell_px] = cv2.aruco.generateImageMarker(FAMILY, tag_id, 8 * cell_px)
        corners = camera.project(pose.apply(tag_corners(size_m * cells / 8)))
        target = ((corners + 0.5) * fine - 0.5).astype(np.float32)
        edge = cells * cell_px - 0.5
        source = np.array([[-0.5, -0.5], [edge, -0.5], [edge, edge], [-0.5, edge]], np.float32)
        homography = cv2.getPerspectiveTransform(source, target)
        size = (canvas.shape[1], canvas.shape[0])
        warped = cv2.warpPerspective(picture, homography, size, flags=cv2.INTER_LINEAR)
        mask = cv2.warpPerspective(np.full_like(picture, 255), homography, size, flags=cv2.INTER_NEAREST)
        canvas = np.where(mask > 0, warped, canvas)
    small = cv2.resize(canvas, (camera.width_px, camera.height_px), interpolation=cv2.INTER_AREA).astype(np.float64)
    if noise:
        small = small + np.random.default_rng(seed).normal(0, noise, small.shape)
    gray = np.clip(small, 0, 255).astype(np.uint8)
    return CameraFrame(stamp_s, np.repeat(gray[:, :, None], 3, axis=2), camera)
