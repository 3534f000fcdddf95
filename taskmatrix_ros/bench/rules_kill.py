"""Kill -9 among pending work: a ``for``, a ``wait``, a queue and a cron moment must each come once, and in time."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from taskmatrix_ros.app.processes.broker import HOST
from taskmatrix_ros.app.processes.child_process import ChildProcess
from taskmatrix_ros.bench.figure import Figure
from taskmatrix_ros.core.errors import RunError

QUEUED = 5
PATIENCE_S = 150.0
LEADS_S = (9.0, 20.0, 40.0)
"""Seconds until the cron moment: the process is up, busy and killed before. A slow machine gets more of them."""
DOWN_S = 1.0
"""Seconds from the cron moment to the restart."""

RULES = """
rules:
  - {{id: held, triggers: [{{kind: state, key: bench.door, to: open, for_s: {for_s}}}], action: {{code: 'bench_chime(tune="held")'}}}}
  - id: waits
    triggers: [{{kind: state, key: bench.door, to: open}}]
    action:
      code: |
        bench_chime(tune="begun")
        wait(duration_s={wait_s})
        bench_chime(tune="waited")
  - id: queue
    mode: queued
    bound: {queued}
    triggers: [{{kind: state, key: bench.turn}}]
    action:
      code: |
        bench_chime(tune="queued")
        wait(duration_s=0.6)
  - {{id: cron, triggers: [{{kind: cron, expression: '{cron}'}}], action: {{code: 'bench_chime(tune="cron")'}}}}
"""  # noqa: E501 - one rule a line


@dataclass
class Judge:
    """Hears what was done, and when."""

    port: int
    heard: list[tuple[str, datetime]] = field(default_factory=list)

    def open(self) -> None:
        """Listen."""
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._listening = False
        self._client.on_connect = self._connected
        self._client.on_subscribe = self._subscribed
        self._client.on_message = self._hear
        self._client.connect(HOST, self.port)
        self._client.loop_start()

    def close(self) -> None:
        """Listen no more."""
        self._client.disconnect()
        self._client.loop_stop()

    def say(self, topic: str, payload: str, *, retain: bool = False) -> None:
        """Publish, and wait until the broker has it."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(PATIENCE_S)

    def times(self, tune: str) -> list[datetime]:
        """Give when something was done."""
        return [at for what, at in tuple(self.heard) if what == tune]

    async def until(self, fact: Callable[[], bool], what: str) -> None:
        """Wait for a fact. :raises TimeoutError: it does not come about."""
        until_s = time.monotonic() + PATIENCE_S
        while not fact():
            if time.monotonic() > until_s:
                raise TimeoutError(f"bench: {what} did not come about; heard {self.heard}")
            await asyncio.sleep(0.02)

    @property
    def is_listening(self) -> bool:
        """Whether the broker has taken the subscription."""
        return self._listening

    def _connected(self, *_: Any) -> None:
        self._client.subscribe("bench/chime", qos=1)

    def _subscribed(self, *_: Any) -> None:
        self._listening = True

    def _hear(self, _client: Any, _userdata: Any, message: Any) -> None:
        self.heard.append((message.payload.decode(), datetime.now(UTC)))


@dataclass(frozen=True, kw_only=True)
class KillReport:
    """What became of the pending work.

    ``counts``: how often each was done; ``wanted``: how often it should have been; ``late_s``: seconds after its
    moment, of what was missed after the restart; ``was_up``: whether the process was back before that moment;
    ``early``: what was done before the earliest moment at which it could have been due, however late it was heard of.
    """

    counts: dict[str, int]
    wanted: dict[str, int]
    late_s: dict[str, float]
    was_up: dict[str, bool]
    early: tuple[str, ...]

    @property
    def each_once(self) -> bool:
        """Whether nothing was lost and nothing done twice."""
        return self.counts == self.wanted

    def figures(self) -> list[Figure]:
        """Give what a bench shows."""
        right = sum(1 for name, count in self.wanted.items() if self.counts[name] == count)
        worst = max(late_s for name, late_s in self.late_s.items() if self.was_up[name])
        said = ", ".join(f"{name} {count} of {self.wanted[name]}" for name, count in self.counts.items())
        return [
            Figure(name="kill9_right", value=right, unit="kinds", note=f"of {len(self.wanted)}: {said}"),
            Figure(name="kill9_late_s", value=worst, unit="s", note="after its own moment, of what was not missed"),
        ]


async def kill_drill(port: int, folder: Path, *, for_s: float, wait_s: float) -> KillReport:
    """Let work pend, kill its process, start it again, and hear what comes.

    :param for_s: long enough for the process to be back before; likewise ``wait_s``.
    """
    for attempt, lead_s in enumerate(LEADS_S):
        place = folder / f"attempt-{attempt}"
        place.mkdir()
        if (report := await _drill(port, place, for_s, wait_s, lead_s)) is not None:
            return report
    raise RunError(f"bench: this machine took more than {LEADS_S[-1]:g} s to begin; try again", code="BENCH")


async def _drill(port: int, folder: Path, for_s: float, wait_s: float, lead_s: float) -> KillReport | None:
    """Do it once. :returns: None where the cron moment was over before the kill."""
    judge = Judge(port)
    judge.open()
    try:
        await judge.until(lambda: judge.is_listening, "the subscription")
        judge.say("bench/door", "closed", retain=True)
        cron_at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=lead_s)
        file = folder / "rules.yaml"
        file.write_text(_rules(for_s, wait_s, cron_at), encoding="utf-8")
        home = await _start(port, folder, file)
        try:
            judge.say("bench/turn", "0")
            opened_at = datetime.now(UTC)
            judge.say("bench/door", "open", retain=True)
            for turn in range(1, QUEUED + 2):
                judge.say("bench/turn", str(turn))
            await judge.until(lambda: bool(judge.times("begun") and judge.times("queued")), "the beginning")
        finally:
            assert home.pid is not None
            os.kill(home.pid, signal.SIGKILL)
            await home.close()
        if datetime.now(UTC) >= cron_at:
            return None
        await asyncio.sleep((cron_at - datetime.now(UTC)).total_seconds() + DOWN_S)
        home = await _start(port, folder, file)
        up_at = datetime.now(UTC)
        wanted = {"held": 1, "begun": 1, "waited": 1, "queued": QUEUED + 1, "cron": 1}
        try:
            await judge.until(lambda: all(len(judge.times(name)) >= count for name, count in wanted.items()), "all")
            await asyncio.sleep(2.0)  # what comes twice would come now
        finally:
            await home.close()
        due = {
            "held": opened_at + timedelta(seconds=for_s),
            "waited": judge.times("begun")[0] + timedelta(seconds=wait_s),
            "cron": up_at,
        }
        late = {name: (judge.times(name)[0] - at).total_seconds() for name, at in due.items()}
        was_up = {name: up_at < at for name, at in due.items()}
        counts = {name: len(judge.times(name)) for name in wanted}
        earliest = {
            "held": opened_at + timedelta(seconds=for_s),
            "waited": opened_at + timedelta(seconds=wait_s),
            "cron": cron_at,
        }
        early = tuple(name for name, at in earliest.items() if judge.times(name)[0] < at)
        return KillReport(counts=counts, wanted=wanted, late_s=late, was_up=was_up, early=early)
    finally:
        judge.close()


def _rules(for_s: float, wait_s: float, cron_at: datetime) -> str:
    cron = f"{cron_at.second} {cron_at.minute} {cron_at.hour} {cron_at.day} {cron_at.month} *"
    return RULES.format(for_s=for_s, wait_s=wait_s, cron=cron, queued=QUEUED)


async def _start(port: int, folder: Path, file: Path) -> ChildProcess:
    given = ("--port", str(port), "--folder", str(folder), "--rules", str(file))
    argv = (sys.executable, "-m", "taskmatrix_ros.bench.rules_home", *given)
    child = ChildProcess("killed-home", argv, folder / "logs", ready_within_s=PATIENCE_S)
    await child.open()
    return child
