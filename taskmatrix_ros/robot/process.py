"""The skill server as a process: ``python -m taskmatrix_ros.robot.process --world home``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.program import end_signal, run_program

if TYPE_CHECKING:
    from taskmatrix_ros.models.model_settings import ModelSettings

_NODE = "skill_server"


def parser() -> argparse.ArgumentParser:
    """Command line of the process."""
    result = argparse.ArgumentParser(
        prog="taskmatrix-robot", description="Offer find, go_to, pick_up and put_down over a robot's driver."
    )
    result.add_argument("--world", default="home", help="name in config/world, or a YAML file")
    result.add_argument("--robot", default="home_robot", help="name in config/robot")
    result.add_argument("--namespace", default="", help="ROS namespace of the driver's topics and of the actions")
    result.add_argument(
        "--initial-pose",
        nargs=3,
        type=float,
        metavar=("X_M", "Y_M", "YAW_RAD"),
        help="where the robot starts on the map; without it, it looks for wall tags",
    )
    result.add_argument("--stop-topic", default="/taskmatrix/stop", help="Bool; true holds the robot until false")
    result.add_argument("--alive-topic", default="/taskmatrix/alive", help="Bool; its silence stops the robot")
    result.add_argument("--no-require-alive", action="store_true", help="move though nobody publishes alive")
    result.add_argument("--stamped-velocity", action="store_true", help="publish TwistStamped on cmd_vel, not Twist")
    result.add_argument(
        "--perception", choices=("tags", "poses"), default="tags", help="poses: by a simulator's sim/poses, no camera"
    )
    result.add_argument(
        "--vision", metavar="JSON", help="settings of a model that takes pictures, as models.chat of a profile has them"
    )
    result.add_argument("--wall-time", action="store_true", help="time is the machine's and not /clock: hardware")
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM.

    :param argv: arguments without the program's name; ROS arguments (``--ros-args ...``) may follow.
    :returns: 0 after a signal, 2 for wrong arguments or descriptions, 4 if ROS or what the robot needs is not
        installed.
    """
    remedy = "source ROS 2, or run scripts/setup"
    return run_program(parser(), _run, argv, name="skill server", remedy=remedy)


def _run(options: argparse.Namespace, ros_arguments: Sequence[str]) -> int:
    from taskmatrix_ros.robot.description.robot_description import RobotDescription
    from taskmatrix_ros.robot.description.world_description import WorldDescription
    from taskmatrix_ros.robot.geometry.pose2 import Pose2
    from taskmatrix_ros.robot.skill_settings import SkillSettings

    ended = end_signal()
    world = WorldDescription.load(options.world)
    robot = RobotDescription.load(options.robot)
    settings = SkillSettings.load(robot, options.robot)

    vision = _vision(options.vision) if options.vision else None

    from rclpy.parameter import Parameter

    from taskmatrix_ros.robot.skills.skill_builder import DriveTopics
    from taskmatrix_ros.robot.skills.skill_server import SkillServer
    from taskmatrix_ros.ros.node_thread import NodeThread
    from taskmatrix_ros.ros.ros_context import RosContext

    with ExitStack() as stack:
        context = RosContext(ros_arguments)
        context.open()
        stack.callback(context.close)
        parameters = [Parameter("use_sim_time", value=not options.wall_time)]
        thread = NodeThread(context, _NODE, namespace=options.namespace, parameters=parameters)
        node = thread.open()
        stack.callback(thread.close)
        server = SkillServer(
            node,
            world,
            robot,
            settings,
            safety=DriveTopics(
                stop=options.stop_topic,
                alive=options.alive_topic,
                require_alive=not options.no_require_alive,
                stamped_velocity=options.stamped_velocity,
                perception=options.perception,
            ),
            initial_pose=Pose2(*options.initial_pose) if options.initial_pose else None,
            vision=vision,
        )
        thread.post(server.open).result(timeout=20.0)
        stack.callback(server.close)
        sys.stdout.write(
            f"skill server ready: world {world.name}, robot {robot.name}, namespace {node.get_namespace()}, "
            f"{'wall' if options.wall_time else 'simulated'} time\n"
        )
        sys.stdout.flush()
        ended.wait()
    return 0


def _vision(text: str) -> ModelSettings:
    from pydantic import ValidationError

    from taskmatrix_ros.models.model_settings import ModelSettings

    try:
        return ModelSettings.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "JSON"
        raise ConfigError(f"skill server: --vision: {where}: {first['msg']}") from error


if __name__ == "__main__":
    sys.exit(main())
