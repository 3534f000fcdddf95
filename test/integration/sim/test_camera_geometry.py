"""Whether a tag in a picture is where the world has it: camera_info, optical frame and texture together."""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
import yaml

pytest.importorskip("rclpy")
mujoco = pytest.importorskip("mujoco")

from taskmatrix_ros.perception.transform import OPTICAL_IN_BODY, Transform
from taskmatrix_ros.sim.driver.driver_messages import camera_info_message
from taskmatrix_ros.sim.mujoco.camera import OffscreenRenderer
from taskmatrix_ros.sim.mujoco.launcher import build_simulator
from taskmatrix_ros.sim.mujoco.simulator import Simulator, TruePose
from taskmatrix_ros.sim.worlds.locations import map_file

pytestmark = [pytest.mark.ros, pytest.mark.mujoco]

HOME = yaml.safe_load(map_file("home").read_text("utf-8"))


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    return build_simulator("home").simulator


@pytest.fixture(scope="module")
def renderer(simulator: Simulator) -> Iterator[OffscreenRenderer]:
    sensor = simulator.world.robot.links[0].cameras[0]
    drawer = OffscreenRenderer(simulator.model, sensor.width_px, sensor.height_px)
    drawer.open()
    yield drawer
    drawer.close()


def look(simulator: Simulator, renderer: OffscreenRenderer) -> tuple[np.ndarray, np.ndarray]:
    camera = mujoco.MjvCamera()
    camera.type = mujoco.mjtCamera.mjCAMERA_FIXED
    camera.fixedcamid = simulator.model.camera("robot/camera").id
    return renderer.draw(simulator.data, camera, with_depth=True)


def find(simulator: Simulator, image: np.ndarray, number: int, size_m: float) -> Transform:
    """Pose of a tag in the map frame, by what a robot would know: camera_info and the camera's place on it."""
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11))
    detector.setDetectorParameters(subpixel())
    corners, ids, _ = detector.detectMarkers(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    assert ids is not None
    assert number in ids.ravel()
    corner = corners[int(np.flatnonzero(ids.ravel() == number)[0])].reshape(4, 2)
    sensor = simulator.world.robot.links[0].cameras[0]
    matrix = np.array(camera_info_message(sensor, 0.0).k).reshape(3, 3)
    h = size_m / 2
    model = np.array([[-h, h, 0], [h, h, 0], [h, -h, 0], [-h, -h, 0]])
    found, rotation, translation = cv2.solvePnP(model, corner, matrix, None, flags=cv2.SOLVEPNP_IPPE_SQUARE)
    assert found
    robot = simulator.true_pose("robot")
    map_from_base = Transform.from_plane(robot.x_m, robot.y_m, robot.yaw_rad)
    base_from_camera = Transform.from_rpy(sensor.pose.xyz_m, sensor.pose.rpy_rad)
    camera_from_optical = Transform(OPTICAL_IN_BODY, np.zeros(3))
    optical_from_tag = Transform(cv2.Rodrigues(rotation)[0], translation.ravel())
    return map_from_base @ base_from_camera @ camera_from_optical @ optical_from_tag


def subpixel() -> cv2.aruco.DetectorParameters:
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    return parameters


@pytest.mark.parametrize("tag", HOME["wall_tags"], ids=lambda tag: f"tag {tag['id']}")
def test_every_wall_tag_is_seen_where_the_map_has_it(
    simulator: Simulator, renderer: OffscreenRenderer, tag: dict
) -> None:
    away, aside = 1.9, 0.5
    yaw = tag["yaw_rad"]
    x = tag["x_m"] + away * math.cos(yaw) - aside * math.sin(yaw)
    y = tag["y_m"] + away * math.sin(yaw) + aside * math.cos(yaw)
    simulator.put("robot", TruePose(x, y, 0.0, math.atan2(tag["y_m"] - y, tag["x_m"] - x)))
    pose = find(simulator, look(simulator, renderer)[0], tag["id"], tag["size_m"])
    assert pose.translation == pytest.approx([tag["x_m"], tag["y_m"], tag["z_m"]], abs=0.02)
    normal, up = pose.rotation[:, 2], pose.rotation[:, 1]
    assert normal == pytest.approx([math.cos(yaw), math.sin(yaw), 0], abs=0.06)
    assert up == pytest.approx([0, 0, 1], abs=0.06)


@pytest.mark.parametrize("thing", HOME["objects"], ids=lambda thing: thing["name"])
@pytest.mark.parametrize("face", range(4))
def test_every_side_of_every_object_wears_its_tag(
    simulator: Simulator, renderer: OffscreenRenderer, thing: dict, face: int
) -> None:
    turn = face * math.pi / 2 + 0.2
    simulator.put("robot", TruePose(4.3, 2.4, 0.0, math.pi))
    simulator.put(thing["name"], TruePose(3.2, 2.5, 0.8, turn))
    pose = find(simulator, look(simulator, renderer)[0], thing["tag_id"], thing["tag_size_m"])
    simulator.put(thing["name"], TruePose(0.3, 0.9, 0.1, 0.0))
    middle = pose.translation - thing["tag_face_m"] * pose.rotation[:, 2]
    assert middle == pytest.approx([3.2, 2.5, 0.8], abs=0.02)
    assert pose.rotation[:, 1] == pytest.approx([0, 0, 1], abs=0.15)


def test_depth_is_the_distance_of_what_is_seen(simulator: Simulator, renderer: OffscreenRenderer) -> None:
    tag = next(tag for tag in HOME["wall_tags"] if tag["id"] == 33)
    simulator.put("robot", TruePose(5.2, 1.9, 0.0, 0.0))
    _, depth = look(simulator, renderer)
    camera = simulator.data.camera("robot/camera")
    point = np.array([tag["x_m"], tag["y_m"], tag["z_m"]]) - camera.xpos
    right, up, back = camera.xmat.reshape(3, 3).T
    k = camera_info_message(simulator.world.robot.links[0].cameras[0], 0.0).k
    z = -float(back @ point)
    u = k[0] * float(right @ point) / z + k[2]
    v = -k[4] * float(up @ point) / z + k[5]
    assert depth[round(v), round(u)] == pytest.approx(z, abs=0.01)


def test_a_raised_arm_hides_only_the_bottom_of_the_picture(simulator: Simulator, renderer: OffscreenRenderer) -> None:
    simulator.put("robot", TruePose(4.3, 2.4, 0.0, 0.0))
    simulator.set_position("lift/command", 0.6)
    simulator.run_until(simulator.time_s + 2.0)
    _, depth = look(simulator, renderer)
    rows = np.flatnonzero((depth < 0.8).any(axis=1))
    assert not len(rows) or rows.min() > 0.85 * depth.shape[0]
