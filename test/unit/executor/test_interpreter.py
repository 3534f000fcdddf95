"""The sandbox: what it contains, what code sees of failed calls, and that its processes end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest
from sandbox_workers import until_no_workers_but, until_one_computes, workers

from taskmatrix_ros.core.errors import (
    BudgetExceeded,
    CallError,
    CallExpired,
    CallFailed,
    CallInDoubt,
    CallRefused,
    CallTimedOut,
    CallUnavailable,
    ConfigError,
    ProgramFailed,
    RunCancelled,
    RunError,
    RunStopped,
)
from taskmatrix_ros.executor.sandbox.interpreter import ExternalCall, Host, Interpreter, Limits
from taskmatrix_ros.executor.sandbox.sandbox_desk import Desk

APIS = ("find", "say", "ask")


def run(runner: asyncio.Runner, interpreter: Interpreter, source: str, host: Host) -> None:
    runner.run(interpreter.run(source, APIS, host))


class Recorder:
    """A host that answers from a table and keeps the calls."""

    def __init__(self, **answers: Any) -> None:
        self.calls: list[ExternalCall] = []
        self._answers = answers

    async def __call__(self, call: ExternalCall) -> Any:
        self.calls.append(call)
        answer = self._answers.get(call.site.api)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    @property
    def said(self) -> list[Any]:
        return [call.arguments["text"] for call in self.calls if call.site.api == "say"]


def test_calls_come_with_their_place_and_get_their_value(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    host = Recorder(find={"x_m": 1.5, "tags": [1, None, "é"]})
    run(runner, interpreter, "# é\nr = find(object='é'); say(text=r['tags'], n=r['x_m'])", host)
    find, say = host.calls
    assert (find.site.position.line, find.site.position.column, find.arguments) == (2, 5, {"object": "é"})
    assert (say.site.position.line, say.site.position.column) == (2, 23)
    assert say.arguments == {"text": [1, None, "é"], "n": 1.5}


@pytest.mark.parametrize(
    ("error", "caught", "not_caught"),
    [
        (CallRefused("no", code="REQUIREMENT"), "PermissionError", "RuntimeError"),
        (CallRefused("no"), "OSError", "TimeoutError"),
        (CallFailed("no", code="OUT_OF_REACH"), "RuntimeError", "OSError"),
        (CallTimedOut("no"), "TimeoutError", "RuntimeError"),
        (CallExpired("no"), "TimeoutError", "PermissionError"),
        (CallUnavailable("no"), "OSError", "PermissionError"),
        (CallInDoubt("no"), "RuntimeError", "OSError"),
    ],
)
def test_what_code_sees_of_a_failed_call(
    runner: asyncio.Runner, interpreter: Interpreter, error: CallError, caught: str, not_caught: str
) -> None:
    host = Recorder(find=error)
    run(runner, interpreter, f"try:\n    find()\nexcept {caught} as e:\n    say(text=str(e))", host)
    assert host.said == [f"{error.error_code}: no"]
    with pytest.raises(type(error)) as raised:
        run(runner, interpreter, f"try:\n    find()\nexcept {not_caught}:\n    say(text=1)", host)
    assert raised.value is error


def test_a_handled_failure_is_not_the_end_that_comes_later(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    host = Recorder(find=CallFailed("no"))
    source = "try:\n    find()\nexcept RuntimeError:\n    pass\n\nx = 1 / 0"
    with pytest.raises(ProgramFailed, match="line 6: ZeroDivisionError"):
        run(runner, interpreter, source, host)


@pytest.mark.parametrize("error", [RunCancelled("c"), RunStopped("s"), BudgetExceeded("b"), ValueError("fault")])
@pytest.mark.parametrize("handler", ["except BaseException:\n        pass", "finally:\n        say(text='never')"])
def test_the_end_of_a_run_cannot_be_caught(
    runner: asyncio.Runner, interpreter: Interpreter, error: Exception, handler: str
) -> None:
    host = Recorder(find=error)
    with pytest.raises(type(error)) as raised:
        run(runner, interpreter, f"while True:\n    try:\n        find()\n    {handler}", host)
    assert raised.value is error
    assert len(host.calls) == 1


@pytest.mark.parametrize(
    ("source", "error", "said"),
    [
        ("while True:\n    pass", BudgetExceeded, "0.3 s"),
        ("try:\n    while True:\n        pass\nexcept BaseException:\n    say()", BudgetExceeded, "0.3 s"),
        ("x = []\nwhile True:\n    x.append('a' * 1000)", BudgetExceeded, "more than 32 MB"),
        ("x = 'a' * 10 ** 9", BudgetExceeded, "more than 32 MB"),
        ("x = 9 ** 9 ** 9", BudgetExceeded, "more than 32 MB"),
        ("x = [0] * 10 ** 9", BudgetExceeded, "more than 32 MB"),
        ("def f():\n    return f()\nf()", ProgramFailed, "RecursionError"),
        ("x = 1\nx = x / 0", ProgramFailed, "line 2: ZeroDivisionError: division by zero"),
        ("raise ValueError('mine')", ProgramFailed, "line 1: ValueError: mine"),
        ("[][1]", ProgramFailed, "IndexError"),
        ("import os\nos.getcwd()\nopen('/etc/passwd').read()", ProgramFailed, "reached for 'open'"),
        ("import time\ntime.sleep(1)", ProgramFailed, "reached for 'time.sleep'"),
        ("import os\nos.environ['HOME']", ProgramFailed, "reached for"),
        ("import datetime\ndatetime.datetime.now()", ProgramFailed, "reached for"),
        ("x = unknown_name", ProgramFailed, "reached for 'unknown_name'"),
        ("eval('find()')", ProgramFailed, "reached for 'find'"),
        ("exec('find()')", ProgramFailed, "reached for 'find'"),
        ("f = find\nf()", ProgramFailed, "reached for 'find'"),
        ("try:\n    unlock()\nexcept BaseException:\n    pass", ProgramFailed, "reached for 'unlock'"),
        ("async def f():\n    await find()\nawait f()", None, ""),
    ],
)
def test_it_contains(
    runner: asyncio.Runner, source: str, error: type[RunError] | None, said: str, interpreter: Interpreter
) -> None:
    async def contained() -> list[ExternalCall]:
        # Only what ends by its time is given little of it: to fill the memory takes some, too.
        small = Interpreter(Limits(compute_s=0.3 if "0.3 s" in said else 60.0), workers=1)
        await small.open()
        host = Recorder()
        try:
            await small.run(source, APIS, host)
        finally:
            calls.extend(host.calls)
            await small.close()
        return host.calls

    calls: list[ExternalCall] = []
    if error is None:
        with pytest.raises(RunError):
            runner.run(contained())
        return
    with pytest.raises(error, match=said):
        runner.run(contained())
    assert calls == []


def test_text_that_is_run_is_no_call_site_even_at_the_same_place(
    runner: asyncio.Runner, interpreter: Interpreter
) -> None:
    host = Recorder()
    with pytest.raises(ProgramFailed, match="reached for 'find'"):
        run(runner, interpreter, "find()\neval('find()')", host)
    assert len(host.calls) == 1


def test_suspensions_are_bounded(runner: asyncio.Runner) -> None:
    async def many() -> None:
        small = Interpreter(Limits(suspensions=50), workers=1)
        await small.open()
        try:
            await small.run("while True:\n    find()", APIS, host)
        finally:
            await small.close()

    host = Recorder()
    with pytest.raises(BudgetExceeded, match="more than 50 times"):
        runner.run(many())
    assert len(host.calls) == 50


def test_a_long_call_gives_its_worker_back(runner: asyncio.Runner) -> None:
    """With one worker only, a second program runs while the first waits; the first then goes on where it was."""

    async def both() -> list[Any]:
        one = Interpreter(Limits(park_after_s=0.05), workers=1)
        await one.open()
        answered = asyncio.Event()

        async def slow(call: ExternalCall) -> Any:
            if call.site.api == "find":
                await answered.wait()
                return {"n": 3}
            said.append(call.arguments["text"])
            return None

        try:
            waiting = asyncio.create_task(one.run("a = 4\nr = find()\nsay(text=a + r['n'])", APIS, slow))
            await asyncio.wait_for(one.run("say(text='second')", APIS, slow), 60)
            answered.set()
            await asyncio.wait_for(waiting, 60)
        finally:
            await one.close()
        return said

    said: list[Any] = []
    assert runner.run(both()) == ["second", 7]


def test_a_parked_program_sees_a_late_failure(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    async def parked() -> list[Any]:
        quick = Interpreter(Limits(park_after_s=0.01), workers=1)
        await quick.open()

        async def slow(call: ExternalCall) -> None:
            if call.site.api == "find":
                await asyncio.sleep(0.1)
                raise CallFailed("late", code="OUT_OF_REACH")
            said.append(call.arguments["text"])

        try:
            await quick.run("try:\n    find()\nexcept RuntimeError as e:\n    say(text=str(e))", APIS, slow)
        finally:
            await quick.close()
        return said

    said: list[Any] = []
    assert runner.run(parked()) == ["OUT_OF_REACH: late"]


def test_cancelling_leaves_at_once_and_the_pool_goes_on(runner: asyncio.Runner) -> None:
    """Code that computes is left computing: by itself it would end ten minutes later."""

    async def cancelled(own: Interpreter, source: str, goes_on: Awaitable[Any]) -> None:
        task = asyncio.create_task(own.run(source, APIS, wait))
        await goes_on
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            async with asyncio.timeout(60):
                await task

    async def wait(_call: ExternalCall) -> None:
        waits.set()
        await asyncio.Event().wait()

    async def scenario() -> None:
        own, known, host = Interpreter(Limits(compute_s=600.0), workers=2), workers(), Recorder()
        await own.open()
        try:
            await cancelled(own, "x = find()", waits.wait())
            await cancelled(own, "while True:\n    pass", until_one_computes(0.2))
            await until_one_computes(0.05)
            await own.run("x = say(text=1)", APIS, host)
            assert host.said == [1]
        finally:
            for pid in workers() - known:
                os.kill(pid, signal.SIGKILL)
            await own.close()

    waits = asyncio.Event()
    runner.run(scenario())


def test_a_killed_worker_ends_its_run_only(runner: asyncio.Runner) -> None:
    async def killed() -> None:
        own = Interpreter(workers=1)
        known = workers()
        await own.open()

        async def kill(_call: ExternalCall) -> None:
            for pid in workers() - known:
                os.kill(pid, signal.SIGKILL)

        try:
            with pytest.raises(BudgetExceeded, match="ended its worker process"):
                await own.run("x = find()\nfind()", APIS, kill)
            host = Recorder()
            await own.run("say(text=1)", APIS, host)
            assert host.said == [1]
        finally:
            await own.close()

    runner.run(killed())


def test_closing_ends_every_worker(runner: asyncio.Runner) -> None:
    async def use() -> None:
        own = Interpreter(workers=2)
        await own.open()
        await asyncio.gather(*(own.run("find()", APIS, Recorder()) for _ in range(4)))
        assert workers() - known
        await own.close()
        await own.close()

    known = workers()
    runner.run(use())
    assert not until_no_workers_but(known)


def test_a_checker_that_comes_to_no_end_accepts_nothing(runner: asyncio.Runner) -> None:
    async def check() -> None:
        hurried = Interpreter(Limits(memory_mb=0.01), workers=1)
        await hurried.open()
        try:
            await hurried.check_types("find()", "def find() -> None: ...")
        finally:
            await hurried.close()

    with pytest.raises(RunError, match="checker"):
        runner.run(check())


@pytest.mark.parametrize(
    ("source", "row"), [("x = 1\ndel x", 3), ("def f():\n    yield 1", 3), ("try: pass\nexcept* OSError: pass", 2)]
)
def test_the_checker_reports_what_the_sandbox_does_not_know(
    runner: asyncio.Runner, interpreter: Interpreter, source: str, row: int
) -> None:
    (found,) = runner.run(interpreter.check_types(source, ""))
    assert (found["name"], found["location"]["row"]) == ("unsupported", row)


@pytest.mark.parametrize(
    "source",
    [
        "(find)(object=1)",
        "find(\n  object=1,\n)",
        "x = (find(object=1))",
        "x = [find(object=1) for i in (1,)]",
        "say(text=find(object=(1)))",
        "(x := find(object=1))",
        "if find(object=1) is None: pass",
        "def f():\n\tfind(object=1)\nf()",
        "x = 'ä👋'; find(object=1)",
        "find (object=1)",
        "find\\\n(object=1)",
        "(((find)))(object=1)",
        "find(object=1) # é",
        "not find(object=1)",
        "for i in (find(object=1), 2): pass",
        "x = {'a': find(object=1)}['a']",
    ],
)
def test_sandbox_and_verifier_see_a_call_at_the_same_place(
    runner: asyncio.Runner, interpreter: Interpreter, source: str
) -> None:
    host = Recorder()
    run(runner, interpreter, source, host)
    assert [call.arguments for call in host.calls if call.site.api == "find"] == [{"object": 1}]


def test_it_says_that_it_is_closed(runner: asyncio.Runner) -> None:
    with pytest.raises(RunError, match="open"):
        runner.run(Interpreter().run("x = find()", APIS, Recorder()))


def test_a_missing_sandbox_is_the_operators_affair(
    runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MONTY_BIN", str(tmp_path / "nothing"))
    with pytest.raises(ConfigError, match="install pydantic-monty"):
        runner.run(Interpreter().open())


@pytest.mark.parametrize("source", ["find()", "while True:\\n    pass"])
def test_workers_end_when_this_process_is_killed(source: str, tmp_path: Path) -> None:
    """Also one that computes: its own limit ends it."""
    program = textwrap.dedent(f"""
        import asyncio, sys
        from taskmatrix_ros.executor.sandbox.interpreter import Interpreter, Limits

        async def main():
            interpreter = Interpreter(Limits(compute_s=1.0), workers=1)
            await interpreter.open()
            async def wait(call):
                await asyncio.Event().wait()
            task = asyncio.create_task(interpreter.run("{source}", ["find"], wait))
            await asyncio.sleep(0.2)
            print("running", flush=True)
            await asyncio.wait({{task}})
            await asyncio.Event().wait()

        asyncio.run(main())
    """)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env={**os.environ}) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"running\n"
        children = [
            int(pid)
            for task in Path(f"/proc/{process.pid}/task").iterdir()
            for pid in (task / "children").read_text().split()
        ]
        assert children
        process.kill()
    deadline = time.monotonic() + 60
    while any(alive(pid) for pid in children):
        assert time.monotonic() < deadline, "a worker outlived its parent"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


SLOW = "total = 0\nfor n in range(2000000):\n    total = total + n\n"
"""Takes a tenth of a second, on a fast machine too: far longer than the test's loop waits by itself."""


class Watched(Interpreter):
    """Keeps for whom a worker was taken: for the loop, which waits for it by itself, or for a thread."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.taken: list[str] = []

    async def take_desk(self, *, quick: bool = False) -> Desk:
        self.taken.append("loop" if quick else "thread")
        return await super().take_desk(quick=quick)


def test_code_that_computes_long_goes_on_in_a_thread_and_calls_once(runner: asyncio.Runner) -> None:
    """That the loop turns while a thread waits is seen where a run is cancelled that computes."""
    interpreter = Watched(Limits(compute_s=60.0, quick_s=0.001))
    host = Recorder(find=CallFailed("no", code="LOST"), ask=3)
    source = (
        "say(text='first')\ntry:\n    find()\nexcept RuntimeError as e:\n    say(text=str(e))\n"
        f"{SLOW}say(text=str(total))\nsay(text=str(ask() + total))"
    )

    async def scenario() -> None:
        await interpreter.open()
        try:
            await interpreter.run(source, APIS, host)
        finally:
            await interpreter.close()

    runner.run(scenario())
    assert host.said == ["first", "LOST: no", "1999999000000", "1999999000003"]
    assert [call.site.api for call in host.calls] == ["say", "find", "say", "say", "ask", "say"]
    assert interpreter.taken == ["loop", "thread"]


def test_a_worker_that_does_not_look_at_its_clock_is_no_danger_to_the_loop(runner: asyncio.Runner) -> None:
    """One operation that takes minutes: the quick worker is killed early, the other after its grace."""
    interpreter = Watched(Limits(compute_s=0.3, memory_mb=200.0))

    async def scenario() -> float:
        await interpreter.open()
        began_s = time.monotonic()
        try:
            with pytest.raises(BudgetExceeded, match=r"did not answer within 0\.3 s of computing"):
                await interpreter.run("find()\nx = 7 ** (10 ** 8)", APIS, Recorder())
            return time.monotonic() - began_s
        finally:
            await interpreter.close()

    assert runner.run(scenario()) < 30
    assert interpreter.taken == ["loop", "thread"]
