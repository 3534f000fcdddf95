"""How often the robot's skills fetch and place in homes they have never seen, judged by the simulator's truth."""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
import yaml

from taskmatrix_ros.app.home.generated_home import GeneratedHome, generate_home
from taskmatrix_ros.app.processes.ros_domain import free_domain
from taskmatrix_ros.bench.fetch_task import FetchTask, TaskReport
from taskmatrix_ros.bench.figure import Figure
from taskmatrix_ros.bench.options import BenchOptions
from taskmatrix_ros.bench.skills_lab import SkillsLab
from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.ros_context import RosContext

DEFAULT_TASKS = 100
TASKS_PER_HOME = 4
ROOMS, OBJECTS = (2, 3, 4), (4, 8)
SPEED = 4.0
DONE_FILE = "tasks.jsonl"

Announce = Callable[[str], None]


async def measure(announce: Announce, options: BenchOptions) -> Sequence[Figure]:
    """Do the tasks; with ``--out`` those that are done are kept there, and a later run goes on after them."""
    os.environ["ROS_DOMAIN_ID"] = str(free_domain())
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    count = options.tasks or DEFAULT_TASKS
    async with AsyncExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="taskmatrix-bench-")))
        folder = options.out or scratch
        folder.mkdir(parents=True, exist_ok=True)
        done = _Done(folder / f"seed_{options.seed}_{DONE_FILE}")
        ros = RosContext()
        ros.open()
        stack.callback(ros.close)
        for first in range(0, count, TASKS_PER_HOME):
            wanted = [n for n in range(first, min(first + TASKS_PER_HOME, count)) if n not in done.reports]
            if wanted:
                await _tasks_of_home(ros, scratch, wanted, options.seed, done, announce)
    return _figures([done.reports[number] for number in range(count)])


async def _tasks_of_home(
    ros: RosContext, scratch: Path, wanted: Sequence[int], seed: int, done: _Done, announce: Announce
) -> None:
    """Do tasks in the home of their numbers, in a fresh one whenever the last ended with something in the hand."""
    remaining = list(wanted)
    while remaining:
        first = remaining[0]
        by = np.random.default_rng([seed, first])
        number = first // TASKS_PER_HOME
        home = _home(number, seed, scratch)
        namespace = f"/bench_{first}"
        thread = NodeThread(ros, "bench_skills", namespace=namespace)
        thread.open()
        lab = SkillsLab(
            thread, home, scratch / f"logs_{first}", namespace=namespace, seed=int(by.integers(10_000)), speed=SPEED
        )
        try:
            await lab.open()
            while remaining:
                task = remaining[0]
                report = await FetchTask(lab, _stands(home)).run(
                    task, home.name, np.random.default_rng([seed, 1, task])
                )
                done.add(report)
                remaining.pop(0)
                announce(_line(report))
                if not report.succeeded or report.collided:
                    break
        finally:
            await lab.close()
            thread.close()


def _home(number: int, seed: int, scratch: Path) -> GeneratedHome:
    by = np.random.default_rng([seed, 2, number])
    rooms, objects = int(by.choice(ROOMS)), int(by.integers(OBJECTS[0], OBJECTS[1] + 1))
    return generate_home(rooms, objects, int(by.integers(1_000_000)), scratch / "homes")


def _stands(home: GeneratedHome) -> dict[str, tuple[float, float, float]]:
    places = yaml.safe_load(home.map.read_text("utf-8"))["places"]
    return {
        place["surface"]: (place["approach"]["x_m"], place["approach"]["y_m"], place["approach"]["yaw_rad"])
        for place in places
        if "surface" in place
    }


class _Done:
    """Tasks that are done, a line each, written when they end."""

    def __init__(self, file: Path) -> None:
        self._file = file
        lines = file.read_text("utf-8").splitlines() if file.is_file() else []
        reports = [TaskReport.model_validate_json(line) for line in lines if line.strip()]
        self.reports = {report.task: report for report in reports}

    def add(self, report: TaskReport) -> None:
        self.reports[report.task] = report
        with self._file.open("a", encoding="utf-8") as file:
            file.write(report.model_dump_json() + "\n")


def _line(report: TaskReport) -> str:
    verdict = "ok" if report.succeeded else f"FAILED {report.end} {'; '.join(report.wrong_claims)}"
    bump = f" hit {report.bumped_into} with {report.hardest_bump_n:.1f} N" if report.collided else ""
    where = f"{report.object} from {report.source} to {report.target} in {report.home}"
    return f"{report.task}: {where}: {verdict}{bump} ({report.simulated_s:.0f} s simulated)"


def _figures(reports: Sequence[TaskReport]) -> list[Figure]:
    failed = [report for report in reports if not report.succeeded]
    codes = ", ".join(f"{report.task}: {report.end.split(':')[1].strip()}" for report in failed if ":" in report.end)
    found_m = [report.find_error_m for report in reports if report.find_error_m is not None]
    found_rad = [report.find_error_rad for report in reports if report.find_error_rad is not None]
    arrived_m = [report.arrival_error_m for report in reports if report.arrival_error_m is not None]
    claims = sum(len(report.wrong_claims) for report in reports)
    return [
        Figure(name="tasks", value=len(reports), unit="tasks"),
        Figure(name="succeeded", value=len(reports) - len(failed), unit="tasks", note=codes),
        Figure(name="collisions", value=sum(report.collided for report in reports), unit="tasks", note="above 5 N"),
        Figure(name="false_success", value=claims, unit="claims"),
        Figure(name="unexplained", value=sum(report.unexplained for report in reports), unit="failures"),
        Figure(name="find_error_median_m", value=_median(found_m), unit="m"),
        Figure(name="find_error_p95_m", value=_p95(found_m), unit="m"),
        Figure(name="find_error_median_rad", value=_median(found_rad), unit="rad", note="up to quarter turns"),
        Figure(name="arrival_error_p95_m", value=_p95(arrived_m), unit="m"),
    ]


def _median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else float("nan")


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))] if values else float("nan")
