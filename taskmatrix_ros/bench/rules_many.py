"""Many rules at once: how long a start takes to take them up, and a month of a house to be tried."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from taskmatrix_ros.app.system import System
from taskmatrix_ros.bench.figure import Figure
from taskmatrix_ros.core.errors import RunError
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.core.rule import Rule
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.rules.simulation import Simulation, StateChange
from taskmatrix_ros.store.database import Database
from taskmatrix_ros.store.rule_store import RuleStore

LOADED = 10_000
SIMULATED_RULES = 200
SIMULATED_DAYS = 30
BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
BERLIN = HomePlace(time_zone="Europe/Berlin", latitude_deg=52.5, longitude_deg=13.4)
ROOMS = ("kitchen", "hall", "bath", "study", "attic", "cellar", "porch", "garage", "nursery", "lounge")


def make_rules(count: int) -> Iterator[Rule]:
    """Make rules of every kind of trigger, each with a condition of its own, over a house of ten rooms."""
    for number in range(count):
        room, bound = ROOMS[number % len(ROOMS)], 12 + number % 15
        key = f"{room}.temperature_c"
        triggers = (
            {"kind": "state", "key": key, "below": bound},
            {"kind": "state", "key": key, "above": bound, "for_s": 300},
            {"kind": "time", "at": f"{number % 24:02}:{number % 60:02}"},
            {"kind": "cron", "expression": f"{number % 60} */2 * * *"},
            {"kind": "state", "key": f"{room}.motion", "to": "on"},
            {"kind": "sun", "event": "sunset", "offset_s": number % 3600},
            {"kind": "before", "key": "user.departure_at", "offset_s": 60 + number % 1800},
            {"kind": "interval", "every_s": 600 + number % 3000},
        )
        yield Rule.model_validate(
            {
                "id": f"rule_{number}",
                "text": f"Rule {number} of the {room}",
                "triggers": [triggers[number % len(triggers)]],
                "condition": f'state["{key}"] < {bound + 3} || weekday("sat", "sun") && age_s("{key}") > {number}',
                "action": {"code": f'bench_ring(tune="{"low" if number % 2 else "high"}")'},
                "mode": "parallel",
            }
        )


def make_history(days: int, seed: int = 0) -> Iterator[StateChange]:
    """Make a house's month: one change of state a minute, now the temperature of a room, now its motion."""
    chance = random.Random(seed)
    degrees = dict.fromkeys(ROOMS, 18.0)
    for minute in range(days * 24 * 60):
        at, room = BEGIN + timedelta(minutes=minute, seconds=30), chance.choice(ROOMS)
        if minute % 3 == 0:
            yield StateChange(at, f"{room}.motion", chance.choice(("on", "off")))
        else:
            degrees[room] = min(32.0, max(5.0, degrees[room] + chance.uniform(-2, 2)))
            yield StateChange(at, f"{room}.temperature_c", round(degrees[room], 1))


async def load_s(count: int) -> Figure:
    """Time a start that finds rules in its store: read, checked, indexed, every deadline set."""
    with tempfile.TemporaryDirectory(prefix="taskmatrix-bench-") as folder:
        file = Path(folder) / "state" / "taskmatrix.sqlite"
        database = Database(file)
        database.open()
        store = RuleStore(database)
        with store.transaction():
            for rule in make_rules(count):
                store.save(rule)
        database.close()
        system = System([resource("config/bench/rules.yaml")], store_file=file, place=BERLIN)
        await system.open()
        try:
            began = time.perf_counter()
            system.recover()
            spent_s = time.perf_counter() - began
            if len(system.rules.engine.rules()) != count:
                raise RunError(f"bench: not all of {count} rules were taken up", code="BENCH")
        finally:
            await system.close()
    return Figure(name="load10000_s", value=spent_s, unit="s", note=f"{count} rules, eight kinds of triggers")


def simulate_s() -> Figure:
    """Time a month of a house; it is tried twice, and must come to the same."""
    rules = tuple(make_rules(SIMULATED_RULES))
    spent, stories = [], []
    for _ in range(2):
        history = list(make_history(SIMULATED_DAYS))
        began = time.perf_counter()
        traces, _ = Simulation(rules, BERLIN).run(BEGIN, BEGIN + timedelta(days=SIMULATED_DAYS), history)
        spent.append(time.perf_counter() - began)
        stories.append(traces)
    if stories[0] != stories[1]:
        raise RunError("bench: the same month came to something else the second time", code="BENCH")
    note = f"{len(stories[0])} lines of story, the same twice"
    return Figure(name="simulate30d_s", value=max(spent), unit="s", note=note)
