"""Puts the parts of a skill server together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rclpy.node import Node

from taskmatrix_ros.models.model_settings import ModelSettings
from taskmatrix_ros.perception.object_observer import ObjectObserver
from taskmatrix_ros.perception.shape_observer import ShapeObserver
from taskmatrix_ros.perception.tag_detector import TagDetector
from taskmatrix_ros.robot.body.base_motion import BaseMotion
from taskmatrix_ros.robot.body.hand import Hand
from taskmatrix_ros.robot.body.hand_guard import HandGuard
from taskmatrix_ros.robot.body.nav2_navigator import Nav2Navigator
from taskmatrix_ros.robot.body.navigator import Navigator
from taskmatrix_ros.robot.body.obstacle_guard import ObstacleGuard
from taskmatrix_ros.robot.description.robot_description import RobotDescription
from taskmatrix_ros.robot.description.world_description import WorldDescription
from taskmatrix_ros.robot.driver.drive_gate import DriveGate, GateLimits
from taskmatrix_ros.robot.driver.robot_clock import RobotClock
from taskmatrix_ros.robot.driver.robot_driver import RobotDriver
from taskmatrix_ros.robot.driver.suspension import Suspension
from taskmatrix_ros.robot.driver.zone_guard import ZoneGuard
from taskmatrix_ros.robot.geometry.occupancy_grid import OccupancyGrid
from taskmatrix_ros.robot.localization.localization import Localization
from taskmatrix_ros.robot.reaching.reach_planner import ReachPlanner
from taskmatrix_ros.robot.reaching.surface_space import SurfaceSpace
from taskmatrix_ros.robot.seeing.looker import Looker
from taskmatrix_ros.robot.seeing.object_memory import ObjectMemory
from taskmatrix_ros.robot.seeing.picture_eye import PictureEye
from taskmatrix_ros.robot.seeing.pose_looker import PoseLooker
from taskmatrix_ros.robot.seeing.strangers import Strangers
from taskmatrix_ros.robot.seeing.view_planner import ViewPlanner
from taskmatrix_ros.robot.skill_settings import SkillSettings
from taskmatrix_ros.robot.skills.skill_parts import SkillParts

_LIDAR_BAND_M = 0.01
_BORDER_M = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveTopics:
    """Who may stop the robot, whether somebody must be in charge, how the wheels are spoken to, and by what things
    are recognised: ``tags`` in pictures, or ``poses`` that a simulator publishes.
    """

    stop: str = "/taskmatrix/stop"
    alive: str = "/taskmatrix/alive"
    require_alive: bool = True
    stamped_velocity: bool = False
    perception: Literal["tags", "poses"] = "tags"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltRobot:
    """The parts, and those that the server opens and closes."""

    parts: SkillParts
    driver: RobotDriver
    gate: DriveGate
    clock: RobotClock


def build_robot(
    node: Node,
    world: WorldDescription,
    robot: RobotDescription,
    settings: SkillSettings,
    safety: DriveTopics,
    vision: ModelSettings | None = None,
) -> BuiltRobot:
    """Create publishers and subscriptions on a node, and everything that works on them.

    :param vision: a model that takes pictures, to point at what is on no list.
    """
    clock = RobotClock(node)
    least_x, least_y, most_x, most_y = world.bounds_m
    bounds = (least_x - _BORDER_M, least_y - _BORDER_M, most_x + _BORDER_M, most_y + _BORDER_M)
    grid = OccupancyGrid((*world.boxes, *world.keep_out), bounds, height_m=robot.base.height_m)
    scan_field = grid.band(robot.lidar.z_m - _LIDAR_BAND_M, robot.lidar.z_m + _LIDAR_BAND_M)
    base_from_camera = robot.camera.base_from_camera()
    localization = Localization(
        world.tags,
        scan_field,
        base_from_camera,
        max_speed_m_s=robot.base.max_linear_m_s,
        lost_error_m=settings.localization.lost_error_m,
        motion=settings.localization.motion,
        scan=settings.localization.scan,
    )
    driver = RobotDriver(
        node,
        robot,
        on_odometry=lambda reading: localization.on_odometry(reading.stamp_s, reading.pose),
        on_scan=lambda reading: localization.on_scan(reading.stamp_s, reading.points_m),
    )
    gate = DriveGate(
        node,
        clock,
        GateLimits(
            max_linear_m_s=settings.drive.max_linear_m_s,
            max_angular_rad_s=settings.drive.max_angular_rad_s,
            linear_acceleration_m_s2=robot.base.max_linear_acceleration_m_s2,
            angular_acceleration_rad_s2=robot.base.max_angular_acceleration_rad_s2,
            alive_timeout_wall_s=settings.watch.alive_timeout_wall_s,
            command_timeout_wall_s=settings.watch.command_timeout_wall_s,
        ),
        stamped=safety.stamped_velocity or robot.interface.velocity == "twist_stamped",
        stop_topic=safety.stop,
        alive_topic=safety.alive,
        require_alive=safety.require_alive,
        suspension=Suspension(node, settings.suspend).reason,
        confine=ZoneGuard(
            world.zones,
            lambda: estimate.pose if (estimate := localization.estimate()) is not None else None,
            radius_m=robot.base.footprint_radius_m,
            braking_m_s2=robot.base.max_linear_acceleration_m_s2,
        ).confine,
    )
    radius = robot.base.footprint_radius_m
    guard = ObstacleGuard(
        driver,
        scan_field,
        radius_m=radius,
        side_m=0.02,
        margin_m=settings.drive.obstacle_margin_m,
        unknown_margin_m=robot.gripper.tip_x_m - radius + settings.drive.obstacle_margin_m,
    )
    carried = settings.carry
    tall = grid.band(carried.height_m - carried.hand_half_height_m, carried.height_m + carried.hand_half_height_m)
    motion = BaseMotion(driver, guard, settings.drive, settings.approach)
    hand = Hand(driver, robot, settings.grasp)
    memory = ObjectMemory(world.stands_at_m)
    ways = (grid, localization, driver, motion, guard, HandGuard(tall, robot), robot, settings.drive)
    own = robot.interface.navigation == "own"
    navigator = Navigator(*ways) if own else Nav2Navigator(node, robot.interface, world.frame, *ways)
    reach = ReachPlanner(grid, navigator.planner, robot, settings)
    views = ViewPlanner(grid, navigator.planner, robot, settings)
    strangers = Strangers(memory, base_from_camera)
    looker: Looker | PoseLooker
    if safety.perception == "poses":
        looker = PoseLooker(node, motion, hand, views.shows, world.catalogue, localization, memory, settings.look)
    else:
        looker = Looker(
            driver,
            motion,
            hand,
            TagDetector(world.tag_sizes_m),
            ObjectObserver(world.catalogue, base_from_camera),
            ShapeObserver(world.catalogue, base_from_camera),
            strangers,
            world.surfaces,
            localization,
            memory,
            settings.look,
        )
    parts = SkillParts(
        world=world,
        robot=robot,
        settings=settings,
        localization=localization,
        memory=memory,
        hand=hand,
        motion=motion,
        looker=looker,
        navigator=navigator,
        reach=reach,
        views=views,
        space=SurfaceSpace(reach, edge_m=settings.place.edge_m, gap_m=settings.place.gap_m),
        strangers=strangers,
        eye=PictureEye(vision) if vision is not None and safety.perception != "poses" else None,
    )
    return BuiltRobot(parts=parts, driver=driver, gate=gate, clock=clock)
