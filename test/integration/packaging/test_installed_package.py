"""Installed somewhere else, the package still finds the files it ships with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SOURCES = ("setup.py", "setup.cfg", "package.xml", "resource", "taskmatrix_ros")
SHARED = ("api_manifests", "config", "launch", "sim")


def files_below(folder: Path) -> set[str]:
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix() for path in found}


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a copy of the sources was installed: building in the source tree would leave files there."""
    source = tmp_path_factory.mktemp("source")
    for name in (*SOURCES, *SHARED):
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, source)
    prefix = tmp_path_factory.mktemp("prefix")
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps")
    done = subprocess.run(
        [*pip, "--no-build-isolation", "--ignore-installed", "--prefix", str(prefix), str(source)],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return prefix


def test_every_shared_file_is_installed(prefix: Path) -> None:
    share = prefix / "share" / "taskmatrix_ros"
    for folder in SHARED:
        assert files_below(share / folder) == files_below(ROOT / folder)
    assert (share / "package.xml").is_file()
    assert (prefix / "share/ament_index/resource_index/packages/taskmatrix_ros").is_file()


def test_every_module_and_data_file_of_the_package_is_installed(prefix: Path) -> None:
    (site,) = prefix.glob("lib/python*/site-packages")
    assert files_below(site / "taskmatrix_ros") == files_below(ROOT / "taskmatrix_ros")


def test_it_finds_its_share_folder(prefix: Path) -> None:
    (site,) = prefix.glob("lib/python*/site-packages")
    code = "from taskmatrix_ros.core.resources import share_folder; print(share_folder())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=prefix,
        env=os.environ | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == prefix / "share" / "taskmatrix_ros"
