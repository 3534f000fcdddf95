"""One goal through the executor and the same goal through a bare client, in turns."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import threading
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor

from taskmatrix_interfaces.action import RobotFind
from taskmatrix_ros.app.processes.child_process import ChildProcess
from taskmatrix_ros.app.processes.ros_domain import free_domain
from taskmatrix_ros.bench.bench_system import bench_system
from taskmatrix_ros.bench.figure import Figure
from taskmatrix_ros.bindings.ros2 import Ros2Binding
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.run import RunStatus
from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.ros_context import RosContext
from taskmatrix_ros.ros.simulated_clock import SystemRosClock

PAIRS = 200
WARM_UP = 5
ACTION = "/bench/work"


async def action_ratio(manifest: str) -> Figure:
    """Time a run of one call against a bare ``ActionClient``; each client has a spinning thread of its own."""
    os.environ["ROS_DOMAIN_ID"] = str(free_domain())
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    async with AsyncExitStack() as stack:
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="taskmatrix-bench-")))
        server = ChildProcess("work_server", (sys.executable, "-m", "taskmatrix_ros.bench.work_server"), logs)
        stack.push_async_callback(server.close)
        await server.open()
        ros = RosContext()
        ros.open()
        stack.callback(ros.close)
        thread = NodeThread(ros, "bench_executor")
        thread.open()
        stack.callback(thread.close)
        bare = BareClient(ros)
        stack.callback(bare.close)
        system = await stack.enter_async_context(
            bench_system(manifest, lambda catalogue, state: (Ros2Binding(thread, catalogue, state, SystemRosClock()),))
        )
        code = await system.verify('bench_work(object="x")\n')
        through, alone = [], []
        for _ in range(PAIRS + WARM_UP):
            alone.append(bare.spent_s())
            began = time.perf_counter()
            result = await system.run(code)
            through.append(time.perf_counter() - began)
            if result.status is not RunStatus.SUCCEEDED:
                raise ConfigError(f"bench: a run ended {result.status.value}: {result.summary}")
    return Figure(
        name="action_ratio",
        value=statistics.median(through[WARM_UP:]) * 1000,
        unit="ms",
        baseline=statistics.median(alone[WARM_UP:]) * 1000,
        note="a whole run of one call, gated, audited and journalled, over a bare goal; medians of 200 pairs",
    )


class BareClient:
    """An action client as one would write it by hand: a node, an executor thread, done callbacks, an event."""

    def __init__(self, ros: RosContext) -> None:
        import rclpy

        self._node = rclpy.create_node("bench_bare", context=ros.context)
        self._client = ActionClient(self._node, RobotFind, ACTION)
        self._executor = SingleThreadedExecutor(context=ros.context)
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._executor.spin, name="bench-bare", daemon=True)
        self._thread.start()
        if not self._client.wait_for_server(timeout_sec=10):
            raise ConfigError("bench: the work server was not found within 10 s")

    def spent_s(self) -> float:
        """Send a goal and wait for its result. :returns: wall seconds."""
        ended = threading.Event()

        def accepted(future: Any) -> None:
            future.result().get_result_async().add_done_callback(lambda _result: ended.set())

        began = time.perf_counter()
        self._client.send_goal_async(RobotFind.Goal(object="x")).add_done_callback(accepted)
        if not ended.wait(10):
            raise ConfigError("bench: a bare goal got no result within 10 s")
        return time.perf_counter() - began

    def close(self) -> None:
        """End the thread, destroy the node."""
        self._executor.shutdown()
        self._thread.join(5)
        self._node.destroy_node()
