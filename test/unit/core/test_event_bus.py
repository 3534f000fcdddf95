"""Facts reach every listener, in order."""

from __future__ import annotations

import pytest

from taskmatrix_ros.core.event_bus import Event, EventBus


def test_every_listener_is_told_in_order() -> None:
    bus = EventBus()
    heard: list[str] = []
    undo = bus.listen(lambda event: heard.append(f"a {event.kind}"))
    bus.listen(lambda event: heard.append(f"b {event.kind}"))
    bus.publish(Event(kind="run_started"))
    undo()
    undo()
    bus.publish(Event(kind="run_ended"))
    assert heard == ["a run_started", "b run_started", "b run_ended"]


def test_one_that_raises_does_not_stop_the_rest(caplog: pytest.LogCaptureFixture) -> None:
    bus = EventBus()
    heard: list[Event] = []

    def fail(_event: Event) -> None:
        raise RuntimeError("broken listener")

    bus.listen(fail)
    bus.listen(heard.append)
    event = Event(kind="call_ended", data={"x": 1})
    bus.publish(event)
    bus.publish(event)
    assert heard == [event, event]
    assert caplog.text.count("broken listener") >= 2


def test_a_listener_may_come_and_go_while_told() -> None:
    bus = EventBus()
    heard: list[str] = []

    def once(_event: Event) -> None:
        heard.append("once")
        undo()
        bus.listen(lambda event: heard.append(event.kind))

    undo = bus.listen(once)
    bus.publish(Event(kind="first"))
    bus.publish(Event(kind="second"))
    assert heard == ["once", "second"]
