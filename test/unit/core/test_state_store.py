"""The world as last heard: only what may be believed is there."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from taskmatrix_ros.core.clocks import SteadyClock
from taskmatrix_ros.core.state_store import StateStore, StateValue


class Watch(SteadyClock):
    """Steady time set by hand."""

    def __init__(self) -> None:
        self.time_s = 100.0

    def now_s(self) -> float:
        return self.time_s


@pytest.fixture
def clock() -> Watch:
    return Watch()


@pytest.fixture
def store(clock: Watch) -> StateStore:
    return StateStore(clock)


def test_a_value_is_kept_with_what_is_known_of_it(store: StateStore) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    stored = store.set("ac.target_c", 22.0, source="mqtt:default", unit="c", at=at, retained=True)
    assert store["ac.target_c"] == 22.0
    assert store.read("ac.target_c") == stored
    assert (stored.unit, stored.at, stored.source, stored.received_s) == ("c", at, "mqtt:default", 100.0)
    assert (stored.sequence, stored.retained) == (1, True)
    assert store.set("a.b", 1, source="x").at.tzinfo is not None
    assert store.sequence == 2


def test_what_was_never_heard_is_absent(store: StateStore) -> None:
    assert "a.b" not in store
    assert store.get("a.b") is None
    assert store.problem("a.b") == "a.b was never heard"
    with pytest.raises(KeyError):
        store["a.b"]
    assert store.read("a.b") is None


def test_null_is_absent_but_readable(store: StateStore) -> None:
    store.set("robot.holding", None, source="ros2:robot/state")
    assert "robot.holding" not in store
    assert store.problem("robot.holding") == "robot.holding is null"
    assert store.read("robot.holding") is not None


def test_false_zero_and_empty_are_values(store: StateStore) -> None:
    for key, value in {"a.f": False, "a.z": 0, "a.e": "", "a.l": []}.items():
        store.set(key, value, source="x")
        assert store[key] == value
    assert len(store) == 4


def test_a_stale_value_is_absent_until_heard_again(store: StateStore, clock: Watch) -> None:
    store.set_stale_after("robot.near", 2.0)
    store.set("robot.near", ["cup"], source="ros2:robot/state")
    store.set("light.a.state", "on", source="mqtt:default")
    clock.time_s += 2.0
    assert store["robot.near"] == ["cup"]
    clock.time_s += 0.5
    assert "robot.near" not in store
    assert store.problem("robot.near") == "robot.near is 2.5 s old, older than 2 s"
    assert list(store) == ["light.a.state"]
    assert store.snapshot() == {"light.a.state": "on"}
    assert [value.key for value in store.all_values()] == ["robot.near", "light.a.state"]
    store.set("robot.near", [], source="ros2:robot/state")
    assert store["robot.near"] == []


def test_values_of_a_dead_source_are_absent_until_it_lives(store: StateStore) -> None:
    store.set("light.a.state", "on", source="mqtt:default")
    store.set("tv.state", "on", source="mqtt:other")
    store.set_source_live("mqtt:default", live=False)
    assert dict(store) == {"tv.state": "on"}
    assert store.problem("light.a.state") == "light.a.state is unknown since mqtt:default is gone"
    store.set_source_live("mqtt:default", live=True)
    assert store["light.a.state"] == "on"
    store.set_source_live("mqtt:default", live=False)
    store.set("light.b.state", "off", source="mqtt:default")
    assert store["light.a.state"] == "on", "a value proves that its source lives"


def test_forget(store: StateStore) -> None:
    store.set("a.b", 1, source="x")
    store.forget("a.b")
    store.forget("a.b")
    assert "a.b" not in store


def test_watchers_see_arrivals_of_their_keys(store: StateStore) -> None:
    mine: list[StateValue] = []
    everything: list[StateValue] = []
    undo = store.watch(mine.append, ["a.b", "c.d"])
    store.watch(everything.append)
    store.set("a.b", 1, source="x")
    store.set("a.b", 1, source="x")
    store.set("e.f", 1, source="x")
    assert [value.key for value in mine] == ["a.b", "a.b"]
    assert [value.sequence for value in everything] == [1, 2, 3]
    undo()
    undo()
    store.set("c.d", 1, source="x")
    assert len(mine) == 2
    assert len(everything) == 4


def test_a_watcher_that_raises_stops_nobody(store: StateStore, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_value: StateValue) -> None:
        raise RuntimeError("broken watcher")

    heard: list[StateValue] = []
    store.watch(fail)
    store.watch(heard.append)
    store.set("a.b", 1, source="x")
    assert len(heard) == 1
    assert "broken watcher" in caplog.text


def test_a_watcher_may_end_itself_and_others(store: StateStore) -> None:
    heard: list[str] = []
    undos = []

    def first(_value: StateValue) -> None:
        heard.append("first")
        for undo in undos:
            undo()

    undos += [store.watch(first), store.watch(lambda _value: heard.append("second"))]
    store.set("a.b", 1, source="x")
    store.set("a.b", 2, source="x")
    assert heard == ["first", "second"]


def test_changed_waits_for_the_next_arrival(store: StateStore) -> None:
    async def scenario() -> None:
        mark = store.sequence
        waiting = asyncio.create_task(store.changed(60.0, mark))
        await asyncio.sleep(0)
        assert not waiting.done()
        store.set("a.b", 1, source="x")
        assert await waiting is True
        assert await store.changed(60.0, mark) is True, "what came before the wait counts"
        assert await store.changed(0.001, store.sequence) is False

    asyncio.run(scenario())
    assert store._watchers[""] == [], "waiting leaves no watcher behind"
