"""Rules at work: the engine fed with the world, its firings seen through by the session."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from taskmatrix_ros.app.rules.rule_code import ReadyCode, RuleCode
from taskmatrix_ros.app.rules.rule_findings import check_types, conflicts, unknown_keys
from taskmatrix_ros.app.rules.rule_planner import RulePlanner
from taskmatrix_ros.app.runs.run_view import RunView
from taskmatrix_ros.app.runs.session import Session
from taskmatrix_ros.core.approval import Question
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.clocks import HomeClock
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.eager_task import start_now
from taskmatrix_ros.core.errors import ConfigError, RequestError, TaskMatrixError
from taskmatrix_ros.core.event_bus import Event, EventBus
from taskmatrix_ros.core.ids import new_id
from taskmatrix_ros.core.instruction import Channel, Instruction
from taskmatrix_ros.core.policy import Policy
from taskmatrix_ros.core.ports import Catalogue, Planner, Questions, Verifier
from taskmatrix_ros.core.rule import Firing, Missed, Rule, RunMode, Trace, rule_of_firing
from taskmatrix_ros.core.run import Episode
from taskmatrix_ros.core.state_store import StateStore, StateValue
from taskmatrix_ros.expressions.spread import expand_keys
from taskmatrix_ros.rules.engine import RuleEngine
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.store.database import Database
from taskmatrix_ros.store.rule_makings import RuleMakings
from taskmatrix_ros.store.rule_store import RuleStore

_log = logging.getLogger(__name__)

ASK_WITHIN = timedelta(minutes=30)
"""How long a person may take to say whether something is still to be done."""

_END_S = 0.001
_YES, _NO = "yes", "no"

LOOK_EVERY_S = 1.0
"""Seconds between looks at the home's clock, which may jump."""

_OWN = "rule_"
"""What the kinds of our own events begin with: they start no rules."""


class RuleRuns:
    """Implements ``rules.rule_work.RuleWork``. Lives in the loop's thread; open between ``start`` and ``stop``."""

    def __init__(
        self, database: Database, state: StateStore, events: EventBus, catalogue: Catalogue, clock: HomeClock
    ) -> None:
        self._state, self._events, self._catalogue, self._clock = state, events, catalogue, clock
        self._store = RuleStore(database)
        self._makings = RuleMakings(database)
        self._place = HomePlace()
        self._engine: RuleEngine | None = None
        self._session: Session
        self._questions: Questions
        self._planner: RulePlanner
        self._stack = ExitStack()
        self.code = RuleCode(catalogue)
        self._runs: dict[str, RunView] = {}
        """Firing id -> its run."""
        self._preparing: dict[str, asyncio.Task[None]] = {}
        """Firing id -> the verification of its code."""
        self._endings: list[tuple[str, str]] = []
        """Ids of firings whose runs have ended and nobody has told the engine yet, each with how."""
        self._asked: dict[str, tuple[Rule, Instruction]] = {}
        """Rule id -> what its runs are asked for, but for the ids."""
        self._causes: dict[str, str] = {}
        """Run id -> firing id."""
        self._cancelling: set[asyncio.Task[bool]] = set()
        self._alarm: asyncio.TimerHandle | None = None
        self._armed_for: datetime | None = None

    @property
    def place(self) -> HomePlace:
        """Where the home is."""
        return self._place

    @property
    def engine(self) -> RuleEngine:
        """What fires. :raises RequestError: the node does not accept work now."""
        if self._engine is None:
            raise RequestError("rules are not at work: the node is not active; activate it first", code="NOT_ACTIVE")
        return self._engine

    def planner(self, inner: Planner) -> RulePlanner:
        """Put what plans the rules' own code before a profile's planner."""
        self._planner = RulePlanner(inner, self.code, self._rule_of)
        return self._planner

    def connect(
        self, session: Session, verifier: Verifier, policy: Policy, place: HomePlace, questions: Questions
    ) -> None:
        """Name what sees the runs through, and where a person is asked. Before ``start``."""
        self._session, self._place, self._questions = session, place, questions
        self.code.connect(verifier, policy)

    def start(self) -> None:
        """Take up the rules and begin to listen.

        :raises ConfigError: the store cannot be read, or holds a rule that this home cannot have.
        """
        if self._engine is not None:
            return
        engine = RuleEngine(self._store, self._state, self, self._place)
        self._engine = engine
        engine.open(self._clock.now())
        self._stack.callback(self._state.watch(self._state_changed))
        self._stack.callback(
            self._events.listen(self._happened, lambda kind: engine.hears(kind) and not kind.startswith(_OWN))
        )
        self._look()

    def stop(self) -> None:
        """Stop listening; what rules wait for stays written, and so do the firings whose runs go on."""
        self._stack.close()
        self._engine = None
        if self._alarm is not None:
            self._alarm.cancel()
        for task in self._preparing.values():
            task.cancel()
        self._runs.clear()
        self._causes.clear()

    async def close(self) -> None:
        """Stop, and wait until nothing of it runs."""
        tasks = tuple(self._preparing.values())
        self.stop()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- rules --------------------------------------------------------------------------------------------------------

    async def add(self, rules: Iterable[Rule]) -> tuple[Diagnostic, ...]:
        """Verify and save new rules, all or none. :returns: warnings.

        :raises VerificationError: an action's code is refused.
        :raises RequestError: an id is taken.
        """
        rules = tuple(rules)
        engine = self.engine
        engine.check_new(rules)
        warnings = [
            warning for index, rule in enumerate(rules) for warning in await self.check(rule, among=rules[:index])
        ]
        self.engine.add(rules, self._clock.now())
        self._rules_changed()
        return tuple(warnings)

    async def update(self, rule: Rule) -> tuple[Diagnostic, ...]:
        """Verify a rule and put it in the place of the one of its id. :returns: warnings.

        :raises VerificationError: its code is refused.
        :raises RequestError: there is none of that id.
        """
        self.engine.find(rule.id)
        warnings = await self.check(rule)
        self.engine.update(rule, self._clock.now())
        self._rules_changed()
        return warnings

    def enable(self, rule_id: str, *, enabled: bool) -> None:
        """Switch a rule on or off. :raises RequestError: there is none of that id."""
        self.engine.enable(rule_id, self._clock.now(), enabled=enabled)
        self._rules_changed()

    def delete(self, rule_id: str) -> None:
        """Forget a rule. :raises RequestError: there is none of that id."""
        self.engine.delete(rule_id)
        self.code.forget(rule_id)
        self._asked.pop(rule_id, None)
        self._makings.forget(rule_id)

    def _rules_changed(self) -> None:
        self._events.ask_again()
        self._arm()

    def note_made(self, rule_id: str, conversation: str) -> None:
        """Remember that a person has just spoken of a rule: it is what ``that`` means next."""
        self._makings.made(rule_id, conversation)

    def made(self, conversation: str = "") -> tuple[Rule, ...]:
        """Give the rules in the order they were made, those of the conversation last; none while not at work."""
        if self._engine is None:
            return ()
        rules = {rule.id: rule for rule, _ in self._engine.rules()}
        known = [rule_id for rule_id in self._makings.order(conversation) if rule_id in rules]
        others = [rule_id for rule_id in rules if rule_id not in known]
        return tuple(rules[rule_id] for rule_id in (*others, *known))

    def traces(self, rule_id: str, limit: int = 10) -> Sequence[Trace]:
        """Give a rule's story, newest first. :raises RequestError: there is none of that id."""
        self.engine.find(rule_id)
        return self._store.traces(rule_id, limit)

    async def check(self, rule: Rule, *, among: Sequence[Rule] = ()) -> tuple[Diagnostic, ...]:
        """Verify a rule's code with the rights it will have, and compare it with the rules that are there.

        :param among: rules that are saved with it.
        :returns: warnings: keys of state that nobody knows, rules that set the same thing otherwise.
        :raises VerificationError: its code is refused, or its condition compares what cannot be compared.
        """
        check_types(rule, self._catalogue)
        warnings = [*unknown_keys(rule, self._catalogue, self._state)]
        if mine := self.code.sets(rule):
            there, new = self.engine.rules_that_set(mine), ((one, self.code.sets(one)) for one in among)
            others = {other.id: (other, sets) for other, sets in (*there, *new)}
            warnings += conflicts(rule, mine, others.values(), self._clock.now(), self._place)
        if rule.action.code is not None:
            warnings += (await self.code.verify(rule)).warnings
        return tuple(warnings)

    # --- the world ----------------------------------------------------------------------------------------------------

    def _state_changed(self, value: StateValue) -> None:
        if self._engine is not None:
            self._engine.state_changed(value.key, value.value, self._clock.now())
            self._arm()

    def _happened(self, event: Event) -> None:
        if self._engine is None:
            return
        cause = self._causes.get(event.run_id, "")
        self._engine.event(event.kind, event.data, self._clock.now(), cause=cause)
        self._arm()

    def _look(self) -> None:
        try:
            self.engine.tick(self._clock.now())
        except TaskMatrixError:
            _log.exception("rules: what was due could not be done; it is tried again in %g s", LOOK_EVERY_S)
        self._arm(again=True)

    def _arm(self, *, again: bool = False) -> None:
        """See to it that somebody looks when the next moment is due."""
        if self._engine is None:
            return
        due = self._engine.next_at
        if not again and self._alarm is not None and due == self._armed_for:
            return
        self._armed_for = due
        wait_s = LOOK_EVERY_S if due is None else (due - self._clock.now()).total_seconds()
        wait_s = min(max(wait_s, 0.0), LOOK_EVERY_S)
        loop = asyncio.get_running_loop()
        if self._alarm is not None and not again and self._alarm.when() <= loop.time() + wait_s:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = loop.call_later(wait_s, self._look)

    # --- the engine's work --------------------------------------------------------------------------------------------

    def begin(self, rule: Rule, firing: Firing) -> None:
        """See a firing through: at once where its code is ready to run."""
        if rule.action.code is None:
            self._start(rule, firing, None)
        elif (ready := self.code.ready(rule)) is not None:
            self._start(rule, firing, ready)
        else:
            task = asyncio.create_task(self._prepare_and_start(rule, firing), name=f"rule-{firing.firing_id}")
            self._preparing[firing.firing_id] = task
            task.add_done_callback(lambda _task: self._preparing.pop(firing.firing_id, None))

    async def _prepare_and_start(self, rule: Rule, firing: Firing) -> None:
        self._start(rule, firing, await self.code.prepare(rule))

    def _start(self, rule: Rule, firing: Firing, ready: ReadyCode | None) -> None:
        """Begin the run of a firing, or go on with the one that it began in an earlier life."""
        known = self._asked.get(rule.id)
        if known is None or known[0] is not rule:
            known = self._asked[rule.id] = (rule, _instruction_of(rule))
        asked = known[1].but(request_id=firing.firing_id, instruction_id=new_id())
        follow = partial(self._follow, firing, rule.mode is not RunMode.PARALLEL)
        try:
            if ready is not None and not firing.resumed:
                self._session.start_verified(asked, ready.outline, ready.verified, follow=follow)
            else:
                follow(self._session.start(asked))
        except (TaskMatrixError, ValueError) as error:
            # Not from within the engine: it is in the middle of sending.
            asyncio.get_running_loop().call_soon(self._ended, firing, f"the run could not begin: {error}")

    def _follow(self, firing: Firing, queued: bool, view: RunView) -> None:
        """Hear of a run what the engine wants to know: what it is about to change, and its end."""
        self._runs[firing.firing_id] = view
        self._causes[view.episode.run_id] = firing.firing_id
        view.follower = _Followed(self, firing, queued)
        for one in view.calls.values():  # it goes on with what an earlier life began
            self.writes(firing, one.call)
        if view.episode.ended_at is not None:
            self.over(firing, view.episode, queued=queued)

    def writes(self, firing: Firing, call: Call) -> None:
        """Hear of a call that goes out."""
        if self._engine is not None and (keys := self._keys_set(call)):
            self._engine.writes(firing, keys)

    def over(self, firing: Firing, episode: Episode, *, queued: bool) -> None:
        """Hear of a run's end. :param queued: others may wait for it."""
        if self._runs.pop(firing.firing_id, None) is None:
            return
        self._causes.pop(episode.run_id, None)
        summary = f"{episode.status.value}: {episode.summary} (run {episode.run_id})"
        if queued:
            asyncio.get_running_loop().call_soon(self._ended, firing, summary)
            return
        if not self._endings:  # nobody waits for it: what comes in goes first
            asyncio.get_running_loop().call_later(_END_S, self._end_all)
        self._endings.append((firing.firing_id, summary))

    def _keys_set(self, call: Call) -> tuple[str, ...]:
        document = self._catalogue.get(call.api)
        if document is None or not document.sets:
            return ()
        arguments = document.with_defaults(call.arguments)
        try:
            return tuple(key for template in document.sets for key in expand_keys(document, template, arguments))
        except ValueError:  # an argument of the wrong kind, which the Gate refuses
            return ()

    def cancel(self, firing: Firing, reason: str) -> None:
        """End a run early."""
        if (view := self._runs.get(firing.firing_id)) is not None:
            task = start_now(self._session.cancel(view.episode.run_id, reason))  # before what waits to go out does
            self._cancelling.add(task)
            task.add_done_callback(self._cancelling.discard)
        elif (preparing := self._preparing.get(firing.firing_id)) is not None:
            preparing.cancel()
            asyncio.get_running_loop().call_soon(self._ended, firing, f"cancelled before it began: {reason}")

    def ask(self, rule: Rule, firing: Firing) -> None:
        """Ask a person whether a firing that is late is still to be done."""
        task = asyncio.create_task(self._ask(rule, firing), name=f"ask-{firing.firing_id}")
        self._preparing[firing.firing_id] = task
        task.add_done_callback(lambda _task: self._preparing.pop(firing.firing_id, None))

    async def _ask(self, rule: Rule, firing: Firing) -> None:
        text = f"{rule.words}: {firing.why}. Do it now?"
        question = Question(
            run_id="", call_id="", text=text, choices=(_YES, _NO), expires_at=self._clock.now() + ASK_WITHIN
        )
        said = await self._questions.ask(question)
        if self._engine is not None:
            why = f"a person said {said}" if said else f"nobody answered within {ASK_WITHIN.total_seconds():.0f} s"
            self._engine.answered(firing.firing_id, self._clock.now(), yes=said == _YES, said=why)
            self._arm()

    def sets(self, rule: Rule) -> Mapping[str, Any]:
        """Give what a rule's code sets for certain."""
        return self.code.sets(rule)

    def missed_by_default(self, rule: Rule) -> Missed:
        """Ask about what is hazardous, run the rest."""
        return Missed.ASK if self.code.is_hazardous(rule) else Missed.RUN

    def told(self, rule: Rule, kind: str, why: str) -> None:
        """Tell whoever listens."""
        if kind != "rule_fired":
            _log.info("rule %s: %s: %s", rule.id, kind, why)
        if self._events.wanted(kind):
            self._events.publish(Event(kind=kind, rule_id=rule.id, data={"why": why, "text": rule.text}))

    def _end_all(self) -> None:
        endings, self._endings = self._endings, []
        self._tell_ended(endings)

    def _ended(self, firing: Firing, summary: str) -> None:
        self._tell_ended([(firing.firing_id, summary)])

    def _tell_ended(self, endings: Sequence[tuple[str, str]]) -> None:
        if self._engine is None:
            return
        try:
            self._engine.all_ended(endings, self._clock.now())
        except ConfigError:
            _log.exception("rules: the end of %s could not be written", ", ".join(firing for firing, _ in endings))
        self._arm()

    def _rule_of(self, firing_id: str) -> Rule | None:
        if self._engine is None:
            return None
        try:
            return self._engine.find(rule_of_firing(firing_id))[0]
        except RequestError:
            return None

    def now(self) -> datetime:
        """The home's time."""
        return self._clock.now()


@dataclass(slots=True, eq=False)
class _Followed:
    """Implements ``app.runs.run_view.Follower`` for the run of a firing."""

    runs: RuleRuns
    firing: Firing
    queued: bool

    def began(self, call: Call) -> None:
        self.runs.writes(self.firing, call)

    def ended(self, episode: Episode) -> None:
        self.runs.over(self.firing, episode, queued=self.queued)


def _instruction_of(rule: Rule) -> Instruction:
    text = rule.action.instruction or rule.words
    return Instruction(text=text, speaker=rule.speaker, channel=Channel.RULE, priority=rule.priority)
