"""All parts of one profile, put together: the only place that knows them all."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

from taskmatrix_ros.app.platform.document_objection import document_objection
from taskmatrix_ros.app.platform.manifest_watch import ManifestWatch, tell_problems
from taskmatrix_ros.app.platform.use_counter import UseCounter
from taskmatrix_ros.app.profile.apis_settings import ApisSettings
from taskmatrix_ros.app.profile.profile_models import ModelsSettings, open_planner
from taskmatrix_ros.app.rules.rule_binding import RuleBinding
from taskmatrix_ros.app.rules.rule_runs import RuleRuns
from taskmatrix_ros.app.rules.state_recorder import StateRecorder
from taskmatrix_ros.app.runs.outline_desk import OutlineDesk
from taskmatrix_ros.app.runs.parts import Parts
from taskmatrix_ros.app.runs.recovery import Recovery
from taskmatrix_ros.app.runs.session import Session
from taskmatrix_ros.app.safety import Safety
from taskmatrix_ros.app.state_calls import StateCalls
from taskmatrix_ros.core.clocks import HomeClock, SteadyClock, WallClock
from taskmatrix_ros.core.errors import ManifestError, RequestError
from taskmatrix_ros.core.event_bus import EventBus
from taskmatrix_ros.core.home import TellsHome
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outline import Outline
from taskmatrix_ros.core.policy import Policy
from taskmatrix_ros.core.ports import Binding, FollowsEvents, HaltsWhileStopped, PlanningContext
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.executor.audit.audit_log import AuditLog
from taskmatrix_ros.executor.gate.gate import Gate
from taskmatrix_ros.executor.gate.policy_check import idle_patterns, verify_policy
from taskmatrix_ros.executor.gate.stop_latch import StopLatch
from taskmatrix_ros.executor.people.approval_desk import ApprovalDesk
from taskmatrix_ros.executor.people.person_binding import PersonBinding
from taskmatrix_ros.executor.people.question_desk import QuestionDesk
from taskmatrix_ros.executor.rehearsal.rehearsal import Rehearsal
from taskmatrix_ros.executor.running.builtin_binding import BuiltinBinding
from taskmatrix_ros.executor.running.runner import Runner, RunnerParts
from taskmatrix_ros.executor.sandbox.interpreter import Interpreter
from taskmatrix_ros.executor.verification.verifier import Verifier
from taskmatrix_ros.learning.feedback_desk import FeedbackDesk
from taskmatrix_ros.learning.missing_desk import MissingDesk
from taskmatrix_ros.models.embedding_client import EmbeddingClient
from taskmatrix_ros.planner.grammar.clause_reader import ClauseReader
from taskmatrix_ros.planner.home.home_reader import HomeReader
from taskmatrix_ros.planner.model.planner_settings import PlannerSettings
from taskmatrix_ros.planner.model.secret_words import SecretWords
from taskmatrix_ros.planner.offline_planner import OfflinePlanner
from taskmatrix_ros.planner.planner_chain import PlannerChain
from taskmatrix_ros.planner.things.robot_map import RobotMap
from taskmatrix_ros.planner.timed.timed_reader import TimedReader
from taskmatrix_ros.registry.editor import Editor
from taskmatrix_ros.registry.registry import Registry
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.selector.api_selector import ApiSelector
from taskmatrix_ros.selector.dense_index import DenseIndex
from taskmatrix_ros.store.audit_head import AuditHead
from taskmatrix_ros.store.database import Database
from taskmatrix_ros.store.feedback_store import FeedbackStore
from taskmatrix_ros.store.journal import SqliteJournal
from taskmatrix_ros.store.missing_apis import MissingApiStore
from taskmatrix_ros.store.outlines import SqliteOutlines
from taskmatrix_ros.store.preferences import SqlitePreferences
from taskmatrix_ros.store.state_history import History, read_history
from taskmatrix_ros.store.stop_marker import StopMarker
from taskmatrix_ros.store.told_facts import ToldFacts
from taskmatrix_ros.store.vector_store import VectorStore

_log = logging.getLogger(__name__)

MakeBindings = Callable[[Registry, StateStore], Sequence[Binding]]
"""Builds a profile's bindings, without I/O; none for a system that only plans."""


class System:
    """Opens in order, closes in reverse. Lives in the loop's thread."""

    def __init__(
        self,
        manifest_files: Sequence[Path],
        *,
        store_file: Path | None,
        make_bindings: MakeBindings = lambda _catalogue, _state: (),
        own_namespaces: Sequence[str] = ("/taskmatrix",),
        own_topics: Sequence[str] = ("taskmatrix",),
        robot_namespace: str = "",
        policy: Policy | None = None,
        audit_key_file: Path | None = None,
        models: ModelsSettings | None = None,
        place: HomePlace | None = None,
        clock: HomeClock | None = None,
        robot_map: Callable[[], RobotMap] | None = None,
        apis: ApisSettings | None = None,
        private_hosts: Sequence[str] = (),
    ) -> None:
        """:param store_file: the SQLite file; None keeps everything in memory.

        :param policy: what the profile allows beyond the documents.
        :param audit_key_file: key of the audit log, which is then kept beside the store; None keeps none.
        :param models: asked for what the grammar does not understand; None: nothing is asked.
        :param place: where the home is, for rules; UTC and no sun if left out.
        :param clock: the time the home lives by; the machine's if left out.
        :param robot_map: what the robot knows of things and places; None: any name is taken as it comes.
        :param apis: how the API platform behaves; nobody is trusted, and files are watched, if left out.
        :param private_hosts: hosts off the public internet that documents may name.
        :param own_namespaces: ROS namespaces no binding may reach: the node's own; ``own_topics``: so for MQTT.
        :param robot_namespace: what the ROS binding puts before relative names.
        """
        self._manifest_files = tuple(manifest_files)
        self._make_bindings = make_bindings
        self._own_namespaces = tuple(own_namespaces)
        self._own_topics = tuple(own_topics)
        self._robot_namespace = robot_namespace
        self._stack = AsyncExitStack()
        self._store_file = store_file
        self._policy = policy or Policy()
        self._models = models
        self._robot_map = robot_map
        self._place = place or HomePlace()
        self.clock: HomeClock = clock or WallClock()
        self.events = EventBus()
        self.state = StateStore()
        self._database = Database(store_file, self.state.together)
        self._apis = apis or ApisSettings()
        self.registry = Registry(
            self._apis.trust,
            self._database,
            objection=document_objection(
                own_namespaces=self._own_namespaces,
                own_topics=self._own_topics,
                robot_namespace=robot_namespace,
                private_hosts=private_hosts,
            ),
            conflicts=self._apis.conflicts,
        )
        self.editor = Editor(self.registry)
        self.journal = SqliteJournal(self._database)
        self.uses = UseCounter(self.registry, self.state.together)
        self.feedback = FeedbackDesk(self.journal, self.registry, FeedbackStore(self._database), self.registry)
        self.selector = ApiSelector(self.registry, uses=self.uses.confirmed)
        self._is_kept = store_file is not None
        marker = None if store_file is None else StopMarker(store_file.with_name(store_file.name + ".stop"))
        self.preferences = SqlitePreferences(self._database)
        outlines = SqliteOutlines(self._database)
        timed = TimedReader(self.registry)
        self._readers: list[ClauseReader] = []
        grammar = OfflinePlanner(self.registry, self._readers, utterance_readers=(timed,), robot_map=robot_map)
        self.outlines = OutlineDesk(outlines, grammar, self._context, self._is_done_now, self._amend)
        self.latch = StopLatch(self.journal, marker)
        self.audit: AuditLog | None = None
        if store_file is not None and audit_key_file is not None:
            head = AuditHead(self._database)
            folder, together = store_file.parent / "audit", self.state.together
            self.audit = AuditLog(folder, audit_key_file, head, events=self.events, together=together)
        self.approvals = ApprovalDesk(self.events, catalogue=self.registry, policy=self._policy, audit=self.audit)
        self.questions = QuestionDesk(self.events)
        self.rules = RuleRuns(self._database, self.state, self.events, self.registry, self.clock)
        self.bindings: tuple[Binding, ...] = ()
        self.recorder = StateRecorder(self._database, self.state, self.registry, self.clock)
        self.verifier: Verifier
        self.runner: Runner
        self.safety: Safety
        self.session: Session

    async def open(self) -> None:
        """Load, connect, recover.

        :raises ConfigError: a manifest, the store's file or a binding's setting is wrong; nothing stays open.
        """
        try:
            await self._open()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Cancel what runs and give everything back."""
        await self._stack.aclose()

    def recover(self) -> None:
        """Go on with the runs that the last life did not end, as far as they are recent. Once, when runs may begin."""
        Recovery(self.journal, self.session, self.registry).recover()
        self.rules.start()
        self.recorder.start()

    def recorded(self, from_at: datetime, to_at: datetime) -> History:
        """Give what is written of how the world went.

        :raises RequestError: nothing is kept here, or nothing yet.
        """
        if self._store_file is None:
            raise RequestError("nothing is kept here, so no history either; give a scenario", code="NO_HISTORY")
        self.recorder.write()
        history = read_history(self._store_file, from_at, to_at)
        if history.since is None or history.since > to_at:
            since = "" if history.since is None else f"; it begins at {history.since.isoformat()}"
            raise RequestError(f"no history is written of that time{since}; give a scenario", code="NO_HISTORY")
        return history

    async def _open(self) -> None:
        stack = self._stack
        self._database.open()
        stack.callback(self._database.close)
        self._load_manifests()
        stack.callback(self.selector.close)
        stack.callback(MissingDesk(MissingApiStore(self._database), self.events).follow())
        await self.selector.prepare(_log.info)
        self._check_policy()
        if self.audit is not None:
            stack.callback(self.audit.close)
            self.audit.open()
            stack.callback(self.latch.follow(self._audit_latch))
        self.latch.restore()
        bindings = self._make_bindings(self.registry, self.state)
        self.bindings = tuple(bindings)
        self.safety = Safety(self.latch, bindings)
        for binding in bindings:
            stack.push_async_callback(binding.close)
            await binding.open()
            if isinstance(binding, FollowsEvents):
                stack.callback(binding.follow(self.events))
            if isinstance(binding, HaltsWhileStopped):
                stack.callback(self.latch.follow(_lifting(binding)))
        interpreter = Interpreter()
        stack.push_async_callback(interpreter.close)
        await interpreter.open()
        verifier = self.verifier = Verifier(self.registry, interpreter)
        gate = Gate(
            self.registry,
            self.state,
            self.latch,
            policy=self._policy,
            audit=self.audit,
            home_clock=self.clock,
            own_namespaces=self._own_namespaces,
            own_topics=self._own_topics,
            robot_namespace=self._robot_namespace,
        )
        waits = BuiltinBinding(self.state, self.questions, self.clock, SteadyClock())
        person = PersonBinding(self.state, self.events, ToldFacts(self._database), self.clock)
        await person.open()
        rules = RuleBinding(
            self.rules,
            self.approvals,
            self._instruction_of,
            self.clock,
            answer_within_s=self._policy.approval_expires_s,
        )
        self.runner = Runner(
            RunnerParts(
                catalogue=self.registry,
                verifier=verifier,
                gate=gate,
                bindings=(*bindings, waits, person, rules),
                journal=self.journal,
                state=self.state,
                interpreter=interpreter,
                approvals=self.approvals,
                policy=self._policy,
            )
        )
        planning = self._models.planner if self._models else PlannerSettings()
        home = next((binding.home for binding in bindings if isinstance(binding, TellsHome)), None)
        if home is not None:
            self._readers.append(HomeReader(home))
        planner = await open_planner(self.registry, self._models, stack, robot_map=self._robot_map, home=home)
        if self._models is not None and self._models.embeddings is not None:
            embedder = EmbeddingClient(self._models.embeddings)
            stack.push_async_callback(embedder.close)
            await embedder.open()
            model = self._models.embeddings.model
            self.selector.look_at_meaning(DenseIndex(embedder, model, VectorStore(self._database)), self._hidden)
        self.session = Session(
            Parts(
                planner=self.rules.planner(planner),
                selector=self.selector,
                verifier=verifier,
                rehearsal=Rehearsal(interpreter),
                runner=self.runner,
                journal=self.journal,
                state=self.state,
                clock=self.clock,
                events=self.events,
                policy=self._policy,
                outlines=self.outlines,
                zone=self._place.time_zone,
                rules_of=self.rules.made,
                catalogue=self.registry,
                questions=self.questions,
                phraser=planner if isinstance(planner, PlannerChain) else None,
                preferences=self.preferences,
                ended=self.uses.count,
                max_repairs=planning.repairs,
                max_replans=planning.replans,
            )
        )
        stack.callback(self.uses.write)
        stack.push_async_callback(self.session.close)
        self.rules.connect(self.session, verifier, self._policy, self._place, self.questions)
        stack.push_async_callback(self.rules.close)
        stack.callback(self.recorder.stop)
        stack.callback(self.latch.listen(self._stop_planning()))
        state_calls = StateCalls(self.registry, self.state, gate, bindings)
        stack.push_async_callback(state_calls.close)
        await state_calls.open()
        if self._is_kept:
            watch = self._watch_manifests(bindings)
            stack.push_async_callback(watch.close)
            watch.open()

    def _load_manifests(self) -> None:
        """Take what is right of the manifests; what is not is told, and what it said last stays.

        :raises ManifestError: nothing is right of them, and nothing is known of an earlier life.
        """
        problems = self.registry.sync(self._manifest_files)
        if problems and not self.registry.documents():
            raise ManifestError(problems)
        tell_problems(problems, self.events)
        for warning in self.registry.warnings:
            _log.warning("%s", warning)

    def _watch_manifests(self, bindings: Sequence[Binding]) -> ManifestWatch:
        def changed() -> None:
            for binding in bindings:
                refresh = getattr(binding, "refresh", None)
                if refresh is not None:
                    refresh()

        return ManifestWatch(
            self.registry, self._manifest_files, self.events, every_s=self._apis.watch_s, changed=changed
        )

    def _stop_planning(self) -> Callable[[str], None]:
        """Give what tells the session of a stop, from the thread that stopped."""
        loop = asyncio.get_running_loop()

        def tell(reason: str) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and with it what was planned
                loop.call_soon_threadsafe(self.session.stop_planning, reason)

        return tell

    def _context(self) -> PlanningContext:
        return PlanningContext(
            state=self.state.known(), now=self.clock.now(), zone=self._place.time_zone, rules=self.rules.made()
        )

    def _hidden(self, texts: Sequence[str]) -> list[str]:
        """Give what a person said without its secrets, for a model that only compares meanings."""
        secrets = SecretWords.of(texts, self.state.known(), self.registry.states(), takes_secrets=True)
        return [secrets.hide(text) for text in texts]

    def _instruction_of(self, run_id: str) -> Instruction | None:
        views = (view for view in self.session.active if view.episode.run_id == run_id)
        return next((view.episode.instruction for view in views), None)

    def _is_done_now(self, outline_id: str) -> bool:
        outlines = (view.episode.outline for view in self.session.active)
        return any(outline is not None and outline.outline_id == outline_id for outline in outlines)

    def _amend(self, outline: Outline) -> None:
        self.session.amend(outline)

    def _check_policy(self) -> None:
        documents = self.registry.documents()
        if not isinstance(documents, tuple):  # too many to look for patterns that fit none
            limited = map(self.registry.get, self._policy.limits)
            verify_policy(self._policy, [document for document in limited if document is not None])
            return
        verify_policy(self._policy, documents)
        for line in idle_patterns(self._policy, documents, robot_namespace=self._robot_namespace):
            _log.warning("%s", line)

    def _audit_latch(self, reason: str | None, comment: str) -> None:
        assert self.audit is not None
        kind = "stop_lifted" if reason is None else "stop_latched"
        self.audit.record(kind, {"reason": reason or comment}, durable=True)


def _lifting(binding: HaltsWhileStopped) -> Callable[[str | None, str], None]:
    """Make the follower of the latch that tells a binding when the stop is lifted."""

    def follow(reason: str | None, _comment: str) -> None:
        if reason is None:
            binding.stop_lifted()

    return follow
