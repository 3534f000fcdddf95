"""Code that is nothing but calls with literals, seen through without a task where nothing has to be waited for.

What an event leads to is often one such call. Each still passes the gate, is journalled before it goes out and when it
has ended, and the proof has the last word. Whatever is out of the ordinary, as a refusal, an answer that takes a while
or somebody who wants to end the run, is left to ``Runner.run``, which goes on from where this stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from taskmatrix_ros.core.action_code import VerifiedCode
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import CallRefused, ConfigError, RunStopped, TaskMatrixError
from taskmatrix_ros.core.ids import new_id
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outcome import Outcome
from taskmatrix_ros.core.ports import BeginsAtOnce, Gate, Journal
from taskmatrix_ros.core.run import CallRecord
from taskmatrix_ros.core.run_ports import Begun, PlainEnds, RunObserver
from taskmatrix_ros.executor.running.dispatcher import Dispatcher, begin, in_doubt
from taskmatrix_ros.executor.running.proof import Proof
from taskmatrix_ros.executor.running.run_verdict import fault_of_ours, verdict
from taskmatrix_ros.executor.running.unsent import unsent
from taskmatrix_ros.executor.running.world_watch import Seen
from taskmatrix_ros.executor.source.straight_line import straight_line


@dataclass(slots=True, kw_only=True)
class PlainParts:
    """What plain runs are made of. ``last_stop``: what the latest stop ends runs with, also once it is lifted."""

    gate: Gate
    journal: Journal
    dispatcher: Dispatcher
    proof: Proof
    last_stop: RunStopped | None = None


@dataclass(frozen=True, slots=True)
class PlainStep:
    """One call, who performs it, and what can be said of it without looking. ``call``: as it is, but for its ids."""

    document: ApiDocument
    call: Call
    binding: BeginsAtOnce
    unseen: Seen


def plain_steps(code: VerifiedCode, parts: PlainParts, most: int) -> tuple[PlainStep, ...] | None:
    """Give the calls of code that may be run plainly; None for other code.

    Each may be repeated, drives nothing that others may want, has nothing to be read back and is done at once.

    :param most: how many calls a run may make.
    """
    calls = straight_line(code.code.source, code.documents)
    if calls is None or not 0 < len(calls) <= most:
        return None
    steps = []
    for sequence, (site, arguments) in enumerate(calls, start=1):
        document = code.documents[site.api]
        binding = parts.dispatcher.at_once(document)
        hazardous = document.effect is Effect.HAZARDOUS or bool(document.hazardous_when)
        if binding is None or hazardous or not document.repeatable or document.resources:
            return None
        if (unseen := parts.proof.unseen(document)) is None:
            return None
        call = Call(
            run_id="",
            api=document.name,
            arguments=dict(arguments),
            deadline_s=document.deadline_s,
            sequence=sequence,
            position=site.position,
        )
        steps.append(PlainStep(document, call, binding, unseen))
    return tuple(steps)


class PlainRun:
    """Implements ``core.run_ports.PlainRun``. Lives in the loop's thread."""

    __slots__ = (
        "_call",
        "_code",
        "_ends",
        "_instruction",
        "_is_over",
        "_is_sending",
        "_is_wanted",
        "_last_stop",
        "_observer",
        "_parts",
        "_records",
        "_run_id",
        "_steps",
    )

    def __init__(
        self,
        parts: PlainParts,
        code: VerifiedCode,
        steps: Sequence[PlainStep],
        instruction: Instruction,
        run_id: str,
        observer: RunObserver,
        ends: PlainEnds,
    ) -> None:
        self._parts, self._code, self._steps = parts, code, steps
        self._instruction, self._run_id, self._observer, self._ends = instruction, run_id, observer, ends
        self._records: list[CallRecord] = []
        self._call: Call | None = None
        """Let pass and journalled, but not yet sent."""
        self._is_sending = self._is_wanted = False
        """Whether a call is going out, and whether somebody wants the run handed over after it."""
        self._is_over = False
        self._last_stop = parts.last_stop

    def begin(self) -> None:
        """Begin; it goes on by itself."""
        self._go_on()

    def hand_over(self) -> None:
        """Have it gone on with as any other run, from where it stands, once a call that is going out has."""
        if self._is_sending:
            self._is_wanted = True
            return
        call, self._call = self._call, None
        self._give_up(None if call is None else Begun(call))

    def _give_up(self, begun: Begun | None = None) -> None:
        if not self._is_over:
            self._is_over = True
            self._ends.handed_over(tuple(self._records), begun)

    def _go_on(self) -> None:
        error: TaskMatrixError | None = None
        try:
            self._do_what_can_be_done()
        except TaskMatrixError as known:
            error = known
        except Exception as fault:  # noqa: BLE001 - a fault of ours must end one run, not the node
            error = fault_of_ours(self._run_id, fault)
        if not self._is_over and (error is not None or len(self._records) == len(self._steps)):
            self._is_over = True
            self._ends.ended(verdict(self._records, self._code.documents, error))

    def _do_what_can_be_done(self) -> None:
        while not self._is_over and len(self._records) < len(self._steps):
            if self._call is not None:
                self._send(self._call)
            elif not self._admitted() or not self._is_kept():
                return

    def _admitted(self) -> bool:
        """Let the next call pass. :returns: whether it did."""
        step = self._steps[len(self._records)]
        call = step.call.but(run_id=self._run_id, call_id=new_id())
        try:
            arguments = self._parts.gate.admit(call, step.document, self._instruction)
        except CallRefused as objection:
            self._give_up(Begun(call, objection=objection))
            return False
        self._call = call if arguments == call.arguments else call.model_copy(update={"arguments": arguments})
        return True

    def _is_kept(self) -> bool:
        """Write the call. :returns: whether it survives kill -9 already; else it goes on when it does."""
        assert self._call is not None
        journal = self._parts.journal
        journal.begin_call(self._call, durable=False, new=True)
        return journal.when_kept(self._call, self._kept)

    def _kept(self, failure: ConfigError | None) -> None:
        if self._is_over:
            return
        if failure is None:
            self._go_on()
        else:  # it was taken back
            self._is_over = True
            self._ends.ended(verdict(self._records, self._code.documents, failure))

    def _send(self, call: Call) -> None:
        step = self._steps[len(self._records)]
        try:
            self._observer.call_began(call)
            if self._is_over:  # it was handed over, with the call, by somebody who was told
                return
            self._call = None
            self._parts.gate.check_again(call, step.document, self._instruction)
            if (stop := self._parts.last_stop) is not None and stop is not self._last_stop:
                raise RunStopped(stop.message)  # lifted already, but for what comes after it
        except CallRefused as objection:
            self._give_up(Begun(call, unsent(call, objection)))
            return
        except RunStopped as stopped:
            self._end(call, unsent(call, stopped))
            raise
        except Exception:
            self._call = None
            self._end(call, in_doubt(call, "the call was given up on"))
            raise
        self._is_sending = True
        work = begin(step.binding, call, step.document)
        self._is_sending = False
        if not isinstance(work, Outcome) or not work.ok:
            self._give_up(Begun(call, work))
            return
        self._end(call, self._parts.proof.of_unseen(step.unseen, work))
        if self._is_wanted:
            self._give_up()

    def _end(self, call: Call, outcome: Outcome) -> None:
        self._parts.journal.end_call(outcome, soon=True)
        self._records.append(CallRecord.of(call, outcome))
        self._observer.call_ended(call, outcome)
