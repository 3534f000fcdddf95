"""The home and the robot that ship with the package, for planning tests."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

from taskmatrix_ros.robot.description.robot_description import RobotDescription
from taskmatrix_ros.robot.description.world_description import WorldDescription
from taskmatrix_ros.robot.geometry.occupancy_grid import OccupancyGrid
from taskmatrix_ros.robot.geometry.path_planner import PathPlanner
from taskmatrix_ros.robot.reaching.reach_planner import ReachPlanner
from taskmatrix_ros.robot.seeing.view_planner import ViewPlanner
from taskmatrix_ros.robot.skill_settings import SkillSettings


@cache
def home() -> SimpleNamespace:
    world, robot = WorldDescription.load("home"), RobotDescription.load("home_robot")
    settings = SkillSettings.load(robot, "home_robot")
    x0, y0, x1, y1 = world.bounds_m
    grid = OccupancyGrid(world.boxes, (x0 - 0.3, y0 - 0.3, x1 + 0.3, y1 + 0.3), height_m=robot.base.height_m)
    radius = robot.base.footprint_radius_m + settings.drive.path_margin_m
    planner = PathPlanner(grid, radius, settings.drive.comfort_m)
    return SimpleNamespace(
        world=world,
        robot=robot,
        settings=settings,
        grid=grid,
        planner=planner,
        radius=radius,
        reach=ReachPlanner(grid, planner, robot, settings),
        views=ViewPlanner(grid, planner, robot, settings),
    )
