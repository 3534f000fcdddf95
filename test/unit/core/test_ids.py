"""Ids sort by their making, in any number of threads, and are 16 bytes."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmatrix_ros.core import ids
from taskmatrix_ros.core.ids import id_from_bytes, id_to_bytes, new_id


def test_each_is_greater_than_the_one_before() -> None:
    made = [new_id() for _ in range(5000)]
    assert made == sorted(set(made))
    assert all(len(identifier) == 26 for identifier in made)


def test_threads_share_one_order() -> None:
    made: list[list[str]] = [[] for _ in range(4)]
    start = threading.Barrier(4)

    def make(mine: list[str]) -> None:
        start.wait()
        mine.extend(new_id() for _ in range(3000))

    threads = [threading.Thread(target=make, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({identifier for mine in made for identifier in mine}) == 12_000
    assert all(mine == sorted(mine) for mine in made)


def test_a_clock_that_jumps_back_keeps_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    before = new_id()
    monkeypatch.setattr(ids.time, "time_ns", lambda: 1_000_000 * 10**9)
    assert new_id() > before


def test_the_first_48_bits_are_the_moment() -> None:
    earliest = time.time()
    milliseconds = int.from_bytes(id_to_bytes(new_id())[:6], "big")
    assert milliseconds >= int(earliest * 1000)
    assert milliseconds - earliest * 1000 < 60_000


@given(st.binary(min_size=16, max_size=16))
def test_bytes_round_trip(raw: bytes) -> None:
    identifier = id_from_bytes(raw)
    assert id_to_bytes(identifier) == raw
    assert id_to_bytes(identifier.lower()) == raw


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_texts_sort_as_bytes(one: bytes, two: bytes) -> None:
    assert (id_from_bytes(one) < id_from_bytes(two)) == (one < two)


@pytest.mark.parametrize("wrong", ["", "x" * 25, "0" * 27, "U" + "0" * 25, "8" + "0" * 25, "é" * 26])
def test_what_is_no_ulid(wrong: str) -> None:
    with pytest.raises(ValueError, match="id "):
        id_to_bytes(wrong)


@given(st.binary(max_size=40).filter(lambda raw: len(raw) != 16))
def test_what_are_no_16_bytes(raw: bytes) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        id_from_bytes(raw)
