"""Drafts of documents from a live ROS graph."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("rclpy")
pytestmark = [pytest.mark.ros]

from find_server import FindServer
from geometry_msgs.msg import Twist
from std_srvs.srv import SetBool

from taskmatrix_ros.core.binding_spec import Ros2Action, Ros2Topic
from taskmatrix_ros.registry.editor import Editor
from taskmatrix_ros.registry.registry import Registry
from taskmatrix_ros.registry.ros_import import InterfaceDescription, draft_graph
from taskmatrix_ros.ros.graph_reader import read_graph
from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.ros_context import RosContext


async def seen(thread: NodeThread, *names: str) -> dict[str, InterfaceDescription]:
    """Read the graph until it holds these names."""
    async with asyncio.timeout(60):
        while True:
            found = {one.name: one for one in await read_graph(thread)}
            if set(names) <= set(found):
                return found
            await asyncio.sleep(0.05)


def test_what_the_graph_offers_becomes_documents() -> None:
    async def main() -> None:
        contexts = [RosContext(), RosContext()]
        threads = [NodeThread(context, name) for context, name in zip(contexts, ("robot", "reader"))]
        for context, thread in zip(contexts, threads):
            context.open()
            thread.open()
        robot = FindServer(threads[0])
        try:
            await robot.open()
            await threads[0].run(
                lambda: (
                    threads[0].node.create_subscription(Twist, "/base/cmd_vel", lambda _: None, 1),
                    threads[0].node.create_service(SetBool, "/lamp/set", lambda _, answer: answer),
                    threads[0].node.create_service(SetBool, "/taskmatrix/rearm", lambda _, answer: answer),
                )
            )
            found = await seen(threads[1], "/robot/find", "/base/cmd_vel", "/lamp/set")
        finally:
            await robot.close()
            for context, thread in zip(contexts, threads):
                thread.close()
                context.close()
        assert "/taskmatrix/rearm" not in found  # this node's own
        assert not any("parameters" in name or "_action" in name for name in found)

        draft = draft_graph(list(found.values()))
        apis = {api.name: api for api in draft.apis}
        assert {api.effect.value for api in draft.apis} == {"hazardous"}
        find, velocity, lamp = apis["robot_find"], apis["publish_base_cmd_vel"], apis["lamp_set"]
        assert isinstance(find.binding, Ros2Action)
        assert (find.binding.name, find.binding.type) == ("/robot/find", "taskmatrix_interfaces/action/RobotFind")
        assert find.parameters["object"].type.value == "string"
        assert find.returns is not None
        assert find.returns.properties is not None
        assert isinstance(velocity.binding, Ros2Topic)
        linear = (velocity.parameters["linear"].properties or {})["x"]
        assert linear.type.value == "number"
        assert lamp.parameters["data"].type.value == "boolean"
        registry = Registry()
        told = Editor(registry).import_package(draft.done(), source="ros_graph", author="test")
        assert {"robot_find", "publish_base_cmd_vel", "lamp_set"} <= set(told.added)
        assert registry.get("lamp_set") is None
        registry.close()

    asyncio.run(main())


def test_constants_limits_and_defaults_are_kept() -> None:
    from taskmatrix_ros.ros.graph_reader import _describe

    run = _describe("topic", "/run", "taskmatrix_interfaces/msg/Run")
    assert run.constants
    joy = draft_graph([_describe("topic", "/battery", "sensor_msgs/msg/BatteryState")])
    (battery,) = joy.apis
    assert "POWER_SUPPLY_STATUS_CHARGING = 1" in battery.description
    status = battery.parameters["power_supply_status"]
    assert (status.type.value, status.minimum, status.maximum) == ("integer", 0, 255)
    assert battery.parameters["cell_voltage"].type.value == "array"
