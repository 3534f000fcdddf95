"""Driving a simulator step by step, and standing with an open hand before a thing."""

from __future__ import annotations

import math

from taskmatrix_ros.sim.mujoco.simulator import CONTROL_PERIOD_S, Simulator, TruePose


def run(simulator: Simulator, seconds: float, velocity: tuple[float, float] | None = None) -> None:
    """Let simulated time pass. :param velocity: told at every step, m/s and rad/s; None: nothing is."""
    end = simulator.time_s + seconds
    while simulator.time_s < end - CONTROL_PERIOD_S / 2:
        if velocity is not None:
            simulator.set_velocity(*velocity)
        simulator.step()


def approach(simulator: Simulator, thing: TruePose, gap_m: float = 0.42) -> None:
    """Put the robot in front of a thing, hand open and level with it, from where the hand touches nothing."""
    c, s = math.cos(thing.yaw_rad), math.sin(thing.yaw_rad)
    simulator.set_position("gripper/command", 0.06)
    simulator.set_position("lift/command", thing.z_m - 0.35)
    simulator.put("robot", TruePose(thing.x_m - 0.8 * c, thing.y_m - 0.8 * s, 0.0, thing.yaw_rad))
    run(simulator, 2.0)
    simulator.put("robot", TruePose(thing.x_m - gap_m * c, thing.y_m - gap_m * s, 0.0, thing.yaw_rad))
    run(simulator, 0.2)
