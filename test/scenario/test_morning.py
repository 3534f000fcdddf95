"""Mornings of one home, judged by its devices: rules told in words, a clock that jumps, a car that warms."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from taskmatrix_ros.app.demo.demo_run import Demo, DemoListener
from taskmatrix_ros.app.demo.scenario import load_scenario

pytestmark = [pytest.mark.ros, pytest.mark.mqtt, pytest.mark.mujoco]


class Diary(DemoListener):
    """Keeps what a person who watches is told."""

    def __init__(self) -> None:
        self.confirmations: list[str] = []
        self.spoken: list[str] = []

    def confirmed(self, words: str) -> None:
        self.confirmations.append(words)

    def changed(self, key: str, value: Any) -> None:
        if key == "speaker.said_lately":
            self.spoken.append(value[-1])


def test_a_morning_goes_as_its_rules_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROS_DOMAIN_ID", "0")
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    whole = load_scenario("morning")
    # The robot's errand is what the other scenarios are about, and takes half of the time.
    steps = tuple(step for step in whole.steps if "coke" not in step.say)
    scenario = whole.model_copy(update={"steps": steps})
    diary = Diary()
    demo = Demo(scenario, seed=3, speed=2.0, folder=tmp_path, picture=tmp_path / "top.png", listener=diary)
    report = asyncio.run(demo.run())
    assert [(verdict.what, verdict.evidence) for verdict in report.verdicts if not verdict.holds] == []
    assert len(report.goals) == 10
    assert report.succeeded
    assert [told["status"] for told in report.instructions] == ["succeeded"] * 7
    first, second = diary.confirmations
    assert first.startswith("Every day at 07:00, ")
    assert second.startswith("10 minutes before I leave, if the weather temperature is below 5, car_ac_open()")
    assert "kind: before\n  key: user.departure_at\n  offset_s: 600.0" in second
    assert any("2 degrees outside" in text for text in diary.spoken)
