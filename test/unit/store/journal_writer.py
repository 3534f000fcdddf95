"""A process that writes calls into a journal until it is killed, and says after each commit what it committed."""

from __future__ import annotations

import sys
from pathlib import Path

from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.run import Episode, RunStatus
from taskmatrix_ros.store.database import Database
from taskmatrix_ros.store.journal import SqliteJournal


def main() -> None:
    database = Database(Path(sys.argv[1]))
    database.open()
    journal = SqliteJournal(database)
    episode = Episode(instruction=Instruction(text="count"), status=RunStatus.RUNNING)
    journal.save_run(episode)
    print("run", episode.run_id, flush=True)
    for number in range(100_000):
        call = Call(run_id=episode.run_id, api="count", arguments={"number": number}, deadline_s=1.0)
        journal.begin_call(call, durable=number % 10 == 0)
        print("began", call.call_id, flush=True)
        journal.end_call(Outcome(call_id=call.call_id, status=Status.SUCCEEDED, value=number))
        print("ended", call.call_id, flush=True)


if __name__ == "__main__":
    main()
