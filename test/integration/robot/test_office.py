"""The same skills in another building: an office corridor, longer than the scanner sees."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

pytest.importorskip("rclpy")
pytest.importorskip("mujoco")
pytest.importorskip("taskmatrix_interfaces")

from robot_lab import RobotLab

pytestmark = [pytest.mark.ros, pytest.mark.mujoco]


@pytest.fixture(scope="module")
def lab(leaks) -> Iterator[RobotLab]:
    with leaks.long_lived("taskmatrix_ros", "lab"):
        lab = RobotLab("office", world="office", seed=2, speed=3.0)
        yield lab
        lab.close()


@pytest.mark.timeout(600)
def test_fetch_through_the_corridor(lab: RobotLab) -> None:
    """Go to the copy room, find the toner, bring it to the lounge: done when the world says so."""
    toner = lab.truth()["objects"]["toner"]
    lab.do("go_to", place=toner["room"].replace("_", " "))
    assert lab.truth()["room"] == toner["room"]
    found = lab.do("find", object="toner cartridge", place=toner["room"])
    assert found.object == "toner"
    apart = (found.pose.pose.position.x - toner["x_m"], found.pose.pose.position.y - toner["y_m"])
    assert math.hypot(*apart) < 0.05
    assert lab.do("go_to", object="toner").distance_error_m < 0.05
    lab.do("pick_up", object="toner")
    assert lab.truth()["holding"] == "toner"
    lab.do("go_to", place="user")
    lab.do("put_down", object="toner", place="user")
    end = lab.truth()
    assert end["holding"] is None
    assert end["objects"]["toner"]["on"] == "coffee_table"
    assert end["objects"]["toner"]["room"] == "lounge"
    assert end["hardest_bump"] is None
