"""What documents learn from runs that the world confirmed and a person called good."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import RequestError
from taskmatrix_ros.core.feedback import Feedback, Verdict
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outcome import Confirmation, Outcome, Status
from taskmatrix_ros.core.run import Episode, RunStatus
from taskmatrix_ros.learning.feedback_desk import EXAMPLES_KEPT, HIDDEN, FeedbackDesk
from taskmatrix_ros.registry.registry import Registry
from taskmatrix_ros.selector.api_selector import ApiSelector
from taskmatrix_ros.store.database import Database
from taskmatrix_ros.store.feedback_store import FeedbackStore
from taskmatrix_ros.store.journal import SqliteJournal

MANIFEST = """
package: home
version: 1.0.0
apis:
  - name: ac_cool
    description: Lower the temperature with the air conditioner.
    effect: read
    binding: {kind: mqtt, topic: ac/set}
  - name: lock_open
    description: Open the lock of the front door.
    parameters: {code: {type: string, sensitive: true}}
    effect: read
    binding: {kind: mqtt, topic: lock/set, payload: "{code}"}
"""


class Desk:
    def __init__(self, folder: Path) -> None:
        (folder / "home.yaml").write_text(MANIFEST)
        self.database = Database(folder / "store.sqlite")
        self.database.open()
        self.registry = Registry(database=self.database)
        self.registry.load([folder])
        self.journal = SqliteJournal(self.database)
        self.desk = FeedbackDesk(self.journal, self.registry, FeedbackStore(self.database), self.registry)

    def run(self, text: str, api: str = "ac_cool", status: RunStatus = RunStatus.SUCCEEDED, **arguments: str) -> str:
        episode = Episode(instruction=Instruction(text=text), status=status)
        call = Call(run_id=episode.run_id, api=api, arguments=dict(arguments), deadline_s=1)
        self.journal.save_run(episode)
        self.journal.begin_call(call, durable=False)
        self.journal.end_call(
            Outcome(call_id=call.call_id, status=Status.SUCCEEDED, confirmation=Confirmation.CONFIRMED)
        )
        return episode.run_id

    def say(self, run_id: str, verdict: Verdict = Verdict.GOOD) -> tuple[str, ...]:
        return self.desk.give(Feedback(run_id=run_id, verdict=verdict, comment="as I like it"))

    def examples(self, name: str = "ac_cool") -> tuple[str, ...]:
        document = self.registry.get(name)
        assert document is not None
        return document.examples


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.database.close()


def test_a_good_run_teaches_and_its_words_are_searched(desk: Desk) -> None:
    selector = ApiSelector(desk.registry)
    assert selector.search("I am melting") == ()
    before = desk.registry.get("ac_cool")
    assert before is not None
    assert desk.say(desk.run("I am   melting in here")) == ("ac_cool",)
    assert desk.examples() == ("I am melting in here",)
    assert selector.search("I am melting")[0].document.name == "ac_cool"
    selector.close()
    after = desk.registry.get("ac_cool")
    assert after is not None
    assert after.digest == before.digest  # code that is pinned to it stays verified
    assert len(desk.registry.store.versions("ac_cool")) == 1


def test_a_bad_word_takes_it_back(desk: Desk) -> None:
    run_id = desk.run("I am melting")
    desk.say(run_id)
    assert desk.say(run_id, Verdict.BAD) == ("ac_cool",)
    assert desk.examples() == ()
    assert [story["feedback"]["verdict"] for story in desk.desk.stories(run_id=run_id)] == ["bad", "good"]


@pytest.mark.parametrize("status", [RunStatus.UNCONFIRMED, RunStatus.FAILED, RunStatus.CANCELLED])
def test_what_the_world_did_not_confirm_teaches_nothing(desk: Desk, status: RunStatus) -> None:
    assert desk.say(desk.run("I am melting", status=status)) == ()
    assert desk.examples() == ()
    assert desk.desk.stories()[0]["outcome"] == status.value


def test_secrets_are_neither_learned_nor_kept(desk: Desk) -> None:
    assert desk.say(desk.run("open the door with 4711", "lock_open", code="4711")) == ()
    (story,) = desk.desk.stories()
    assert "4711" not in str(story)
    assert story["calls"][0]["arguments"] == {"code": HIDDEN}


def test_examples_are_capped_listed_and_forgotten(desk: Desk) -> None:
    for number in range(EXAMPLES_KEPT + 5):
        desk.say(desk.run(f"wording number {number}"))
    assert len(desk.examples()) == EXAMPLES_KEPT
    assert "wording number 0" not in desk.examples()
    assert desk.registry.examples("ac_cool")[0][0] == f"wording number {EXAMPLES_KEPT + 4}"
    assert desk.registry.forget_examples("ac_cool", text="wording number 10") == 1
    assert "wording number 10" not in desk.examples()
    assert desk.registry.forget_examples("ac_cool") == EXAMPLES_KEPT - 1
    assert desk.examples() == ()


def test_runs_that_are_unknown_or_go_on(desk: Desk) -> None:
    with pytest.raises(RequestError, match="unknown"):
        desk.say("01H")
    with pytest.raises(RequestError, match="has not ended"):
        desk.say(desk.run("x", status=RunStatus.RUNNING))
