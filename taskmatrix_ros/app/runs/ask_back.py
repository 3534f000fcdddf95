"""Asks the person behind an instruction before it is planned, where one may be asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from taskmatrix_ros.app.runs.run_view import RunView
from taskmatrix_ros.core.approval import Question
from taskmatrix_ros.core.clocks import HomeClock
from taskmatrix_ros.core.conversation import Exchange
from taskmatrix_ros.core.errors import ClarificationNeeded, PlanningError
from taskmatrix_ros.core.instruction import ApprovalMode, Mode
from taskmatrix_ros.core.policy import NEVER_ANSWER, Policy
from taskmatrix_ros.core.ports import Questions

MAX_QUESTIONS = 3
"""Of one instruction: who still does not know then says it anew."""
ANSWER_S = 60.0
"""Wall seconds that a question waits, or as long as an approval would where that is less: talk that went on is over."""
_ASKED_ABOUT = frozenset({"AMBIGUOUS", "INCOMPLETE"})


class AskBack:
    """Lives in the loop's thread. A run that waits for an answer is still planning, and can be cancelled."""

    def __init__(self, questions: Questions | None, policy: Policy, clock: HomeClock) -> None:
        """:param questions: where they are put; None: nobody is asked."""
        self._questions = questions
        self._policy = policy
        self._clock = clock

    def may_ask(self, view: RunView) -> bool:
        """Whether a person sits at the other end, and something is about to be done."""
        asked = view.episode.instruction
        is_person = asked.channel not in NEVER_ANSWER and asked.channel in self._policy.answers_from
        wanted = asked.mode is Mode.RUN and asked.approval is ApprovalMode.ASK
        return self._questions is not None and is_person and wanted

    async def ask(self, view: RunView, text: str, choices: Sequence[str] = ()) -> str | None:
        """Put a question and wait. :returns: the answer, None if there was none in time."""
        assert self._questions is not None
        episode = view.episode
        expires_at = self._clock.now() + timedelta(seconds=min(ANSWER_S, self._policy.approval_expires_s))
        question = Question(run_id=episode.run_id, call_id="", text=text, choices=tuple(choices), expires_at=expires_at)
        view.why = f"asked: {text}"
        view.show(episode)
        try:
            said = await self._questions.ask(question)
        finally:
            view.why = ""
        if said is not None:
            exchange = Exchange(question=text, answer=said)
            view.show(view.episode.model_copy(update={"clarified": (*view.episode.clarified, exchange)}))
        return said


def question_of(error: PlanningError) -> str:
    """Give the question in an error; empty: a person's word would not help."""
    if error.question or error.error_code not in _ASKED_ABOUT:
        return error.question
    _, colon, rest = error.message.partition("planner: ")
    return rest if colon else error.message


def choices_of(error: PlanningError) -> tuple[str, ...]:
    """Give the answers that an error allows; empty: any."""
    if isinstance(error, ClarificationNeeded):
        return error.choices
    return tuple(error.completions)
