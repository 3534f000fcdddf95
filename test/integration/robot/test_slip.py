"""Hands that hold by friction alone: the skills know what they hold, and say so when it slips."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

pytest.importorskip("rclpy")
pytest.importorskip("mujoco")
pytest.importorskip("taskmatrix_interfaces")

from facts import wait_for
from robot_lab import RobotLab

pytestmark = [pytest.mark.ros, pytest.mark.mujoco, pytest.mark.timeout(600)]


@contextmanager
def lab_with(namespace: str, *arguments: str) -> Iterator[RobotLab]:
    lab = RobotLab(namespace, seed=1, speed=3.0, simulator_arguments=("--grasp", "friction", *arguments))
    try:
        yield lab
    finally:
        lab.close()


def before_the_coke(lab: RobotLab) -> None:
    lab.do("find", object="coke")
    lab.do("go_to", object="coke")


def test_friction_carries_a_thing_and_puts_it_down() -> None:
    with lab_with("friction") as lab:
        table = lab.truth()["objects"]["coke"]["on"]
        before_the_coke(lab)
        lab.do("pick_up", object="coke")
        held = lab.truth()
        assert (held["holding"], held["objects"]["coke"]["on"]) == ("coke", None)
        lab.do("put_down", object="coke", place=table)
        end = lab.truth()
        assert (end["holding"], end["objects"]["coke"]["on"]) == (None, table)


def test_a_grip_that_is_too_weak_is_a_failed_grasp_and_no_success() -> None:
    with lab_with("weak", "--grip-n", "0.6") as lab:
        start = lab.truth()["objects"]["coke"]
        before_the_coke(lab)
        result = lab.send("pick_up", object="coke").result().result
        assert not result.success
        assert result.error_code == "GRASP_FAILED", result.message
        end = lab.truth()
        assert end["holding"] is None
        assert end["objects"]["coke"]["z_m"] <= start["z_m"] + 0.01, "it was not lifted"
        wait_for(lambda: lab.state.holding == "", "a robot that knows")
        assert lab.refuse("put_down", object="coke").error_code == "NOT_HOLDING"
