"""What is written down of a run and told of it: its steps and its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from taskmatrix_ros.app.runs.parts import Parts
from taskmatrix_ros.app.runs.run_facts import facts_of, summary_of
from taskmatrix_ros.app.runs.run_view import RunView
from taskmatrix_ros.core.errors import TaskMatrixError
from taskmatrix_ros.core.event_bus import Event
from taskmatrix_ros.core.ids import new_id
from taskmatrix_ros.core.outcome import Confirmation, utc_now
from taskmatrix_ros.core.ports import Phraser, PlanningContext
from taskmatrix_ros.core.run import TRANSITIONS, Episode, RunStatus, Stage
from taskmatrix_ros.core.run_ports import RunResult
from taskmatrix_ros.executor.running.goal_proof import GoalProof

_log = logging.getLogger(__name__)

ContextOf = Callable[[RunView], PlanningContext]


class RunBook:
    """Journals what becomes of runs, shows it in their views and publishes it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._goals = GoalProof(parts.state, parts.clock)

    def step(self, view: RunView, stage: Stage, **changes: Any) -> None:
        """Write a run's new state. :param changes: of its episode."""
        episode = view.episode.model_copy(update=changes)
        self._check_transition(view.episode.status, episode.status)
        self._parts.journal.save_run(episode if view.amended is None else without_old_code(view, episode))
        view.show(episode, stage)
        self.publish("run_progressed", view)

    def end(
        self, view: RunView, status: RunStatus, summary: str, error_code: str = "", nearest: tuple[str, ...] = ()
    ) -> None:
        """Write a run's end."""
        self._check_transition(view.episode.status, status)
        episode = view.episode.but(
            status=status,
            summary=summary,
            error_code=error_code,
            nearest=nearest,
            calls=view.records,
            ended_at=utc_now(),
        )
        self._parts.journal.save_run(episode, soon=True)
        if episode.instruction.images:
            self._parts.journal.forget_pictures(episode)
        view.show(episode)
        self._parts.ended(view.records)
        self.publish("run_ended", view)

    def _check_transition(self, old: RunStatus, new: RunStatus) -> None:
        if new is not old and new not in TRANSITIONS[old]:
            raise RuntimeError(f"a run may not go from {old.value} to {new.value}")

    def publish(self, kind: str, view: RunView) -> None:
        """Tell whoever listens how a run stands."""
        if not self._parts.events.wanted(kind):
            return
        episode = view.episode
        data = {"status": episode.status.value, "stage": view.stage.value, "text": episode.instruction.text}
        if episode.status.ended:
            data |= {"summary": episode.summary, "error_code": episode.error_code}
        self._parts.events.publish(Event(kind=kind, run_id=episode.run_id, data=data))

    def fail(self, view: RunView, error: Exception) -> None:
        """End a run by an error, or by a fault of ours."""
        if isinstance(error, TaskMatrixError):
            self.end(view, RunStatus.FAILED, error.message, error.error_code)
            return
        _log.error("run %s failed by a fault of the program", view.episode.run_id, exc_info=error)
        self.end(view, RunStatus.FAILED, f"internal fault: {error!r}; see the log", "INTERNAL")

    async def told(self, view: RunView, result: RunResult, context_of: ContextOf) -> str:
        """Say how a run ended, from what was journalled and what the world shows."""
        if not result.summary and self._parts.phraser is not None:
            facts = facts_of(view.records, self._parts.catalogue, self._parts.state)
            if phrased := await self._phrased(view, facts, self._parts.phraser, context_of):
                result = replace(result, summary=phrased)
        return self.said(view, result)

    def said(self, view: RunView, result: RunResult) -> str:
        """Say it without a model's words."""
        said = result.summary
        if not said:
            facts = facts_of(view.records, self._parts.catalogue, self._parts.state)
            said = summary_of(view.records or result.calls, facts)
        said += left_out(view)
        outline = view.episode.outline
        return f"{said}\n{answer}" if outline is not None and (answer := outline.answer) else said

    async def _phrased(
        self, view: RunView, facts: Sequence[str], phraser: Phraser, context_of: ContextOf
    ) -> str | None:
        """Have the model that planned a run word its facts, where the profile wants that."""
        code = view.episode.code
        if code is None or not code.prompt_hash:
            return None
        try:
            return await phraser.phrase(view.episode.instruction.text, facts, context_of(view))
        except asyncio.CancelledError:  # everything is done by now; what is left is how it is told
            if (task := asyncio.current_task()) is not None:
                task.uncancel()
            return None

    async def proven(self, view: RunView, result: RunResult) -> RunResult:
        """Let the world have the last word on what the outline wanted."""
        if not view.episode.goals:
            return result
        view.show(view.episode, Stage.PROVING)
        report = await self._goals.prove(view.episode.goals)
        if report.confirmation is Confirmation.CONTRADICTED:
            said = f"every call was done, but at the end the world says otherwise: {'; '.join(report.evidence)}"
            return replace(result, status=RunStatus.FAILED, summary=said, error_code="CONTRADICTED")
        if report.confirmation is Confirmation.UNCONFIRMED and result.status is RunStatus.SUCCEEDED:
            said = f"every call was done, but nothing tells whether it lasts: {'; '.join(report.evidence)}"
            return replace(result, status=RunStatus.UNCONFIRMED, summary=said, error_code="UNCONFIRMED")
        return result


def refused(view: RunView) -> RunStatus:
    """Give the status of a run whose wish was refused: that, unless something was done before."""
    status = view.episode.status
    return RunStatus.REFUSED if RunStatus.REFUSED in TRANSITIONS[status] else RunStatus.FAILED


def without_old_code(view: RunView, episode: Episode) -> Episode:
    """Give what a restart may find of a run whose outline was changed: what was deleted from it must not be done."""
    after = episode.replanned_after or new_id()
    changes = {"outline": view.amended, "code": None, "rehearsed": None, "replanned_after": after}
    return episode.model_copy(update=changes)


def left_out(view: RunView) -> str:
    """Name the steps that nobody asked for, to be put after what is said."""
    return f"; left out, since you did not ask for it: {'; '.join(view.left_out)}" if view.left_out else ""
