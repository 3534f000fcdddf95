"""What the state store counts as known, nulls included."""

from __future__ import annotations

from taskmatrix_ros.core.clocks import SteadyClock
from taskmatrix_ros.core.state_store import StateStore


class HandClock(SteadyClock):
    now = 0.0

    def now_s(self) -> float:
        return self.now


def test_a_null_of_a_live_source_is_known_and_missing() -> None:
    store = StateStore()
    store.set("robot.holding", None, source="ros2:robot/state")
    assert store.known() == {"robot.holding": None}
    assert store.snapshot() == {}
    assert store.doubt("robot.holding") is None
    assert store.problem("robot.holding") == "robot.holding is null"


def test_what_is_stale_or_of_a_dead_source_is_not_known() -> None:
    clock = HandClock()
    store = StateStore(clock)
    store.set("a.b", None, source="one")
    store.set("c.d", 1, source="two")
    store.set_stale_after("a.b", 2.0)
    clock.now = 3.0
    store.set_source_live("two", live=False)
    assert store.known() == {}
    assert store.doubt("a.b") == store.problem("a.b") == "a.b is 3.0 s old, older than 2 s"
    assert store.doubt("e.f") == "e.f was never heard"
