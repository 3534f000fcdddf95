"""Objects without tags, found by colour, shape and size in pictures that the simulator draws."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy")
mujoco = pytest.importorskip("mujoco")
pytest.importorskip("taskmatrix_interfaces")

from coloured_home import BLUE, FAR, GREEN, RED, Body, write_home
from robot_lab import RobotLab

from taskmatrix_ros.perception.camera_frame import CameraFrame
from taskmatrix_ros.perception.camera_model import CameraModel
from taskmatrix_ros.perception.observation import ObjectObservation
from taskmatrix_ros.perception.shape_observer import ShapeObserver
from taskmatrix_ros.robot.description.robot_description import RobotDescription
from taskmatrix_ros.robot.description.world_description import WorldDescription
from taskmatrix_ros.robot.geometry.pose2 import Pose2
from taskmatrix_ros.sim.driver.driver_messages import camera_info_message
from taskmatrix_ros.sim.mujoco.camera import OffscreenRenderer
from taskmatrix_ros.sim.mujoco.launcher import build_simulator
from taskmatrix_ros.sim.mujoco.simulator import TruePose

pytestmark = [pytest.mark.ros, pytest.mark.mujoco]

CUBE = (0.08, 0.08, 0.08)
LISTED = {
    "red_ball": Body("red_ball", RED, "sphere", CUBE),
    "red_can": Body("red_can", RED, "cylinder", (0.07, 0.07, 0.11)),
    "blue_ball": Body("blue_ball", BLUE, "sphere", CUBE),
    "green_box": Body("green_box", GREEN, "box", (0.06, 0.10, 0.12)),
}
STRANGERS = {
    "red_cube": Body("red_cube", RED, "box", CUBE),
    "red_drum": Body("red_drum", RED, "cylinder", CUBE),
    "big_red_ball": Body("big_red_ball", RED, "sphere", (0.13, 0.13, 0.13)),
    "green_ball": Body("green_ball", GREEN, "sphere", CUBE),
    "blue_box": Body("blue_box", BLUE, "box", (0.06, 0.10, 0.12)),
    "green_tube": Body("green_tube", GREEN, "cylinder", (0.08, 0.08, 0.12)),
}
BODIES = LISTED | STRANGERS
COLOURS = {RED: "red", BLUE: "blue", GREEN: "green"}
STANDS = {
    "dining_table": ((6.2, 1.2), (1.0, 0.0), 0.72, Pose2(6.2, 2.6, -math.pi / 2)),
    "kitchen_counter": ((2.0, 6.68), (1.0, 0.0), 0.85, Pose2(2.0, 5.4, math.pi / 2)),
    "nightstand": ((5.5, 6.75), (0.3, 0.0), 0.55, Pose2(5.5, 5.5, math.pi / 2)),
}
"""Middle and direction of a row of spots, height of the top, and where the robot looks from."""


def listing(body: Body) -> dict[str, object]:
    size = list(body.size_m)
    looks = {"color": COLOURS[body.rgba], "shape": body.shape}
    return {"name": body.name, "size_m": size, "grasp_width_m": min(size[:2]), **looks}


class Studio:
    """The home, its robot's eyes, and hands that put things before them."""

    def __init__(self, folder: Path) -> None:
        world = write_home(folder, list(BODIES.values()), [listing(body) for body in LISTED.values()])
        self.simulator = build_simulator(str(world)).simulator
        self.known = WorldDescription.load(str(world.with_suffix(".yaml")))
        sensor = self.simulator.world.robot.links[0].cameras[0]
        info = camera_info_message(sensor, 0.0)
        self.model = CameraModel.from_info(info.width, info.height, info.k, info.d)
        self.renderer = OffscreenRenderer(self.simulator.model, sensor.width_px, sensor.height_px)
        self.renderer.open()
        self.camera = mujoco.MjvCamera()
        self.camera.type = mujoco.mjtCamera.mjCAMERA_FIXED
        self.camera.fixedcamid = self.simulator.model.camera("robot/camera").id
        robot = RobotDescription.load("home_robot")
        self.observer = ShapeObserver(self.known.catalogue, robot.camera.base_from_camera())
        self.noise = np.random.default_rng(5)
        self.robot = Pose2()

    def arrange(self, names: Sequence[str], table: str, robot: Pose2 | None = None, turn: float = 0.4) -> None:
        """Put bodies in a row before the robot, and all others out of sight."""
        middle, along, top, stand = STANDS[table]
        self.robot = robot or stand
        self.simulator.put("robot", TruePose(self.robot.x_m, self.robot.y_m, 0.0, self.robot.yaw_rad))
        for thing in ("coke", "milk", "cup", "apple", "water_bottle", "remote", "medicine", "teddy"):
            self.simulator.put(thing, TruePose(0.6, 0.9, 0.1, 0.0))
        for n, name in enumerate(BODIES):
            self.simulator.put(name, TruePose(FAR[0] + 0.15 * n, FAR[1], FAR[2], 0.0))
        for n, name in enumerate(names):
            share = (n - (len(names) - 1) / 2) / max(1, len(names) - 1)
            x, y = middle[0] + share * along[0], middle[1] + share * along[1]
            self.simulator.put(name, TruePose(x, y, top + BODIES[name].size_m[2] / 2, turn * (n + 1)))

    def look(self, noise_ratio: float = 0.0) -> dict[str, ObjectObservation]:
        rgb, depth = self.renderer.draw(self.simulator.data, self.camera, with_depth=True)
        depth = (depth * (1 + self.noise.normal(0, noise_ratio, depth.shape))).astype(np.float32)
        frame = CameraFrame(1.0, np.ascontiguousarray(rgb), self.model)
        tops = [surface.support_from(self.robot) for surface in self.known.surfaces]
        return {one.name: one for one in self.observer.observe(frame, depth, tops)}

    def error_m(self, seen: ObjectObservation) -> float:
        truth = self.simulator.true_pose(seen.name)
        x, y, z = (float(v) for v in seen.position_m)
        (at,) = self.robot.apply(np.array([[x, y]]))
        return math.dist((*at, z), (truth.x_m, truth.y_m, truth.z_m))


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    studio = Studio(tmp_path_factory.mktemp("studio"))
    yield studio
    studio.renderer.close()


@pytest.mark.parametrize("table", ["dining_table", "kitchen_counter"])
def test_all_that_is_listed_is_found_to_a_centimetre(studio: Studio, table: str) -> None:
    studio.arrange(list(LISTED), table)
    seen = studio.look()
    assert set(seen) == set(LISTED)
    assert all(studio.error_m(one) < 0.01 for one in seen.values())
    box = seen["green_box"]
    turned = box.pose.yaw_rad + studio.robot.yaw_rad - studio.simulator.true_pose("green_box").yaw_rad
    assert abs(math.remainder(turned, math.pi)) < math.radians(2)


def test_a_noisy_depth_camera_is_good_enough(studio: Studio) -> None:
    studio.arrange(list(LISTED), "dining_table")
    seen = studio.look(noise_ratio=0.005)
    assert set(seen) == set(LISTED)
    assert np.median([studio.error_m(one) for one in seen.values()]) < 0.02


def test_things_of_the_same_colour_and_another_shape_or_size_are_not_taken_for_it(studio: Studio) -> None:
    for pair in combinations(STRANGERS, 2):
        studio.arrange(pair, "nightstand")
        assert studio.look() == {}, pair


@pytest.mark.parametrize("name", list(LISTED))
def test_it_is_told_from_what_looks_alike_beside_it(studio: Studio, name: str) -> None:
    alike = [n for n, body in STRANGERS.items() if body.rgba == LISTED[name].rgba][:3]
    studio.arrange([*alike, name], "dining_table")
    seen = studio.look()
    assert set(seen) == {name}
    assert studio.error_m(seen[name]) < 0.01


def test_what_is_not_there_is_not_found(studio: Studio) -> None:
    studio.arrange([], "dining_table")
    assert studio.look() == {}


def test_what_stands_on_nothing_known_is_not_found(studio: Studio) -> None:
    studio.arrange(["red_ball"], "dining_table")
    studio.simulator.put("red_ball", TruePose(6.2, 1.75, 0.72 + 0.04, 0.0))  # in the air before the table
    assert studio.look() == {}


def test_half_of_it_behind_the_border_is_not_enough(studio: Studio) -> None:
    _, _, _, stand = STANDS["nightstand"]
    away = Pose2(stand.x_m, stand.y_m, stand.yaw_rad + studio.model.fovx_rad / 2 + 0.06)
    studio.arrange(["red_ball"], "nightstand", away)
    assert studio.look() == {}


def test_the_robot_finds_and_fetches_by_colour_and_shape(tmp_path: Path, ros_domain: int) -> None:
    """A red ball between red things of other shapes, and a ball that is nowhere."""
    bodies = [BODIES[name] for name in ("red_ball", "blue_ball", "red_cube", "red_drum")]
    world = write_home(tmp_path, bodies, [listing(LISTED["red_ball"]), listing(LISTED["blue_ball"])])
    lab = RobotLab(
        "colours",
        seed=1,
        speed=3.0,
        arguments=("--world", str(world.with_suffix(".yaml"))),
        simulator_arguments=("--world", str(world)),
    )
    try:
        for name, x_m in (("red_cube", 5.8), ("red_ball", 6.05), ("red_drum", 6.4)):
            lab.put(name, x_m, 1.5, 0.77)
        lab.do("go_to", place="dining table")
        found = lab.do("find", object="red ball", place="dining table")
        truth = lab.truth()["objects"]["red_ball"]
        at = found.pose.pose.position
        assert math.dist((at.x, at.y, at.z), (truth["x_m"], truth["y_m"], truth["z_m"])) < 0.03
        lab.do("go_to", object="red_ball")
        lab.do("pick_up", object="red_ball")
        assert lab.truth()["holding"] == "red_ball"
        lab.do("put_down", object="red_ball", place="dining table")
        assert lab.truth()["holding"] is None
        missing = lab.send("find", object="blue ball", place="dining table", deadline_s=25.0).result().result
        assert missing.error_code in {"NOT_FOUND", "TIMED_OUT"}, missing.message
        assert lab.truth()["hardest_bump"] is None
    finally:
        lab.close()
