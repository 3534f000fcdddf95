"""What was said before in a conversation: the journal keeps it over a restart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from taskmatrix_ros.app.runs.steps_done import undone_steps
from taskmatrix_ros.core.approval import ForetoldCall
from taskmatrix_ros.core.clocks import HomeClock
from taskmatrix_ros.core.conversation import Turn
from taskmatrix_ros.core.ports import Journal
from taskmatrix_ros.core.run import CallRecord, Episode, RunStatus
from taskmatrix_ros.core.state_store import StateStore

MAX_TURNS = 20
_LOOKED_AT = 200
"""Runs that are searched for earlier turns of a conversation."""


class Conversations:
    """Reads the journal."""

    def __init__(self, journal: Journal, state: StateStore, clock: HomeClock) -> None:
        self._journal = journal
        self._state = state
        self._clock = clock

    def turns_before(self, episode: Episode) -> tuple[Turn, ...]:
        """Give the turns before a run in its conversation, oldest first; a run without one has none."""
        conversation = episode.instruction.conversation_id
        if not conversation:
            return ()
        earlier = self._journal.runs(limit=_LOOKED_AT, before=episode.run_id)
        runs = [run for run in earlier if run.instruction.conversation_id == conversation][:MAX_TURNS]
        whole = [self._journal.run(run.run_id) or run for run in reversed(runs)]
        return tuple(turn_of(run, self._undone(run)) for run in whole)

    def _undone(self, run: Episode) -> tuple[str, ...]:
        if run.status is not RunStatus.CANCELLED:
            return ()
        return tuple(step.text for step in undone_steps(run, self._state.known(), self._clock.now()))


def turn_of(run: Episode, undone: tuple[str, ...]) -> Turn:
    """Give a run as what was said and done."""
    words = [run.instruction.text, *(exchange.answer for exchange in run.clarified)]
    planned = run.rehearsed.calls if run.rehearsed else ()
    return Turn(
        said=": ".join(words),
        steps=tuple(step.text for step in run.outline.steps) if run.outline else (),
        status=run.status.value,
        answered=run.summary,
        calls=tuple(ForetoldCall(api=call.api, arguments=call.arguments) for call in planned),
        undone=undone,
        others=tuple(_others(run.calls)),
    )


def _others(records: Iterable[CallRecord]) -> Iterator[str]:
    for outcome in (record.outcome for record in records if record.outcome is not None):
        yield from _texts(outcome.value)
        if outcome.error is not None:
            yield outcome.error.message


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
