"""The home's clock as parameters of the node: ``home_time_zone``, and ``home_time`` of one that is virtual."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from rcl_interfaces.msg import ParameterDescriptor, SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter

from taskmatrix_ros.app.system import System
from taskmatrix_ros.core.clocks import VirtualHomeClock
from taskmatrix_ros.ros.node_thread import NodeThread

_log = logging.getLogger(__name__)

PARAMETER = "home_time"
ZONE_PARAMETER = "home_time_zone"


class HomeTimeServer:
    """Tells the home's time zone, by its IANA name, and lets the time of a virtual clock jump while no run goes on."""

    def __init__(self, thread: NodeThread, system: System) -> None:
        self._thread = thread
        self._system = system

    async def open(self) -> None:
        """Offer the parameters."""
        await self._thread.run(lambda: self._tell_zone(self._thread.node))
        if isinstance(self._system.clock, VirtualHomeClock):
            await self._thread.run(lambda: self._declare(self._thread.node))

    async def close(self) -> None:
        """Let the clock jump no more."""
        if isinstance(self._system.clock, VirtualHomeClock):
            await self._thread.run(lambda: self._thread.node.remove_on_set_parameters_callback(self._set))

    def _tell_zone(self, node: Node) -> None:
        if not node.has_parameter(ZONE_PARAMETER):
            zone = self._system.rules.place.time_zone
            node.declare_parameter(ZONE_PARAMETER, zone, ParameterDescriptor(read_only=True))

    def _declare(self, node: Node) -> None:
        if not node.has_parameter(PARAMETER):
            node.declare_parameter(PARAMETER, "")
        node.add_on_set_parameters_callback(self._set)

    def _set(self, parameters: Sequence[Parameter]) -> SetParametersResult:
        """Called in the node's thread; the clock is one value, which any thread may change."""
        for parameter in parameters:
            if parameter.name == PARAMETER and (problem := self._jump(str(parameter.value))):
                return SetParametersResult(successful=False, reason=problem)
        return SetParametersResult(successful=True)

    def _jump(self, text: str) -> str:
        try:
            moment = self._system.rules.place.utc(datetime.fromisoformat(text))
        except (ValueError, OverflowError):
            return f"home_time {text[:60]!r} is no moment; write it like 2026-12-24T06:59:50"
        if runs := len(self._system.session.active):
            return f"home_time jumps only while nothing runs; {runs} runs go on"
        clock = self._system.clock
        assert isinstance(clock, VirtualHomeClock)
        clock.jump(moment)
        _log.warning("home time is now %s", self._system.rules.place.local(moment).isoformat(timespec="seconds"))
        return ""
