"""Where a person is asked for words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from taskmatrix_ros.core.approval import Question
from taskmatrix_ros.core.clocks import HomeClock, WallClock
from taskmatrix_ros.core.errors import RequestError
from taskmatrix_ros.core.event_bus import Event, EventBus
from taskmatrix_ros.core.instruction import MAX_TEXT
from taskmatrix_ros.executor.people.waiting_room import WaitingRoom


class QuestionDesk:
    """Implements ``core.ports.Questions`` in memory. Lives in the loop's thread."""

    def __init__(self, events: EventBus, *, clock: HomeClock | None = None) -> None:
        """:param clock: what questions expire by, with steady time; the machine's if left out."""
        self._events = events
        self._room: WaitingRoom[Question, str] = WaitingRoom("question", "taskmatrix answer", clock or WallClock())

    async def ask(self, question: Question) -> str | None:
        """Ask and wait. :returns: the answer, one of the choices where there are any; None if there was none in time.

        :raises ValueError: a question of this id was asked before.
        """
        expires_at = question.expires_at
        try:
            said = await self._room.wait(
                question.question_id,
                question,
                expires_at,
                lambda: self._tell(
                    "question_asked", question, choices=list(question.choices), expires_at=expires_at.isoformat()
                ),
            )
        except ValueError:
            raise
        except BaseException:
            self._tell("question_withdrawn", question)
            raise
        if said is None:
            self._tell("question_expired", question)
        return said

    def answer(self, question_id: str, text: str) -> None:
        """Take a person's words. The same words again, from one who did not hear us, change nothing.

        :raises RequestError: no such question is pending, or the text is empty, too long or none of its choices. The
            question goes on waiting.
        """
        said = text.strip()
        if (earlier := self._room.earlier(question_id)) is not None and earlier.casefold() == said.casefold():
            return
        question = self._room.find(question_id)
        if not said or len(said) > MAX_TEXT:
            raise RequestError(f"the answer has {len(said)} characters; 1 to {MAX_TEXT} are allowed", code="BAD_ANSWER")
        if question.choices:
            said = _choice(question, said)
        self._tell("question_answered", question, answer=said)
        self._room.settle(question_id, said)

    def pending(self, run_id: str = "") -> Sequence[Question]:
        """What waits for an answer, oldest first."""
        return tuple(question for question in self._room.pending() if run_id in ("", question.run_id))

    def _tell(self, kind: str, question: Question, **more: Any) -> None:
        facts = {"question_id": question.question_id, "text": question.text}
        self._events.publish(Event(kind=kind, run_id=question.run_id, call_id=question.call_id, data={**facts, **more}))


def _choice(question: Question, said: str) -> str:
    """Give the choice that was meant; case does not count."""
    if said in question.choices:
        return said
    alike = [choice for choice in question.choices if choice.casefold() == said.casefold()]
    if len(alike) == 1:
        return alike[0]
    allowed = ", ".join(question.choices)
    raise RequestError(f"'{said[:80]}' is none of the choices; allowed: {allowed}", code="BAD_ANSWER")
