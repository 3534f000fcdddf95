"""Takes what people say of runs, and learns how they ask for things."""

from __future__ import annotations

from typing import Any, Protocol

from taskmatrix_ros.core.errors import RequestError
from taskmatrix_ros.core.feedback import Feedback, Verdict
from taskmatrix_ros.core.outcome import Outcome
from taskmatrix_ros.core.parameter_spec import ParameterSpec
from taskmatrix_ros.core.ports import Catalogue, Journal
from taskmatrix_ros.core.run import CallRecord, Episode, RunStatus
from taskmatrix_ros.store.feedback_store import FeedbackStore

EXAMPLES_KEPT = 20
"""Per document; the oldest make room."""

MAX_EXAMPLE = 200
"""Letters of an instruction that is kept as an example; longer ones tell too much else."""

HIDDEN = "(hidden)"


class Examples(Protocol):
    """Where documents keep how people asked for them."""

    def learn_example(self, name: str, text: str, run_id: str, *, keep: int) -> None:
        """Add one."""

    def forget_examples(self, name: str = "", *, text: str = "", run_id: str = "") -> int:
        """Remove a document's, those of a text, or those of a run. :returns: how many."""


class FeedbackDesk:
    """Keeps stories, and what people say when they want something that then worked.

    An instruction becomes an example of the documents it used only if both are true: the world confirmed every change
    that its run made, and a person said that it did what was wanted. A later bad word takes it back.
    """

    def __init__(self, journal: Journal, catalogue: Catalogue, feedback: FeedbackStore, examples: Examples) -> None:
        self._journal = journal
        self._catalogue = catalogue
        self._feedback = feedback
        self._examples = examples

    def give(self, feedback: Feedback) -> tuple[str, ...]:
        """Keep a verdict with the run's story.

        :returns: the documents that learned an example from it, or lost one.
        :raises RequestError: no such run, or it has not ended.
        """
        episode = self._journal.run(feedback.run_id)
        if episode is None:
            problem = f"run '{feedback.run_id}' is unknown; `taskmatrix runs list` gives the ids"
            raise RequestError(problem, code="UNKNOWN_RUN")
        if not episode.status.ended:
            raise RequestError(f"run '{feedback.run_id}' has not ended; say how it was when it has", code="NOT_ENDED")
        story = self._story(episode, feedback)
        self._feedback.add(feedback.feedback_id, feedback.run_id, feedback.verdict.value, story)
        used = tuple(dict.fromkeys(record.call.api for record in episode.calls if _did(record.outcome)))
        if feedback.verdict is Verdict.BAD:
            return used if self._examples.forget_examples(run_id=episode.run_id) else ()
        if not self._teaches(episode):
            return ()
        text = " ".join(episode.instruction.text.split())
        for name in used:
            self._examples.learn_example(name, text, episode.run_id, keep=EXAMPLES_KEPT)
        return used

    def stories(self, *, run_id: str = "", limit: int = 50) -> list[dict[str, Any]]:
        """Give what was said, newest first, each with its run's story."""
        return self._feedback.stories(run_id=run_id, limit=limit)

    def _teaches(self, episode: Episode) -> bool:
        if episode.status is not RunStatus.SUCCEEDED or len(episode.instruction.text) > MAX_EXAMPLE:
            return False
        # Whoever says a secret to have it typed somewhere does not want it to be found by others.
        return not any(self._is_sensitive(record) for record in episode.calls)

    def _is_sensitive(self, record: CallRecord) -> bool:
        document = self._catalogue.get(record.call.api)
        return document is None or any(_sensitive(spec) for spec in document.parameters.values())

    def _story(self, episode: Episode, feedback: Feedback) -> dict[str, Any]:
        hidden = any(self._is_sensitive(record) for record in episode.calls)
        return {
            "feedback": feedback.model_dump(mode="json"),
            "instruction": episode.instruction.text if not hidden else HIDDEN,
            "channel": episode.instruction.channel.value,
            "outline": [step.text for step in episode.outline.steps] if episode.outline and not hidden else [],
            "code": episode.code.source if episode.code and not hidden else "",
            "calls": [self._told(record) for record in episode.calls],
            "outcome": episode.status.value,
            "summary": episode.summary if not hidden else HIDDEN,
        }

    def _told(self, record: CallRecord) -> dict[str, Any]:
        outcome = record.outcome
        document = self._catalogue.get(record.call.api)
        specs = document.parameters if document is not None else {}
        open_ones = {name for name, spec in specs.items() if not _sensitive(spec)}
        shown = {name: value if name in open_ones else HIDDEN for name, value in record.call.arguments.items()}
        return {
            "api": record.call.api,
            "arguments": shown,
            "status": outcome.status.value if outcome else None,
            "confirmation": outcome.confirmation.value if outcome else None,
        }


def _did(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.ok


def _sensitive(spec: ParameterSpec) -> bool:
    inner = [*(spec.properties or {}).values(), *([spec.items] if spec.items else [])]
    return spec.sensitive or any(map(_sensitive, inner))
