"""``python -m taskmatrix_ros.bench.work_server``: an action server that works for 50 ms."""

from __future__ import annotations

import sys
import time
from typing import Any

import rclpy
from rclpy.action import ActionServer
from rclpy.executors import ExternalShutdownException

from taskmatrix_interfaces.action import RobotFind
from taskmatrix_ros.core.parent_death import die_with_parent
from taskmatrix_ros.ros.ros_context import RosContext

WORK_S = 0.05


def main() -> None:
    """Serve until interrupted."""
    die_with_parent()
    ros = RosContext()
    ros.open()
    node = rclpy.create_node("work_server", context=ros.context)

    def work(handle: Any) -> RobotFind.Result:
        time.sleep(WORK_S)
        handle.succeed()
        return RobotFind.Result(success=True, object=handle.request.object)

    server = ActionServer(node, RobotFind, "/bench/work", work)
    executor = rclpy.executors.SingleThreadedExecutor(context=ros.context)
    executor.add_node(node)
    sys.stdout.write("work server ready: takes goals\n")
    sys.stdout.flush()
    try:
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        server.destroy()
        node.destroy_node()
        ros.close()


if __name__ == "__main__":
    main()
