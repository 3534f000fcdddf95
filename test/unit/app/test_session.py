"""The flow of one instruction, with small parts in the place of the real ones."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from taskmatrix_ros.app.runs.session import Parts, Session
from taskmatrix_ros.core.action_code import ActionCode, VerifiedCode
from taskmatrix_ros.core.clocks import WallClock
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.errors import PlanningError, VerificationError
from taskmatrix_ros.core.event_bus import Event, EventBus
from taskmatrix_ros.core.instruction import Channel, Instruction, Mode
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.core.run import Episode, Rehearsed, RunStatus
from taskmatrix_ros.core.run_ports import RunResult
from taskmatrix_ros.core.state_store import StateStore


class Stage:
    """All parts in one object; each test plants what one of them does."""

    name = "test"
    needs_selection = False

    def __init__(self) -> None:
        self.saved: list[Episode] = []
        self.ran: list[str] = []
        self.selected = 0
        self.on_outline: Callable[[], Awaitable[None]] | None = None
        self.on_verify: Exception | None = None
        self.on_run: Callable[[], Awaitable[RunResult]] | None = None
        self.cancelled = asyncio.Event()
        self.events: list[Event] = []
        bus = EventBus()
        bus.listen(self.events.append)
        self.session = Session(
            Parts(
                planner=self,
                selector=self,
                verifier=self,
                rehearsal=self,
                runner=self,
                journal=self,
                state=StateStore(),
                clock=WallClock(),
                events=bus,
            )
        )

    async def outline(self, instruction: Instruction, context: object) -> Outline:
        if self.on_outline:
            await self.on_outline()
        return Outline(instruction=instruction.text, steps=(OutlineStep(id="1", text="do it"),), planner="test")

    def missing(self, outline: object) -> dict[str, str]:
        return {}

    async def select(self, instruction: object, outline: object) -> Sequence[object]:
        self.selected += 1
        return ()

    async def write_code(self, outline: object, documents: object, context: object) -> ActionCode:
        return ActionCode(source="x()", documents=(), planner="test")

    async def repair(self, *_asked: object) -> ActionCode | None:
        return None

    async def replan(self, *_asked: object) -> Outline | None:
        return None

    async def verify(self, code: ActionCode, **_asked: object) -> VerifiedCode:
        if self.on_verify:
            raise self.on_verify
        return VerifiedCode(code=code, documents={}, seal=self)

    async def rehearse(self, code: object, state: object, now: object) -> Rehearsed:
        return Rehearsed()

    def plain(self, *_asked: object) -> None:
        """None of these is."""

    async def run(self, code: object, instruction: object, run_id: str, observer: object, **_more: object) -> RunResult:
        self.ran.append(run_id)
        if self.on_run:
            return await self.on_run()
        return RunResult(status=RunStatus.SUCCEEDED, calls=())

    def leave(self, run_id: str) -> bool:
        return False

    async def cancel(self, run_id: str, reason: str) -> bool:
        if run_id not in self.ran:
            return False
        self.cancelled.set()
        return True

    def save_run(self, episode: Episode, **_how: object) -> None:
        self.saved.append(episode)

    def run_of_request(self, request_id: str) -> Episode | None:
        found = [episode for episode in self.saved if episode.instruction.request_id == request_id]
        return found[-1] if found else None


def play(scenario: Callable[[Stage], Awaitable[None]]) -> None:
    async def main() -> None:
        await scenario(Stage())

    asyncio.run(main())


def test_a_run_is_journalled_in_every_state_before_it_goes_on() -> None:
    async def scenario(stage: Stage) -> None:
        episode = await stage.session.submit(Instruction(text="go"))
        assert episode.status is RunStatus.SUCCEEDED
        statuses = list(dict.fromkeys(saved.status for saved in stage.saved))
        assert statuses == [RunStatus.PLANNING, RunStatus.RUNNING, RunStatus.SUCCEEDED]
        kinds = [event.kind for event in stage.events]
        assert (kinds[0], kinds[-1]) == ("run_started", "run_ended")
        assert stage.session.active == ()

    play(scenario)


def test_a_repeated_request_is_the_same_run_while_it_runs_and_after() -> None:
    async def scenario(stage: Stage) -> None:
        release = asyncio.Event()

        async def wait() -> RunResult:
            await release.wait()
            return RunResult(status=RunStatus.SUCCEEDED, calls=())

        stage.on_run = wait
        first = stage.session.start(Instruction(text="go", request_id="r1"))
        second = stage.session.start(Instruction(text="go", request_id="r1"))
        assert second is first
        release.set()
        ended = await stage.session.finish(second)
        again = await stage.session.submit(Instruction(text="go", request_id="r1"))
        assert again.run_id == ended.run_id
        assert stage.ran == [ended.run_id]

    play(scenario)


def test_a_run_that_is_cancelled_before_it_has_begun_is_ended() -> None:
    async def scenario(stage: Stage) -> None:
        view = stage.session.start(Instruction(text="go", request_id="r1"))
        assert await stage.session.cancel(view.episode.run_id)
        assert (view.episode.status, stage.ran, stage.session.active) == (RunStatus.CANCELLED, [], ())
        assert stage.saved[-1].status is RunStatus.CANCELLED

    play(scenario)


@pytest.mark.parametrize("mode", [Mode.OUTLINE_ONLY, Mode.DRY_RUN])
def test_nothing_runs_where_only_a_plan_was_asked_for(mode: Mode) -> None:
    async def scenario(stage: Stage) -> None:
        episode = await stage.session.submit(Instruction(text="go", mode=mode))
        assert episode.status is RunStatus.DRY_RUN
        assert episode.outline is not None
        assert (episode.rehearsed is not None) is (mode is Mode.DRY_RUN)
        assert stage.ran == []

    play(scenario)


def test_what_cannot_be_planned_or_verified_is_refused() -> None:
    async def scenario(stage: Stage) -> None:
        async def refuse() -> None:
            raise PlanningError("what is a blorp", nearest=["turn on the TV"])

        stage.on_outline = refuse
        episode = await stage.session.submit(Instruction(text="blorp"))
        assert (episode.status, episode.nearest) == (RunStatus.REFUSED, ("turn on the TV",))
        stage.on_outline = None
        stage.on_verify = VerificationError([Diagnostic(code="limit", message="too hot", line=3)])
        view = stage.session.start(Instruction(text="go"))
        episode = await stage.session.finish(view)
        assert (episode.status, episode.summary) == (RunStatus.REFUSED, "3: too hot")
        assert [diagnostic.code for diagnostic in view.diagnostics] == ["limit"]
        assert stage.ran == []

    play(scenario)


def test_a_fault_of_ours_ends_one_run_and_not_the_session() -> None:
    async def scenario(stage: Stage) -> None:
        async def fault() -> None:
            raise ZeroDivisionError("planted")

        stage.on_outline = fault
        episode = await stage.session.submit(Instruction(text="go"))
        assert (episode.status, episode.error_code) == (RunStatus.FAILED, "INTERNAL")
        stage.on_outline = None
        assert (await stage.session.submit(Instruction(text="go"))).status is RunStatus.SUCCEEDED

    play(scenario)


def test_cancel_reaches_planning_and_running() -> None:
    async def scenario(stage: Stage) -> None:
        async def forever() -> None:
            await asyncio.Event().wait()

        stage.on_outline = forever
        view = stage.session.start(Instruction(text="go"))
        await asyncio.sleep(0)
        assert await stage.session.cancel(view.episode.run_id)
        assert view.episode.status is RunStatus.CANCELLED

        async def until_cancelled() -> RunResult:
            await stage.cancelled.wait()
            return RunResult(status=RunStatus.CANCELLED, calls=(), summary="cancelled while driving")

        stage.on_outline, stage.on_run = None, until_cancelled
        view = stage.session.start(Instruction(text="go"))
        while not stage.ran:
            await asyncio.sleep(0)
        assert await stage.session.cancel(view.episode.run_id)
        assert view.episode.summary == "cancelled while driving"
        assert not await stage.session.cancel(view.episode.run_id)

    play(scenario)


def test_a_closed_session_ends_what_runs_and_refuses_the_rest() -> None:
    async def scenario(stage: Stage) -> None:
        async def until_cancelled() -> RunResult:
            await stage.cancelled.wait()
            return RunResult(status=RunStatus.CANCELLED, calls=())

        stage.on_run = until_cancelled
        view = stage.session.start(Instruction(text="go"))
        while not stage.ran:
            await asyncio.sleep(0)
        await stage.session.close()
        assert view.episode.status is RunStatus.CANCELLED
        refused = await stage.session.submit(Instruction(text="go"))
        assert (refused.status, refused.error_code) == (RunStatus.REFUSED, "CLOSING")

    play(scenario)


def test_the_selector_is_asked_only_where_the_planner_wants_it() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.session.submit(Instruction(text="go"))
        assert stage.selected == 0
        stage.needs_selection = True
        await stage.session.submit(Instruction(text="go"))
        assert stage.selected == 1

    play(scenario)


def test_a_stop_ends_what_is_being_planned_for_good() -> None:
    async def scenario(stage: Stage) -> None:
        planning, go_on = asyncio.Event(), asyncio.Event()

        async def plan() -> None:
            planning.set()
            await go_on.wait()

        stage.on_outline = plan
        acting = stage.session.start(Instruction(text="go"))
        showing = stage.session.start(Instruction(text="go", mode=Mode.DRY_RUN))
        await planning.wait()
        stage.session.stop_planning("button")
        go_on.set()  # as if it was rearmed at once
        ended, shown = await stage.session.finish(acting), await stage.session.finish(showing)
        assert (ended.status, ended.error_code) == (RunStatus.CANCELLED, "STOPPED")
        assert ended.summary == "nothing was done: stopped: button; rearm and ask again"
        assert shown.status is RunStatus.DRY_RUN
        assert stage.ran == []

    play(scenario)


def test_a_rules_request_is_the_rules_alone() -> None:
    async def scenario(stage: Stage) -> None:
        asked = Instruction(text="go", channel=Channel.RULE, request_id="rule:r:0:now:1")
        stolen = asked.model_copy(update={"channel": Channel.MQTT})
        refused = await stage.session.submit(stolen)
        assert (refused.status, refused.error_code) == (RunStatus.REFUSED, "REQUEST_ID")
        assert stage.ran == []
        code = VerifiedCode(code=ActionCode(source="x()", documents=(), planner="test"), documents={}, seal=stage)
        outline = Outline(instruction="go", steps=(), planner="test")
        view = stage.session.start_verified(asked, outline, code)
        assert (await stage.session.finish(view)).status is RunStatus.SUCCEEDED
        assert stage.ran == [view.episode.run_id]

    play(scenario)


def test_a_firing_whose_request_is_taken_is_an_error_and_not_that_run() -> None:
    async def scenario(stage: Stage) -> None:
        async def forever() -> None:
            await asyncio.Event().wait()

        stage.on_outline = forever
        asked = Instruction(text="go", channel=Channel.RULE, request_id="taken")
        view = stage.session.start(asked.model_copy(update={"channel": Channel.MQTT}))
        await asyncio.sleep(0)
        code = VerifiedCode(code=ActionCode(source="x()", documents=(), planner="test"), documents={}, seal=stage)
        with pytest.raises(ValueError, match="taken by run"):
            stage.session.start_verified(asked, Outline(instruction="go", steps=(), planner="test"), code)
        with pytest.raises(ValueError, match="taken by run"):
            stage.session.start(asked)
        await stage.session.cancel(view.episode.run_id)

    play(scenario)
