"""A rule's run that needs no task, and whatever may befall it: it is ended, left or changed as any other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from loop_time import turns
from test_rules_at_work import House, Lamps, outcomes

from taskmatrix_ros.app.runs.run_view import RunView
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.eager_task import start_now
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.run import RunStatus
from taskmatrix_ros.core.state_store import StateStore

RING = """
id: bell
mode: %s
triggers: [{kind: state, key: room.temperature_c}]
action: {code: 'lamp_dim(lamp="hall", state="low")'}
"""


class Quick(Lamps):
    """Lamps that need no waiting."""

    def may_end_at_once(self, _document: ApiDocument) -> bool:
        return True

    def begin(self, call: Call, document: ApiDocument) -> Outcome:
        self.told.append((call.arguments["lamp"], call.arguments["state"]))
        return Outcome(call_id=call.call_id, status=Status.SUCCEEDED)


class QuickHouse(House):
    """A house of such lamps, with a rule that dims one whenever the temperature changes."""

    def _bind(self, state: StateStore) -> Lamps:
        self.lamps = Quick(state)
        return self.lamps

    def fire(self) -> RunView:
        """Have the rule fire, while more is coming. :returns: its run, which waits to be kept."""
        self.set("room.temperature_c", self.system.state["room.temperature_c"] + 0.1)
        view = self.system.session.active[-1]
        assert (view.episode.run_id in self.system.session._plain, self.lamps.told) == (True, [])
        return view

    def ends(self) -> list[tuple[RunStatus, str]]:
        """Each run's end, oldest first."""
        return [(run.status, run.error_code) for run in reversed(self.system.journal.runs())]

    async def at_rest(self) -> None:
        """Nothing is left of any run."""
        session, rules = self.system.session, self.system.rules
        await self.until(lambda: not session.active and not rules._runs)
        known = (session._views, session._tasks, session._plain, session._requests, session._stopped, session._left)
        assert not any(known)
        assert not rules._causes
        assert not self.system.runner._active


def play(folder: Path, scenario: Callable[[QuickHouse], Awaitable[None]], mode: str = "parallel") -> None:
    async def main() -> None:
        house = QuickHouse(folder)
        await house.system.open()
        try:
            house.system.recover()
            await house.add(RING % mode)
            house.set("room.temperature_c", 0)
            await scenario(house)
            await house.at_rest()
        finally:
            await house.system.close()

    asyncio.run(main())


def test_it_needs_no_task_and_leaves_nothing(tmp_path: Path) -> None:
    async def scenario(house: QuickHouse) -> None:
        with house.system.state.together.gathering():
            house.fire()
            assert not house.system.session._tasks
        assert house.lamps.told == [("hall", "low")]
        assert house.ends() == [(RunStatus.SUCCEEDED, "")]

    play(tmp_path, scenario)


def test_one_that_is_cancelled_before_it_is_kept_sends_nothing(tmp_path: Path) -> None:
    async def scenario(house: QuickHouse) -> None:
        with house.system.state.together.gathering():
            view = house.fire()
            cancelling = start_now(house.system.session.cancel(view.episode.run_id, "enough"))
        assert await cancelling
        assert house.lamps.told == []
        assert house.ends()[-1] == (RunStatus.CANCELLED, "CANCELLED")
        assert [outcome.status for outcome in outcomes(house)] == [Status.CANCELLED]

    play(tmp_path, scenario)


def test_one_that_is_paused_before_it_is_kept_can_be(tmp_path: Path) -> None:
    """It is then one as any other, whose call is under way: after that it comes to its end."""

    async def scenario(house: QuickHouse) -> None:
        with house.system.state.together.gathering():
            view = house.fire()
            run_id = view.episode.run_id
            house.system.session.pause(run_id, cancel_call=False)
        await turns()
        if house.system.session.active:
            house.system.runner.resume(run_id)
        await house.at_rest()
        assert house.lamps.told == [("hall", "low")]
        assert house.ends() == [(RunStatus.SUCCEEDED, "")]

    play(tmp_path, scenario)


def test_of_a_rule_that_begins_anew_only_the_latest_goes_out(tmp_path: Path) -> None:
    async def scenario(house: QuickHouse) -> None:
        with house.system.state.together.gathering():
            for _ in range(3):
                house.set("room.temperature_c", house.system.state["room.temperature_c"] + 0.1)
        await house.until(lambda: len(house.ends()) > 1 and not house.system.session.active)
        assert house.lamps.told == [("hall", "low")]
        ends = [status for status, _ in house.ends()]
        assert ends == [RunStatus.CANCELLED] * (len(ends) - 1) + [RunStatus.SUCCEEDED]

    play(tmp_path, scenario, mode="restart")


@pytest.mark.parametrize("rearmed", [False, True])
def test_a_stop_ends_it_even_if_it_is_lifted_before_it_is_kept(tmp_path: Path, rearmed: bool) -> None:
    async def scenario(house: QuickHouse) -> None:
        with house.system.state.together.gathering():
            house.fire()
            house.system.latch.latch("the button")
            if rearmed:
                house.system.latch.rearm("go on")
        await house.at_rest()
        assert house.lamps.told == []
        assert house.ends()[-1] == (RunStatus.CANCELLED, "STOPPED")
        if not rearmed:
            house.system.latch.rearm("go on")
        await turns()
        house.set("room.temperature_c", 7)  # what is asked for after it is done
        await house.until(lambda: house.lamps.told == [("hall", "low")])

    play(tmp_path, scenario)


def test_a_node_that_ends_leaves_none_behind(tmp_path: Path) -> None:
    async def scenario(house: QuickHouse) -> None:
        with house.system.state.together.gathering():
            house.fire()
            closing = start_now(house.system.session.close())
        await closing
        assert (house.lamps.told, house.ends()[-1]) == ([], (RunStatus.CANCELLED, "CANCELLED"))

    play(tmp_path, scenario)


def test_who_waits_for_its_end_hears_of_it_and_it_is_sent_once(tmp_path: Path) -> None:
    async def scenario(house: QuickHouse) -> None:
        with house.system.state.together.gathering():
            view = house.fire()
            waiting = [start_now(house.system.session.finish(view)) for _ in range(2)]
        ended = await asyncio.gather(*waiting)
        assert [episode.status for episode in ended] == [RunStatus.SUCCEEDED] * 2
        assert [record.outcome and record.outcome.status for record in ended[0].calls] == [Status.SUCCEEDED]
        assert house.lamps.told == [("hall", "low")]
        assert await house.system.session.finish(view) == ended[0]

    play(tmp_path, scenario)


def test_the_same_request_is_the_same_run(tmp_path: Path) -> None:
    async def scenario(house: QuickHouse) -> None:
        with house.system.state.together.gathering():
            view = house.fire()
            ready = house.system.rules.code.ready(house.system.rules.engine.find("bell")[0])
            assert ready is not None
            asked = view.episode.instruction
            assert house.system.session.start_verified(asked, ready.outline, ready.verified) is view
        assert house.lamps.told == [("hall", "low")]

    play(tmp_path, scenario)


def test_an_outline_that_is_changed_before_it_is_kept_is_taken_up(tmp_path: Path) -> None:
    """It is then one that is being handed over: it ends, or goes on with what is left, but says so."""

    async def scenario(house: QuickHouse) -> None:
        with house.system.state.together.gathering():
            view = house.fire()
            outline = view.episode.outline
            assert outline is not None
            house.system.session.amend(outline.model_copy(update={"steps": ()}))
            assert view.episode.run_id in house.system.session._tasks
        await house.at_rest()
        assert len(house.lamps.told) <= 1
        assert house.ends()[-1][0] is RunStatus.SUCCEEDED
        found = house.system.journal.run(view.episode.run_id)
        assert found is not None
        assert found.outline is not None
        assert found.outline.steps == ()

    play(tmp_path, scenario)


def test_an_end_that_cannot_be_told_ends_one_run(tmp_path: Path) -> None:
    async def scenario(house: QuickHouse) -> None:
        parts = house.system.session._parts
        counted, failures = parts.ended, [KeyError("x")]

        def ended(records: object) -> None:
            if failures:
                raise failures.pop()
            counted(records)  # type: ignore[arg-type]

        object.__setattr__(parts, "ended", ended)
        with house.system.state.together.gathering():
            house.fire()
        house.set("room.temperature_c", 7)
        await house.until(lambda: len(house.lamps.told) == 2)

    play(tmp_path, scenario)
