"""A whole system in a folder of its own, with bindings that only measure."""

from __future__ import annotations

import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from taskmatrix_ros.app.profile.apis_settings import ApisSettings
from taskmatrix_ros.app.system import MakeBindings, System
from taskmatrix_ros.core.action_code import ActionCode, DocumentPin, VerifiedCode
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.ports import Progress, ProgressReport
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.core.run import Episode, RunStatus
from taskmatrix_ros.core.run_ports import RunResult


class Echo:
    """A binding whose devices answer at once."""

    kinds = frozenset({"mqtt"})

    def __init__(self) -> None:
        self.called_at_s: list[float] = []

    async def open(self) -> None:
        """Nothing to connect."""

    async def close(self) -> None:
        """Nothing to give back."""

    async def call(self, call: Call, _document: ApiDocument, _progress: Progress) -> Outcome:
        """Succeed."""
        self.called_at_s.append(time.perf_counter())
        return Outcome(call_id=call.call_id, status=Status.SUCCEEDED, value=call.arguments.get("number"))

    async def cancel(self, call_id: str) -> None:
        """Nothing lasts."""

    async def recover(self, _call: Call, _document: ApiDocument, _progress: Progress) -> Outcome | None:
        """Nothing is known."""
        return None

    def stop(self) -> None:
        """Nothing moves."""


class Silent:
    """A run's observer that looks away."""

    def status_changed(self, status: RunStatus, why: str) -> None:
        """The run waits, is held, or goes on."""

    def call_began(self, call: Call) -> None:
        """A call goes out."""

    def call_progressed(self, call: Call, report: ProgressReport) -> None:
        """The called party reported."""

    def call_ended(self, call: Call, outcome: Outcome) -> None:
        """A call ended."""


class BenchSystem:
    """Verifies and runs programs of a bench manifest, everything as in the node: gate, audit log, journal in a file."""

    def __init__(self, system: System) -> None:
        self._system = system

    async def verify(self, source: str) -> VerifiedCode:
        """Verify a program that may call every document of the manifest."""
        documents: Sequence[ApiDocument] = self._system.registry.documents()
        pins = tuple(DocumentPin(name=d.name, version=d.version, digest=d.digest) for d in documents)
        return await self._system.verifier.verify(ActionCode(source=source, documents=pins, planner="bench"))

    async def run(self, code: VerifiedCode) -> RunResult:
        """Run a program as a run of its own."""
        episode = Episode(instruction=Instruction(text="measure"), status=RunStatus.RUNNING)
        self._system.journal.save_run(episode)
        return await self._system.runner.run(code, episode.instruction, episode.run_id, Silent())


@asynccontextmanager
async def bench_system(
    manifest: str, make_bindings: MakeBindings, *, apis: ApisSettings | None = None
) -> AsyncIterator[BenchSystem]:
    """Open a system in a new folder. :param manifest: a file of ``config/bench``. :param apis: as ``System`` takes."""
    with tempfile.TemporaryDirectory(prefix="taskmatrix-bench-") as folder:
        system = System(
            [resource(f"config/bench/{manifest}")],
            store_file=Path(folder) / "state" / "taskmatrix.sqlite",
            make_bindings=make_bindings,
            audit_key_file=Path(folder) / "key" / "audit.key",
            apis=apis,
        )
        await system.open()
        try:
            yield BenchSystem(system)
        finally:
            await system.close()
