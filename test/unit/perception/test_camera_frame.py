from __future__ import annotations

import numpy as np
import pytest

from taskmatrix_ros.perception.camera_frame import CameraFrame, decode_depth, decode_image
from taskmatrix_ros.perception.camera_model import CameraModel

PIXELS = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)


def test_padding_of_rows_is_cut_off() -> None:
    padded = np.concatenate([PIXELS.reshape(2, 9), np.full((2, 3), 99, np.uint8)], axis=1)
    assert (decode_image("rgb8", 2, 3, 12, padded.tobytes()) == PIXELS).all()


def test_bgr_and_alpha_and_gray_become_rgb() -> None:
    assert (decode_image("bgr8", 2, 3, 9, PIXELS[:, :, ::-1].tobytes()) == PIXELS).all()
    rgba = np.concatenate([PIXELS, np.full((2, 3, 1), 7, np.uint8)], axis=2)
    assert (decode_image("rgba8", 2, 3, 12, rgba.tobytes()) == PIXELS).all()
    assert decode_image("mono8", 1, 2, 2, b"\x05\x09").tolist() == [[[5, 5, 5], [9, 9, 9]]]


@pytest.mark.parametrize(
    ("encoding", "height", "width", "step", "data", "says"),
    [
        ("yuv422", 2, 3, 9, bytes(18), "yuv422"),
        ("rgb8", 2, 3, 9, bytes(17), "does not fit 17 bytes"),
        ("rgb8", 2, 3, 8, bytes(18), "does not fit"),
        ("rgb8", 0, 3, 9, b"", "does not fit"),
    ],
)
def test_what_is_no_picture_is_refused(
    encoding: str, height: int, width: int, step: int, data: bytes, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        decode_image(encoding, height, width, step, data)


def test_picture_must_fit_its_camera() -> None:
    with pytest.raises(ValueError, match="camera_info of 640x480"):
        CameraFrame(0.0, PIXELS, CameraModel.from_fovy(640, 480, 0.9))


def test_uncalibrated_camera_is_refused() -> None:
    with pytest.raises(ValueError, match="not calibrated"):
        CameraModel.from_info(640, 480, [0.0] * 9, [])


def test_distortion_moves_pixels_as_opencv_says() -> None:
    ideal = CameraModel.from_fovy(640, 480, 0.9)
    bent = CameraModel.from_info(640, 480, ideal.matrix.ravel().tolist(), [-0.2, 0.05, 0, 0, 0])
    point = [[0.4, 0.1, 1.0]]
    assert bent.project(point)[0, 0] < ideal.project(point)[0, 0]
    assert bent.project([[0.0, 0.0, 1.0]]) == pytest.approx(ideal.project([[0.0, 0.0, 1.0]]))


def test_points_of_pixels_are_where_their_pixels_say() -> None:
    points = np.array([[0.4, 0.1, 1.0], [-0.3, 0.2, 2.5]])
    ideal = CameraModel.from_fovy(640, 480, 0.9)
    for camera in (ideal, CameraModel.from_info(640, 480, ideal.matrix.ravel().tolist(), [-0.2, 0.05, 0, 0, 0])):
        columns, rows = camera.project(points).T
        assert camera.points(columns, rows, points[:, 2]) == pytest.approx(points, abs=1e-4)


def test_distances_in_metres_or_millimetres() -> None:
    metres = np.array([[0.5, np.inf]], np.float32)
    assert decode_depth("32FC1", 1, 2, 8, metres.tobytes(), big_endian=False).tolist() == [[0.5, np.inf]]
    assert decode_depth("32FC1", 1, 2, 8, metres.astype(">f4").tobytes(), big_endian=True)[0, 0] == 0.5
    millimetres = decode_depth("16UC1", 1, 2, 6, np.array([1500, 0, 9], np.uint16).tobytes(), big_endian=False)
    assert millimetres[0, 0] == pytest.approx(1.5)
    assert np.isnan(millimetres[0, 1])
    with pytest.raises(ValueError, match="allowed: 32FC1, 16UC1"):
        decode_depth("mono8", 1, 2, 2, bytes(2), big_endian=False)
    with pytest.raises(ValueError, match="is not 7 bytes"):
        decode_depth("32FC1", 1, 2, 8, bytes(7), big_endian=False)
