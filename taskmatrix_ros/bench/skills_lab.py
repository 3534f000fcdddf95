"""A simulated home and its skill server as processes, the four actions, and what is really so."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from taskmatrix_interfaces.action import RobotFind, RobotGoTo, RobotPickUp, RobotPutDown
from taskmatrix_ros.app.home.generated_home import GeneratedHome
from taskmatrix_ros.app.processes.child_process import ChildProcess
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.ids import id_to_bytes, new_id
from taskmatrix_ros.ros.action_call import ActionCall, ActionPeer, GoalReport
from taskmatrix_ros.ros.node_entities import NodeEntities
from taskmatrix_ros.ros.node_thread import NodeThread

ALIVE_PERIOD_S = 0.1
CONNECT_S = 20.0
GOAL_S = 400.0
"""Wall seconds after which a goal counts as lost; its own deadline comes earlier."""

ACTIONS = {"find": RobotFind, "go_to": RobotGoTo, "pick_up": RobotPickUp, "put_down": RobotPutDown}


class SkillsLab:
    """One home in a namespace of its own.

    :param thread: an open node in that namespace. :param logs: folder for the processes' logs.
    :param speed: simulated seconds per wall second.
    """

    def __init__(
        self, thread: NodeThread, home: GeneratedHome, logs: Path, *, namespace: str, seed: int, speed: float
    ) -> None:
        self._thread = thread
        self._entities = NodeEntities(thread)
        self._stack = AsyncExitStack()
        where = ("--namespace", namespace)
        self._simulator = self._child(
            logs,
            "taskmatrix_ros.sim.mujoco.process",
            str(home.world),
            "--seed",
            str(seed),
            "--speed",
            str(speed),
            *where,
        )
        self._skills = self._child(logs, "taskmatrix_ros.robot.process", str(home.map), *where)
        self._peers: dict[str, ActionPeer] = {}
        self._snapshot: Any = None

    async def open(self) -> None:
        """Start both, and say that somebody is alive.

        :raises ConfigError: one did not come up.
        """
        stack = self._stack
        for child in (self._simulator, self._skills):
            stack.push_async_callback(child.close)
            await child.open()
        stack.push_async_callback(self._entities.close)
        create = self._entities.create
        alive = await create(lambda node: node.create_publisher(Bool, "/taskmatrix/alive", 1))
        await create(lambda node: node.create_timer(ALIVE_PERIOD_S, lambda: alive.publish(Bool(data=True))))
        self._snapshot = await create(lambda node: node.create_client(Trigger, "sim/snapshot"))
        for name, kind in ACTIONS.items():
            self._peers[name] = await create(lambda node, n=name, k=kind: ActionPeer(node, k, f"robot/{n}"))
        # Without a target a goal is refused for that as soon as the robot may move: heard, localised, not stopped.
        until = asyncio.get_running_loop().time() + CONNECT_S
        while (await self.do("go_to")).result.error_code != "BAD_GOAL":
            if asyncio.get_running_loop().time() > until:
                raise ConfigError(f"bench: the robot may not move within {CONNECT_S:g} s; see {self._skills.log_file}")
            await asyncio.sleep(0.1)

    async def close(self) -> None:
        """End both."""
        await self._stack.aclose()

    async def do(self, name: str, **fields: Any) -> GoalReport:
        """Send a goal and wait for its end.

        :raises ConfigError: the skill server does not answer.
        """
        report = await ActionCall(self._thread, self._peers[name]).run(
            ACTIONS[name].Goal(**fields),
            goal_id=id_to_bytes(new_id()),
            on_feedback=lambda _feedback: None,
            connect_s=CONNECT_S,
            deadline_s=GOAL_S,
            lost=lambda: None if self._skills.pid and self._simulator.pid else "a process ended",
        )
        if report.result is None:
            raise ConfigError(f"bench: {name} got no result: {report.reason}; see {self._skills.log_file}")
        return report

    async def truth(self) -> dict[str, Any]:
        """Give what the simulator knows."""
        response = await self._thread.result(lambda: self._snapshot.call_async(Trigger.Request()))
        snapshot: dict[str, Any] = json.loads(response.message)
        return snapshot

    @staticmethod
    def _child(logs: Path, module: str, world: str, *arguments: str) -> ChildProcess:
        return ChildProcess(module.split(".")[1], (sys.executable, "-m", module, "--world", world, *arguments), logs)
