"""The real simulator and the real skill server as processes, a client of the four actions, and a judge."""

from __future__ import annotations

import itertools
import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from facts import PATIENCE_S, wait_for
from rclpy.action import ActionClient
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sim_leash import SimLeash
from std_msgs.msg import Bool, String
from std_srvs.srv import Trigger

from taskmatrix_interfaces.action import RobotFind, RobotGoTo, RobotPickUp, RobotPutDown
from taskmatrix_interfaces.msg import RobotState
from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.ros_context import RosContext

ROOT = Path(__file__).resolve().parents[3]
LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
ACTIONS = {"find": RobotFind, "go_to": RobotGoTo, "pick_up": RobotPickUp, "put_down": RobotPutDown}
TRIGGERS = ("step", "reset")
ALIVE_PERIOD_S = 0.1
LEASH_S = 0.2
"""Simulated time runs no farther ahead of what the lab has heard of: what a test does comes when it is meant to."""


class Child:
    """A module of ours, or a file, as a process that says when it is ready."""

    def __init__(self, module: str, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *(() if module.endswith(".py") else ("-m",)), module, *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._errors: list[str] = []
        self._reader = threading.Thread(target=lambda: self._errors.extend(self.process.stderr), daemon=True)
        self._reader.start()
        self.ready_line = self.process.stdout.readline()

    @property
    def errors(self) -> str:
        return "".join(self._errors)

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal and return the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(120)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self._reader.join(5)
        for stream in (self.process.stdout, self.process.stderr):
            stream.close()
        return status


class Goal:
    """One goal on its way."""

    def __init__(self, lab: RobotLab, name: str, fields: dict[str, Any]) -> None:
        self._lab = lab
        self.fields = fields
        self.feedback: list[Any] = []
        client = lab.clients[name]
        message = ACTIONS[name].Goal(**fields)
        self._handle = lab.complete(
            lambda: client.send_goal_async(message, feedback_callback=lambda m: self.feedback.append(m.feedback))
        )
        assert self._handle.accepted
        self._answer: list[Any] = []
        future = lab.post(self._handle.get_result_async)
        lab.post(lambda: future.add_done_callback(lambda f: self._answer.append(f.result())))

    @property
    def has_ended(self) -> bool:
        """Whether there is a result."""
        return bool(self._answer)

    def result(self, timeout_s: float = PATIENCE_S) -> Any:
        """Wait for the result; gives status and result."""
        return wait_for(lambda: self._answer, "a result", timeout_s)[0]

    def cancel(self) -> None:
        self._lab.complete(self._handle.cancel_goal_async)


class RobotLab:
    """Everything for one test module.

    :param speed: simulated seconds per wall second.
    """

    def __init__(
        self,
        namespace: str,
        *,
        world: str = "home",
        seed: int = 1,
        speed: float = 3.0,
        arguments: tuple[str, ...] = (),
        simulator_arguments: tuple[str, ...] = (),
        between: Callable[[Node, str, str], object] | None = None,
        simulator: Callable[[str], Any] | None = None,
    ) -> None:
        """:param simulator: given the namespace, starts something else that speaks the driver contract."""
        where = ("--namespace", namespace)
        # With something between them the simulator speaks in a namespace of its own.
        simulated = namespace if between is None else f"{namespace}_simulated"
        if simulator is not None:
            self.simulator = simulator(namespace)
        else:
            self.simulator = Child(
                *("taskmatrix_ros.sim.mujoco.process", "--world", world, "--seed", str(seed), "--speed", str(speed)),
                *("--namespace", simulated, *simulator_arguments),
            )
        assert "ready" in self.simulator.ready_line, self.simulator.errors
        self.server = Child("taskmatrix_ros.robot.process", "--world", world, *where, *arguments)
        assert "skill server ready" in self.server.ready_line, self.server.errors
        self._context = RosContext()
        self._context.open()
        self._thread = NodeThread(self._context, "lab", namespace=namespace)
        self.node = self._thread.open()
        self._leash = ExitStack()
        if simulator is None:
            self._leash.enter_context(SimLeash(f"/{simulated}", LEASH_S).held_by(self._thread, free_after=True))
        self.state: RobotState | None = None
        self.alive = True
        self.clients = {n: self.post(lambda n=n: ActionClient(self.node, ACTIONS[n], f"robot/{n}")) for n in ACTIONS}
        self._alive = self.post(lambda: self.node.create_publisher(Bool, "/taskmatrix/alive", 1))
        self._stop = self.post(lambda: self.node.create_publisher(Bool, "/taskmatrix/stop", LATCHED))
        self.between = None
        if between is not None:
            self.between = self.post(lambda: between(self.node, f"/{simulated}", f"/{namespace}"))
        sim = f"/{simulated}/sim"
        self._snapshot = self.post(lambda: self.node.create_client(Trigger, f"{sim}/snapshot"))
        self._triggers = {n: self.post(lambda n=n: self.node.create_client(Trigger, f"{sim}/{n}")) for n in TRIGGERS}
        self._put = self.post(lambda: self.node.create_publisher(String, f"{sim}/put", 10))
        self.post(lambda: self.node.create_subscription(RobotState, "robot/state", self._on_state, 1))
        self.post(lambda: self.node.create_timer(ALIVE_PERIOD_S, self._say_alive))
        wait_for(lambda: all(c.server_is_ready() for c in self.clients.values()), "the actions")
        wait_for(self._snapshot.service_is_ready, "the judge")
        wait_for(lambda: self.state is not None and self._alive.get_subscription_count(), "robot/state")
        self.wait_until_free()

    def wait_until_free(self) -> None:
        """Wait until the robot may move: only then is a goal without a target refused for that."""
        wait_for(lambda: self.send("go_to").result().result.error_code == "BAD_GOAL", "a robot that may move")
        wait_for(lambda: not self.state.stopped and self.state.doing == "", "an idle robot")

    def close(self) -> None:
        self._leash.close()
        self._thread.close()
        self._context.close()
        assert self.server.end() == 0, self.server.errors
        self.simulator.end()

    def post(self, function: Callable[[], Any]) -> Any:
        """Call in the node's thread."""
        return self._thread.post(function).result(60)

    def complete(self, start: Callable[[], Any]) -> Any:
        """Call something that returns an rclpy Future, in the node's thread, and wait for its result."""
        future = self.post(start)
        done: list[Any] = []
        self.post(lambda: future.add_done_callback(lambda f: done.append(f.result())))
        return wait_for(lambda: done, "an answer")[0]

    def send(self, name: str, **fields: Any) -> Goal:
        return Goal(self, name, fields)

    def do(self, name: str, **fields: Any) -> Any:
        """Send a goal and return its result message, which must be a success."""
        answer = self.send(name, **fields).result()
        assert answer.result.success, f"{name} {fields}: {answer.result.error_code}: {answer.result.message}"
        return answer.result

    def refuse(self, name: str, **fields: Any) -> Any:
        """Send a goal and return its result message, which must be a failure that changed nothing."""
        truth = self.truth()
        before = truth["objects"]
        answer = self.send(name, **fields).result()
        assert not answer.result.success
        assert answer.result.message
        assert "\n" not in answer.result.message
        after = self.truth()["objects"]
        moved = {k for k in after if math.dist(xyz(before[k]), xyz(after[k])) > 0.01}
        assert moved <= {truth["holding"]}
        return answer.result

    def stop(self, on: bool) -> None:
        self.post(lambda: self._stop.publish(Bool(data=on)))

    def truth(self) -> dict[str, Any]:
        """What the simulator knows: for the judge only."""
        return json.loads(self.complete(lambda: self._snapshot.call_async(Trigger.Request())).message)

    def put(self, model: str, x_m: float, y_m: float, z_m: float) -> None:
        """Somebody moves a thing; returns once it is there. Asked again until then: the first message may be lost."""
        place = String(data=json.dumps({"model": model, "x_m": x_m, "y_m": y_m, "z_m": z_m}))

        def is_there() -> bool:
            if math.dist(xyz(self.truth()["objects"][model])[:2], (x_m, y_m)) < 0.05:
                return True
            self.post(lambda: self._put.publish(place))
            return False

        wait_for(is_there, f"{model} there")

    def trigger(self, name: str) -> None:
        """Ask the simulator for a step or a reset."""
        wait_for(self._triggers[name].service_is_ready, name)
        assert self.complete(lambda: self._triggers[name].call_async(Trigger.Request())).success

    def speed(self) -> float:
        """True speed of the base over a tenth of a simulated second, m/s."""
        first = self.truth()

        def later() -> dict[str, Any] | None:
            truth = self.truth()
            return truth if truth["time_s"] >= first["time_s"] + 0.1 else None

        last = wait_for(later, "simulated time")
        a, b = first["robot"], last["robot"]
        return math.hypot(b["x_m"] - a["x_m"], b["y_m"] - a["y_m"]) / (last["time_s"] - first["time_s"])

    def wait_for_speed(self, least_m_s: float = 0.3) -> None:
        """Wait until it really drives."""
        wait_for(lambda: self.speed() > least_m_s, f"{least_m_s} m/s")

    def drive(self, *places: str, least_m_s: float = 0.2) -> Goal:
        """Send it from place to place until it is seen to drive. :returns: the goal that it then has.

        A machine that stands still for a while misses a whole drive; what was just put between may not be heard yet.
        """
        deadline = time.monotonic() + PATIENCE_S
        for place in itertools.cycle(places):
            goal = self.send("go_to", place=place)
            wait_for(lambda goal=goal: goal.has_ended or self.speed() > least_m_s, f"{least_m_s} m/s, or an end")
            if not goal.has_ended:
                return goal
            result = goal.result().result
            assert time.monotonic() < deadline, f"it was never seen to drive; at last: {result.message}"
        raise ValueError("no place was named")

    def standing_after(self, since_s: float) -> float:
        """Simulated seconds after a moment at which the base last moved; waits until it stands."""
        wait_for(lambda: self.speed() < 0.005, "standing")
        path = self.truth()["path"]
        end = path[-1]
        moving = [p for p in path if math.hypot(p[1] - end[1], p[2] - end[2]) > 0.005]
        return max(0.0, (moving[-1][0] if moving else path[0][0]) - since_s)

    def _on_state(self, message: RobotState) -> None:
        self.state = message

    def _say_alive(self) -> None:
        if self.alive:
            self._alive.publish(Bool(data=True))


def xyz(thing: dict[str, float]) -> tuple[float, float, float]:
    return thing["x_m"], thing["y_m"], thing["z_m"]
