"""The processes of a profile, started in order and ended in reverse."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from taskmatrix_ros.app.processes.broker import Broker
from taskmatrix_ros.app.processes.child_process import READY_S, ChildProcess
from taskmatrix_ros.app.processes.skill_arguments import SKILLS_MODULE, skill_arguments
from taskmatrix_ros.app.profile.settings import Settings, SimulatorSettings
from taskmatrix_ros.core.errors import ConfigError, ManifestError
from taskmatrix_ros.registry.registry import Registry
from taskmatrix_ros.sim.gazebo.commands import find_bridge, find_gazebo

_log = logging.getLogger(__name__)

GAZEBO_S = 240.0
"""Wall seconds that Gazebo, with its graphics in software, may take to come up."""

RESTARTS = 3
"""How often the node is started again after a crash before the supervisor gives up."""


class Supervisor:
    """Starts what a profile's ``processes`` names, then the node; keeps the node alive."""

    def __init__(
        self,
        settings: Settings,
        profile: str,
        overrides: Sequence[str],
        *,
        log_folder: Path,
        announce: Callable[[str], None],
    ) -> None:
        """:param profile: as the node process will load it, with ``overrides`` and what is decided here.

        :param announce: told, in one line each, what starts, is ready, and ends.
        """
        self._settings = settings
        self._profile = profile
        self._overrides = list(overrides)
        self._log_folder = log_folder
        self._announce = announce
        self._stack = AsyncExitStack()
        self._children: dict[str, ChildProcess] = {}
        self._node: ChildProcess | None = None
        self.broker_port: int | None = None

    async def open(self) -> None:
        """Start everything.

        :raises ManifestError: no manifest is right; nothing was started.
        :raises ConfigError: a process did not come up; what had started is ended again.
        """
        self._check_manifests()
        self._check_programs()
        try:
            await self._open_broker()
            await asyncio.gather(*(self._open_child(child) for child in self._others()))
            self._node = self._child("node", self._module(), "--profile", self._profile, *self._sets())
            await self._open_child(self._node)
        except BaseException:
            await self.close()
            raise

    def _check_manifests(self) -> None:
        registry = Registry()
        try:
            problems = registry.sync(self._settings.manifest_files)
            if problems and not registry.documents():
                raise ManifestError(problems)
        finally:
            registry.close()
        for problem in problems:
            self._announce(str(problem))

    def _check_programs(self) -> None:
        """Find out before anything starts. :raises ConfigError: a program is not installed; says what to do."""
        simulator = self._settings.processes.simulator
        if simulator is not None and simulator.kind == "gazebo" and simulator.start:
            find_gazebo()
            find_bridge()

    async def close(self) -> None:
        """End everything, the node first."""
        await self._stack.aclose()

    async def watch(self) -> str:
        """Wait until the node is gone for good. A crash of the node starts it again; of others, it is told.

        :returns: how the node ended, in words.
        """
        watchers = [
            asyncio.create_task(self._tell_end(child)) for child in self._children.values() if child is not self._node
        ]
        try:
            return await self._keep_node()
        finally:
            for watcher in watchers:
                watcher.cancel()
            await asyncio.gather(*watchers, return_exceptions=True)

    async def _keep_node(self) -> str:
        assert self._node is not None
        for restart in range(RESTARTS + 1):
            ending = await self._node.wait()
            if ending in ("status 0", "SIGTERM", "SIGINT") or restart == RESTARTS:
                return ending
            self._announce(f"node ended with {ending}; starting it again ({restart + 1} of {RESTARTS})")
            await self._node.close()
            try:
                await self._node.open()
            except ConfigError as error:
                self._announce(error.message)
            else:
                self._announce("node is ready again")
        return self._node.ending

    async def _tell_end(self, child: ChildProcess) -> None:
        ending = await child.wait()
        self._announce(f"{child.name} ended with {ending}; what needs it is unavailable; its log is {child.log_file}")

    async def _open_broker(self) -> None:
        if not self._settings.processes.broker:
            return
        broker = Broker(log_file=self._log_folder / "broker.log")
        self._stack.push_async_callback(broker.close)
        await broker.open()
        self.broker_port = broker.port
        self._overrides.append(f"mqtt.brokers.default.port={broker.port}")
        self._announce(f"MQTT broker is ready on 127.0.0.1:{broker.port}")

    def _others(self) -> list[ChildProcess]:
        processes, ros = self._settings.processes, self._settings.ros
        found = []
        if processes.devices:
            outside = () if processes.outside_c is None else ("--outside-c", str(processes.outside_c))
            port = ("--port", str(self._broker_port()))
            found.append(self._child("devices", "taskmatrix_ros.sim.mqtt_devices", *port, *outside))
        namespace = ros.robot_namespace if ros else ""
        if processes.simulator and processes.simulator.start:
            found.append(self._simulator(processes.simulator, namespace))
        if processes.skills and processes.skills.start:
            found.append(self._child("skills", SKILLS_MODULE, *skill_arguments(self._settings)))
        return found

    def _simulator(self, simulator: SimulatorSettings, namespace: str) -> ChildProcess:
        words = [f"--world={simulator.world}", f"--seed={simulator.seed}", f"--speed={simulator.speed}"]
        words.append(f"--namespace={namespace}")
        if simulator.kind == "gazebo":
            gazebo = ("--start", "--render-engine", simulator.render_engine, *(("--gui",) if simulator.gui else ()))
            return self._child("simulator", "taskmatrix_ros.sim.gazebo.process", *words, *gazebo, within_s=GAZEBO_S)
        record = () if simulator.record is None else ("--record", str(simulator.record))
        grip = () if simulator.grip_n is None else ("--grip-n", str(simulator.grip_n))
        words += ["--view", simulator.view, "--grasp", simulator.grasp, *grip, *record]
        return self._child("simulator", "taskmatrix_ros.sim.mujoco.process", *words)

    def _broker_port(self) -> int:
        if self.broker_port is not None:
            return self.broker_port
        assert self._settings.mqtt is not None
        return next(iter(self._settings.mqtt.brokers.values())).port

    def _module(self) -> str:
        """Give what runs the system: the ROS node, or, where the profile has no ROS, a home of its own."""
        return "taskmatrix_ros.node.process" if self._settings.ros else "taskmatrix_ros.app.home.home_process"

    def _sets(self) -> list[str]:
        return [part for override in self._overrides for part in ("--set", override)]

    def _child(self, name: str, module: str, *arguments: str, within_s: float = READY_S) -> ChildProcess:
        argv = (sys.executable, "-m", module, *arguments)
        child = ChildProcess(name, argv, self._log_folder, ready_within_s=within_s)
        self._children[name] = child
        return child

    async def _open_child(self, child: ChildProcess) -> None:
        self._stack.push_async_callback(child.close)
        took_s = await child.open()
        self._announce(f"{child.name} is ready ({took_s:.1f} s)")
