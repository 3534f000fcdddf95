from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmatrix_ros.perception.transform import OPTICAL_IN_BODY, Transform

angle = st.floats(-math.pi, math.pi)
length = st.floats(-20, 20)
transforms = st.builds(
    lambda xyz, rpy: Transform.from_rpy(xyz, rpy), st.tuples(length, length, length), st.tuples(angle, angle, angle)
)


@given(transforms, st.tuples(length, length, length))
def test_inverse_brings_points_back(transform: Transform, point: tuple[float, float, float]) -> None:
    assert transform.inverse().apply(transform.apply(point)) == pytest.approx(point, abs=1e-9)


@given(transforms, transforms, st.tuples(length, length, length))
def test_composition_applies_right_to_left(a: Transform, b: Transform, point: tuple[float, float, float]) -> None:
    assert (a @ b).apply(point) == pytest.approx(a.apply(b.apply(point)), abs=1e-9)


@given(transforms)
def test_quaternion_round_trip(transform: Transform) -> None:
    back = Transform.from_quaternion(list(transform.translation), transform.quaternion())
    assert back.rotation == pytest.approx(transform.rotation, abs=1e-9)
    assert transform.quaternion()[3] >= 0


@given(angle)
def test_yaw_of_a_turn_on_the_floor(yaw: float) -> None:
    assert math.remainder(Transform.from_plane(1, 2, yaw).yaw_rad - yaw, 2 * math.pi) == pytest.approx(0, abs=1e-9)
    assert Transform.from_plane(1, 2, yaw).tilt_rad == pytest.approx(0, abs=1e-7)


def test_quaternion_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="no length"):
        Transform.from_quaternion((0, 0, 0), (0, 0, 0, 0))


def test_optical_frame_looks_along_the_bodys_x() -> None:
    forward_right_down = OPTICAL_IN_BODY @ np.eye(3)
    assert forward_right_down[:, 2] == pytest.approx([1, 0, 0])
    assert forward_right_down[:, 0] == pytest.approx([0, -1, 0])
    assert forward_right_down[:, 1] == pytest.approx([0, 0, -1])
