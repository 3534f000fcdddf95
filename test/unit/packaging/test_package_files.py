"""The files that say what the package is, agree with each other."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from packaging.requirements import Requirement

import taskmatrix_ros

ROOT = Path(__file__).resolve().parents[3]


def setup_call() -> dict[str, ast.expr]:
    """The keyword arguments of ``setup()``."""
    tree = ast.parse((ROOT / "setup.py").read_text())
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    call = next(node for node in calls if isinstance(node.func, ast.Name) and node.func.id == "setup")
    return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}


def pins(*names: str) -> dict[str, Requirement]:
    """The requirements of files in requirements/, by canonical name."""
    found = {}
    for name in names:
        for line in (ROOT / "requirements" / name).read_text().splitlines():
            if text := line.partition("#")[0].strip():
                requirement = Requirement(text)
                found[requirement.name.lower().replace("_", "-")] = requirement
    return found


def ranges() -> dict[str, Requirement]:
    """The run-time requirements of setup.py, extras included, by canonical name."""
    call = setup_call()
    listed = ast.literal_eval(call["install_requires"])
    listed += [text for extra in ast.literal_eval(call["extras_require"]).values() for text in extra]
    return {requirement.name.lower(): requirement for requirement in map(Requirement, listed)}


def manifest(folder: str) -> ElementTree.Element:
    return ElementTree.parse(ROOT / folder / "package.xml").getroot()


def test_versions_agree() -> None:
    done = subprocess.run(
        [sys.executable, "setup.py", "--version"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    versions = {manifest(".").findtext("version"), manifest("taskmatrix_interfaces").findtext("version")}
    assert versions == {taskmatrix_ros.__version__} == {done.stdout.split()[-1]}


@pytest.mark.parametrize("arrays", ["arrays.txt", "arrays-jazzy.txt"])
def test_each_range_has_a_tested_version_and_each_version_a_range(arrays: str) -> None:
    tested = pins("runtime.txt", arrays)
    wanted = ranges()
    assert tested.keys() == wanted.keys()
    for name, requirement in tested.items():
        (pin,) = requirement.specifier
        assert pin.operator == "==", f"{name} is not pinned"
        assert wanted[name].specifier.contains(pin.version), f"{name} {pin.version} is not in {wanted[name]}"


@pytest.mark.parametrize("name", ["ros.txt", "build.txt", "dev.txt"])
def test_tools_and_ros_are_pinned(name: str) -> None:
    for requirement in pins(name).values():
        assert [pin.operator for pin in requirement.specifier] == ["=="], f"{requirement} is not pinned"


def test_ros_is_never_a_requirement_of_the_package() -> None:
    assert not [name for name in ranges() if name.startswith("ros") or name == "rclpy"]


@pytest.mark.parametrize("folder", [".", "taskmatrix_interfaces"])
def test_the_manifest_is_of_format_three_and_licensed(folder: str) -> None:
    package = manifest(folder)
    assert package.get("format") == "3"
    assert package.findtext("license") == "Apache-2.0"
    assert "Version 2.0, January 2004" in (ROOT / folder / "LICENSE").read_text()
    assert "Forthcoming" in (ROOT / folder / "CHANGELOG.rst").read_text()


def test_the_interfaces_build_before_the_package() -> None:
    assert "taskmatrix_interfaces" in [element.text for element in manifest(".").iter("exec_depend")]
