"""Free spots on tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from taskmatrix_ros.robot.description.world_description import Surface
from taskmatrix_ros.robot.geometry.pose2 import Pose2
from taskmatrix_ros.robot.reaching.reach_planner import OutOfReach, ReachPlan, ReachPlanner, ReachTarget
from taskmatrix_ros.robot.seeing.object_memory import RememberedObject

_STEP_M = 0.1
_TOLERANCE_RAD = 0.35
_EDGE_HEADINGS_RAD = (0.0, math.pi / 2, math.pi, -math.pi / 2)  # square over the edges; sides lie along the axes


class NoSpace(Exception):
    """Everything that could be reached is taken."""


class SurfaceSpace:
    """Finds where on a surface something can be put down from a stand nearby.

    :param edge_m: between the middle of what is put down and the surface's edge, at least.
    :param gap_m: between things.
    :param thing_m: width of what is put down.
    """

    def __init__(self, reach: ReachPlanner, *, edge_m: float, gap_m: float, thing_m: float = 0.08) -> None:
        self._reach = reach
        self._edge_m = edge_m
        self._gap_m = gap_m
        self._thing_m = thing_m

    def free_spots(self, surface: Surface, things: Iterable[RememberedObject]) -> list[tuple[float, float]]:
        """Spots where nothing stands, x and y on the map, on the edges' inner sides and within.

        :param things: what is believed to stand anywhere.
        """
        half_x, half_y = surface.size_m[0] / 2 - self._edge_m, surface.size_m[1] / 2 - self._edge_m
        if half_x < 0 or half_y < 0:
            return []
        taken = [(t.x_m, t.y_m) for t in things if surface.carries(t.x_m, t.y_m, t.z_m)]
        xs = np.linspace(-half_x, half_x, max(1, int(2 * half_x / _STEP_M) + 1)) if half_x > 0 else np.zeros(1)
        ys = np.linspace(-half_y, half_y, max(1, int(2 * half_y / _STEP_M) + 1)) if half_y > 0 else np.zeros(1)
        apart = self._thing_m * 1.2 + self._gap_m
        return [
            (surface.center_m[0] + float(x), surface.center_m[1] + float(y))
            for x in xs
            for y in ys
            if all(math.hypot(surface.center_m[0] + x - tx, surface.center_m[1] + y - ty) >= apart for tx, ty in taken)
        ]

    def plan(
        self,
        surface: Surface,
        here: Pose2,
        height_m: float,
        things: Sequence[RememberedObject],
        *,
        hanging_m: float = 0.0,
    ) -> tuple[ReachPlan, tuple[float, float]]:
        """Choose a free spot and a stand before it.

        :param height_m: of the middle of the grasp when the fingers open.
        :param hanging_m: how far what the hand holds reaches below it.
        :raises NoSpace: nothing is free.
        :raises OutOfReach: nothing that is free can be reached.
        """
        spots = self.free_spots(surface, things)
        if not spots:
            raise NoSpace(
                f"{surface.name} has no free spot: {len(things)} things are known, keep them apart or move one"
            )
        others = [(t.x_m, t.y_m) for t in things if abs(t.z_m - height_m) < 0.2]
        # Nearest first: the gripper reaches over an edge only, so far ones are rarely better.
        spots.sort(key=lambda s: here.distance_to(*s))
        best: tuple[ReachPlan, tuple[float, float]] | None = None
        problem: OutOfReach | None = None
        for spot in spots[:40]:
            target = ReachTarget(*spot, height_m, surface.height_m, _EDGE_HEADINGS_RAD, _TOLERANCE_RAD)
            try:
                plan = self._reach.plan(target, here, others, hanging_m=hanging_m)
            except OutOfReach as error:
                problem = error
                continue
            if best is None or plan.cost_m < best[0].cost_m - 1e-6:
                best = (plan, spot)
            if best[0].here:
                break
        if best is None:
            raise problem or OutOfReach(f"{surface.name} cannot be reached")
        return best
