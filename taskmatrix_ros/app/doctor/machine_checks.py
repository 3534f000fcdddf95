"""The machine itself: disk, clock, ROS, simulator."""

from __future__ import annotations

import ctypes.util
import importlib
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import zoneinfo
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from taskmatrix_ros.app.doctor.finding import CheckedPart, doubtful, failed, unused, well
from taskmatrix_ros.app.profile.settings import Settings

LEAST_MB = 200
"""Below it nothing can be journalled for long."""

ENOUGH_MB = 1000
_SYNC_S = 3.0
_START_S = 30.0


def check_disk(settings: Settings) -> CheckedPart:
    """Whether the journal can be written, and for how long."""
    folder = settings.state_folder
    place = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not os.access(place, os.W_OK):
        return failed("disk", f"{place} cannot be written", "give its user the right, or set TASKMATRIX_STATE_DIR")
    free_mb = shutil.disk_usage(place).free // 1_000_000
    said = f"{free_mb} MB are free at {folder}"
    if free_mb < LEAST_MB:
        return failed("disk", said, f"make room: {LEAST_MB} MB are needed, {ENOUGH_MB} MB are good")
    if free_mb < ENOUGH_MB:
        return doubtful("disk", said, f"make room: {ENOUGH_MB} MB are good")
    return well("disk", said)


def check_clock(settings: Settings) -> CheckedPart:
    """Whether the clock can be right: rules fire by it."""
    now = datetime.now(UTC)
    written = datetime.fromtimestamp(Path(__file__).stat().st_mtime, UTC)
    if now < written:
        said = f"the clock shows {now:%Y-%m-%d %H:%M} UTC, before this program was installed"
        return failed("clock", said, "set it, for instance by timedatectl set-ntp true")
    zone = settings.home.time_zone
    if zone not in zoneinfo.available_timezones():
        return failed("clock", f"time zone {zone!r} is unknown here", "correct home.time_zone, or install tzdata")
    synchronised = _synchronised()
    if synchronised is False:
        return doubtful("clock", "the clock is not synchronised", "timedatectl set-ntp true, so that rules are on time")
    kept = "" if synchronised is None else ", kept by NTP"
    return well("clock", f"{now:%Y-%m-%d %H:%M} UTC{kept}; the home is in {zone}")


def _synchronised() -> bool | None:
    """Whether the machine says that its clock is kept; None where it does not say."""
    program = shutil.which("timedatectl")
    if program is None:
        return None
    try:
        status, said = _run((program, "show", "-p", "NTPSynchronized", "--value"), _SYNC_S)
    except (OSError, subprocess.SubprocessError):
        return None
    if status:
        return None
    return {"yes": True, "no": False}.get(said.strip())


def check_ros(settings: Settings) -> CheckedPart:
    """Whether ROS is there, with this project's messages, and starts."""
    if settings.ros is None:
        return unused("ros", "the profile has no `ros:`")
    if importlib.util.find_spec("rclpy") is None:
        remedy = "source /opt/ros/jazzy/setup.bash, or run scripts/setup"
        return failed("ros", "rclpy is not installed for this Python", remedy)
    if importlib.util.find_spec("taskmatrix_interfaces") is None:
        remedy = "build it: colcon build --packages-select taskmatrix_interfaces, or scripts/setup; then source it"
        return failed("ros", "taskmatrix_interfaces is not built or not sourced", remedy)
    domain = os.environ.get("ROS_DOMAIN_ID", "")
    if domain and not (domain.isdigit() and int(domain) <= 232):
        return failed("ros", f"ROS_DOMAIN_ID {domain!r} is no number of 0..232", "correct or unset it")
    # in a process of its own: what ROS loads is not to stay in this one
    program = "from taskmatrix_ros.ros.ros_context import RosContext; c = RosContext(); c.open(); c.close()"
    try:
        status, said = _run((sys.executable, "-c", program), _START_S)
    except subprocess.TimeoutExpired:
        return failed("ros", "rclpy did not start within 30 s", "look after RMW_IMPLEMENTATION and the network")
    if status:
        last = (said.strip().splitlines() or ["it ended without a word"])[-1]
        return failed("ros", f"rclpy does not start: {last[:200]}", "check ROS_DOMAIN_ID and RMW_IMPLEMENTATION")
    return well("ros", f"rclpy starts, domain {domain or '0'}")


def check_simulator(settings: Settings) -> CheckedPart:
    """Whether the embedded simulator can run and draw."""
    if settings.processes.simulator is None:
        return unused("simulator", "the profile starts none")
    if importlib.util.find_spec("mujoco") is None:
        return failed("simulator", "mujoco is not installed", "pip install mujoco, or run scripts/setup")
    if os.environ.get("MUJOCO_GL", "egl") == "egl" and ctypes.util.find_library("EGL") is None:
        remedy = "apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri"
        return failed("simulator", "libEGL is missing, so its camera sees nothing", remedy)
    version = importlib.metadata.version("mujoco")
    return well("simulator", f"MuJoCo {version}, world {settings.processes.simulator.world!r}")


def check_camera(settings: Settings) -> CheckedPart:
    """Whether what finds objects in pictures is there, and who gives the pictures."""
    if settings.processes.skills is None:
        return unused("camera", "the profile starts no skills that look")
    if importlib.util.find_spec("cv2") is None:
        return failed("camera", "OpenCV is not installed", "pip install opencv-python-headless, or run scripts/setup")
    aruco = importlib.import_module("cv2")
    if not hasattr(aruco, "aruco"):
        return failed("camera", "this OpenCV has no aruco", "pip install opencv-python-headless 4.10 or newer")
    if settings.processes.simulator is not None:
        return well("camera", "the simulator gives pictures; OpenCV finds tags in them")
    return _camera_topic(settings)


def _camera_topic(settings: Settings) -> CheckedPart:
    """Look whether somebody publishes pictures now."""
    if check_ros(settings).health.value != "ok":
        return failed("camera", "its topic cannot be looked for without ROS", "see `ros` first")
    assert settings.ros is not None
    topic = f"{settings.ros.robot_namespace.rstrip('/')}/camera/image"
    program = (
        "import sys, time\nimport rclpy\nfrom taskmatrix_ros.ros.ros_context import RosContext\n"
        "c = RosContext(); c.open(); n = rclpy.create_node('doctor', context=c.context)\n"
        "ends = time.monotonic() + 5\n"
        "while time.monotonic() < ends and not n.count_publishers(sys.argv[1]): time.sleep(0.1)\n"
        "found = n.count_publishers(sys.argv[1]); n.destroy_node(); c.close(); sys.exit(0 if found else 3)\n"
    )
    try:
        status, _ = _run((sys.executable, "-c", program, topic), _START_S)
    except subprocess.TimeoutExpired:
        return failed("camera", f"looking for {topic} took more than 30 s", "see `ros`")
    if status:
        remedy = "start the camera's driver, or correct ros.robot_namespace and the topic's name"
        return failed("camera", f"nobody publishes {topic}", remedy)
    return well("camera", f"{topic} is published")


def _run(argv: Sequence[str], within_s: float) -> tuple[int, str]:
    """Run a program of ours or the system's. :returns: its exit status and what it said, errors last."""
    tried = subprocess.run(  # noqa: S603 - the arguments are fixed, but for names that a profile gives to our own code
        list(argv), capture_output=True, text=True, timeout=within_s, check=False
    )
    return tried.returncode, tried.stdout + tried.stderr
