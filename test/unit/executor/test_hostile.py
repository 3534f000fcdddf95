"""Hostile programs: refused or contained, nothing forbidden reaches a device, and the host is as it was before."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import Bench
from home_documents import Shelf, code
from hostile_corpus import CANARY, HOUSE, POISONED, Hostile, corpus
from oracle import forbidden
from sandbox_workers import workers

from taskmatrix_ros.core.action_code import VerifiedCode
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import BudgetExceeded, CallError, RunError, VerificationError
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.ports import Progress
from taskmatrix_ros.core.run import RunStatus
from taskmatrix_ros.executor.sandbox.gathering import Gathering
from taskmatrix_ros.executor.sandbox.interpreter import ExternalCall, Interpreter, Limits

GROWTH_MB = 64
"""What this process may grow by over one program: its own bookkeeping, nothing of the program's."""

GOOD = "t = thermometer_read()\nlight_off(light='hall')\nsay(text=str(t))"
PROGRAMS = pytest.mark.parametrize("hostile", corpus(), ids=[entry.name for entry in corpus()])


class Everything:
    """A binding for all that the house's devices do not speak; it must never be called."""

    kinds = frozenset({"ros2_service", "ros2_topic"})

    def __init__(self) -> None:
        self.calls: list[Call] = []

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def call(self, call: Call, _document: ApiDocument, _progress: Progress) -> Outcome:
        self.calls.append(call)
        return Outcome(call_id=call.call_id, status=Status.SUCCEEDED)

    async def recover(self, _call: Call, _document: ApiDocument, _progress: Progress) -> Outcome | None:
        return None

    async def cancel(self, call_id: str) -> None: ...

    def stop(self) -> None: ...


@pytest.fixture(scope="module")
def interpreter(runner: asyncio.Runner) -> Iterator[Interpreter]:
    """A sandbox that loses patience sooner, since many of these programs have no end."""
    interpreter = Interpreter(Limits(compute_s=0.7))
    runner.run(interpreter.open())
    yield interpreter
    runner.run(interpreter.close())


@pytest.fixture(scope="module")
def other() -> Everything:
    return Everything()


@pytest.fixture(scope="module")
def bench(interpreter: Interpreter, other: Everything) -> Bench:
    """One bench for all programs: what one did must not help or hinder the next."""
    return Bench(interpreter, shelf=Shelf(HOUSE), bindings=[other])


@pytest.fixture(scope="module")
def good(runner: asyncio.Runner, bench: Bench) -> VerifiedCode:
    return runner.run(bench.verifier.verify(code(GOOD, HOUSE)))


@pytest.fixture(autouse=True)
def unharmed(runner: asyncio.Runner, bench: Bench, other: Everything, good: VerifiedCode) -> Iterator[None]:
    """Look at the host before and after a program, and then run a good one in the same house."""
    bench.devices.calls.clear()
    bench.journal.lines.clear()
    before = _host()
    yield
    after = _host()
    assert not CANARY.exists()
    assert after["threads"] <= before["threads"]
    assert after["files"] <= before["files"] + 12, "a worker has its pipes; a program opens nothing"
    assert after["memory_mb"] < before["memory_mb"] + GROWTH_MB
    assert len(workers()) <= 4
    assert other.calls == []
    assert not bench.latch.holds
    bench.devices.calls.clear()
    result = runner.run(asyncio.wait_for(bench.runner.run(good, Instruction(text="x"), "good", bench.listener), 60))
    assert result.status is RunStatus.SUCCEEDED, result.summary
    assert [call.api for call in bench.devices.calls] == ["thermometer_read", "light_off", "say"]


def _host() -> dict[str, float]:
    status = Path("/proc/self/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return {
        "threads": threading.active_count(),
        "files": len(list(Path("/proc/self/fd").iterdir())),
        "memory_mb": int(resident.split()[1]) / 1024,
    }


async def _verified(bench: Bench, hostile: Hostile) -> VerifiedCode | set[str]:
    try:
        return await bench.verifier.verify(code(hostile.source, HOUSE))
    except VerificationError as error:
        findings = error.diagnostics
    assert all(finding.message and "\n" not in str(finding) for finding in findings)
    return {finding.code for finding in findings}


@PROGRAMS
def test_it_is_refused_or_contained(runner: asyncio.Runner, bench: Bench, hostile: Hostile) -> None:
    async def main() -> tuple[str, set[str]]:
        verified = await _verified(bench, hostile)
        if isinstance(verified, set):
            return "refused", verified
        result = await bench.runner.run(verified, Instruction(text="x"), "run", bench.listener)
        assert result.summary or result.status in (RunStatus.SUCCEEDED, RunStatus.UNCONFIRMED)
        return ("contained", {result.error_code}) if result.status is RunStatus.FAILED else ("ran", set())

    outcome, codes = runner.run(asyncio.wait_for(main(), 60))
    wanted, _, expected = hostile.expect.partition(" ")
    sent = [call.api for call in bench.devices.calls]
    assert forbidden(bench.devices.calls) == []
    if wanted in ("refused", "contained"):
        assert outcome == wanted
        assert codes & set(expected.split("|")), codes
    else:
        assert outcome in ("ran", "contained")
    if wanted == "refused":
        assert sent == []
    if wanted == "no":
        assert set(sent) <= {"thermometer_read"}
    if wanted == "allowed":
        assert set(sent) == {expected}


@PROGRAMS
def test_the_gate_alone_holds_too(runner: asyncio.Runner, bench: Bench, hostile: Hostile) -> None:
    """As if the verifier had let it through: what reaches a device passed the sandbox's own check and the Gate."""
    documents = {entry.name: entry for entry in HOUSE}
    instruction = Instruction(text="x")
    asked = Counter[str]()

    async def admit(wanted: ExternalCall) -> object:
        asked["calls"] += 1
        if asked["calls"] > 200:
            raise BudgetExceeded("enough")
        document = documents[wanted.site.api]
        call = Call(run_id="run", api=document.name, arguments=dict(wanted.arguments), deadline_s=1)
        if wanted.positional:
            raise CallError("no positional arguments")
        arguments = bench.gate.admit(call, document, instruction)
        call = call.model_copy(update={"arguments": arguments})
        bench.devices.calls.append(call)
        return (await bench.devices.obey(call, document, lambda _: None)).value

    async def main() -> None:
        gathering = Gathering(admit)
        try:
            await bench.verifier._interpreter.run(hostile.source, documents, gathering)
        except (CallError, RunError, SyntaxError):
            pass
        finally:
            await gathering.close()
            bench.state.set("robot.holding", None, source="test:devices")

    runner.run(asyncio.wait_for(main(), 60))
    assert forbidden(bench.devices.calls) == []


def test_the_corpus_is_as_large_as_promised() -> None:
    categories = Counter(entry.name.partition(":")[0] for entry in corpus())
    assert len(corpus()) >= 200
    assert len(categories) >= 14
    assert min(categories.values()) >= 10
    assert len({entry.name for entry in corpus()}) == len(corpus()) == len({entry.source for entry in corpus()})
    assert {entry.name for entry in POISONED} <= {name for entry in corpus() for name in entry.source.split("()")}
