"""Timers: set, changed, and asked about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.core.errors import ClarificationNeeded, PlanningError
from taskmatrix_ros.core.home import HomeTimer
from taskmatrix_ros.planner.grammar.clause_reader import Doing
from taskmatrix_ros.planner.grammar.expansion import Statement
from taskmatrix_ros.planner.grammar.reading import UNKNOWN_NAME
from taskmatrix_ros.planner.home.command import Command, Handler, Stage
from taskmatrix_ros.planner.home.home_index import singular
from taskmatrix_ros.planner.home.resolver import listed


@dataclass(frozen=True, slots=True)
class WhichTimer:
    """How a timer was told from others; all empty for "the timer". ``start_s``: what it was set to."""

    name: str = ""
    area: str = ""
    start_s: float = 0.0
    every: bool = False

    @property
    def data(self) -> dict[str, Any]:
        """Give it as arguments."""
        told: dict[str, Any] = {}
        if self.name:
            told["name"] = self.name
        if self.area:
            told["area"] = self.area
        if self.start_s:
            told["start_s"] = _whole(self.start_s)
        return told

    def fits(self, timer: HomeTimer) -> bool:
        """Whether a timer is one that is meant."""
        return (
            (not self.name or _plain(timer.name or "") == _plain(self.name))
            and (not self.area or timer.area == self.area)
            and (not self.start_s or abs(timer.duration_s - self.start_s) < 1)
        )


def _plain(name: str) -> str:
    """Give a name as it is compared: the ``egg`` timer is the one for ``eggs``."""
    return " ".join(singular(word) for word in name.casefold().split() if word not in ("the", "my"))


def _start(command: Command, _stage: Stage) -> Doing:
    data: dict[str, Any] = {"duration_s": _whole(command.slots["duration"])}
    if command.slots.get("name"):
        data["name"] = str(command.slots["name"])
    return _call("timer_start", data)


def _which(command: Command, stage: Stage) -> WhichTimer:
    """Give the timer that is meant; where several are known and run, it must be told which."""
    which: WhichTimer = command.slots["timer"]
    known = stage.index.home.timers
    running = [timer for timer in known if which.fits(timer)]
    if known and not running:
        there = listed(timer_title(timer, stage) for timer in known)
        raise PlanningError(f"there is no such timer; there are: {there}", code=UNKNOWN_NAME)
    if len(running) > 1 and not which.data and all(timer.name or timer.area for timer in running):
        choices = [timer_title(timer, stage) for timer in running]
        raise ClarificationNeeded(f"Which timer: {listed(choices, 'or')}?", choices=choices)
    return which


def _simple(api: str) -> Handler:
    def handle(command: Command, stage: Stage) -> Doing:
        return _call(api, _which(command, stage).data)

    return handle


def _by(api: str) -> Handler:
    def handle(command: Command, stage: Stage) -> Doing:
        return _call(api, {"duration_s": _whole(command.slots["duration"]), **_which(command, stage).data})

    return handle


def _cancel_all(command: Command, _stage: Stage) -> Doing:
    area = command.slots.get("area")
    return _call("timer_cancel_all", {"area": area} if area else {})


def _status(command: Command, stage: Stage) -> Doing:
    which: WhichTimer = command.slots.get("timer", WhichTimer())
    timers = [timer for timer in stage.index.home.timers if which.fits(timer)]
    if not timers:
        return Doing(answer="There is no such timer." if which.data else "There are no timers.")
    lines = [f"{timer_title(timer, stage)}: {_left(timer)}" for timer in timers]
    active = sum(timer.is_active for timer in timers)
    head = ""
    if len(timers) > 1:
        counts = []
        if active:
            counts.append(f"{active} running timer{'s' if active != 1 else ''}")
        if paused := len(timers) - active:
            counts.append(f"{paused} paused timer{'s' if paused != 1 else ''}")
        head = f"{', '.join(counts)}. "
    return Doing(answer=f"{head}{'; '.join(lines)}.")


def _left(timer: HomeTimer) -> str:
    paused = "" if timer.is_active else "paused, "
    if timer.total_seconds_left is None:
        return f"{paused}how much is left is not known"
    return f"{paused}{spoken_duration(timer.total_seconds_left)} left"


def timer_title(timer: HomeTimer, stage: Stage) -> str:
    """Say which timer it is."""
    parts = []
    if timer.duration_s:
        parts.append(spoken_duration(timer.duration_s))
    if timer.name:
        parts.append(timer.name)
    if timer.area:
        area = stage.index.areas.get(timer.area)
        parts.append(area.name if area else timer.area)
    return f"{' '.join(parts)} timer".strip()


def spoken_duration(seconds: float) -> str:
    """Say a time: ``1 hour, 15 minutes and 30 seconds``."""
    whole = round(seconds)
    parts = []
    for name, size in (("hour", 3600), ("minute", 60), ("second", 1)):
        count, whole = divmod(whole, size)
        if count:
            parts.append(f"{count} {name}{'s' if count != 1 else ''}")
    return listed(parts) or "0 seconds"


def _call(api: str, data: Mapping[str, Any]) -> Doing:
    return Doing(statements=(Statement(api, dict(data), "", (api,)),))


def _whole(seconds: float) -> int | float:
    return int(seconds) if float(seconds).is_integer() else seconds


HANDLERS: Mapping[str, Handler] = {
    "timer_start": _start,
    "timer_cancel": _simple("timer_cancel"),
    "timer_cancel_all": _cancel_all,
    "timer_pause": _simple("timer_pause"),
    "timer_unpause": _simple("timer_unpause"),
    "timer_increase": _by("timer_increase"),
    "timer_decrease": _by("timer_decrease"),
    "timer_status": _status,
}
