"""Shortest ways over the floor that keep away from furniture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from taskmatrix_ros.robot.geometry.occupancy_grid import OccupancyGrid

Point = tuple[float, float]
_NEIGHBOURS = ((0, 1, 1.0), (1, 0, 1.0), (1, 1, 2**0.5), (1, -1, 2**0.5))


class NoPath(Exception):
    """No way leads there. The message says where it ends."""


class PathPlanner:
    """Plans for a disc, on an 8-connected grid, and straightens the result.

    :param grid: of what is in the way.
    :param radius_m: the disc; every point of a path is at least this far from all obstacles.
    :param comfort_m: closer than this costs extra, so that paths go through the middle of doors.
    :param comfort_weight: how many times its length a way along an obstacle costs more.
    :source: Dijkstra, "A note on two problems in connexion with graphs", 1959, as ``scipy.sparse.csgraph``; the
        straightening keeps the clearance of what it replaces, which plain line of sight does not.
    """

    def __init__(self, grid: OccupancyGrid, radius_m: float, comfort_m: float, *, comfort_weight: float = 4.0) -> None:
        if not 0 < radius_m <= comfort_m:
            raise ValueError(f"path planner: radius_m {radius_m} must be in 0..comfort_m {comfort_m}")
        self._grid = grid
        self._radius_m = radius_m
        self._comfort_m = comfort_m
        self._weight = comfort_weight
        self._free = grid.free(radius_m)
        self._graph = self._build()
        self._reached: tuple[tuple[int, int], NDArray[np.float64], NDArray[np.int32]] | None = None

    @property
    def grid(self) -> OccupancyGrid:
        """What is in the way."""
        return self._grid

    def cost_m(self, start: Point, goal: Point) -> float:
        """Cost of the best way, in metres of open floor; infinite if there is none."""
        try:
            cell = self._cell(goal, "the goal")
            costs, _ = self._from(self._cell(start, "the start"))
        except NoPath:
            return float("inf")
        return float(costs[cell[0] * self._free.shape[1] + cell[1]])

    def plan(self, start: Point, goal: Point) -> NDArray[np.float64]:
        """Find the best way.

        :param start: x and y, metres, map frame. A start or goal that is too close to an obstacle is replaced by the
            nearest spot within 15 cm that is not; the path then begins or ends there.
        :returns: ``(N, 2)`` corners, metres, map frame, first at the start, last at the goal; N >= 2.
        :raises NoPath: start or goal lies where the robot does not fit, or they are not connected.
        """
        first, last = self._cell(start, "the start"), self._cell(goal, "the goal")
        costs, before = self._from(first)
        columns = self._free.shape[1]
        node = last[0] * columns + last[1]
        if not np.isfinite(costs[node]):
            raise NoPath(
                f"no way for a robot of radius {self._radius_m:.2f} m from ({start[0]:.2f}, {start[1]:.2f}) to "
                f"({goal[0]:.2f}, {goal[1]:.2f}): they are not connected"
            )
        cells = [node]
        while cells[-1] != first[0] * columns + first[1]:
            cells.append(int(before[cells[-1]]))
        spots = [self._grid.field.spot(*divmod(c, columns)) for c in reversed(cells)]
        spots[0] = start if self._fits(start) else spots[0]
        end = goal if self._fits(goal) else spots[-1]
        spots = [*spots[:-1], end] if len(spots) > 1 else [spots[0], end]
        return np.array(self._straighten(spots))

    def _fits(self, spot: Point) -> bool:
        return self._grid.clearance_m(*spot) > self._radius_m

    def _cell(self, spot: Point, what: str) -> tuple[int, int]:
        cell = self._grid.field.cell(*spot)
        if cell is not None and self._free[cell]:
            return cell
        if cell is not None:
            reach = int(0.15 / self._grid.field.step_m)
            near = [
                (dr * dr + dc * dc, (cell[0] + dr, cell[1] + dc))
                for dr in range(-reach, reach + 1)
                for dc in range(-reach, reach + 1)
                if 0 <= cell[0] + dr < self._free.shape[0]
                and 0 <= cell[1] + dc < self._free.shape[1]
                and self._free[cell[0] + dr, cell[1] + dc]
            ]
            if near:
                return min(near)[1]
        raise NoPath(
            f"{what} ({spot[0]:.2f}, {spot[1]:.2f}) lies where a robot of radius {self._radius_m:.2f} m does not fit"
        )

    def _from(self, cell: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        if self._reached is None or self._reached[0] != cell:
            costs, before = dijkstra(
                self._graph,
                directed=False,
                indices=cell[0] * self._free.shape[1] + cell[1],
                return_predecessors=True,
            )
            self._reached = (cell, costs, before)
        return self._reached[1], self._reached[2]

    def _build(self) -> csr_array:
        rows, columns = self._free.shape
        number = np.arange(rows * columns).reshape(rows, columns)
        short = np.clip((self._comfort_m - self._grid.field.values_m) / self._comfort_m, 0.0, 1.0)
        price = (1.0 + self._weight * short).ravel()
        free = self._free.ravel()
        starts, ends, lengths = [], [], []
        for dr, dc, length in _NEIGHBOURS:
            if dc >= 0:
                a, b = number[: rows - dr, : columns - dc], number[dr:, dc:]
            else:
                a, b = number[: rows - dr, -dc:], number[dr:, :dc]
            a, b = a.ravel(), b.ravel()
            both = free[a] & free[b]
            a, b = a[both], b[both]
            starts.append(a)
            ends.append(b)
            lengths.append(length * self._grid.field.step_m * (price[a] + price[b]) / 2)
        size = rows * columns
        return coo_array(
            (np.concatenate(lengths), (np.concatenate(starts), np.concatenate(ends))), shape=(size, size)
        ).tocsr()

    def _straighten(self, spots: Sequence[Point]) -> list[Point]:
        clearances = [min(self._comfort_m, self._grid.clearance_m(*s)) for s in spots]
        kept = [0]
        while kept[-1] < len(spots) - 1:
            here = kept[-1]
            ahead = here + 1
            # Bisection would assume that a longer shortcut is never freer than a shorter one; so try far ones first.
            for there in range(len(spots) - 1, here + 1, -1):
                allowed = max(self._radius_m, min(clearances[here : there + 1]) - 1e-3)
                if self._grid.line_clearance_m(spots[here], spots[there]) >= allowed:
                    ahead = there
                    break
            kept.append(ahead)
        return [spots[k] for k in kept]
