"""A recorded run, done again from its log alone, to see whether its code still goes the way it went.

Action code has no clock, no chance and no input but what its calls give back, so the log decides everything. It is
replayed from its source, whatever version of the interpreter wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.core.errors import CallError, RunCancelled, TaskMatrixError
from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.outcome import Outcome
from taskmatrix_ros.core.run import CallRecord, Episode, RunStatus
from taskmatrix_ros.executor.sandbox.call_errors import error_of
from taskmatrix_ros.executor.sandbox.gathering import Gathering
from taskmatrix_ros.executor.sandbox.interpreter import ExternalCall, Interpreter
from taskmatrix_ros.executor.source.argument_check import printable

_CUT_SHORT = frozenset({"CANCELLED", "STOPPED", "BUDGET", "INTERRUPTED", "INTERNAL"})
"""Error codes of runs that were ended from outside: their code may want more calls than the log has."""


class ReplayReport(Frozen):
    """``calls``: how many were answered from the log; ``difference``: the first in one line, empty if there is none."""

    calls: int
    difference: str = ""


class Replay:
    """Runs a program against its log; nothing is sent anywhere."""

    def __init__(self, interpreter: Interpreter) -> None:
        """:param interpreter: must be open."""
        self._interpreter = interpreter

    async def replay(self, episode: Episode) -> ReplayReport:
        """Replay a run.

        :raises RunError: no worker of the sandbox came free.
        """
        if episode.code is None:
            return ReplayReport(calls=0, difference="the run never had any code")
        log = _Log(episode)
        host = Gathering(log.answer)
        ended: TaskMatrixError | None = None
        try:
            apis = {pin.name for pin in episode.code.documents}
            await self._interpreter.run(episode.code.source, apis, host)
        except TaskMatrixError as error:
            ended = error
        finally:
            await host.close()
        return ReplayReport(calls=log.answered, difference=log.difference or log.rest(ended))


class _Log:
    """The calls of the code by number, each with what came of its last attempt."""

    def __init__(self, episode: Episode) -> None:
        self._status = episode.status
        self._cut_short = episode.error_code in _CUT_SHORT or not episode.status.ended
        self._records: dict[int, CallRecord] = {}
        for index, record in enumerate(episode.calls_of_code, start=1):
            self._records[record.call.sequence or index] = record
        self.answered = 0
        self.difference = ""

    async def answer(self, wanted: ExternalCall) -> Any:
        """Give what the log says of the next call.

        :raises CallError: what the recorded call raised.
        :raises RunCancelled: the log ends here, or says something else.
        """
        number = self.answered + 1
        record = self._records.get(number)
        shown = f"{wanted.site.api}({_shown(printable(dict(wanted.arguments)))}) in line {wanted.site.position.line}"
        if record is None or record.outcome is None:
            if not self._cut_short:
                self.difference = f"call {number}: the code calls {shown}, where the log ends"
            raise RunCancelled("the log ends here")
        if not _is_same(record, wanted):
            self.difference = f"call {number}: the code calls {shown}, the log has {record.call}"
            raise RunCancelled(self.difference)
        self.answered = number
        return _value(record.outcome)

    def rest(self, ended: TaskMatrixError | None) -> str:
        """Say what the log has beyond what the code did, or how the code ended otherwise."""
        if self._cut_short:
            return ""
        if len(self._records) > self.answered:
            return f"call {self.answered + 1}: the code ended, the log has {self._records[self.answered + 1].call}"
        succeeded = self._status in (RunStatus.SUCCEEDED, RunStatus.UNCONFIRMED)
        if succeeded and ended is not None:
            return f"the code ended by {ended.message}, the recorded run came to its last line"
        if not succeeded and ended is None:
            return f"the code came to its last line, the recorded run ended {self._status.value}"
        return ""


def _value(outcome: Outcome) -> Any:
    failure: CallError | None = error_of(outcome)
    if failure is not None:
        raise failure
    return outcome.value


def _is_same(record: CallRecord, wanted: ExternalCall) -> bool:
    """Whether every argument the code gives is that of the log; the log has the defaults, too."""
    logged = record.call.arguments
    given = json.loads(json.dumps(printable(dict(wanted.arguments)), default=repr))
    return record.call.api == wanted.site.api and all(logged.get(name) == value for name, value in given.items())


def _shown(arguments: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())
