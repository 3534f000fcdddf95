"""Lets Gazebo's world run, through the bridge."""

from __future__ import annotations

import time

from rclpy.node import Node

from taskmatrix_ros.core.errors import NotInstalled
from taskmatrix_ros.sim.gazebo.commands import INSTALL, control_service

_AGAIN_S = 2.0


class WorldControl:
    """The service ``/world/<name>/control`` of ros_gz_bridge.

    :raises NotInstalled: its messages are not on this machine.
    """

    def __init__(self, node: Node, world_name: str) -> None:
        try:
            from ros_gz_interfaces.srv import ControlWorld
        except ModuleNotFoundError as error:
            raise NotInstalled(f"gazebo: the ROS package ros_gz_interfaces is not installed; {INSTALL}") from error
        self._request = ControlWorld.Request()
        self._request.world_control.pause = False
        self._client = node.create_client(ControlWorld, control_service(world_name))
        self._asked_at = -_AGAIN_S

    def run(self) -> None:
        """Ask that the world runs; to be called until its clock does. Does nothing while the bridge is not there."""
        now = time.monotonic()
        if now - self._asked_at >= _AGAIN_S and self._client.service_is_ready():
            self._asked_at = now
            self._client.call_async(self._request)
