"""The drive gate on a real node: no simulator, no skills."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rclpy")

from facts import wait_for
from geometry_msgs.msg import Twist, TwistStamped
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import Bool

from taskmatrix_ros.robot.driver.drive_gate import DriveGate, GateLimits
from taskmatrix_ros.robot.geometry.path_follower import Velocity
from taskmatrix_ros.robot.skill_error import SkillError, SkillErrorCode
from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.ros_context import RosContext

pytestmark = pytest.mark.ros

LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
LIMITS = GateLimits(
    max_linear_m_s=0.5,
    max_angular_rad_s=1.0,
    linear_acceleration_m_s2=1.0,
    angular_acceleration_rad_s2=2.0,
    alive_timeout_wall_s=1.5,
    command_timeout_wall_s=1.0,
)


class Clock:
    """Time that passes only when told."""

    seconds = 100.0

    def now_s(self) -> float:
        return self.seconds


@pytest.fixture
def bench() -> Iterator[SimpleNamespace]:
    context = RosContext()
    context.open()
    thread = NodeThread(context, "gate", namespace="gate")
    node = thread.open()
    bench = SimpleNamespace(
        post=lambda f: thread.post(f).result(60), clock=Clock(), sent=[], halts=[], gates=[], node=node
    )
    bench.post(
        lambda: node.create_subscription(Twist, "cmd_vel", lambda m: bench.sent.append((m.linear.x, m.angular.z)), 50)
    )
    bench.stop = bench.post(lambda: node.create_publisher(Bool, "stop", LATCHED))
    bench.alive = bench.post(lambda: node.create_publisher(Bool, "alive", 1))

    def make(*, require_alive: bool = False, limits: GateLimits = LIMITS, **options: Any) -> DriveGate:
        gate = bench.post(
            lambda: DriveGate(
                node,
                bench.clock,
                limits,
                stop_topic="stop",
                alive_topic="alive",
                require_alive=require_alive,
                on_halt=bench.halts.append,
                **options,
            )
        )
        bench.gates.append(gate)
        said = (bench.stop, bench.alive)
        wait_for(lambda: all(publisher.get_subscription_count() for publisher in said), "discovery")
        wait_for(lambda: node.count_subscribers("/gate/cmd_vel"), "discovery")
        return gate

    bench.make = make
    yield bench
    for gate in bench.gates:
        gate.close()
    thread.close()
    context.close()


def accelerate(bench: SimpleNamespace, gate: DriveGate, lease: Any, velocity: Velocity, times: int = 20) -> None:
    for _ in range(times):
        bench.clock.seconds += 0.05
        heard = len(bench.sent)
        gate.command(lease, velocity)
        wait_for(lambda heard=heard: len(bench.sent) > heard, "a command")


def test_speed_and_acceleration_stay_within_limits(bench: SimpleNamespace) -> None:
    gate = bench.make()
    lease = gate.lease()
    accelerate(bench, gate, lease, Velocity(9.0, -9.0))
    wait_for(lambda: (0.5, -1.0) in bench.sent, "full speed")
    linear = [v for v, _ in bench.sent]
    assert linear[0] <= 0.1001
    assert max(b - a for a, b in pairwise(linear)) <= 0.0501
    assert max(linear) <= 0.5
    accelerate(bench, gate, lease, Velocity(math.nan, math.inf), 1)
    wait_for(lambda: bench.sent[-1] == (0.0, 0.0), "no number counts as zero")


def test_the_first_heartbeat_is_waited_for(bench: SimpleNamespace) -> None:
    gate = bench.make(require_alive=True)
    gate.wait_for_alive(0.2)
    assert "nobody has published" in gate.refusal()
    later = threading.Timer(0.3, lambda: bench.post(lambda: bench.alive.publish(Bool(data=True))))
    later.start()
    gate.wait_for_alive(60.0)
    assert gate.refusal() is None
    later.join()


def test_a_driver_that_wants_stamps_gets_them(bench: SimpleNamespace) -> None:
    stamped: list[TwistStamped] = []
    bench.post(lambda: bench.node.create_subscription(TwistStamped, "stamped_vel", stamped.append, 10))
    gate = bench.make(stamped=True, cmd_vel_topic="stamped_vel")
    wait_for(lambda: bench.node.count_publishers("/gate/stamped_vel"), "discovery")
    lease = gate.lease()
    bench.clock.seconds += 1.0
    wait_for(lambda: gate.command(lease, Velocity(0.1)) or stamped, "a command")
    assert stamped[-1].header.frame_id == "base_link"
    assert 0.0 < stamped[-1].twist.linear.x <= 0.1


def test_stop_is_obeyed_at_once_and_until_rearmed(bench: SimpleNamespace) -> None:
    gate = bench.make()
    lease = gate.lease()
    accelerate(bench, gate, lease, Velocity(0.4))
    bench.post(lambda: bench.stop.publish(Bool(data=True)))
    wait_for(lambda: gate.stopped, "the latch")
    wait_for(lambda: bench.sent[-1] == (0.0, 0.0), "zero")
    with pytest.raises(SkillError, match="was set") as caught:
        gate.command(lease, Velocity(0.4))
    assert caught.value.code is SkillErrorCode.STOPPED
    with pytest.raises(SkillError, match="re-arm"):
        gate.check()
    bench.post(lambda: bench.stop.publish(Bool(data=False)))
    wait_for(lambda: not gate.stopped, "the latch to be released")
    with pytest.raises(SkillError):
        gate.command(lease, Velocity(0.4))  # the old right to drive does not come back
    gate.command(gate.lease(), Velocity(0.4))


def test_a_stop_that_was_set_before_is_learnt(bench: SimpleNamespace) -> None:
    bench.post(lambda: bench.stop.publish(Bool(data=True)))
    gate = bench.make()
    wait_for(lambda: gate.stopped, "the latch")


def test_nobody_in_charge_nobody_drives(bench: SimpleNamespace) -> None:
    gate = bench.make(require_alive=True)
    with pytest.raises(SkillError, match="nobody has published alive yet"):
        gate.check()
    with pytest.raises(SkillError) as caught:
        gate.command(gate.lease(), Velocity(0.1))
    assert caught.value.code is SkillErrorCode.STOPPED


def test_silence_of_alive_halts(bench: SimpleNamespace) -> None:
    gate = bench.make(require_alive=True)
    bench.post(lambda: bench.alive.publish(Bool(data=True)))
    wait_for(lambda: gate.refusal() is None, "alive")
    lease = gate.lease()
    accelerate(bench, gate, lease, Velocity(0.4), 3)
    wait_for(lambda: lease.ended is not None, "the watchdog")
    wait_for(lambda: bench.sent[-1] == (0.0, 0.0), "zero")
    assert "silent" in lease.ended.message
    assert any("silent" in reason for reason in bench.halts)


def test_a_heartbeat_that_is_late_lets_the_robot_stand_and_go_on(bench: SimpleNamespace) -> None:
    gate = bench.make(require_alive=True, limits=replace(LIMITS, alive_patience_wall_s=60.0))
    bench.post(lambda: bench.alive.publish(Bool(data=True)))
    wait_for(lambda: gate.refusal() is None and gate.suspension() is None, "alive")
    lease = gate.lease()
    accelerate(bench, gate, lease, Velocity(0.4), 3)
    wait_for(lambda: gate.suspension() is not None, "silence")
    wait_for(lambda: bench.sent[-1] == (0.0, 0.0), "zero")
    assert lease.ended is None
    bench.post(lambda: bench.alive.publish(Bool(data=True)))
    wait_for(lambda: gate.suspension() is None, "alive again")
    bench.clock.seconds += 1.0
    gate.command(lease, Velocity(0.4))
    assert lease.ended is None


def test_going_away_halts_without_waiting(bench: SimpleNamespace) -> None:
    gate = bench.make(require_alive=True)
    bench.post(lambda: bench.alive.publish(Bool(data=True)))
    wait_for(lambda: gate.refusal() is None, "alive")
    bench.post(lambda: bench.alive.publish(Bool(data=False)))
    wait_for(lambda: "goes away" in (gate.refusal() or ""), "the farewell")


def test_a_late_skill_stands_and_goes_on(bench: SimpleNamespace) -> None:
    gate = bench.make()
    lease = gate.lease()
    accelerate(bench, gate, lease, Velocity(0.4))
    wait_for(lambda: bench.sent[-1] == (0.0, 0.0) and not gate.moving, "zero after silence of the skill")
    gate.command(lease, Velocity(0.4))
    assert lease.ended is None


def test_only_one_holds_the_right_to_drive(bench: SimpleNamespace) -> None:
    gate = bench.make()
    first, second = gate.lease(), gate.lease()
    with pytest.raises(SkillError, match="another skill"):
        gate.command(first, Velocity(0.1))
    gate.command(second, Velocity(0.1))
    gate.halt(SkillErrorCode.CANCELLED, "the goal was cancelled")
    with pytest.raises(SkillError) as caught:
        gate.command(second, Velocity(0.1))
    assert caught.value.code is SkillErrorCode.CANCELLED
