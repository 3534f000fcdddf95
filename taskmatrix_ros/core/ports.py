"""What the parts expect of each other, written as contracts. They meet in ``app``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from taskmatrix_ros.core.action_code import ActionCode, VerifiedCode
from taskmatrix_ros.core.api_document import ApiDocument, Composite, StateSpec
from taskmatrix_ros.core.approval import Approval, ApprovalAnswer, ApprovalRequest, Question
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.conversation import Turn
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.event_bus import EventBus
from taskmatrix_ros.core.instruction import Image, Instruction
from taskmatrix_ros.core.outcome import Outcome
from taskmatrix_ros.core.outline import Outline
from taskmatrix_ros.core.rights import Rights
from taskmatrix_ros.core.rule import Rule
from taskmatrix_ros.core.run import CallRecord, Episode, Rehearsed


@dataclass(frozen=True, slots=True)
class ProgressReport:
    """What the called party says while it works: ``completion`` in 0..1, None where it does not tell."""

    completion: float | None = None
    message: str = ""


Progress = Callable[[ProgressReport], None]
"""Told every report, in the loop's thread."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of a catalogue's enabled documents: names that are new or changed, and names that are gone."""

    put: frozenset[str]
    removed: frozenset[str]


class Catalogue(Protocol):
    """The documents that may be used now."""

    def get(self, name: str) -> ApiDocument | None:
        """Give the enabled document of that name."""

    def documents(self) -> Sequence[ApiDocument]:
        """Every enabled document, by name."""

    def composites(self) -> Sequence[Composite]:
        """Sentences that expand to several calls."""

    def states(self) -> Sequence[StateSpec]:
        """Where state keys come from."""

    @property
    def revision(self) -> int:
        """Rises with every change, so that what was derived from the documents knows when to derive anew."""

    def changes(self, since: int) -> Changes | None:
        """Give what changed after the revision ``since``.

        :returns: None: that is not known any more; begin anew from ``documents()``.
        """


@dataclass(frozen=True, kw_only=True)
class PlanningContext:
    """What a planner may know beside the instruction: the believable state and the moment.

    ``area``: the id or name of the area the speaker is in, or empty. ``zone``: the home's time zone, empty for that of
    ``now``. ``rules``: those that live, the one spoken of last at the end.
    ``task``: what is planned for belongs to this task, whose budget it uses; ``conversation``: earlier turns, oldest
    first; ``preferences``: what the speaker said they like; ``on_outline`` is shown an outline while it is being
    drafted. ``heard``: the planner adds every text it showed a model that the person did not write.
    """

    state: Mapping[str, Any] = field(default_factory=dict)
    now: datetime
    area: str = ""
    zone: str = ""
    rules: tuple[Rule, ...] = ()
    task: str = ""
    conversation: tuple[Turn, ...] = ()
    preferences: tuple[str, ...] = ()
    heard: list[str] = field(default_factory=list)
    on_outline: Callable[[Outline], None] | None = None


class Planner(Protocol):
    """Drafts an outline, then code for it. An edited outline is honoured: only its steps are read."""

    name: str
    needs_selection: bool
    """Whether ``write_code`` wants the selector's documents; one that knows the whole catalogue does not."""

    async def outline(self, instruction: Instruction, context: PlanningContext) -> Outline:
        """Draft the steps.

        :raises PlanningError: it cannot be understood, or nothing fits; ``nearest`` says what could be asked for.
        """

    async def write_code(
        self, outline: Outline, documents: Sequence[ApiDocument], context: PlanningContext
    ) -> ActionCode:
        """Write action code for the outline's steps.

        :raises PlanningError: a step fits no document; ``MissingApi`` where other words might find one.
        """

    async def repair(
        self,
        code: ActionCode,
        diagnostics: Sequence[Diagnostic],
        outline: Outline,
        documents: Sequence[ApiDocument],
        context: PlanningContext,
    ) -> ActionCode | None:
        """Write code anew from what the verifier or the rehearsal said of it.

        :returns: None: this planner cannot, and the findings stand.
        :raises PlanningError: the model behind it failed, or the budget is spent.
        """

    async def revise(self, outline: Outline, missing: Mapping[str, str], context: PlanningContext) -> Outline | None:
        """Reword or split the steps that no document fits, so that others may be found.

        :param missing: step id -> what would be needed.
        :returns: None: this planner cannot.
        """

    async def replan(
        self, outline: Outline, calls: Sequence[CallRecord], failure: str, context: PlanningContext
    ) -> Outline | None:
        """Draft what is left to do after a step failed.

        :param calls: what was done so far, with its outcomes.
        :param failure: how the code ended, in one line.
        :returns: None: this planner cannot, or sees no other way, and the failure stands.
        """


class Selector(Protocol):
    """Finds the documents an outline needs."""

    async def select(self, instruction: Instruction, outline: Outline) -> Sequence[ApiDocument]:
        """Give the complete set, best first: the whole instruction and one query per step, with prerequisites."""

    def missing(self, outline: Outline) -> Mapping[str, str]:
        """Give the steps that surely no document fits: id -> what is asked for."""


class Verifier(Protocol):
    """The only maker of ``VerifiedCode``."""

    async def verify(
        self, code: ActionCode, *, rights: Rights | None = None, outline: Outline | None = None
    ) -> VerifiedCode:
        """Check code against the documents it is pinned to.

        :param rights: of whoever asked; None leaves them to the Gate.
        :param outline: what was asked for; calls it does not ask for are warnings, hazardous ones errors.
        :raises VerificationError: with line, column, what is allowed and a fix for each finding.
        """

    def is_mine(self, code: VerifiedCode) -> bool:
        """Whether this verifier made it."""


class Rehearsal(Protocol):
    """Runs verified code against a symbolic world."""

    async def rehearse(self, code: VerifiedCode, state: Mapping[str, Any], now: datetime) -> Rehearsed:
        """Foretell calls and changes.

        :raises VerificationError: a ``requires`` does not hold on the way, or the code raises.
        """


class Binding(Protocol):
    """One way to reach devices. It translates native errors at its edge and keeps no state of a run."""

    kinds: frozenset[str]
    """The ``kind`` of the binding specs it performs."""

    async def open(self) -> None:
        """Connect, subscribe state. Peers that are away do not fail it; they are connected when they come.

        :raises ConfigError: a spec can never work: an unknown type, a field that does not exist.
        """

    async def close(self) -> None:
        """Give everything back. May be called after a failed or no ``open``."""

    async def call(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome:
        """Perform a gated call; bounded by ``call.deadline_s``, in seconds of wall time.

        Never raises for what the peer or the network does: that is the outcome's status and error. It is
        ``in_doubt`` where the command may have reached the peer but no answer came.
        """

    async def cancel(self, call_id: str) -> None:
        """Ask for the end of a pending ``call``, which then returns ``cancelled`` once the peer confirms it."""

    async def recover(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome | None:
        """Learn what became of a call of an earlier life, without doing anything again.

        :returns: its end as its peer tells it; None where the peer cannot tell. It may wait for a call that goes on.
        """

    def stop(self) -> None:
        """Halt what it moves, now: synchronous, thread-safe, no locks, back within 100 ms."""


@runtime_checkable
class BeginsAtOnce(Protocol):
    """What a binding may also be: one that reports no progress, and whose calls often end without any waiting.

    Those need no task.
    """

    def begin(self, call: Call, document: ApiDocument) -> Outcome | Coroutine[Any, Any, Outcome]:
        """Do of a ``call`` what needs no waiting.

        :returns: how it ended, or what waits for its end, to be awaited at once.
        """

    def may_end_at_once(self, document: ApiDocument) -> bool:
        """Whether calls of it commonly end without any waiting."""


@runtime_checkable
class FollowsEvents(Protocol):
    """What a binding may also be: one that passes on what runs and rules do."""

    def follow(self, events: EventBus) -> Callable[[], None]:
        """Listen from now on. :returns: the way to end it."""


@runtime_checkable
class HaltsWhileStopped(Protocol):
    """What a binding may also be: one that goes on halting what begins to move, until the stop is lifted."""

    def stop_lifted(self) -> None:
        """Stop doing so. In the loop's thread."""


class Gate(Protocol):
    """The one function every command passes, after validation; it fails closed."""

    def admit(
        self, call: Call, document: ApiDocument, instruction: Instruction, approval: Approval | None = None
    ) -> dict[str, Any]:
        """Let a call pass.

        :param approval: a person's yes, if there was one; it counts only for what was asked, and while it lasts.
        :returns: the arguments to send, defaults filled in.
        :raises ApprovalRequired: a yes is missing; everything else would let it pass.
        :raises CallRefused: limits, policy, requirements: the program may handle it.
        :raises RunStopped: the latch holds: it may not.
        """

    def check_again(self, call: Call, document: ApiDocument, instruction: Instruction) -> None:
        """Hold a call back that was let pass, if a stop has come since, or what it requires holds no longer.

        :raises CallRefused: a requirement; or the audit log could not be written.
        :raises RunStopped: the latch holds.
        """


class Approvals(Protocol):
    """Where a person is asked for a yes."""

    async def ask(self, request: ApprovalRequest) -> Approval:
        """Ask and wait, until the request expires at the latest.

        :raises CallRefused: a no, no answer, or nobody may answer.
        """

    def answer(self, answer: ApprovalAnswer) -> None:
        """Take a person's word.

        :raises RequestError: no such request is pending, it has expired, or that channel may not answer it.
        """

    def pending(self, run_id: str = "") -> Sequence[ApprovalRequest]:
        """What waits for an answer, oldest first."""


class Questions(Protocol):
    """Where a person is asked for words."""

    async def ask(self, question: Question) -> str | None:
        """Ask and wait. :returns: the answer; None if there was none in time."""

    def answer(self, question_id: str, text: str) -> None:
        """Take a person's words.

        :raises RequestError: no such question is pending, or the text is none of its choices.
        """

    def pending(self, run_id: str = "") -> Sequence[Question]:
        """What waits for an answer, oldest first."""


class Preferences(Protocol):
    """What people said they like, in their own words. Each method has committed when it returns."""

    def of(self, speaker: str) -> tuple[str, ...]:
        """Give what a speaker likes, oldest first; an unnamed speaker has their own."""

    def add(self, speaker: str, text: str) -> None:
        """Remember. The same words again change nothing."""

    def remove(self, speaker: str, text: str) -> None:
        """Forget the one with exactly these words, if there is one."""


class Embedder(Protocol):
    """Turns texts into vectors whose nearness is nearness in meaning."""

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Give one vector per text, all of one length.

        :raises ModelUnavailable: it cannot be asked now.
        """


class PictureReader(Protocol):
    """Tells in words what is to be seen in a picture."""

    async def read(self, image: Image) -> Mapping[str, Any]:
        """Give what is in it, JSON-like; empty where nothing known is."""


class Phraser(Protocol):
    """Words an answer."""

    async def phrase(self, asked: str, facts: Sequence[str], context: PlanningContext) -> str | None:
        """Word facts in answer to what was asked. :returns: None: the plain facts are the answer."""


class Journal(Protocol):
    """What must survive kill -9. Each method has committed when it returns."""

    def save_run(self, episode: Episode, *, soon: bool = False) -> None:
        """Write the run without its calls: new, or in its new state; ``soon``: with the next entry, or a little
        later.
        """

    def forget_pictures(self, episode: Episode) -> None:
        """Keep a run's instruction without its pictures: they are nobody's business once it has ended."""

    def ask_call(self, call: Call) -> None:
        """Write a call that waits for a person's yes: after a crash it counts as not sent."""

    def begin_call(self, call: Call, *, durable: bool, new: bool = False) -> None:
        """Write a call before it is dispatched; ``durable``: also against loss of power; ``new``: its id was just made,
        for a run that was saved, and ``kept`` is awaited before it goes out.
        """

    async def kept(self, call: Call) -> None:
        """Wait until a call that has begun survives kill -9; those that begin together are kept by one commit.

        :raises ConfigError: it cannot be, and is taken back: it must not go out.
        """

    def when_kept(self, call: Call, do: Callable[[ConfigError | None], None]) -> bool:
        """Have ``do`` called once a call that has begun survives kill -9, or with why it cannot and is taken back.

        :returns: True: it does already, and ``do`` is not called.
        :raises ConfigError: it cannot be kept, and is taken back.
        """

    def refuse_call(self, call: Call, outcome: Outcome) -> None:
        """Write a call that was not sent, with why."""

    def end_call(self, outcome: Outcome, *, soon: bool = False) -> None:
        """Write how it ended; ``soon``: with the next entry, or a little later."""

    def run(self, run_id: str) -> Episode | None:
        """Give a run with its calls."""

    def runs(self, *, active_only: bool = False, limit: int = 50, before: str = "") -> Sequence[Episode]:
        """Give runs without calls, newest first."""

    def run_of_request(self, request_id: str) -> Episode | None:
        """Give the run that a caller's ``request_id`` started."""

    def set_latch(self, reason: str | None) -> None:
        """Write the stop latch: a reason, or None when it is lifted."""

    def latch(self) -> str | None:
        """Give the reason the latch holds, or None."""


Dispatch = Callable[[Call, ApiDocument, Progress], Awaitable[Outcome]]
