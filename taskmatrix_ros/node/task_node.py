"""The node: two ROS nodes, their threads, and what the lifecycle opens and closes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

from lifecycle_msgs.msg import State
from std_msgs.msg import String

from taskmatrix_interfaces.msg import Event as EventMessage
from taskmatrix_ros.app.home.presence import Presence
from taskmatrix_ros.app.home.profile_presence import make_presence
from taskmatrix_ros.app.profile.profile_bindings import make_bindings
from taskmatrix_ros.app.profile.settings import Settings
from taskmatrix_ros.app.profile_system import profile_system
from taskmatrix_ros.app.system import System
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.node.bus_publisher import BusPublisher
from taskmatrix_ros.node.execute_task_server import ExecuteTaskServer
from taskmatrix_ros.node.home_time_server import HomeTimeServer
from taskmatrix_ros.node.lifecycle_node import TransitionNode
from taskmatrix_ros.node.messages import event_message, said_message
from taskmatrix_ros.node.outline_server import OutlineServer
from taskmatrix_ros.node.query_server import QueryServer
from taskmatrix_ros.node.registry_server import RegistryServer
from taskmatrix_ros.node.rules_server import RulesServer
from taskmatrix_ros.node.run_control_server import RunControlServer
from taskmatrix_ros.node.safety_server import SafetyServer
from taskmatrix_ros.registry.registry import Registry
from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.ros_context import RosContext
from taskmatrix_ros.ros.simulated_clock import SimulatedClock, SystemRosClock

_log = logging.getLogger(__name__)


class TaskNode:
    """Implements ``node.lifecycle_node.Lifecycle``; the loop's thread owns everything here.

    ``<namespace>/lifecycle`` offers the transitions, ``<namespace>/task`` everything else, so that a transition that
    waits for the loop never stops the node that the loop waits for.
    """

    def __init__(
        self, settings: Settings, ros_args: Sequence[str] = (), *, make_system: Callable[..., System] = System
    ) -> None:
        """:param make_system: builds the system, by the arguments of ``System``; a measurement gives one of its own."""
        if settings.ros is None:
            raise ConfigError(f"profile '{settings.profile}' has no `ros:`; the node needs it")
        self._settings = settings
        self._ros_settings = settings.ros
        self._make_system = make_system
        self._ros = RosContext(ros_args)
        namespace = settings.ros.namespace
        self._thread = NodeThread(self._ros, "task", namespace=namespace)
        self._lifecycle = NodeThread(self._ros, "lifecycle", namespace=namespace, make=TransitionNode)
        self._configured = AsyncExitStack()
        self._server: ExecuteTaskServer | None = None
        self._presence: Presence | None = None
        self.system: System | None = None

    async def open(self) -> None:
        """Start both ROS nodes, unconfigured."""
        self._ros.open()
        self._thread.open()
        node = self._lifecycle.open()
        assert isinstance(node, TransitionNode)
        node.lifecycle = self
        node.loop = asyncio.get_running_loop()

    async def close(self) -> None:
        """Clean up and end both ROS nodes."""
        await self.cleanup()
        await asyncio.to_thread(self._lifecycle.close)
        await asyncio.to_thread(self._thread.close)
        self._ros.close()

    async def start(self) -> None:
        """Configure and activate by the node's own transitions, so that ``ros2 lifecycle`` sees them.

        :raises ConfigError: a transition failed; the reason is the one it gave.
        """
        node = self._lifecycle.node
        assert isinstance(node, TransitionNode)
        for transition, wanted in (
            (node.trigger_configure, State.PRIMARY_STATE_INACTIVE),
            (node.trigger_activate, State.PRIMARY_STATE_ACTIVE),
        ):
            await self._lifecycle.run(transition)
            if node.state_id != wanted:
                raise node.failure or ConfigError(f"the node did not reach lifecycle state {wanted}; see its log")

    async def configure(self) -> None:
        """Open the system and offer the servers; goals are rejected until ``activate``."""
        settings, stack = self._settings, AsyncExitStack()
        try:
            clock = SimulatedClock(self._thread) if self._ros_settings.sim_time else SystemRosClock()
            if isinstance(clock, SimulatedClock):
                await clock.open()
                stack.push_async_callback(clock.close)

            def make(catalogue: Registry, state: StateStore) -> list[object]:
                return make_bindings(settings, catalogue, state, self._thread, clock)

            system = profile_system(settings, make, self._make_system)
            await system.open()
            stack.push_async_callback(system.close)
            self._server = ExecuteTaskServer(self._thread, system)
            safety = SafetyServer(
                self._thread,
                system.safety,
                system.latch,
                system.events,
                robot_namespace=self._ros_settings.robot_namespace,
            )
            events = BusPublisher(self._thread, system.events, "events", EventMessage, event_message, depth=100)
            control = RunControlServer(self._thread, system)
            outlines = OutlineServer(self._thread, system)
            rules = RulesServer(self._thread, system)
            apis = RegistryServer(self._thread, system)
            for part in (
                events,
                safety,
                control,
                outlines,
                rules,
                apis,
                QueryServer(self._thread, system),
                BusPublisher(self._thread, system.events, "say", String, said_message, depth=10),
                HomeTimeServer(self._thread, system),
                self._server,
            ):
                stack.push_async_callback(part.close)
                await part.open()
        except BaseException:
            await stack.aclose()
            raise
        self._configured, self.system = stack, system

    async def activate(self) -> None:
        """Accept goals; go on with what the last life did not end."""
        assert self._server is not None
        assert self.system is not None
        self.system.recover()
        self._server.accept(accepting=True)
        self._presence = make_presence(self._settings, self.system)
        if self._presence is not None:
            await self._presence.open()

    async def deactivate(self) -> None:
        """Refuse new goals; leave the runs that wait, cancel those that act."""
        if self._presence is not None:
            await self._presence.close()
            self._presence = None
        if self._server is not None:
            self._server.accept(accepting=False)
        if self.system is not None:
            self.system.rules.stop()
            await self.system.session.rest("the node was deactivated")

    async def cleanup(self) -> None:
        """Close what ``configure`` opened, in reverse."""
        await self.deactivate()
        stack, self._configured = self._configured, AsyncExitStack()
        self._server = self.system = None
        await stack.aclose()

    async def halt(self) -> None:
        """Stop all that moves: the node itself has failed."""
        if self.system is not None:
            self.system.safety.stop("the node failed in a transition")
