"""A picture of what the robot did: the home from above, its path, and the things before and after."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.perception.lettering import Color, Lettering
from taskmatrix_ros.sim.pictures.floor_plan import FloorPlan, circle
from taskmatrix_ros.sim.sdf.sdf_reader import SdfReader
from taskmatrix_ros.sim.sdf.sdf_types import World
from taskmatrix_ros.sim.worlds.home_map import HomeMap, load_home_map
from taskmatrix_ros.sim.worlds.locations import map_file, model_folders, world_file
from taskmatrix_ros.sim.worlds.static_boxes import static_boxes

# Okabe and Ito's palette stays apart for every kind of color vision. Blue, green, red.
_BLUE: Color = (178, 114, 0)
_SKY: Color = (233, 180, 86)
_ORANGE: Color = (0, 94, 213)
_GREEN: Color = (115, 158, 0)
_INK: Color = (48, 40, 36)
_GRAY: Color = (120, 114, 110)
_PAPER: Color = (255, 255, 255)

_SAMPLES = 2  # drawn larger and scaled down, for smooth edges
_MARGIN_M = 0.35
_TITLE_PX, _LEGEND_PX = 70, 250
_FROM_THE_MIDDLE = (0.5, 0.45, 0.55, 0.4, 0.6, 0.35, 0.65, 0.3, 0.7, 0.25, 0.75)
_MOVED_M = 0.05
_ARROW_EVERY_M = 1.0
_WALL_M = 1.9  # what is higher is no ground for a label
_SMALLEST_M, _LARGEST_M = 0.5, 3.0  # sides of furniture that gets its name written

Box = tuple[float, float, float, float]


class TopView:
    """Draws one picture.

    :param world: its static models are the ground plan.
    :param home: names of rooms and surfaces.
    :param pixels_per_m: of the finished picture.
    """

    def __init__(self, world: World, home: HomeMap, *, pixels_per_m: int = 130) -> None:
        self._world = world
        self._home = home
        boxes = np.concatenate([box.corners_m() for box in static_boxes(world)])
        self._low, self._high = boxes.min(axis=0) - _MARGIN_M, boxes.max(axis=0) + _MARGIN_M
        self._scale = pixels_per_m * _SAMPLES
        width, height = (round(v) for v in (self._high - self._low) * self._scale)
        self._image = np.full((height + _TITLE_PX * _SAMPLES, width + _LEGEND_PX * _SAMPLES, 3), 255, np.uint8)
        self._plan_width = width
        origin = (-self._low[0] * self._scale, _TITLE_PX * _SAMPLES + self._high[1] * self._scale)
        self._plan = FloorPlan(self._image, self._scale, origin)
        self._text = Lettering(self._image)
        self._taken: list[Box] = []

    def draw(self, snapshot: dict[str, Any], title: str) -> NDArray[np.uint8]:
        """Draw what a recorder noted.

        :param snapshot: as :meth:`~taskmatrix_ros.sim.truth.recorder.Recorder.snapshot` gives it.
        :returns: ``(H, W, 3) uint8``, BGR.
        """
        self._plan.draw(self._world)
        path = np.array([point[1:3] for point in snapshot["path"]], float).reshape(-1, 2)
        self._taken += [self._around(box.corners_m()) for box in static_boxes(self._world) if box.size_m[2] > _WALL_M]
        self._room_names(path)
        self._furniture_names()
        self._path(path)
        self._things(snapshot["objects_at_start"], snapshot["objects"])
        self._robot_marks(snapshot)
        self._title(title)
        self._legend(snapshot, path)
        size = (self._image.shape[1] // _SAMPLES, self._image.shape[0] // _SAMPLES)
        return np.asarray(cv2.resize(self._image, size, interpolation=cv2.INTER_AREA), np.uint8)

    def _px(self, pixels: float) -> int:
        return round(pixels * _SAMPLES)

    def _room_names(self, path: NDArray[np.float64]) -> None:
        """Write each room's name where it hides least."""
        hidden: list[Box] = [self._around(box.corners_m()) for box in static_boxes(self._world)]
        hidden += [self._around(np.array([point - 0.1, point + 0.1])) for point in path[:: max(1, len(path) // 150)]]
        for room in self._home.rooms:
            text, size = _words(room.name), self._px(26)
            width, height = self._text.extent(text, size, 700)
            spots = [
                (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
                for across in _FROM_THE_MIDDLE
                for up in _FROM_THE_MIDDLE
                for x, y in [self._plan.pixel(_between(room.x_m, across), _between(room.y_m, up))]
            ]
            hiding = [_overlap(spot, hidden) for spot in spots]
            box = spots[hiding.index(min(hiding))]
            self._text.write(text, box[0], box[3], size, _mix(_GRAY, 0.35), 700)
            self._taken.append(box)

    def _around(self, points_m: NDArray[np.float64]) -> Box:
        low, high = points_m.min(axis=0), points_m.max(axis=0)
        (x0, y1), (x1, y0) = self._plan.pixel(*low), self._plan.pixel(*high)
        return x0, y0, x1, y1

    def _furniture_names(self) -> None:
        people = [np.array(model.pose.xyz_m[:2]) for model in self._world.models if model.role]
        for name, (low, high) in self._furniture().items():
            text, extent = _words(name), (high - low) * self._scale
            words = text.split(" ")
            is_narrow = self._text.extent(text, self._px(12))[0] > extent[0] - self._px(4)
            lines = words if is_narrow else [text]
            widest = max(self._text.extent(line, self._px(12))[0] for line in lines)
            size = self._px(12) * min(1.0, (extent[0] - self._px(4)) / widest)
            _, height = self._text.extent(text, size)
            is_taken = any((low < person).all() and (person < high).all() for person in people)
            x, y = self._plan.pixel(*(low + (high - low) * ((0.25 if is_taken else 0.5), 0.5)))
            step = height + self._px(5)
            for number, line in enumerate(lines):
                width, _ = self._text.extent(line, size)
                baseline = y - step * len(lines) / 2 + step * number + height + self._px(2)
                self._text.write(line, x - width / 2, baseline, size, _INK)
                self._taken.append((x - width / 2, baseline - height, x + width / 2, baseline))

    def _furniture(self) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Name and ground extent of what is worth a label, metres."""
        corners: dict[str, list[NDArray[np.float64]]] = {}
        people = {model.name for model in self._world.models if model.role}
        for box in static_boxes(self._world):
            corners.setdefault(box.name.partition("/")[0], []).append(box.corners_m())
        found = {}
        for name, outlines in corners.items():
            points = np.concatenate(outlines)
            low, high = points.min(axis=0), points.max(axis=0)
            is_labelled = name in self._home.surfaces or min(high - low) >= _SMALLEST_M
            if name not in people and is_labelled and max(high - low) <= _LARGEST_M:
                found[name] = (low, high)
        return found

    def _path(self, path: NDArray[np.float64]) -> None:
        if len(path) < 2:
            return
        self._plan.line(path, _PAPER, self._px(6))
        self._plan.line(path, _BLUE, self._px(3))
        way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
        for at in np.arange(_ARROW_EVERY_M / 2, way[-1], _ARROW_EVERY_M):
            index = int(np.searchsorted(way, at))
            before = path[max(0, index - 6)]
            ahead = path[index] - before
            if np.hypot(*ahead) > 1e-3:
                self._arrow_head(path[index], math.atan2(ahead[1], ahead[0]), 0.075, _BLUE)
        for x, y in path[:: max(1, len(path) // 200)]:
            px, py = self._plan.pixel(x, y)
            reach = self._px(6)
            self._taken.append((px - reach, py - reach, px + reach, py + reach))

    def _arrow_head(self, point: NDArray[np.float64], heading: float, size_m: float, color: Color) -> None:
        c, s = math.cos(heading), math.sin(heading)
        shape = np.array([[1.3, 0], [-0.9, 0.9], [-0.4, 0], [-0.9, -0.9]]) * size_m
        outline = shape @ np.array([[c, s], [-s, c]]) + point
        self._plan.fill(outline, color)
        self._plan.line(outline, _PAPER, self._px(1), closed=True)

    def _things(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        sizes = self._home.object_sizes_m
        labels = []
        for name, now in after.items():
            then = before.get(name, now)
            start, end = (np.array([pose["x_m"], pose["y_m"]]) for pose in (then, now))
            moved = float(np.hypot(*(end - start))) > _MOVED_M
            half = max(sizes.get(name, (0.08, 0.08, 0.08))[:2]) / 2
            if moved:
                self._dashes(start, end)
                self._square(start, then["yaw_rad"], half, None, _ORANGE)
                labels.append((f"{_words(name)}, before", start, _ORANGE))
            self._square(end, now["yaw_rad"], half, _GREEN if moved else _GRAY, _INK)
            labels.append((f"{_words(name)}, after" if moved else _words(name), end, _GREEN if moved else _INK))
        for text, place, color in labels:
            self._label(text, place, color)

    def _square(self, center: NDArray[np.float64], yaw: float, half_m: float, fill: Color | None, edge: Color) -> None:
        c, s = math.cos(yaw), math.sin(yaw)
        corners = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * half_m * 1.15 @ np.array([[c, s], [-s, c]]) + center
        if fill is not None:
            self._plan.fill(corners, fill)
        self._plan.line(corners, edge, self._px(2 if fill is None else 1), closed=True)
        x, y = self._plan.pixel(*center)
        reach = half_m * 1.4 * self._scale
        self._taken.append((x - reach, y - reach, x + reach, y + reach))

    def _dashes(self, start: NDArray[np.float64], end: NDArray[np.float64]) -> None:
        way = end - start
        length = float(np.hypot(*way))
        count = max(1, int(length / 0.16))
        for number in range(count):
            a, b = start + way * (number / count), start + way * ((number + 0.5) / count)
            self._plan.line(np.array([a, b]), _GREEN, self._px(1.5))

    def _label(self, text: str, place: NDArray[np.float64], color: Color) -> None:
        size = self._px(13)
        width, height = self._text.extent(text, size, 600)
        width, height = width + self._px(7), height + self._px(7)
        x, y = self._plan.pixel(*place)
        gap = 0.07 * self._scale
        spots = [
            (x + gap, y - height / 2),
            (x - gap - width, y - height / 2),
            (x - width / 2, y - gap - height),
            (x - width / 2, y + gap),
            (x + gap, y - gap - height),
            (x + gap, y + gap),
            (x - gap - width, y - gap - height),
            (x - gap - width, y + gap),
        ]
        left, top = min(spots, key=lambda spot: self._crowding((*spot, spot[0] + width, spot[1] + height)))
        box = self._text.write_on_plate(text, left, top, size, color, _PAPER, 600)
        self._taken.append(box)

    def _crowding(self, box: Box) -> float:
        outside = box[0] < 0 or box[2] > self._plan_width
        return _overlap(box, self._taken) + (1e9 if outside else 0.0)

    def _robot_marks(self, snapshot: dict[str, Any]) -> None:
        path = snapshot["path"]
        radius = max((g.size_m[0] for g in self._robot_shapes()), default=0.2)
        if path:
            self._plan.line(circle(path[0][1], path[0][2], radius), _SKY, self._px(3), closed=True)
            self._label("start", np.array(path[0][1:3]) - np.array([0, radius]), _BLUE)
        for model in self._world.models:
            if model.role:
                self._label(_words(model.name), np.array(model.pose.xyz_m[:2]) - np.array([0, 0.35]), _INK)
        robot = snapshot["robot"]
        here = np.array([robot["x_m"], robot["y_m"]])
        around = circle(robot["x_m"], robot["y_m"], radius)
        c, s = math.cos(robot["yaw_rad"]), math.sin(robot["yaw_rad"])
        arm = np.array([[0.0, 0.03], [0.44, 0.03], [0.44, -0.03], [0.0, -0.03]]) @ np.array([[c, s], [-s, c]]) + here
        self._plan.fill(arm, _BLUE)
        self._plan.fill(around, _SKY)
        self._plan.line(around, _BLUE, self._px(2), closed=True)
        self._arrow_head(here, robot["yaw_rad"], radius * 0.6, _BLUE)
        self._label("robot", here + np.array([0, radius]), _BLUE)

    def _robot_shapes(self) -> list[Any]:
        base = self._world.robot.links[0]
        return [c.geometry for c in base.collisions if c.geometry.shape.value == "cylinder"]

    def _title(self, title: str) -> None:
        self._text.write(title, self._px(24), self._px(46), self._px(26), _INK, 700)

    def _legend(self, snapshot: dict[str, Any], path: NDArray[np.float64]) -> None:
        left, y = self._plan_width + self._px(10), self._px(_TITLE_PX + 50)
        rows: list[tuple[str, str]] = [
            ("path", "robot's path"),
            ("start", "where it started"),
            ("robot", "where it is now"),
            ("before", "object before"),
            ("after", "object after"),
            ("still", "object not moved"),
        ]
        for kind, text in rows:
            self._legend_mark(kind, left + self._px(18), y - self._px(5))
            self._text.write(text, left + self._px(44), y, self._px(15), _INK)
            y += self._px(32)
        way = float(np.hypot(*np.diff(path, axis=0).T).sum()) if len(path) > 1 else 0.0
        bump = snapshot.get("hardest_bump")
        facts = [
            f"simulated time  {snapshot['time_s']:.0f} s",
            f"driven  {way:.1f} m",
            f"seed  {'none' if snapshot.get('seed') is None else snapshot['seed']}",
            "no collision" if bump is None else f"hit {_words(bump['other'])} with {bump['force_n']:.0f} N",
        ]
        y += self._px(16)
        for fact in facts:
            self._text.write(fact, left + self._px(8), y, self._px(14), _GRAY)
            y += self._px(24)
        self._scale_bar(left + self._px(8), self._image.shape[0] - self._px(50))

    def _legend_mark(self, kind: str, x: float, y: float) -> None:
        c, r = (round(x), round(y)), self._px(9)
        if kind == "path":
            cv2.line(
                self._image, (c[0] - self._px(14), c[1]), (c[0] + self._px(14), c[1]), _BLUE, self._px(3), cv2.LINE_AA
            )
        elif kind == "start":
            cv2.circle(self._image, c, r, _SKY, self._px(3), cv2.LINE_AA)
        elif kind == "robot":
            cv2.circle(self._image, c, r, _SKY, -1, cv2.LINE_AA)
            cv2.circle(self._image, c, r, _BLUE, self._px(2), cv2.LINE_AA)
        else:
            corner, opposite = (c[0] - self._px(7), c[1] - self._px(7)), (c[0] + self._px(7), c[1] + self._px(7))
            if kind != "before":
                cv2.rectangle(self._image, corner, opposite, _GREEN if kind == "after" else _GRAY, -1)
            edge, width = (_ORANGE, 2) if kind == "before" else (_INK, 1)
            cv2.rectangle(self._image, corner, opposite, edge, self._px(width))

    def _scale_bar(self, left: float, y: float) -> None:
        x0, x1, yy = round(left), round(left + self._scale), round(y)
        cv2.line(self._image, (x0, yy), (x1, yy), _INK, self._px(2))
        for x in (x0, x1):
            cv2.line(self._image, (x, yy - self._px(5)), (x, yy + self._px(5)), _INK, self._px(2))
        self._text.write("1 m", x0, yy - self._px(10), self._px(14), _INK)


def write_top_view(path: Path, world: World, home: HomeMap, snapshot: dict[str, Any], title: str) -> None:
    """Draw a picture and write it as PNG.

    :raises ConfigError: the file cannot be written.
    """
    written, png = cv2.imencode(".png", TopView(world, home).draw(snapshot, title))
    try:
        path.write_bytes(png.tobytes() if written else b"")
    except OSError as error:
        raise ConfigError(f"top view: cannot write {path}: {error.strerror}; choose another folder") from error


def draw_snapshot(path: Path, snapshot: dict[str, Any], title: str) -> None:
    """Draw the world that a snapshot tells of, and write it as PNG.

    :param snapshot: as the simulator's ``sim/snapshot`` gives it; its world's files must lie on this machine.
    :raises ConfigError: the file cannot be written, or there is no such world here.
    """
    name = snapshot["world_file"]
    world = SdfReader(*model_folders(name)).load_world(world_file(name))
    write_top_view(path, world, load_home_map(map_file(name)), snapshot, title)


def _between(ends: tuple[float, float], share: float) -> float:
    return ends[0] + (ends[1] - ends[0]) * share


def _overlap(box: Box, others: list[Box]) -> float:
    area = 0.0
    for other in others:
        across = min(box[2], other[2]) - max(box[0], other[0])
        down = min(box[3], other[3]) - max(box[1], other[1])
        if across > 0 and down > 0:
            area += across * down
    return area


def _words(name: str) -> str:
    return name.replace("_", " ")


def _mix(color: Color, share: float) -> Color:
    blue, green, red = (round(c + (255 - c) * share) for c in color)
    return blue, green, red
