"""A Home Assistant that is away in the middle of many commands: what became of each, by its own count."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from taskmatrix_ros.app.profile.apis_settings import ApisSettings
from taskmatrix_ros.bench.bench_system import BenchSystem, bench_system
from taskmatrix_ros.bench.ended_command import EndedCommand
from taskmatrix_ros.bench.figure import Figure
from taskmatrix_ros.bench.home_assistant_server import HomeAssistantServer
from taskmatrix_ros.bench.home_witness import WITNESS, HomeWitness
from taskmatrix_ros.bindings.homeassistant.homeassistant_binding import HomeAssistantBinding
from taskmatrix_ros.bindings.homeassistant.homeassistant_settings import HomeAssistantSettings
from taskmatrix_ros.core.ids import id_time_s
from taskmatrix_ros.core.outcome import Confirmation, Status

MANIFEST = "home_outage.yaml"
COMMANDS = 100
KINDS = ("keep", "press", "press_slowly", "press_soon")
"""Of these, the first may be done twice; the others must not, and the last must not be done late."""

EXPIRES_S = 0.3
ARRIVES_S = 2.0
"""So long a busy machine may take to hand on what was sent in time."""

BEFORE_S = 1.0
PACE_S = 0.1
"""Between two commands; slower where the outage would outlast them all."""

RETURNS_WITHIN_S = 240.0

SLOW = "slow_start"
SLOW_CODE = """import asyncio


async def async_setup(hass, config):
    await asyncio.sleep({seconds})
    return True
"""


@dataclass(frozen=True, kw_only=True)
class HomeOutage:
    """How Home Assistant goes and returns.

    ``gone_s`` passes between its end and its new start. ``kill``: it is not asked to end. ``frozen``: it is stopped as
    it is for ``gone_s`` and goes on. ``slow_start_s``: it serves, and does what it is told, that long before it says
    that it runs, as a home does that has an integration that is slow.
    """

    name: str
    gone_s: float = 0.0
    kill: bool = False
    frozen: bool = False
    slow_start_s: float = 0.0


OUTAGES = (
    (HomeOutage(name="restart"), "ha_recovery_s"),
    (HomeOutage(name="kill", gone_s=30.0, kill=True, slow_start_s=15.0), "ha_recovery_slow_start_s"),
)
"""What is measured, and the figure that says how soon it goes on."""


@dataclass(frozen=True, kw_only=True)
class HomeOutageTruth:
    """What the drill found.

    ``recovery_s``: from the moment another client's service call was done again to the first command of ours that was
    asked for after the end of Home Assistant and is done and confirmed. ``away_s``: from its end to that moment.
    """

    ended: tuple[EndedCommand, ...]
    unaccounted: int
    sent_late: int
    doubled: int
    untrue: int
    in_doubt: int
    unconfirmed: int
    recovery_s: float
    away_s: float

    def counted(self) -> str:
        """Say in words how they ended."""
        ends = Counter(
            f"{one.kind} {one.outcome.status.value}/{one.outcome.confirmation.value}"
            for one in self.ended
            if one.outcome
        )
        return ", ".join(f"{count} {what}" for what, count in sorted(ends.items()))


async def measure_home_outage(announce: Callable[[str], None]) -> Sequence[Figure]:
    """Take the figures.

    :raises ConfigError: no Home Assistant is installed, or it does not start.
    """
    truths = []
    for outage, _ in OUTAGES:
        announce(f"{COMMANDS} commands, Home Assistant away in the middle of them ({outage.name})")
        truth = await drill(outage, announce)
        truths.append(truth)
    unit, total = "commands", len(truths) * COMMANDS
    words = "; ".join(f"{outage.name}: {truth.counted()}" for (outage, _), truth in zip(OUTAGES, truths, strict=True))

    def figure(name: str, note: str) -> Figure:
        value = sum(getattr(truth, name) for truth in truths)
        return Figure(name=f"ha_outage_{name}", value=value, unit=unit, note=note)

    return (
        figure("unaccounted", f"of {total}: {words}"),
        figure("sent_late", "done after they had expired"),
        figure("doubled", "done or sent twice, where that is not allowed"),
        figure("untrue", "done or not, against what was told"),
        figure("in_doubt", "left to a person"),
        figure("unconfirmed", "done by Home Assistant's word alone"),
        *(
            Figure(name=name, value=truth.recovery_s, unit="s", note=f"after {truth.away_s:.1f} s away ({outage.name})")
            for (outage, name), truth in zip(OUTAGES, truths, strict=True)
        ),
    )


async def drill(
    outage: HomeOutage, announce: Callable[[str], None] = lambda _line: None, commands: int = COMMANDS
) -> HomeOutageTruth:
    """Send commands at a steady pace, end Home Assistant among them and bring it back.

    :raises ConfigError: no Home Assistant is installed, or it does not start.
    """
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="taskmatrix-bench-")))
        server = HomeAssistantServer(
            folder / "server", configuration(commands, outage.slow_start_s > 0), start_within_s=RETURNS_WITHIN_S
        )
        server.folder.mkdir()
        write_slow_integration(server.folder, 0.0)
        stack.callback(server.close)
        await asyncio.to_thread(server.open)
        write_slow_integration(server.folder, outage.slow_start_s)
        token_file = folder / "token"
        token_file.write_text(server.token)
        witness = HomeWitness(server)
        witness.open()
        stack.callback(witness.close)
        settings = HomeAssistantSettings(url=server.url, token_file=token_file, expose="all")
        make = lambda catalogue, state: (HomeAssistantBinding(settings, catalogue, state),)  # noqa: E731
        trust = ApisSettings(trust=("homeassistant",))
        system = await stack.enter_async_context(bench_system(MANIFEST, make, apis=trust))
        return await _Drill(system, server, witness, outage, commands, announce).run()


class _Drill:
    def __init__(
        self,
        system: BenchSystem,
        server: HomeAssistantServer,
        witness: HomeWitness,
        outage: HomeOutage,
        commands: int,
        announce: Callable[[str], None],
    ) -> None:
        self._system = system
        self._server = server
        self._witness = witness
        self._outage = outage
        self._commands = commands
        self._announce = announce
        self._gone_at_s = 0.0

    async def run(self) -> HomeOutageTruth:
        pending: list[asyncio.Task[EndedCommand]] = []

        async def send(until: Callable[[], bool], pace_s: float) -> None:
            while len(pending) < self._commands and not until():
                pending.append(asyncio.create_task(self._one(len(pending))))
                await asyncio.sleep(pace_s)

        outage = asyncio.create_task(self._go_and_return())
        # the last quarter is kept for the time after the return, whenever that is
        middle = self._commands - self._commands // 4
        await send(lambda: len(pending) >= middle, max(PACE_S, (BEFORE_S + self._outage.gone_s + 5.0) / middle))
        back_at_s = await outage
        await send(lambda: False, PACE_S)
        await asyncio.wait(pending, timeout=300)
        for task in pending:
            task.cancel()
        ended = tuple(
            task.result()
            if task.done() and not task.cancelled()
            else EndedCommand(number, _kind(number), 0.0, 0.0, None)
            for number, task in enumerate(pending)
        )
        await asyncio.gather(*pending, return_exceptions=True)
        return await asyncio.to_thread(self._truth, ended, back_at_s)

    async def _go_and_return(self) -> float:
        """:returns: the moment another client's service call was done again, in seconds of steady time."""
        await asyncio.sleep(BEFORE_S)
        if self._outage.frozen:
            return await self._freeze()
        await asyncio.to_thread(self._witness.wait_return, RETURNS_WITHIN_S)
        await asyncio.to_thread(self._server.stop, signal.SIGKILL if self._outage.kill else signal.SIGTERM)
        self._witness.returned.clear()
        self._gone_at_s = time.monotonic()
        if self._outage.gone_s:
            self._announce(f"Home Assistant is gone for {self._outage.gone_s:g} s")
            await asyncio.sleep(self._outage.gone_s)
        self._announce("Home Assistant starts again")
        await asyncio.to_thread(self._server.launch)
        back_at_s = await asyncio.to_thread(self._witness.wait_return, RETURNS_WITHIN_S)
        await asyncio.to_thread(self._server.wait_ready)
        self._announce(
            f"it did what it was told after {back_at_s - self._gone_at_s:.1f} s and ran after "
            f"{time.monotonic() - self._gone_at_s:.1f} s"
        )
        return back_at_s

    async def _freeze(self) -> float:
        assert self._server.pid is not None
        self._gone_at_s = time.monotonic()
        os.kill(self._server.pid, signal.SIGSTOP)
        await asyncio.sleep(self._outage.gone_s)
        back_at_s = time.monotonic()
        os.kill(self._server.pid, signal.SIGCONT)
        return back_at_s

    async def _one(self, number: int) -> EndedCommand:
        code = await self._system.verify(_source(number))
        asked_at_s = time.monotonic()
        result = await self._system.run(code)
        outcome = None
        if result.calls:
            outcome = result.calls[-1].outcome
            asked_at_s = time.monotonic() - (time.time() - id_time_s(result.calls[0].call.call_id))
        return EndedCommand(number, _kind(number), asked_at_s, time.monotonic(), outcome, len(result.calls))

    def _truth(self, ended: tuple[EndedCommand, ...], back_at_s: float) -> HomeOutageTruth:
        first_s = dict(reversed(self._witness.rises))
        came = Counter(entity_id for entity_id, _ in self._witness.rises)
        once = [one for one in ended if one.kind != "keep"]
        told = [one.outcome for one in ended if one.outcome is not None]
        done_anew_s = [
            one.ended_at_s - back_at_s
            for one in ended
            if one.outcome is not None
            and one.asked_at_s > self._gone_at_s
            and one.outcome.ok
            and one.outcome.confirmation is Confirmation.CONFIRMED
        ]
        return HomeOutageTruth(
            ended=ended,
            unaccounted=sum(1 for one in ended if one.outcome is None),
            sent_late=sum(
                1
                for one in ended
                if one.kind == "press_soon" and first_s.get(_entity(one), 0.0) > one.asked_at_s + EXPIRES_S + ARRIVES_S
            ),
            doubled=sum(1 for one in once if one.sent > 1 or came[_entity(one)] > 1),
            untrue=sum(1 for one in ended if self._is_untrue(one, came[_entity(one)])),
            in_doubt=sum(1 for outcome in told if outcome.status is Status.IN_DOUBT),
            unconfirmed=sum(1 for outcome in told if outcome.ok and outcome.confirmation is not Confirmation.CONFIRMED),
            recovery_s=max(0.0, min(done_anew_s, default=float("inf"))),
            away_s=back_at_s - self._gone_at_s,
        )

    def _is_untrue(self, one: EndedCommand, came: int) -> bool:
        """Whether it was told done and was not, or told not done and was."""
        outcome = one.outcome
        if outcome is None or outcome.status is Status.IN_DOUBT:
            return False
        if one.kind == "keep":
            said = self._server.state_of(_entity(one))["state"]
            return outcome.ok and not self._outage.kill and float(said) != one.number
        if outcome.ok:
            return came == 0
        # killed, it has forgotten what it had not written down, and the world shows that
        return int(self._server.state_of(_entity(one))["state"]) > 0


def configuration(commands: int, with_frontend: bool) -> dict[str, Any]:
    """Give what Home Assistant is configured with: a number and a counter for each command."""
    press_slowly = {
        # answers long after it counts, and counts long after it was called: the end falls before, or between
        "sequence": [
            {"delay": {"milliseconds": 150}},
            {"service": "counter.increment", "target": {"entity_id": "{{ 'counter.' ~ name }}"}},
            {"delay": {"milliseconds": 150}},
        ],
        "mode": "parallel",
        "max": commands,
    }
    return {
        "counter": {WITNESS.partition(".")[2]: None} | {f"c{number}": None for number in range(commands)},
        "input_number": {f"kept_{number}": {"min": -1, "max": commands} for number in range(commands)},
        "script": {"press_slowly": press_slowly},
    } | ({"frontend": None, SLOW: None} if with_frontend else {})  # with its frontend, it serves while it starts


def write_slow_integration(folder: Path, seconds: float) -> None:
    """Write the integration that takes its time. :param folder: Home Assistant's own."""
    place = folder / "custom_components" / SLOW
    place.mkdir(parents=True, exist_ok=True)
    about = {"domain": SLOW, "name": "Slow", "version": "1.0.0", "documentation": "", "codeowners": []}
    (place / "manifest.json").write_text(json.dumps(about))
    (place / "__init__.py").write_text(SLOW_CODE.format(seconds=seconds))


def _kind(number: int) -> str:
    return KINDS[number % len(KINDS)]


def _entity(one: EndedCommand) -> str:
    return f"input_number.kept_{one.number}" if one.kind == "keep" else f"counter.c{one.number}"


def _source(number: int) -> str:
    kind = _kind(number)
    if kind == "keep":
        return f'input_number_set_value(entity_id=["input_number.kept_{number}"], value={number})\n'
    return f'{kind}(name="c{number}")\n'
