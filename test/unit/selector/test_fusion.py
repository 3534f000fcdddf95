"""What several queries found becomes one ranking."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from taskmatrix_ros.selector.fusion import fuse


def test_one_query_keeps_its_order() -> None:
    fused = fuse([({"a": 9.0, "b": 6.0, "c": 1.0})], 10)
    assert list(fused) == ["a", "b", "c"]
    assert fused["a"] == 1.0


def test_the_best_of_each_step_stands_before_what_every_step_half_fits() -> None:
    half = {"half": 5.0}
    fused = fuse([({"lamp": 10.0, **half}), ({"fan": 10.0, **half}), ({"oven": 10.0, **half})], 10)
    assert set(list(fused)[:3]) == {"lamp", "fan", "oven"}


def test_a_query_that_says_little_counts_less() -> None:
    fused = fuse([({"right": 16.0}), ({"chance": 1.0})], 10)
    assert list(fused) == ["right", "chance"]


def test_where_more_was_there_than_asked_for_the_last_counts_nothing() -> None:
    assert fuse([({"a": 9.0, "b": 6.0, "c": 3.0})], 3)["c"] == 0.0
    assert fuse([({"a": 9.0, "b": 6.0, "c": 3.0})], 4)["c"] > 0.0


_FOUND = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.001, 50))


@given(st.lists(_FOUND, max_size=5), st.integers(1, 10))
def test_scores_are_shares_of_the_best(findings: list[dict[str, float]], limit: int) -> None:
    fused = fuse(findings, limit)
    assert set(fused) == {name for found in findings for name in found}
    assert list(fused.values()) == sorted(fused.values(), reverse=True)
    assert all(0.0 <= score <= 1.0 for score in fused.values())
    assert list(fuse(reversed(findings), limit)) == list(fused) or len(findings) > 1
