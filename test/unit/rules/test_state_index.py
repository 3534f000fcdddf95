"""The index against a reference that asks every trigger."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from taskmatrix_ros.core.rule import StateTrigger
from taskmatrix_ros.rules.state_index import StateIndex

values = st.one_of(st.integers(-3, 3), st.sampled_from([0.5, 1.5, "on", "off", True, False]))
bounds = st.one_of(st.none(), st.integers(-2, 2).map(float))


@st.composite
def triggers(draw: st.DrawFn) -> StateTrigger:
    if draw(st.booleans()):
        above, below = draw(bounds), draw(bounds)
        if above is not None and below is not None and above >= below:
            below = None
        return StateTrigger.model_validate({"kind": "state", "key": "a.b", "above": above, "below": below})
    some = st.one_of(st.none(), st.lists(values, min_size=1, max_size=3))
    return StateTrigger.model_validate({"kind": "state", "key": "a.b", "from": draw(some), "to": draw(some)})


@given(st.lists(triggers(), max_size=12), st.lists(values, max_size=20), st.sets(st.integers(0, 11)))
def test_the_index_finds_exactly_the_triggers_that_fire(
    watched: list[StateTrigger], story: list[object], gone: set[int]
) -> None:
    index = StateIndex()
    known = {("rule", number): trigger for number, trigger in enumerate(watched)}
    for watch, trigger in known.items():
        index.add(watch, trigger)
    old: object = None
    for step, new in enumerate(story):
        fired, concerned = index.change(old, new)
        assert fired == sorted(watch for watch, trigger in known.items() if trigger.fires(old, new))
        assert concerned or not any(
            trigger.holds(old) != trigger.holds(new) for trigger in known.values() if old != new
        )
        old = new
        if step == len(story) // 2:
            for number in gone:
                index.remove(("rule", number))
                known.pop(("rule", number), None)
    assert len(index) == len(known)


def test_a_thousand_rules_of_one_sensor_are_not_asked_one_by_one() -> None:
    class Counting(StateTrigger):
        asked: list[int] = []  # noqa: RUF012 - shared on purpose

        def fires(self, old: object, new: object) -> bool:
            self.asked.append(1)
            return super().fires(old, new)

    index = StateIndex()
    shared: list[int] = []
    for number in range(1000):
        trigger = Counting.model_construct(
            kind="state", key="a.b", from_=None, to=None, above=float(number), below=None
        )
        object.__setattr__(trigger, "asked", shared)
        index.add((f"rule_{number:04}", 0), trigger)
    fired, _ = index.change(499.5, 500.5)
    assert fired == [("rule_0500", 0)]
    assert len(shared) == 1
