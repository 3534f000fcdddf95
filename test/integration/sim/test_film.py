"""What the simulator records, opened again as a viewer would."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("rclpy")
pytest.importorskip("mujoco")

import cv2
import numpy as np
from facts import wait_for
from geometry_msgs.msg import Twist
from rosgraph_msgs.msg import Clock
from sim_process import RELIABLE, Listener, SimProcess
from std_srvs.srv import SetBool, Trigger

pytestmark = [pytest.mark.ros, pytest.mark.mujoco]

PATIENCE_S = 60.0


def frames_of(path: Path) -> np.ndarray:
    """Every frame, ``(N, H, W, 3) uint8``."""
    film = cv2.VideoCapture(str(path))
    assert film.isOpened(), f"{path} cannot be played"
    frames = []
    while True:
        read, frame = film.read()
        if not read:
            break
        frames.append(frame)
    assert len(frames) == int(film.get(cv2.CAP_PROP_FRAME_COUNT))
    assert film.get(cv2.CAP_PROP_FPS) == pytest.approx(10.0)
    film.release()
    return np.array(frames)


def moved_share(frames: np.ndarray) -> float:
    """Share of the pixels below the written time that differ between the first frame and the last."""
    first, last = frames[0, 40:].astype(int), frames[-1, 40:].astype(int)
    return float((np.abs(first - last).max(axis=-1) > 40).mean())


class Driver:
    """Turns the robot on the spot until it is told otherwise."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._velocity = listener.post(lambda: listener.node.create_publisher(Twist, "cmd_vel", 1))
        self.clock = listener.listen(Clock, "/clock", RELIABLE)
        wait_for(self._velocity.get_subscription_count, "a simulator that drives", PATIENCE_S)
        self._timer = listener.post(lambda: listener.node.create_timer(0.05, self._turn))

    def _turn(self) -> None:
        message = Twist()
        message.angular.z = 1.0
        self._velocity.publish(message)

    def now_s(self) -> float:
        return self.clock[-1].clock.sec + self.clock[-1].clock.nanosec * 1e-9 if self.clock else 0.0

    def drive(self, seconds: float) -> None:
        """Let simulated time pass."""
        start_s = wait_for(self.now_s, "time", PATIENCE_S)
        wait_for(lambda: self.now_s() >= start_s + seconds, f"{seconds} s of simulated time", PATIENCE_S)


def ask(listener: Listener, kind: type, name: str, **fields: object) -> object:
    client = listener.post(lambda: listener.node.create_client(kind, name))
    wait_for(client.service_is_ready, name, PATIENCE_S)
    future = listener.post(lambda: client.call_async(kind.Request(**fields)))
    return wait_for(lambda: future.done() and future.result(), f"an answer of {name}", PATIENCE_S)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_film_from_start_to_end_is_whole_whatever_ends_it(tmp_path: Path, number: signal.Signals) -> None:
    film, picture = tmp_path / "new" / "film.mp4", tmp_path / "new" / "top.png"
    arguments = ("--namespace", "film", "--record", str(film), "--picture", str(picture), "--view", "follow")
    with SimProcess(*arguments) as process, Listener("film") as listener:
        driver = Driver(listener)
        driver.drive(3.0)
        assert not film.exists(), "it appears only once it is whole"
        end_s = driver.now_s()
        assert process.end(number, PATIENCE_S) == 0, process.errors()
    frames = frames_of(film)
    assert frames.shape[1:] == (480, 640, 3)
    # A second of film is a simulated second; what was not drawn yet at the end is not in it.
    assert 5 * end_s < len(frames) <= 10 * driver.now_s() + 10
    assert moved_share(frames) > 0.002, "the robot turned"
    assert [path.name for path in sorted(film.parent.iterdir())] == ["film.mp4", "top.png"]
    drawn = cv2.imread(str(picture))
    assert min(drawn.shape[:2]) > 500


def test_a_film_can_be_started_and_ended_while_the_robot_works(tmp_path: Path) -> None:
    arguments = ("--namespace", "film", "--films", str(tmp_path), "--view", "top")
    with SimProcess(*arguments) as process, Listener("film") as listener:
        driver = Driver(listener)
        driver.drive(0.5)
        refused = ask(listener, SetBool, "sim/record", data=False)
        assert (refused.success, refused.message) == (False, "film: nothing is being recorded; start a film first")
        assert list(tmp_path.iterdir()) == [], "nothing is drawn that nobody asked for"
        begun = ask(listener, SetBool, "sim/record", data=True)
        assert begun.success, begun.message
        assert not ask(listener, SetBool, "sim/record", data=True).success, "one at a time"
        driver.drive(1.0)

        def told() -> dict:
            return json.loads(ask(listener, Trigger, "sim/snapshot").message)["film"]

        wait_for(lambda: told()["frames"] >= 15, "15 frames", PATIENCE_S)
        assert told()["file"] == begun.message
        ended = ask(listener, SetBool, "sim/record", data=False)
        assert (ended.success, ended.message) == (True, begun.message)
        frames = frames_of(Path(ended.message))
        assert len(frames) >= 15
        assert moved_share(frames) > 0.0005
        driver.drive(0.3)
        assert json.loads(ask(listener, Trigger, "sim/snapshot").message)["film"] is None
        assert process.end() == 0


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--record", "film.avi"), "film: 'film.avi' does not end in .mp4; name an MP4 file"),
        (("--record", "/proc/film.mp4"), "film: cannot write /proc/film.mp4"),
        (("--picture", "/proc/no/top.png"), "simulation: cannot write /proc/no/top.png"),
    ],
)
def test_a_file_that_cannot_be_written_is_told_at_the_start(arguments: tuple[str, ...], what: str) -> None:
    with SimProcess(*arguments) as process:
        assert process.process.wait(PATIENCE_S) == 2
    assert process.errors().startswith(what)
    assert process.errors().count("\n") == 1


def test_the_command_line_films_and_draws_a_running_world(tmp_path: Path) -> None:
    film, picture = tmp_path / "film.mp4", tmp_path / "top.png"
    with SimProcess("--films", str(tmp_path / "made"), "--view", "top"), Listener() as listener:
        Driver(listener).drive(0.1)
        taskmatrix = [sys.executable, "-m", "taskmatrix_ros.cli.main", "sim"]
        filmed = subprocess.run([*taskmatrix, "record", str(film), "--seconds", "5"], capture_output=True, check=False)
        assert filmed.returncode == 0, filmed.stderr
        drawn = subprocess.run([*taskmatrix, "picture", str(picture)], capture_output=True, check=False)
        assert drawn.returncode == 0, drawn.stderr
    assert moved_share(frames_of(film)) > 0.0005
    assert cv2.imread(str(picture)) is not None


def test_without_a_screen_the_viewer_is_refused_in_one_line() -> None:
    with SimProcess("--viewer", DISPLAY="", WAYLAND_DISPLAY="") as process:
        assert process.process.wait(PATIENCE_S) == 2
    assert process.errors().startswith("simulation viewer: this machine has no screen")
    assert process.errors().count("\n") == 1
