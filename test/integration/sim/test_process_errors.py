"""What a person sees when the simulator cannot start, or can only half."""

from __future__ import annotations

import pytest

pytest.importorskip("rclpy")
pytest.importorskip("mujoco")

from facts import wait_for
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image
from sim_process import RELIABLE, Listener, SimProcess

pytestmark = [pytest.mark.ros, pytest.mark.mujoco]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--world", "castle"), "simulation: there is no world 'castle'; known: home, office"),
        (("--seed", "-3"), "simulation: seed -3 is outside 0..2147483647"),
        (
            ("--camera-size", "4000x3000"),
            "simulation: camera size 4000x3000 is above 1920x1440; choose a smaller picture",
        ),
        (("--speed", "-1"), "simulation: speed -1 is not 0 or more; 0 runs as fast as possible"),
    ],
)
def test_wrong_arguments_are_one_line_and_status_2(arguments: tuple[str, ...], what: str) -> None:
    with SimProcess(*arguments) as process:
        assert process.process.wait(60) == 2
    assert process.errors() == what + "\n"
    assert process.ready_line == ""


def test_without_drawing_libraries_everything_but_the_camera_works() -> None:
    # PyOpenGL refuses EGL when it was told another platform: the same failure as a missing library.
    with SimProcess("--speed", "4", PYOPENGL_PLATFORM="osmesa") as process, Listener() as listener:
        clock = listener.listen(Clock, "/clock", RELIABLE)
        pictures = listener.listen(Image, "camera/image", RELIABLE)
        wait_for(lambda: "apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri" in process.errors(), "the complaint")
        count = len(clock)
        wait_for(lambda: len(clock) > count + 100, "time to run on")
        assert not pictures
        assert process.end() == 0
    assert process.errors().count("cannot draw without a screen") == 1
    assert "Traceback" not in process.errors()
