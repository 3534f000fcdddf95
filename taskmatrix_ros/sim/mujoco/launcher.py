"""From a world's name to a simulator that is ready to step."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.sim.driver.odometry import OdometryNoise
from taskmatrix_ros.sim.mujoco.finger_contacts import GRIPPER_TOPIC
from taskmatrix_ros.sim.mujoco.mujoco_world import LARGEST_PICTURE_PX
from taskmatrix_ros.sim.mujoco.simulator import Grasp, Simulator
from taskmatrix_ros.sim.sdf.sdf_reader import SdfReader
from taskmatrix_ros.sim.sdf.sdf_types import CameraSensor, World
from taskmatrix_ros.sim.truth.recorder import Recorder
from taskmatrix_ros.sim.worlds.home_map import HomeMap, load_home_map
from taskmatrix_ros.sim.worlds.locations import is_file, map_file, model_folders, placement_file, world_file
from taskmatrix_ros.sim.worlds.placement import load_placement

_LARGEST_SEED = 2**31 - 1
_STRONGEST_GRIP_N = 200.0


@dataclass(frozen=True, slots=True)
class BuiltSimulator:
    """A simulator with what watches it."""

    simulator: Simulator
    recorder: Recorder
    home: HomeMap


def build_simulator(
    world_name: str,
    *,
    seed: int | None = None,
    camera_size: str = "",
    camera_hz: float = 0.0,
    odometry_noise: float = 1.0,
    grasp: Grasp = Grasp.WELD,
    grip_n: float | None = None,
) -> BuiltSimulator:
    """Read a world, let the seed place its objects, and compile it.

    :param seed: 0..2**31-1; None leaves the objects where the world file has them.
    :param camera_size: ``640x480``; empty keeps the SDF's. The horizontal field of view stays.
    :param camera_hz: pictures per simulated second; 0 keeps the SDF's.
    :param odometry_noise: factor on the default :class:`OdometryNoise`.
    :param grip_n: largest force of each finger, N; None keeps the SDF's.
    :raises ConfigError: an unknown world, a broken file, a value out of range.
    """
    if seed is not None and not 0 <= seed <= _LARGEST_SEED:
        raise ConfigError(f"simulation: seed {seed} is outside 0..{_LARGEST_SEED}")
    if odometry_noise < 0:
        raise ConfigError(f"simulation: odometry noise {odometry_noise} is negative; 0 turns it off")
    asked = str(Path(world_name).absolute()) if is_file(world_name) else world_name
    world = SdfReader(*model_folders(world_name)).load_world(world_file(world_name))
    world = _with_camera(world, camera_size, camera_hz)
    if grip_n is not None:
        world = _with_grip(world, grip_n)
    home = load_home_map(map_file(world_name))
    if seed is not None:
        world = load_placement(placement_file(world_name)).place(world, home, seed)
    noise = OdometryNoise()
    noise = OdometryNoise(
        noise.wheel_scale * odometry_noise, noise.separation_scale * odometry_noise, noise.slip_m * odometry_noise
    )
    try:
        simulator = Simulator(world, seed=seed or 0, odometry_noise=noise, grasp=grasp)
    except ValueError as error:
        raise ConfigError(f"simulation: world '{world_name}' cannot be simulated: {error}") from error
    return BuiltSimulator(simulator, Recorder(simulator, home, seed=seed, world=asked), home)


def _with_grip(world: World, grip_n: float) -> World:
    if not 0 < grip_n <= _STRONGEST_GRIP_N:
        raise ConfigError(f"simulation: a grip of {grip_n:g} N is outside 0..{_STRONGEST_GRIP_N:g} N")
    robot = world.robot
    controllers = tuple(
        replace(c, effort=(-grip_n, grip_n)) if c.topic == GRIPPER_TOPIC else c for c in robot.position_controllers
    )
    models = (replace(m, position_controllers=controllers) if m is robot else m for m in world.models)
    return replace(world, models=tuple(models))


def _with_camera(world: World, size: str, rate_hz: float) -> World:
    match = re.fullmatch(r"(\d{2,4})x(\d{2,4})", size) if size else None
    if size and match is None:
        raise ConfigError(f"simulation: camera size '{size}' is not WIDTHxHEIGHT in pixels, as 640x480")
    if match and (int(match[1]) > LARGEST_PICTURE_PX[0] or int(match[2]) > LARGEST_PICTURE_PX[1]):
        largest = "x".join(map(str, LARGEST_PICTURE_PX))
        raise ConfigError(f"simulation: camera size {size} is above {largest}; choose a smaller picture")
    if rate_hz < 0:
        raise ConfigError(f"simulation: camera rate {rate_hz} Hz is negative; 0 keeps the model's")

    def changed(camera: CameraSensor) -> CameraSensor:
        width, height = (int(match[1]), int(match[2])) if match else (camera.width_px, camera.height_px)
        return replace(camera, width_px=width, height_px=height, rate_hz=rate_hz or camera.rate_hz)

    models = []
    for model in world.models:
        links = tuple(replace(link, cameras=tuple(changed(c) for c in link.cameras)) for link in model.links)
        models.append(replace(model, links=links))
    return replace(world, models=tuple(models))
