"""A block that makes much of what stays leaves the process as it was."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from taskmatrix_ros.core.garbage import much_that_stays


@pytest.fixture(autouse=True)
def _thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_it_is_looked_for_less_often_and_then_as_before() -> None:
    gc.set_threshold(700, 10, 10)
    with much_that_stays():
        assert gc.get_threshold()[0] > 700
    assert gc.get_threshold() == (700, 10, 10)


def test_who_looks_less_often_still_does() -> None:
    gc.set_threshold(90_000, 5, 5)
    with much_that_stays():
        assert gc.get_threshold() == (90_000, 5, 5)
