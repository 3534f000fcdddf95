"""One fetch-and-place task: what was claimed, and what was so."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from pydantic import Field

from taskmatrix_ros.bench.skills_lab import SkillsLab
from taskmatrix_ros.core.frozen import Frozen

BUMP_N = 5.0
FOUND_WITHIN_M = 0.15
"""A claimed position farther off than this is a wrong claim."""
ARRIVED_WITHIN_M = 0.10

ERRORS = {
    "find": "NOT_FOUND UNKNOWN_PLACE NO_CAMERA LOST BLOCKED STOPPED CANCELLED TIMED_OUT BUSY",
    "go_to": "UNKNOWN_PLACE NOT_LOCATED NO_PATH BLOCKED LOST STOPPED CANCELLED TIMED_OUT BUSY BAD_GOAL",
    "pick_up": "NOT_LOCATED OUT_OF_REACH HAND_FULL GRASP_FAILED LOST STOPPED CANCELLED TIMED_OUT BUSY",
    "put_down": "NOT_HOLDING UNKNOWN_PLACE OUT_OF_REACH NO_SPACE RELEASE_FAILED LOST STOPPED CANCELLED TIMED_OUT BUSY",
}
"""The codes that each action's definition names."""


class TaskReport(Frozen):
    """How a task went. Errors are in metres and radians, None where the step did not come to it.

    ``end``: succeeded, or ``step: CODE: message``; ``wrong_claims``: successes that the world contradicts;
    ``unexplained``: whether a failure came without a code of its definition.
    """

    task: int
    home: str
    object: str
    source: str
    target: str
    end: str
    wrong_claims: tuple[str, ...] = ()
    unexplained: bool = False
    find_error_m: float | None = None
    find_error_rad: float | None = None
    arrival_error_m: float | None = None
    hardest_bump_n: float = 0.0
    bumped_into: str = ""
    simulated_s: float = Field(default=0.0, ge=0)

    @property
    def succeeded(self) -> bool:
        """Whether it ended well by every claim, and by the world."""
        return self.end == "succeeded" and not self.wrong_claims

    @property
    def collided(self) -> bool:
        """Whether the robot hit furniture, a wall or a person hard."""
        return self.hardest_bump_n > BUMP_N


class FetchTask:
    """Fetches one thing and puts it on another surface, step by step; a step that fails ends it."""

    def __init__(self, lab: SkillsLab, stands: dict[str, tuple[float, float, float]]) -> None:
        """:param stands: x, y, yaw of where the robot is to stand before each surface."""
        self._lab = lab
        self._stands = stands
        self._wrong: list[str] = []
        self._known: dict[str, Any] = {}
        self._unexplained = False

    async def run(self, number: int, home: str, by: np.random.Generator) -> TaskReport:
        """Draw what to fetch and where to, do it, and look at the world after each step."""
        before = await self._lab.truth()
        things = {name: thing for name, thing in before["objects"].items() if thing["on"]}
        name = str(by.choice(sorted(things)))
        source = things[name]["on"]
        target = str(by.choice(sorted(self._stands.keys() - {source})))
        end = await self._steps(name, target)
        after = await self._lab.truth()
        bump = after["hardest_bump"] or {"force_n": 0.0, "other": ""}
        return TaskReport(
            task=number,
            home=home,
            object=name,
            source=source,
            target=target,
            end=end,
            wrong_claims=tuple(self._wrong),
            unexplained=self._unexplained,
            hardest_bump_n=bump["force_n"],
            bumped_into=bump["other"],
            simulated_s=max(0.0, after["time_s"] - before["time_s"]),
            **self._known,
        )

    async def _steps(self, name: str, target: str) -> str:
        for step, fields in (
            ("find", {"object": name}),
            ("go_to", {"object": name}),
            ("pick_up", {"object": name}),
            ("go_to", {"place": target}),
            ("put_down", {"object": name, "place": target}),
        ):
            result = (await self._lab.do(step, **fields)).result
            if not result.success:
                self._unexplained = result.error_code not in ERRORS[step].split() or not result.message
                return f"{step}: {result.error_code}: {result.message}"
            self._compare(step, fields, result, await self._lab.truth())
        return "succeeded"

    def _compare(self, step: str, fields: dict[str, str], result: Any, truth: dict[str, Any]) -> None:
        if step == "find":
            self._compare_found(fields["object"], result.pose.pose, truth)
        elif step == "go_to" and "place" in fields:
            x, y, _yaw = self._stands[fields["place"]]
            error_m = math.hypot(truth["robot"]["x_m"] - x, truth["robot"]["y_m"] - y)
            self._known["arrival_error_m"] = error_m
            if error_m > ARRIVED_WITHIN_M:
                self._wrong.append(f"go_to: stands {error_m:.2f} m from where it was to stand")
        elif step == "pick_up" and truth["holding"] != fields["object"]:
            self._wrong.append(f"pick_up: holds {truth['holding'] or 'nothing'}")
        elif step == "put_down":
            on = truth["objects"][fields["object"]]["on"]
            if on != fields["place"] or truth["holding"]:
                self._wrong.append(f"put_down: it is on {on or 'no surface'}")

    def _compare_found(self, name: str, claimed: Any, truth: dict[str, Any]) -> None:
        thing = truth["objects"][name]
        error_m = math.dist((claimed.position.x, claimed.position.y), (thing["x_m"], thing["y_m"]))
        yaw = 2 * math.atan2(claimed.orientation.z, claimed.orientation.w)
        quarter = math.remainder(yaw - thing["yaw_rad"], math.pi / 2)  # the four faces look alike
        self._known |= {"find_error_m": error_m, "find_error_rad": abs(quarter)}
        if error_m > FOUND_WITHIN_M:
            self._wrong.append(f"find: {error_m:.2f} m from where it is")
