"""The flow of one instruction: outline, documents, code, verification, rehearsal, run, journal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.app.runs.conversation_desk import ConversationDesk
from taskmatrix_ros.app.runs.firing_requests import check_is_rules, refuse_request
from taskmatrix_ros.app.runs.parts import Parts
from taskmatrix_ros.app.runs.planning import Planning, refusal
from taskmatrix_ros.app.runs.run_book import RunBook, left_out, refused, without_old_code
from taskmatrix_ros.app.runs.run_facts import counted
from taskmatrix_ros.app.runs.run_view import RunView
from taskmatrix_ros.core.action_code import VerifiedCode
from taskmatrix_ros.core.eager_task import start_now
from taskmatrix_ros.core.errors import (
    ModelUnavailable,
    PlanningError,
    RequestError,
    RunError,
    VerificationError,
)
from taskmatrix_ros.core.instruction import Channel, Instruction, Mode
from taskmatrix_ros.core.outline import Outline
from taskmatrix_ros.core.rule import FIRING
from taskmatrix_ros.core.run import CallRecord, Episode, RunStatus, Stage
from taskmatrix_ros.core.run_ports import Begun, PlainRun, RunResult

CHANGED = "its outline was changed"


class Session:
    """Takes instructions and sees each through. Lives in the loop's thread."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._views: dict[str, RunView] = {}
        self._tasks: dict[str, asyncio.Task[Episode]] = {}
        self._plain: dict[str, PlainRun] = {}
        """Runs that have no task."""
        self._requests: dict[str, str] = {}
        self._stopped: dict[str, str] = {}
        self._accepting = True
        self._left: set[str] = set()
        self._handing: set[asyncio.Task[bool]] = set()
        self._book = RunBook(parts)
        self._planning = Planning(parts, self._book.step)
        self._desk = ConversationDesk(lambda: self.active, self.cancel, parts.preferences, parts.policy, parts.rules_of)

    @property
    def active(self) -> tuple[RunView, ...]:
        """The runs that have not ended."""
        return tuple(self._views.values())

    def start(self, instruction: Instruction) -> RunView:
        """Begin a run and return at once; ``finish`` waits for its end.

        A ``request_id`` that is already known gives the run it started, also after a restart. That of a rule's firing
        is the rule's alone: anybody else's run is refused.

        :raises ValueError: a rule's firing finds its ``request_id`` taken by another channel's run.
        """
        is_rules = instruction.channel is Channel.RULE
        if instruction.request_id.startswith(FIRING) and not is_rules:
            view = self._view(
                Episode(instruction=instruction.model_copy(update={"request_id": ""}), status=RunStatus.PLANNING)
            )
            self._parts.journal.save_run(view.episode)
            self._book.publish("run_started", view)
            self._begin(view, refuse_request(instruction.request_id))
            return view
        if known := self._known(instruction.request_id):
            if is_rules:
                check_is_rules(known)
            return known
        view = self._view(Episode(instruction=instruction, status=RunStatus.PLANNING))
        self._parts.journal.save_run(view.episode)
        self._book.publish("run_started", view)
        self._begin(view, self._plan_and_run(view))
        return view

    def start_verified(
        self,
        instruction: Instruction,
        outline: Outline,
        verified: VerifiedCode,
        *,
        follow: Callable[[RunView], None] = lambda _view: None,
    ) -> RunView:
        """Begin a run of code that this system's verifier let through before: a rule's. Nothing is planned.

        What needs no waiting is done when this returns, up to the first call's dispatch; the run may have ended.

        :param follow: told the view before the run begins.
        :raises PlanningError: the node is shutting down.
        :raises ValueError: another channel's run has this ``request_id``.
        """
        if known := self._views.get(self._requests.get(instruction.request_id, "")):
            check_is_rules(known)
            return known
        if not self._accepting:
            raise PlanningError("the node is shutting down and takes no instructions; try again later", code="CLOSING")
        episode = Episode.begun(instruction, outline, verified.code)
        self._parts.journal.save_run(episode, soon=True)
        view = self._view(episode)
        view.stage = Stage.RUNNING
        follow(view)
        self._book.publish("run_started", view)
        if not self._begin_plainly(view, verified):
            self._begin(view, self._run(view, verified), now=True)
        return view

    def _begin_plainly(self, view: RunView, verified: VerifiedCode) -> bool:
        """Begin a run without a task, if that can be. :returns: whether it can."""
        run_id, instruction = view.episode.run_id, view.episode.instruction
        plain = self._parts.runner.plain(verified, instruction, run_id, view, _PlainEnds(self, view, verified))
        if plain is None:
            return False
        self._plain[run_id] = plain
        plain.begin()
        return True

    def ended_plainly(self, view: RunView, result: RunResult) -> None:
        """End a run that needed no task."""
        view.take_records(result.calls)
        try:
            self._book.end(view, result.status, self._book.said(view, result), result.error_code)
        except Exception as error:  # noqa: BLE001 - a fault of ours must end one run, not the node
            self._book.fail(view, error)
        finally:
            self._forget(view)

    def go_on_with(self, view: RunView, verified: VerifiedCode, log: Sequence[CallRecord], begun: Begun | None) -> None:
        """Go on, in a task, with one that needed none so far: from now on, so that it can be ended as any other."""
        del self._plain[view.episode.run_id]
        self._begin(view, self._run(view, verified, log=log, begun=begun), now=True)

    def _with_task(self, run_id: str) -> asyncio.Task[Episode] | None:
        """Give the task that sees a run through; one that had none gets one. None: it is not active."""
        if (plain := self._plain.get(run_id)) is not None:
            plain.hand_over()
        return self._tasks.get(run_id)

    def recover(self, episode: Episode) -> RunView:
        """Go on with a run that an earlier life did not end: what it had done is not done again.

        One that had not begun to act is planned anew; one that was being ended is ended.
        """
        view = self._view(episode)
        self._book.publish("run_recovered", view)
        self._begin(view, self._go_on(view))
        return view

    async def finish(self, view: RunView) -> Episode:
        """Wait for a run's end. Cancelling the wait does not cancel the run."""
        task = self._with_task(view.episode.run_id)
        return view.episode if task is None else await asyncio.shield(task)

    async def submit(self, instruction: Instruction) -> Episode:
        """Start an instruction and wait for its end."""
        return await self.finish(self.start(instruction))

    async def cancel(self, run_id: str, reason: str = "cancelled") -> bool:
        """Cancel a run and wait until its pending call's peer has confirmed. :returns: whether it was active."""
        task = self._with_task(run_id)
        if task is None:
            return False
        if not await self._parts.runner.cancel(run_id, reason):
            task.cancel(reason)
        await asyncio.wait({task})
        return True

    def pause(self, run_id: str, *, cancel_call: bool) -> None:
        """Pause a run after its current call, or at once; see ``core.run_ports.Runner.pause``.

        :raises RequestError: no such run is active, or it is paused already.
        """
        self._with_task(run_id)
        self._parts.runner.pause(run_id, cancel_call=cancel_call)

    async def rest(self, reason: str) -> None:
        """Leave the runs that only wait, or are paused, to the next life; cancel the others and wait for their end."""
        for run_id in tuple(self._plain):
            self._with_task(run_id)
        tasks = dict(self._tasks)
        self._left |= {run_id for run_id in tasks if self._parts.runner.leave(run_id)}
        await asyncio.gather(*(self.cancel(run_id, reason) for run_id in tasks if run_id not in self._left))
        if left := [tasks[run_id] for run_id in self._left if run_id in tasks]:
            await asyncio.wait(left)

    def stop_planning(self, reason: str) -> None:
        """End the runs that would act once they are planned: a rearm is for what is asked for after it.

        The runner ends those that act already.
        """
        for run_id, view in self._views.items():
            episode = view.episode
            plans = view.plans_anew or episode.status is RunStatus.PLANNING
            if plans and episode.instruction.mode is Mode.RUN and run_id in self._tasks:
                self._stopped[run_id] = reason
                self._tasks[run_id].cancel()

    async def close(self) -> None:
        """Refuse new runs; leave those that wait, cancel those that act."""
        self._accepting = False
        await self.rest("the node ends")

    def _view(self, episode: Episode) -> RunView:
        view = RunView(episode, self._status_given)
        self._views[episode.run_id] = view
        if episode.instruction.request_id:
            self._requests[episode.instruction.request_id] = episode.run_id
        return view

    def _status_given(self, view: RunView, status: RunStatus) -> None:
        self._book.step(view, Stage.RUNNING, status=status)

    def _begin(self, view: RunView, work: Coroutine[Any, Any, None], *, now: bool = False) -> None:
        run_id = view.episode.run_id
        task = start_now(self._see_through(view, work, now=now), name=f"run-{run_id}")
        if run_id in self._views:  # it has not ended at once
            self._tasks[run_id] = task

    def _known(self, request_id: str) -> RunView | None:
        if not request_id:
            return None
        if view := self._views.get(self._requests.get(request_id, "")):
            return view
        episode = self._parts.journal.run_of_request(request_id)
        return RunView(episode) if episode else None

    async def _see_through(self, view: RunView, work: Coroutine[Any, Any, None], *, now: bool) -> Episode:
        run_id = view.episode.run_id
        try:
            if not now:
                await asyncio.sleep(0)  # in here, so that one that is cancelled before its work begins is ended, too
            await work
        except asyncio.CancelledError:
            said, code = "cancelled", "CANCELLED"
            if run_id in self._stopped:
                done = "no more was done" if view.records else "nothing was done"
                said, code = f"{done}: stopped: {self._stopped[run_id]}; rearm and ask again", "STOPPED"
            if run_id not in self._left:
                self._book.end(view, RunStatus.CANCELLED, said, code)
        except ModelUnavailable as error:
            self._book.end(view, RunStatus.UNAVAILABLE, error.message, error.error_code, nearest=error.nearest)
        except PlanningError as error:
            self._book.end(view, refused(view), error.message, error.error_code, nearest=error.nearest)
        except VerificationError as error:
            view.diagnostics = error.diagnostics
            self._book.end(view, refused(view), refusal(view, error), error.error_code)
        except Exception as error:  # noqa: BLE001 - a fault of ours must end one run, not the node
            self._book.fail(view, error)
        finally:
            work.close()
            self._forget(view)
        return view.episode

    def _forget(self, view: RunView) -> None:
        run_id = view.episode.run_id
        for known in (self._views, self._tasks, self._plain, self._stopped):
            known.pop(run_id, None)
        self._left.discard(run_id)
        self._requests.pop(view.episode.instruction.request_id, None)

    async def _plan_and_run(self, view: RunView) -> None:
        instruction = view.episode.instruction
        if not self._accepting:
            raise PlanningError("the node is shutting down and takes no instructions; try again later", code="CLOSING")
        if (said := await self._desk.reply(view)) is not None:
            if instruction.mode is Mode.RUN:
                self._book.step(view, Stage.RUNNING, status=RunStatus.RUNNING)
                self._book.end(view, RunStatus.SUCCEEDED, said)
            else:
                self._book.end(view, RunStatus.DRY_RUN, said)
            return
        await self._desk.take_back(view)
        context = self._planning.context(view)
        outline = await self._planning.outline(view, context)
        if instruction.mode is Mode.OUTLINE_ONLY:
            said = f"outlined in {counted(len(outline.steps), 'step')}; nothing was done"
            self._book.end(view, RunStatus.DRY_RUN, said + left_out(view))
            return
        if outline.is_answered:
            asked_only = instruction.mode is Mode.DRY_RUN
            self._book.end(view, RunStatus.DRY_RUN if asked_only else RunStatus.SUCCEEDED, outline.answer)
            return
        verified = await self._planning.code(view, outline, context)
        if instruction.mode is Mode.DRY_RUN:
            said = f"rehearsed {counted(view.planned_calls, 'call')}; nothing was done"
            self._book.end(view, RunStatus.DRY_RUN, said + left_out(view))
            return
        await self._run(view, verified)

    async def _run(
        self,
        view: RunView,
        verified: VerifiedCode,
        *,
        log: Sequence[CallRecord] = (),
        begun: Begun | None = None,
        paused: bool = False,
    ) -> None:
        while True:
            if view.stage is not Stage.RUNNING or view.episode.status is not RunStatus.RUNNING:
                self._book.step(view, Stage.RUNNING, status=RunStatus.RUNNING)
            episode = view.episode
            try:
                result = await self._parts.runner.run(
                    verified,
                    episode.instruction,
                    episode.run_id,
                    view,
                    foretold=episode.rehearsed,
                    log=log,
                    begun=begun,
                    paused=paused,
                )
            except asyncio.CancelledError:
                task = asyncio.current_task()
                left = view.episode.run_id in self._left  # for the next life: no new code begins in this one
                if view.amended is None or left or task is None or task.uncancel() > 0:
                    raise
                result = RunResult(status=RunStatus.SUCCEEDED, calls=view.records)
            view.why, begun = "", None
            may_go_on = result.status in (RunStatus.SUCCEEDED, RunStatus.UNCONFIRMED)
            if view.amended is not None and may_go_on and (changed := await self._planning.amended(view)) is not None:
                verified, log, paused = changed, (), False
                continue
            if result.status in (RunStatus.SUCCEEDED, RunStatus.UNCONFIRMED):
                result = await self._book.proven(view, result)
            other_way = await self._planning.other_way(view, result)
            if other_way is None:
                break
            verified, log, paused = other_way, (), False
        said = await self._book.told(view, result, self._planning.context)
        self._book.end(view, result.status, said, result.error_code)

    def amend(self, outline: Outline) -> None:
        """Have the run that does an outline go on with it as it was changed, once its call under way has ended.

        :raises RequestError: the run is being planned or ended; nothing was changed.
        """
        for run_id, view in tuple(self._views.items()):
            episode = view.episode
            if episode.outline is None or episode.outline.outline_id != outline.outline_id:
                continue
            if self._with_task(run_id) is None:
                continue  # it has come to its end
            episode = view.episode
            if episode.status in (RunStatus.PLANNING, RunStatus.STOPPING) or view.plans_anew:
                said = f"outline {outline.outline_id} is being planned or ended right now; change it in a moment"
                raise RequestError(said, code="BUSY")
            is_new, view.amended = view.amended is None, outline
            self._parts.journal.save_run(without_old_code(view, episode))
            if not is_new:
                continue  # it is being handed over already, and takes the latest
            handing = asyncio.create_task(self._parts.runner.hand_over(run_id, CHANGED), name=f"hand-over-{run_id}")
            self._handing.add(handing)
            handing.add_done_callback(self._handing.discard)

    async def _go_on(self, view: RunView) -> None:
        episode = view.episode
        if episode.status is RunStatus.STOPPING:
            raise RunError("the node ended while this run was being ended; look at the world", code="INTERRUPTED")
        if episode.code is None and episode.replanned_after:
            said = (
                "the node ended while this run's outline was being changed; look at the world, and run the rest of it"
            )
            raise RunError(said, code="INTERRUPTED")
        if episode.status is RunStatus.PLANNING or episode.code is None:
            await self._plan_and_run(view)
            return
        rights = self._parts.policy.rights(episode.instruction.channel, episode.instruction.speaker)
        verified = await self._parts.verifier.verify(episode.code, rights=rights, outline=episode.outline)
        await self._run(view, verified, log=episode.calls_of_code, paused=episode.status is RunStatus.PAUSED)


@dataclass(slots=True, eq=False)
class _PlainEnds:
    """Tells a session how a plain run ended."""

    session: Session
    view: RunView
    verified: VerifiedCode

    def ended(self, result: RunResult) -> None:
        self.session.ended_plainly(self.view, result)

    def handed_over(self, log: Sequence[CallRecord], begun: Begun | None) -> None:
        self.session.go_on_with(self.view, self.verified, log, begun)
