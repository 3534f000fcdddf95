"""The maps that the robot is given, and the robot's own description, against the worlds they describe."""

from __future__ import annotations

import math
import re
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.sim.mujoco.launcher import build_simulator
from taskmatrix_ros.sim.sdf.sdf_reader import SdfReader
from taskmatrix_ros.sim.sdf.sdf_types import Model, World
from taskmatrix_ros.sim.sdf.transforms import matrix_from_pose, wrapped
from taskmatrix_ros.sim.worlds.free_floor import FreeFloor
from taskmatrix_ros.sim.worlds.locations import map_file, model_folder, world_file, world_names
from taskmatrix_ros.sim.worlds.static_boxes import obstacles_yaml, static_boxes
from taskmatrix_ros.sim.worlds.tag_textures import tag_texture, texture_files


@pytest.fixture(scope="module", params=world_names())
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def world(name: str) -> World:
    return SdfReader(model_folder()).load_world(world_file(name))


@pytest.fixture(scope="module")
def home(name: str) -> dict[str, Any]:
    return yaml.safe_load(map_file(name).read_text("utf-8"))


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return yaml.safe_load(resource("config/robot/home_robot.yaml").read_text("utf-8"))


def tag_number(model: Model) -> int:
    textures = [v.material.texture for link in model.links for v in link.visuals if v.material.texture]
    assert len(textures) == 1
    return int(re.findall(r"(\d+)\.png$", textures[0].name)[0])


def test_obstacles_are_the_static_boxes(name: str, world: World, home: dict[str, Any]) -> None:
    assert world.name == home["name"] == name
    expected = yaml.safe_load(obstacles_yaml(world))["obstacles"]
    assert home["obstacles"] == expected, f"write them anew: python -m taskmatrix_ros.sim.worlds.static_boxes {name}"
    assert len(expected) > 40


def test_surfaces_are_tops_of_boxes(world: World, home: dict[str, Any]) -> None:
    boxes = static_boxes(world)
    for surface in home["surfaces"]:
        own = [b for b in boxes if b.name.startswith(f"{surface['model']}/")]
        tops = [
            b
            for b in own
            if b.top_m == pytest.approx(surface["height_m"])
            and b.center_m[:2] == pytest.approx(surface["center_m"])
            and np.ptp(b.corners_m(), axis=0) == pytest.approx(surface["size_m"])
        ]
        assert tops, f"{surface['name']} is not the top of a box of model {surface['model']}"


def test_every_place_names_known_rooms_and_surfaces_and_stands_free(world: World, home: dict[str, Any]) -> None:
    rooms = {room["name"]: room for room in home["rooms"]}
    surfaces = {surface["name"]: surface for surface in home["surfaces"]}
    radius = 0.2
    for place in home["places"]:
        room, stand = rooms[place["room"]], place["approach"]
        assert room["x_m"][0] < stand["x_m"] < room["x_m"][1], place["name"]
        assert room["y_m"][0] < stand["y_m"] < room["y_m"][1], place["name"]
        for box in static_boxes(world):
            if box.bottom_m < 1.4:
                low, high = box.corners_m().min(axis=0), box.corners_m().max(axis=0)
                nearest = np.clip([stand["x_m"], stand["y_m"]], low, high)
                gap = math.dist(nearest, (stand["x_m"], stand["y_m"]))
                assert gap > radius + 0.05, f"{place['name']} stands {gap:.2f} m from {box.name}"
        if "surface" in place:
            surface = surfaces[place["surface"]]
            assert surface["room"] == place["room"]
            ahead = np.array([math.cos(stand["yaw_rad"]), math.sin(stand["yaw_rad"])])
            way = np.array(surface["center_m"]) - (stand["x_m"], stand["y_m"])
            assert abs(ahead[0] * way[1] - ahead[1] * way[0]) < 0.01, f"{place['name']} does not look at its surface"
            edge = float(ahead @ way) - float(np.abs(ahead) @ surface["size_m"]) / 2
            assert edge == pytest.approx(0.85, abs=0.01), f"{place['name']} stands {edge:.2f} m before the edge"


def test_names_and_aliases_are_unambiguous(home: dict[str, Any]) -> None:
    for kind in ("places", "objects"):
        spoken = [word for entry in home[kind] for word in {entry["name"].replace("_", " "), *entry["aliases"]}]
        assert len(spoken) == len(set(spoken)), f"{kind}: {sorted(w for w in spoken if spoken.count(w) > 1)}"


def test_user_sits_beside_the_place_named_after_them(world: World, home: dict[str, Any]) -> None:
    user = next(place for place in home["places"] if place["name"] == "user")
    assert user["surface"] == "coffee_table"
    person = next(model for model in world.models if model.role == "person")
    table = next(surface for surface in home["surfaces"] if surface["name"] == "coffee_table")
    assert math.dist(person.pose.xyz_m[:2], table["center_m"]) < 1.2


def test_wall_tags_are_where_the_house_wears_them(world: World, home: dict[str, Any]) -> None:
    worn = {}
    house = world.model("house")
    for visual in house.links[0].visuals:
        if visual.material.texture is not None:
            matrix = matrix_from_pose(house.pose) @ matrix_from_pose(visual.pose)
            thick, wide, high = visual.geometry.size_m
            assert wide == high
            face = matrix @ [thick / 2, 0, 0, 1]
            number = int(re.findall(r"(\d+)\.png$", visual.material.texture.name)[0])
            worn[number] = (*face[:3], math.atan2(matrix[1, 0], matrix[0, 0]), wide * 0.8)
    assert {tag["id"] for tag in home["wall_tags"]} == set(worn)
    for tag in home["wall_tags"]:
        x, y, z, yaw, size = worn[tag["id"]]
        assert (tag["x_m"], tag["y_m"], tag["z_m"]) == pytest.approx((x, y, z), abs=1e-4)
        assert wrapped(tag["yaw_rad"] - yaw) == pytest.approx(0, abs=1e-4)
        assert tag["size_m"] == pytest.approx(size)
    rooms = [tag["room"] for tag in home["wall_tags"]]
    assert all(rooms.count(room["name"]) >= 2 for room in home["rooms"])


def test_objects_are_what_the_gripper_can_hold(world: World, home: dict[str, Any], described: dict[str, Any]) -> None:
    assert {entry["name"] for entry in home["objects"]} == set(world.graspable)
    for entry in home["objects"]:
        model = world.model(entry["name"])
        assert not model.is_static
        (body,) = model.links[0].collisions
        assert list(body.geometry.size_m) == pytest.approx(entry["size_m"])
        assert body.pose.xyz_m == (0, 0, 0)
        assert tag_number(model) == entry["tag_id"]
        tag = next(v for v in model.links[0].visuals if v.material.texture)
        assert tag.geometry.size_m == pytest.approx([2 * entry["tag_face_m"]] * 3)
        assert entry["tag_size_m"] == pytest.approx(tag.geometry.size_m[0] * 0.8)
        assert entry["grasp_width_m"] == entry["size_m"][1]
        assert entry["grasp_width_m"] + 0.02 < 2 * described["gripper"]["open_m"]


def test_tags_are_all_different(home: dict[str, Any]) -> None:
    numbers = [entry["tag_id"] for entry in home["objects"]] + [tag["id"] for tag in home["wall_tags"]]
    assert len(numbers) == len(set(numbers))


def test_robot_starts_at_its_dock(world: World, home: dict[str, Any]) -> None:
    dock = next(place["approach"] for place in home["places"] if place["name"] == "dock")
    assert world.robot.pose.xyz_m[:2] == pytest.approx((dock["x_m"], dock["y_m"]))
    assert world.robot.pose.rpy_rad[2] == pytest.approx(dock["yaw_rad"], abs=1e-4)


def test_robot_description_is_the_models(world: World, described: dict[str, Any]) -> None:
    robot = world.robot
    drive, base_link = robot.drives[0], robot.link("base_link")
    base, camera, lidar = described["base"], described["camera"], described["lidar"]
    assert base["wheel_radius_m"] == drive.wheel_radius_m
    assert base["wheel_separation_m"] == drive.wheel_separation_m
    assert (base["max_linear_m_s"], base["max_angular_rad_s"]) == (drive.linear_m_s[1], drive.angular_rad_s[1])
    assert drive.linear_m_s2 == (-base["max_linear_acceleration_m_s2"], base["max_linear_acceleration_m_s2"])
    assert drive.angular_rad_s2[1] == base["max_angular_acceleration_rad_s2"]
    assert base["footprint_radius_m"] == base_link.collisions[0].geometry.size_m[0]
    wheels = [robot.link(robot.joint(j).child) for j in drive.left_joints + drive.right_joints]
    assert [w.pose.xyz_m for w in wheels] == [
        (0, base["wheel_separation_m"] / 2, base["wheel_radius_m"]),
        (0, -base["wheel_separation_m"] / 2, base["wheel_radius_m"]),
    ]
    (sensor,) = base_link.cameras
    assert sensor.pose.xyz_m == (camera["x_m"], camera["y_m"], camera["z_m"])
    assert sensor.pose.rpy_rad == pytest.approx((0, camera["pitch_rad"], 0))
    assert (sensor.width_px, sensor.height_px) == (camera["width_px"], camera["height_px"])
    assert sensor.horizontal_fov_rad == pytest.approx(camera["horizontal_fov_rad"])
    assert sensor.frame_id == camera["frame_id"]
    fovy = 2 * math.atan(math.tan(sensor.horizontal_fov_rad / 2) * sensor.height_px / sensor.width_px)
    assert math.degrees(fovy) == pytest.approx(50, abs=1e-3)
    (scanner,) = base_link.lidars
    assert scanner.pose.xyz_m == (lidar["x_m"], lidar["y_m"], lidar["z_m"])
    assert (scanner.angle_min_rad, scanner.angle_max_rad) == (lidar["angle_min_rad"], lidar["angle_max_rad"])
    assert scanner.range_max_m == lidar["range_max_m"]
    assert scanner.frame_id == lidar["frame_id"]


def test_lift_and_gripper_description_is_the_models(world: World, described: dict[str, Any]) -> None:
    robot, lift, gripper = world.robot, described["lift"], described["gripper"]
    joint = robot.joint(lift["joint"])
    assert joint.limits == (lift["min_m"], lift["max_m"])
    assert joint.velocity == lift["max_speed_m_s"]
    for name in gripper["joints"]:
        finger = robot.joint(name)
        assert finger.limits == (gripper["closed_m"], gripper["open_m"])
        assert finger.velocity == gripper["max_speed_m_s"]
        assert finger.effort == gripper["max_force_n"]
        link = robot.link(finger.child)
        length, thickness, height = link.collisions[0].geometry.size_m
        assert link.pose.xyz_m[0] + length / 2 == pytest.approx(gripper["tip_x_m"])
        assert abs(link.pose.xyz_m[1]) == pytest.approx(thickness / 2)
        assert link.pose.xyz_m[2] == pytest.approx(gripper["height_at_zero_m"])
        assert height == gripper["finger_height_m"]
    hand = robot.link(joint.child)
    palm = next(c for c in hand.collisions if c.name == "palm")
    assert hand.pose.xyz_m[0] + palm.pose.xyz_m[0] + palm.geometry.size_m[0] / 2 == pytest.approx(gripper["palm_x_m"])
    assert gripper["palm_x_m"] + 0.04 < gripper["grasp_x_m"] < gripper["tip_x_m"]


def test_lift_reaches_every_surface(home: dict[str, Any], described: dict[str, Any]) -> None:
    low = described["gripper"]["height_at_zero_m"]
    high = low + described["lift"]["max_m"]
    for surface in home["surfaces"]:
        for entry in home["objects"]:
            middle = surface["height_m"] + entry["size_m"][2] / 2
            assert low < middle < high - 0.05, f"{entry['name']} on {surface['name']}"


def test_kept_tag_pictures_are_what_the_script_draws() -> None:
    files = texture_files(model_folder())
    assert len(files) >= 20
    for path, number in files.items():
        kept = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        assert np.array_equal(kept, tag_texture(number)), f"{path.name}: run {tag_texture.__module__}"


def test_a_tag_that_is_not_in_the_family_is_refused() -> None:
    with pytest.raises(ValueError, match=r"tag 587 is outside 0\.\.586"):
        tag_texture(587)


def test_every_model_has_a_config_that_names_its_file() -> None:
    for path in model_folder().glob("*/model.sdf"):
        config = (path.parent / "model.config").read_text("utf-8")
        assert f"<name>{path.parent.name}</name>" in config
        assert '<sdf version="1.9">model.sdf</sdf>' in config


def test_every_thing_stands_on_a_surface_for_every_seed(name: str, home: dict[str, Any]) -> None:
    surfaces = {surface["name"] for surface in home["surfaces"]}
    for seed in (None, 0, 5):
        built = build_simulator(name, seed=seed)
        built.simulator.run_until(0.5)
        built.recorder.record()
        things = built.recorder.snapshot()["objects"]
        assert {thing["on"] for thing in things.values()} <= surfaces, (seed, things)


def test_the_robot_gets_from_its_dock_to_every_surface(world: World, home: dict[str, Any]) -> None:
    boxes = static_boxes(world)
    corners = np.concatenate([box.corners_m() for box in boxes])
    low, high = corners.min(axis=0), corners.max(axis=0)
    floor = FreeFloor((float(high[0] - low[0]), float(high[1] - low[1])))
    for box in boxes:
        if box.bottom_m < 1.4:
            least, most = box.corners_m().min(axis=0) - low, box.corners_m().max(axis=0) - low
            floor.block((float(least[0]), float(most[0]), float(least[1]), float(most[1])))
    stands = {
        place["name"]: (place["approach"]["x_m"] - low[0], place["approach"]["y_m"] - low[1])
        for place in home["places"]
    }
    for place in (place["name"] for place in home["places"] if "surface" in place):
        assert floor.joins(stands["dock"], [stands[place]]), place
