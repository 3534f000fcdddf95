"""A home on a real Home Assistant, run as a person runs it, on a machine that has no ROS."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import yaml
from home_assistant_home import FLOORS

from taskmatrix_ros.bench.home_assistant_server import HomeAssistantServer

PATIENCE_S = 240.0
TASKMATRIX = (sys.executable, "-m", "taskmatrix_ros.cli.main")


class HomeFolder:
    """A profile for the server, and an environment in which ROS cannot be imported."""

    def __init__(self, folder: Path, server: HomeAssistantServer, **more: Any) -> None:
        self.folder = folder
        self.token_file = folder / "token"
        self.token_file.write_text(server.token)
        self.profile = folder / "house.yaml"
        home = {
            "url": server.url,
            "token_file": str(self.token_file),
            "floors": {name: {"areas": list(areas)} for name, areas in FLOORS.items()},
        }
        settings = {
            "manifests": ["time.yaml"],
            "state_folder": str(folder / "state"),
            "homeassistant": home,
            "apis": {"trust": ["homeassistant"]},
            **more,
        }
        self.profile.write_text(yaml.safe_dump(settings))
        hidden = folder / "no-ros"
        runtime = folder / "run"
        hidden.mkdir()
        runtime.mkdir(mode=0o700)
        for module in ("rclpy", "taskmatrix_interfaces"):
            (hidden / f"{module}.py").write_text("raise ImportError('there is no ROS here', name=__name__)\n")
        path = os.pathsep.join(filter(None, (str(hidden), os.environ.get("PYTHONPATH", ""))))
        self.environment = {**os.environ, "PYTHONPATH": path, "XDG_RUNTIME_DIR": str(runtime)}

    def taskmatrix(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        ended = subprocess.run(
            (*TASKMATRIX, *arguments),
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            env=self.environment,
        )
        assert "Traceback" not in ended.stderr, ended.stderr
        return ended

    def do(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Run a command with ``--json``. :returns: exit status and its one document."""
        ended = self.taskmatrix(*arguments, "--json")
        assert ended.stdout, ended.stderr
        return ended.returncode, json.loads(ended.stdout)


class RunningHaHome:
    """``taskmatrix up``; ends with ``close``."""

    def __init__(self, home: HomeFolder) -> None:
        self.lines: list[str] = []
        self._ready = threading.Event()
        self.process = subprocess.Popen(
            (*TASKMATRIX, "up", "--profile", str(home.profile)),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=home.environment,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._ready.wait(PATIENCE_S), "\n".join(self.lines)
        assert any("up; try" in line for line in self.lines), "\n".join(self.lines)

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip())
            if "up; try" in line:
                self._ready.set()
        self._ready.set()

    def close(self) -> None:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        assert self.process.stderr is not None
        self.process.stderr.close()
