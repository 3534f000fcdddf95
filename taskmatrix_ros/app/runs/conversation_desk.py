"""What is said about the run under way, or about what shall be remembered: no plan is needed for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

from taskmatrix_ros.app.runs.memory_talk import MemoryTalk, Talk, best_match, parse_memory_talk
from taskmatrix_ros.app.runs.run_view import RunView
from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.instruction import Channel, Instruction, Mode
from taskmatrix_ros.core.policy import Policy
from taskmatrix_ros.core.ports import Preferences
from taskmatrix_ros.core.rule import Rule
from taskmatrix_ros.planner.talk.follow_up import corrects

MAX_PREFERENCE = 300
"""Letters: a preference is one sentence, and each of them goes into prompts."""

Cancel = Callable[[str, str], Awaitable[bool]]


class ConversationDesk:
    """Lives in the loop's thread. A model never comes here: nothing it reads can be remembered as a person's wish."""

    def __init__(
        self,
        active: Callable[[], Iterable[RunView]],
        cancel: Cancel,
        preferences: Preferences | None,
        policy: Policy,
        rules_of: Callable[[str], Sequence[Rule]] = lambda _conversation: (),
    ) -> None:
        """:param active: gives the runs that have not ended; ``cancel`` ends one by its id, with a reason.

        :param rules_of: gives the rules of a conversation: what cannot mean a run may mean one of them.
        """
        self._rules_of = rules_of
        self._active = active
        self._cancel = cancel
        self._preferences = preferences
        self._policy = policy

    async def reply(self, view: RunView) -> str | None:
        """Do what needs no plan. :returns: what to tell the person; None where the instruction is another.

        :raises PlanningError: ``NOTHING_RUNS``, ``UNKNOWN_PREFERENCE``, ``NOT_ALLOWED``.
        """
        asked = view.episode.instruction
        talk = None if asked.outline_id or asked.images else parse_memory_talk(asked.text)
        if talk is None:
            return None
        if talk.talk is Talk.CANCEL:
            runs = self._of_same_talk(view)
            may_mean_rule = not runs and bool(self._rules_of(asked.conversation_id))
            return None if asked.mode is not Mode.RUN or may_mean_rule else await self._cancelled(runs)
        if self._preferences is None:
            return None
        return self._remembered(asked, talk, self._preferences)

    async def take_back(self, view: RunView) -> None:
        """End what a correction is about, so that it can be done in another way."""
        asked = view.episode.instruction
        if asked.mode is Mode.RUN and asked.conversation_id and corrects(asked.text):
            for other in self._of_same_talk(view):
                await self._cancel(other.episode.run_id, f"corrected: {asked.text}")

    async def _cancelled(self, runs: Sequence[RunView]) -> str:
        if not runs:
            said = "nothing of this conversation is being done that could be cancelled; say what shall be done instead"
            raise PlanningError(said, code="NOTHING_RUNS")
        for other in runs:
            await self._cancel(other.episode.run_id, "cancelled by the person")
        return f"cancelled: {'; '.join(other.episode.instruction.text for other in runs)}"

    def _of_same_talk(self, view: RunView) -> list[RunView]:
        """Give the runs of the same conversation; without one, the latest of the same person on the same channel."""
        asked = view.episode.instruction

        def who(instruction: Instruction) -> tuple[str, Channel, str]:
            channel = Channel.LIBRARY if instruction.conversation_id else instruction.channel
            return (instruction.conversation_id, channel, "" if instruction.conversation_id else instruction.speaker)

        others = [
            other for other in self._active() if other is not view and who(other.episode.instruction) == who(asked)
        ]
        others = [other for other in others if other.episode.instruction.mode is Mode.RUN]
        return others if asked.conversation_id else others[-1:]

    def _remembered(self, asked: Instruction, talk: MemoryTalk, preferences: Preferences) -> str:
        known = preferences.of(asked.speaker)
        if talk.talk is Talk.LIST:
            return f"I remember: {'; '.join(known)}" if known else "I remember nothing that you told me"
        if asked.channel not in self._policy.answers_from:
            said = f"channel {asked.channel.value} may not change what is remembered; tell it on another"
            raise PlanningError(said, code="NOT_ALLOWED")
        if talk.talk is Talk.REMEMBER:
            if len(talk.text) > MAX_PREFERENCE:
                said = f"that has {len(talk.text)} characters; at most {MAX_PREFERENCE} are remembered; say it shorter"
                raise PlanningError(said, code="TOO_LONG")
            if asked.mode is Mode.RUN:
                preferences.add(asked.speaker, talk.text)
            return f"I will remember: {talk.text}"
        gone = known if talk.talk is Talk.FORGET_ALL else tuple(filter(None, [best_match(talk.text, known)]))
        if not gone:
            said = f"I remember nothing about {talk.text or 'you'!r}"
            raise PlanningError(said, code="UNKNOWN_PREFERENCE", nearest=known[:3])
        for text in gone if asked.mode is Mode.RUN else ():
            preferences.remove(asked.speaker, text)
        return f"forgotten: {'; '.join(gone)}"
