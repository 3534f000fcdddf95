"""Runs, calls and the stop latch, written before they happen and when they have ended."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from pydantic import ValidationError

from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outcome import Outcome
from taskmatrix_ros.core.run import Episode
from taskmatrix_ros.store.database import Database
from taskmatrix_ros.store.redo_log import Repeated

_SAVE_RUN = (
    "INSERT INTO runs (run_id, request_id, active, instruction, episode) VALUES (?, ?, ?, ?, ? || ?)"
    " ON CONFLICT (run_id) DO UPDATE SET active = excluded.active, episode = excluded.episode"
)
_KEPT_APART = {"calls", "instruction", "outline", "code"}
_MOST_TEXTS = 512
_BEGIN_CALL = (
    "INSERT INTO calls (call_id, run_id, call, sent) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (call_id) DO UPDATE SET sent = 1, call = excluded.call WHERE NOT sent AND excluded.sent"
)
_SAVE_CALL = (
    "INSERT INTO calls (call_id, run_id, call, sent, outcome) VALUES (?, ?, ?, 1, ?)"
    " ON CONFLICT (call_id) DO UPDATE SET outcome = excluded.outcome"
)
_END_CALL = "UPDATE calls SET outcome = ? WHERE call_id = ?"
_COLUMNS = "SELECT run_id, instruction, episode FROM runs"


class SqliteJournal:
    """The journal of ``core.ports`` in an open ``Database``; every method has committed when it returns.

    :raises ConfigError: by any method, when the file can no longer be written or read.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._begun: dict[str, tuple[str, str]] = {}
        """Call id -> run id and JSON of what was begun and may end before the table has it."""
        self._instructions: dict[str, tuple[Instruction, str]] = {}
        """By run, of those that have not ended: it is written with each of their states."""
        self._plans: dict[int, tuple[Frozen, Frozen | None, Repeated]] = {}
        """JSON of outline and code, by the identity of the outline: a rule's runs have them in common."""

    def save_run(self, episode: Episode, *, soon: bool = False) -> None:
        """Write the run without its calls: new, or in its new state. The instruction is written once.

        :param soon: it may go with the next entry, or a few milliseconds later: enough for a state from
            which a restart goes on as it would from the one before.
        :raises ValueError: its ``request_id`` is another run's.
        """
        request_id = episode.instruction.request_id or None
        active, instruction = not episode.status.ended, self._instruction(episode)
        text, plan = episode.as_json(without=_KEPT_APART)[:-1], self._plan(episode)
        values = (episode.run_id, request_id, active, instruction, text, plan)
        if soon:
            self._database.write_soon(_SAVE_RUN, values, key=episode.run_id)
            return
        try:
            self._database.execute(_SAVE_RUN, values)
        except sqlite3.IntegrityError as error:
            other = self._database.execute("SELECT run_id FROM runs WHERE request_id = ?", (request_id,)).fetchone()
            raise ValueError(
                f"journal: request {request_id!r} of run {episode.run_id} already started run {other and other[0]}"
            ) from error

    def _plan(self, episode: Episode) -> str:
        """Give the end of a run's JSON: outline and code, which a rule's runs have in common."""
        outline, code = episode.outline, episode.code
        known = self._plans.get(id(outline))
        if known is not None and known[0] is outline and known[1] is code:
            return known[2]
        parts = {"outline": outline, "code": code}
        text = "".join(f',"{name}":{part.as_json()}' for name, part in parts.items() if part is not None) + "}"
        if outline is not None:
            if len(self._plans) >= _MOST_TEXTS:
                self._plans.clear()
            self._plans[id(outline)] = (outline, code, Repeated(text))
        return text

    def _instruction(self, episode: Episode) -> str:
        run_id, instruction = episode.run_id, episode.instruction
        if episode.status.ended:
            known = self._instructions.pop(run_id, None)
        elif (known := self._instructions.get(run_id)) is None or known[0] is not instruction:
            known = self._instructions[run_id] = (instruction, instruction.as_json())
        return known[1] if known is not None and known[0] is instruction else instruction.as_json()

    def forget_pictures(self, episode: Episode) -> None:
        """Keep the instruction of a run without its pictures."""
        instruction = episode.instruction.model_copy(update={"images": ()})
        self._database.execute(
            "UPDATE runs SET instruction = ? WHERE run_id = ?", (instruction.as_json(), episode.run_id)
        )

    def ask_call(self, call: Call) -> None:
        """Write a call that waits for a person's yes: after a crash it counts as not sent.

        :raises ValueError: its run was not saved, or a call of this id has begun before.
        """
        self._write_call(call, sent=False, durable=False)

    def begin_call(self, call: Call, *, durable: bool, new: bool = False) -> None:
        """Write a call before it is dispatched; ``durable``: also against loss of power.

        :param new: it is a call of a run that was saved, with an id just made: there is nothing to check, and it is
            enough that ``kept`` is awaited before it goes out.
        :raises ValueError: its run was not saved, or a call of this id has begun before.
        """
        if not new or durable:
            self._write_call(call, sent=True, durable=durable)
            return
        text = call.as_json()
        self._begun[call.call_id] = (call.run_id, text)
        self._database.write_soon(_SAVE_CALL, (call.call_id, call.run_id, text, None), key=call.call_id)

    async def kept(self, call: Call) -> None:
        """Wait until a call that has begun survives kill -9; those that begin together are kept by one commit.

        :raises ConfigError: it cannot be written, and is taken back: it must not go out.
        """
        try:
            await self._database.kept()
        except ConfigError:
            self._take_back(call)
            raise

    def when_kept(self, call: Call, do: Callable[[ConfigError | None], None]) -> bool:
        """Have ``do`` called when ``kept`` would return, or with what it would raise.

        :returns: True: it would return at once, and ``do`` is not called.
        :raises ConfigError: as ``kept``, at once.
        """

        def kept(failure: ConfigError | None) -> None:
            if failure is not None:
                self._take_back(call)
            do(failure)

        try:
            return self._database.when_kept(kept)
        except ConfigError:
            self._take_back(call)
            raise

    def _take_back(self, call: Call) -> None:
        if self._begun.pop(call.call_id, None) is not None:
            self._database.take_back(call.call_id)

    def refuse_call(self, call: Call, outcome: Outcome) -> None:
        """Write a call that was not sent, with why.

        :raises ValueError: its run was not saved, or the call was sent before.
        """
        with self._database.transaction():
            self._write_call(call, sent=True, durable=False)
            self._write_end(outcome)

    def _write_call(self, call: Call, *, sent: bool, durable: bool) -> None:
        values = (call.call_id, call.run_id, call.as_json(), sent)
        try:
            if durable:
                with self._database.transaction(durable=True):
                    written = self._database.execute(_BEGIN_CALL, values)
            else:
                written = self._database.execute(_BEGIN_CALL, values)
            if written.rowcount != 1:
                raise sqlite3.IntegrityError("begun before")
        except sqlite3.IntegrityError as error:
            raise ValueError(
                f"journal: call {call.call_id} of run {call.run_id} has begun before, or its run was not saved"
            ) from error

    def end_call(self, outcome: Outcome, *, soon: bool = False) -> None:
        """Write how it ended; a later outcome replaces an earlier one, as when a call in doubt is resolved.

        :param soon: it may go with the next entry, or a few milliseconds later: enough for a call that
            may be repeated, which is all that a crash in between would make of it.
        :raises ValueError: no such call has begun.
        """
        begun, text = self._begun.pop(outcome.call_id, None), outcome.as_json()
        if not soon:
            self._write_end(outcome)
        elif begun is not None:
            self._database.write_soon(_SAVE_CALL, (outcome.call_id, *begun, text), key=outcome.call_id)
        else:
            self._database.write_soon(_END_CALL, (text, outcome.call_id))

    def _write_end(self, outcome: Outcome) -> None:
        written = self._database.execute(_END_CALL, (outcome.as_json(), outcome.call_id))
        if written.rowcount != 1:
            raise ValueError(f"journal: call {outcome.call_id} never began, so it cannot end")

    def run(self, run_id: str) -> Episode | None:
        """Give a run with its calls, in the order they began."""
        found = self._database.execute(f"{_COLUMNS} WHERE run_id = ?", (run_id,)).fetchone()
        return None if found is None else self._episode(found, with_calls=True)

    def runs(self, *, active_only: bool = False, limit: int = 50, before: str = "") -> Sequence[Episode]:
        """Give runs without calls, newest first.

        :param before: only runs older than the one of this id: the last id of a page asks for the next.
        """
        conditions = [*(["active"] if active_only else []), *(["run_id < ?"] if before else [])]
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        rows = self._database.execute(
            f"{_COLUMNS}{where} ORDER BY run_id DESC LIMIT ?", (*([before] if before else []), max(limit, 0))
        )
        return tuple(self._episode(row, with_calls=False) for row in rows)

    def unfinished(self) -> Sequence[Episode]:
        """Give the runs that have not ended, oldest first, with their calls: what a start-up finds of the last life.

        A call without outcome was on its way when the process died.
        """
        rows = self._database.execute(f"{_COLUMNS} WHERE active ORDER BY run_id").fetchall()
        return tuple(self._episode(row, with_calls=True) for row in rows)

    def run_of_request(self, request_id: str) -> Episode | None:
        """Give the run that a caller's ``request_id`` started, with its calls."""
        found = self._database.execute(f"{_COLUMNS} WHERE request_id = ?", (request_id,)).fetchone()
        return None if found is None else self._episode(found, with_calls=True)

    def set_latch(self, reason: str | None) -> None:
        """Write the stop latch, also against loss of power: a reason, or None when it is lifted."""
        with self._database.transaction(durable=True):
            self._database.execute("DELETE FROM latch")
            if reason is not None:
                self._database.execute("INSERT INTO latch (only, reason) VALUES (1, ?)", (reason,))

    def latch(self) -> str | None:
        """Give the reason the latch holds, or None."""
        found = self._database.execute("SELECT reason FROM latch").fetchone()
        return None if found is None else str(found[0])

    def _episode(self, row: tuple[str, str, str], *, with_calls: bool) -> Episode:
        run_id, instruction, episode = row
        calls = self._calls(run_id) if with_calls else ""
        try:
            return Episode.model_validate_json(f'{episode[:-1]},"instruction":{instruction},"calls":[{calls}]}}')
        except ValidationError as error:
            raise ConfigError(
                f"store '{self._database.name}': run {run_id} cannot be read, {error.error_count()} fields do not fit;"
                " it was written by another version: use that one, or name another file"
            ) from error

    def _calls(self, run_id: str) -> str:
        rows = self._database.execute(
            "SELECT call, outcome, sent FROM calls WHERE call_id > ? AND run_id = ? ORDER BY call_id", (run_id, run_id)
        )
        return ",".join(
            f'{{"call":{call},"outcome":{outcome or "null"},"sent":{"true" if sent else "false"}}}'
            for call, outcome, sent in rows
        )
