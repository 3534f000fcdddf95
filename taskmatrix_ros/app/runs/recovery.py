"""What a start-up does with the runs that the last life did not end."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from taskmatrix_ros.app.runs.session import Session
from taskmatrix_ros.core.home_spec import WAITING
from taskmatrix_ros.core.ids import id_time_s
from taskmatrix_ros.core.outcome import ErrorReport, Outcome, Status, utc_now
from taskmatrix_ros.core.ports import Catalogue
from taskmatrix_ros.core.run import CallRecord, Episode, RunStatus
from taskmatrix_ros.store.journal import SqliteJournal

_log = logging.getLogger(__name__)

RESUME_WITHIN = timedelta(hours=1)
"""A run that was cut off longer ago is not resumed: the world and the person's wish have moved on."""


class Recovery:
    """Goes on with recent runs, ends the others. Called once, when everything a run needs is open."""

    def __init__(self, journal: SqliteJournal, session: Session, catalogue: Catalogue) -> None:
        self._journal = journal
        self._session = session
        self._catalogue = catalogue

    def recover(self) -> None:
        """Begin to go on with each run that may be."""
        for episode in self._journal.unfinished():
            idle = utc_now() - _last_word(episode)
            if idle <= RESUME_WITHIN or self._waits(episode):
                _log.warning("run %s goes on after %.0f s: %s", episode.run_id, idle.total_seconds(), _text(episode))
                self._session.recover(episode)
            else:
                self._end(episode, idle)

    def _waits(self, episode: Episode) -> bool:
        """Whether it was paused, or in a call whose purpose is to take long."""
        if episode.status is RunStatus.PAUSED:
            return True
        return any(
            record.outcome is None
            and (document := self._catalogue.get(record.call.api)) is not None
            and document.binding.kind in WAITING
            for record in episode.calls
        )

    def _end(self, episode: Episode, idle: timedelta) -> None:
        """Say what is known: not more than that."""
        for record in episode.calls:
            if record.outcome is None:
                said = "the node ended while this call was on its way; nobody knows whether it was done"
                report = ErrorReport(code="IN_DOUBT", message=said)
                call_id = record.call.call_id
                self._journal.end_call(Outcome(call_id=call_id, status=Status.IN_DOUBT, error=report))
        hours = idle.total_seconds() / 3600
        said = f"the node ended while this ran, {hours:.1f} h ago; look at the world and ask again for what is missing"
        changes = {"status": RunStatus.FAILED, "summary": said, "error_code": "INTERRUPTED", "ended_at": utc_now()}
        self._journal.save_run(episode.model_copy(update=changes))
        _log.warning("run %s was cut off %.1f h ago and is ended: %s", episode.run_id, hours, _text(episode))


def _last_word(episode: Episode) -> datetime:
    moments = [episode.created_at]
    for record in episode.calls:
        moments.append(_began(record))
        if record.outcome is not None:
            moments.append(record.outcome.ended_at)
    return max(moments)


def _began(record: CallRecord) -> datetime:
    return datetime.fromtimestamp(id_time_s(record.call.call_id), UTC)


def _text(episode: Episode) -> str:
    return episode.instruction.text
