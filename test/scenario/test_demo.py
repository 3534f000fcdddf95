"""The demo as a person starts it: it succeeds by the world's word, and leaves nothing behind, also after Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest
from running_home import PATIENCE_S, TASKMATRIX, alive, children

pytestmark = [pytest.mark.ros, pytest.mark.mqtt, pytest.mark.mujoco]


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        (*TASKMATRIX, "demo", "--json", "--picture", str(folder / "top.png"), *arguments),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_demo_succeeds_in_the_world(tmp_path: Path) -> None:
    demo = start(tmp_path, "--seed", "3")
    out, err = demo.communicate(timeout=PATIENCE_S)
    assert demo.returncode == 0, err
    report = json.loads(out)
    assert report["succeeded"] is True
    assert len(report["goals"]) == len(report["verdicts"]) == 8
    assert all(goal is True for goal in report["goals"])
    assert [told["status"] for told in report["instructions"]] == ["succeeded"] * 3
    assert (report["seed"], report["scenario"]) == (3, "fetch")
    assert report["run_s"] > 0
    assert Path(report["picture"]).read_bytes().startswith(b"\x89PNG")


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    demo = start(tmp_path)
    try:
        assert demo.stderr is not None
        for line in demo.stderr:
            if "robot_go_to" in line:
                break
        family = children(demo.pid)
        assert len(family) >= 5
        demo.send_signal(signal.SIGINT)
        out, _err = demo.communicate(timeout=PATIENCE_S)
        assert (demo.returncode, out) == (130, "")
        assert [command for pid, command in family.items() if alive(pid)] == []
    finally:
        demo.kill()
        demo.communicate()
