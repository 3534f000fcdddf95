"""Five thousand random programs: no call ever reaches a device that documents, limits and policy do not allow.

Each runs as if the verifier had let it through, against sandbox and Gate alone; those that the verifier does let
through run as they would, on devices that fail now and then.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from fakes import Bench, failure
from home_documents import DOCUMENTS, Shelf, code, document
from oracle import forbidden
from program_maker import ProgramMaker

from taskmatrix_ros.core.api_document import ApiDocument, RateLimit
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import BudgetExceeded, CallError, CallRefused, RunError, VerificationError
from taskmatrix_ros.core.instruction import Channel, Instruction
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.policy import Policy
from taskmatrix_ros.core.ports import Progress
from taskmatrix_ros.core.run import RunStatus
from taskmatrix_ros.executor.sandbox.gathering import Gathering
from taskmatrix_ros.executor.sandbox.interpreter import ExternalCall, Interpreter
from taskmatrix_ros.executor.source.source_map import parse_source
from taskmatrix_ros.executor.verification.argument_rules import check_arguments
from taskmatrix_ros.executor.verification.code_rules import check_code, check_structure

PARTS = 10
PROGRAMS = 500
"""Of each part."""
SEED = 20261120
SIDE_BY_SIDE = 4

ENDS = (RunStatus.SUCCEEDED, RunStatus.UNCONFIRMED, RunStatus.FAILED, RunStatus.UNAVAILABLE)
ANSWERS = (1, 22.5, "hall", "", None, True, [20], {"b": 2}, -1, 1e300, 25, "cup", 10**6)
PROBE = document("probe", returns={"type": "object"}, effect="read")
NARROWED: dict[str, dict[str, Any]] = {
    "robot_find": {"speakers": ("", "guest")},
    "say": {"rate_limit": RateLimit(calls=4, per_s=3600)},
}
HOUSE = tuple(
    entry.model_copy(update={"confirm_s": 0.005, **NARROWED.get(entry.name, {})}) for entry in (*DOCUMENTS, PROBE)
)
BY_NAME = {entry.name: entry for entry in HOUSE}
POLICY = Policy.model_validate(
    {
        "deny": ["bell_*"],
        "limits": {"ac_set_temperature": {"temperature_c": {"minimum": 18, "maximum": 26}}},
        "zones": [{"name": "vault", "places": ["vault"], "apis": ["robot_*"]}],
        "channels": {"mqtt": {"effects": ["read", "notify"]}},
        "speakers": {"guest": {"deny": ["light_*"]}},
    }
)
ASKED = (
    Instruction(text="x"),
    Instruction(text="x"),
    Instruction(text="x", speaker="guest"),
    Instruction(text="x", speaker="stranger"),
    Instruction(text="x", channel=Channel.MQTT),
)


def against_policy(calls: Iterable[Call], asked: Instruction) -> list[str]:
    """Give the calls that policy and documents above forbid to whoever asked, by hand."""
    found = []
    for call in calls:
        given = call.arguments
        if (
            call.api in ("bell_ring", "door_unlock")
            or (call.api == "ac_set_temperature" and not 18 <= given["temperature_c"] <= 26)
            or (call.api.startswith("robot_") and "vault" in given.values())
            or (asked.channel is Channel.MQTT and BY_NAME[call.api].effect.commands)
            or (asked.speaker == "stranger" and call.api == "robot_find")
            or (asked.speaker == "guest" and call.api.startswith("light_"))
        ):
            found.append(str(call))
    return found


def out_of_order(done: Iterable[Call]) -> list[str]:
    """Give the calls that lack an earlier one which ended well."""
    found, before = [], list[Call]()
    for call in done:
        for rule in BY_NAME[call.api].after:
            wanted = {name: call.arguments[name] for name in rule.same}
            if None in wanted.values():
                continue
            if not any(one.api == rule.api and wanted.items() <= one.arguments.items() for one in before):
                found.append(str(call))
        before.append(call)
    return found


def known_calls(calls: Iterable[Call]) -> list[Call]:
    """Leave ``probe`` out, which may do anything."""
    return [call for call in calls if call.api != "probe"]


class Trial:
    """One program in a house of its own."""

    def __init__(self, number: int, interpreter: Interpreter) -> None:
        rng = random.Random(SEED + number)
        self.source = ProgramMaker(rng, wild=rng.choice((0.0, 0.02, 0.2))).program()
        self.asked = rng.choice(ASKED)
        self._rng = rng
        self._interpreter = interpreter
        self._said = 0
        self._wrong: list[str] = []
        self._bench_of_both = Bench(interpreter, shelf=Shelf(HOUSE), policy=POLICY)

    def _bench(self) -> Bench:
        bench = self._bench_of_both
        bench.state.set("robot.holding", None, source="test:devices")
        bench.devices.values["thermometer_read"] = self._rng.choice((18.0, 25.0, 40.0))
        bench.devices.behaviours = dict.fromkeys(("robot_find", "robot_go_to", "light_off"), self._shaky)
        bench.devices.behaviours |= dict.fromkeys(("robot_pick_up", "robot_put_down"), self._careful)
        bench.devices.behaviours["probe"] = self._probe
        bench.devices.calls.clear()
        return bench

    async def _shaky(self, call: Call, entry: ApiDocument, progress: Progress) -> Outcome:
        if self._rng.random() < 0.2:
            return failure(call, self._rng.choice((Status.FAILED, Status.REJECTED, Status.UNAVAILABLE)))
        return await self._bench_of_both.devices.obey(call, entry, progress)

    async def _careful(self, call: Call, entry: ApiDocument, progress: Progress) -> Outcome:
        state, thing = self._bench_of_both.state, call.arguments["object"]
        held = state.read("robot.holding")
        near = state.read("robot.near")
        holds = held.value if held is not None else None
        by_hand = holds == thing if call.api == "robot_put_down" else holds is None and near and thing in near.value
        if not by_hand:
            self._wrong.append(f"{call} with {holds!r} in hand")
        return await self._bench_of_both.devices.obey(call, entry, progress)

    async def _probe(self, call: Call, _entry: ApiDocument, _progress: Progress) -> Outcome:
        value = {name: self._rng.choice(ANSWERS) for name in "abc"}
        return Outcome(call_id=call.call_id, status=Status.SUCCEEDED, value=value)

    async def without_the_verifier(self, seen: Counter[str]) -> None:
        """Run against sandbox and Gate alone; whatever else is wrong with the program, nothing forbidden goes out."""
        bench, admitted = self._bench(), list[Call]()

        async def admit(wanted: ExternalCall) -> Any:
            seen["asked the Gate"] += 1
            if len(admitted) > 100:
                raise BudgetExceeded("enough")
            entry = BY_NAME[wanted.site.api]
            if wanted.positional:
                raise CallRefused("no positional arguments")
            call = Call(run_id="r", api=entry.name, arguments=dict(wanted.arguments), deadline_s=1)
            arguments = bench.gate.admit(call, entry, self.asked)
            seen["admitted by the Gate"] += 1
            admitted.append(call.model_copy(update={"arguments": arguments}))
            return (
                await bench.devices.behaviours.get(entry.name, bench.devices.obey)(admitted[-1], entry, _ignore)
            ).value

        try:
            parse_source(self.source)
        except SyntaxError:
            return
        gathering = Gathering(admit)
        try:
            await self._interpreter.run(self.source, BY_NAME, gathering)
            seen["ended well without the verifier"] += 1
        except (CallError, RunError):
            seen["failed without the verifier"] += 1
        finally:
            await gathering.close()
        self._judge(admitted)

    async def as_it_would(self, seen: Counter[str]) -> None:
        """Verify; what is let through runs."""
        tree = check_structure(self.source)
        if not hasattr(tree, "body") or check_code(tree, self.source, BY_NAME) or _wrong_arguments(tree, self.source):
            seen["refused early"] += 1
            return
        bench = self._bench()
        try:
            verified = await bench.verifier.verify(code(self.source, HOUSE))
        except VerificationError:
            seen["refused"] += 1
            return
        seen["verified"] += 1
        result = await bench.runner.run(verified, self.asked, "run", bench.listener)
        seen[f"run {result.status.value}"] += 1
        seen["calls sent"] += len(bench.devices.calls)
        assert result.status in ENDS, result
        assert result.error_code not in ("INTERNAL", "NOT_VERIFIED"), (result.summary, self.source)
        self._judge(bench.devices.calls)
        began = {record.call.call_id for record in result.calls}
        assert {call.call_id for call in bench.devices.calls} <= began, "a call went out that the run does not know"
        done = [record.call for record in result.calls if record.outcome is not None and record.outcome.ok]
        sent = {call.call_id for call in bench.devices.calls}
        assert out_of_order(call for call in done if call.call_id in sent) == [], self.source

    def _judge(self, sent: Iterable[Call]) -> None:
        calls = known_calls(sent)
        assert forbidden(calls, only_arguments=True) == [], self.source
        assert against_policy(calls, self.asked) == [], self.source
        assert self._wrong == [], self.source
        self._said += sum(call.api == "say" for call in calls)
        assert self._said <= 4, self.source


def _wrong_arguments(tree: Any, source: str) -> bool:
    return bool(check_arguments(tree, source, BY_NAME))


def _ignore(_report: object) -> None: ...


@pytest.mark.parametrize("part", range(PARTS))
def test_no_random_program_gets_anything_forbidden_through(
    runner: asyncio.Runner, interpreter: Interpreter, part: int
) -> None:
    seen: Counter[str] = Counter()

    async def work(numbers: Iterable[int]) -> None:
        for number in numbers:
            trial = Trial(number, interpreter)
            await trial.without_the_verifier(seen)
            await trial.as_it_would(seen)

    async def main() -> None:
        numbers = iter(range(part * PROGRAMS, (part + 1) * PROGRAMS))
        async with asyncio.TaskGroup() as group:
            for _ in range(SIDE_BY_SIDE):
                group.create_task(work(numbers))

    runner.run(main())
    print(dict(seen))
    assert _enough(seen), dict(seen)


def _enough(seen: Mapping[str, int]) -> bool:
    """Whether the programs were a test at all: many of each kind, and many calls that the Gate had to refuse."""
    refused = seen["asked the Gate"] - seen["admitted by the Gate"]
    return (
        seen["refused early"] + seen["refused"] + seen["verified"] == PROGRAMS
        and min(seen["verified"], seen["refused early"] + seen["refused"]) > PROGRAMS // 5
        and min(refused, seen["admitted by the Gate"], seen["calls sent"]) > PROGRAMS // 2
    )
