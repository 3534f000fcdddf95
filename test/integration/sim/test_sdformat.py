"""Every world and model is SDF for the parser that Gazebo uses, not only for ours."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.sim.worlds.home_design import design_home
from taskmatrix_ros.sim.worlds.home_files import write_home

pytestmark = [pytest.mark.sdformat, pytest.mark.mujoco]

SOURCE = Path(__file__).resolve().parents[2] / "support" / "sdf_findings.cpp"
HARMONIC = re.compile(
    r"XML Element\[(gz_frame_id|optical_frame_id)\], child of element\[(sensor|camera)\], not defined"
)
"""Elements of Harmonic's sensors that came after SDF 1.9; its parser copies what it does not know."""


@pytest.fixture(scope="module")
def parser(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("sdf") / "sdf_findings"
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "sdformat12"], check=True, capture_output=True, text=True
    ).stdout.split()
    subprocess.run(["g++", "-std=c++17", str(SOURCE), "-o", str(program), *flags], check=True)
    return program


def findings(parser: Path, files: list[Path], *models: Path) -> list[str]:
    folders = [part for folder in models for part in ("--models", str(folder))]
    ended = subprocess.run([str(parser), *folders, *map(str, files)], check=False, capture_output=True, text=True)
    assert ended.returncode in (0, 1), ended.stderr
    return [line for line in ended.stdout.splitlines() if line.strip() and not HARMONIC.search(line)]


def test_shipped_models_and_worlds(parser: Path) -> None:
    models = resource("sim/models")
    files = [*sorted(models.glob("*/model.sdf")), *sorted(resource("sim/worlds").glob("*.sdf"))]
    assert len(files) > 20
    assert findings(parser, files, models) == []


def test_generated_homes(parser: Path, tmp_path: Path) -> None:
    made = [write_home(design_home(rooms, 14, seed), tmp_path) for rooms, seed in ((4, 1), (6, 2))]
    files = [*(home.world for home in made), *sorted((tmp_path / "models").glob("*/model.sdf"))]
    assert findings(parser, files, resource("sim/models"), tmp_path / "models") == []


def test_the_parser_does_find_mistakes(parser: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.sdf"
    wrong.write_text('<sdf version="1.9"><model name="m"><link name="l"/><linc name="x"/></model></sdf>')
    assert any("linc" in line for line in findings(parser, [wrong]))
