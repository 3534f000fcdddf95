"""Everything outside the ROS parts imports on a machine that has no ROS."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ROS_PARTS = ("taskmatrix_ros.ros", "taskmatrix_ros.robot", "taskmatrix_ros.sim", "taskmatrix_ros.node")
BENCHES = "taskmatrix_ros.bench"
"""They start robots and bare clients; what the command line needs to name them is imported with it."""
ROS_MODULES = ("taskmatrix_ros.bindings.ros2",)

IMPORT_ALL = """
import importlib, sys

class NoRos:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("rclpy", "taskmatrix_interfaces"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, NoRos())
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ImportError as error:
        print(f"{name}: {error}")
"""


def modules() -> list[str]:
    names = []
    for path in sorted((ROOT / "taskmatrix_ros").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if not f"{name}.".startswith(tuple(f"{part}." for part in (*ROS_PARTS, BENCHES))) and name not in ROS_MODULES:
            names.append(name)
    return names


def test_every_other_module_imports_without_ros() -> None:
    names = modules()
    assert "taskmatrix_ros.core.errors" in names
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, *names], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
