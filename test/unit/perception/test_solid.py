from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmatrix_ros.perception.solid import Solid, SolidShape

SOLIDS = [
    Solid(SolidShape.BOX, (0.06, 0.10, 0.12)),
    Solid(SolidShape.CYLINDER, (0.08, 0.08, 0.12)),
    Solid(SolidShape.SPHERE, (0.08, 0.08, 0.08)),
]


@pytest.mark.parametrize("solid", SOLIDS, ids=lambda solid: solid.shape.value)
def test_its_outline_is_on_its_surface_and_as_large_as_it_is(solid: Solid) -> None:
    outline = solid.outline()
    assert solid.distance(outline) == pytest.approx(0.0, abs=1e-9)
    assert np.ptp(outline, axis=0) == pytest.approx(solid.size_m, rel=0.02)


@pytest.mark.parametrize("solid", SOLIDS, ids=lambda solid: solid.shape.value)
@settings(deadline=None)
@given(st.tuples(*[st.floats(-0.3, 0.3)] * 3), st.tuples(*[st.floats(-0.3, 0.3)] * 3))
def test_distance_is_one_of_distances(
    solid: Solid, a: tuple[float, float, float], b: tuple[float, float, float]
) -> None:
    """Nothing comes nearer by more than it moves, and what is inside is negative."""
    first, second = solid.distance(np.array([a, b]))
    assert abs(first - second) <= np.linalg.norm(np.subtract(a, b)) + 1e-9
    assert solid.distance(np.zeros((1, 3)))[0] == pytest.approx(-min(solid.size_m) / 2)


def test_only_a_box_turns() -> None:
    assert [solid.turns for solid in SOLIDS] == [True, False, False]
