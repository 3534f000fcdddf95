from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from taskmatrix_ros.bindings.function.function_registry import FunctionRegistry, argument_problem
from taskmatrix_ros.core.errors import ConfigError


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package as pip leaves it: a module, and entry points in its metadata."""
    (tmp_path / "lamp_tools.py").write_text("def shine(level=1):\n    return level\nlamp = 3\n")
    (tmp_path / "broken_tools.py").write_text("raise RuntimeError('planted')\n")
    info = tmp_path / "lamp_tools-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lamp-tools\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[taskmatrix_ros.functions]\nshine = lamp_tools:shine\nlamp = lamp_tools:lamp\nbroken = broken_tools:f\n"
        "[console_scripts]\nshell = os:system\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("lamp_tools", None)


def test_a_function_is_found_by_its_entry_point(installed: Path) -> None:
    assert FunctionRegistry().get("shine")(level=4) == 4


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("shin", "did you mean 'shine'"),
        ("shell", "no installed package's entry points"),
        ("system", "no installed package's entry points"),
        ("lamp", "nothing to call"),
        ("broken", "RuntimeError: planted"),
    ],
)
def test_anything_else_is_not(installed: Path, name: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        FunctionRegistry().get(name)


def test_arguments_are_compared_with_the_signature() -> None:
    def shine(lamp: str, level: int = 1) -> None: ...

    assert argument_problem(shine, {"lamp"}) is None
    assert "level" in (argument_problem(shine, {"lamp", "brightness"}) or "")
    assert argument_problem(shine, set()) is not None
    assert argument_problem(max, {"x"}) is None
