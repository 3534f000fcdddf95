"""Launch files without ``launch``: they compile, import what a ROS machine has, and start programs that exist."""

from __future__ import annotations

import ast
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from taskmatrix_ros.core.resources import resource

WITH_GAZEBO = {"ros_gz_bridge"}  # only who wants Gazebo installs it; docs/gazebo.md tells how
FILES = sorted(resource("launch").glob("*.launch.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_launch_file_stands_by_itself(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"), filename=path.name)
    assert ast.get_docstring(tree)
    assert any(isinstance(node, ast.FunctionDef) and node.name == "generate_launch_description" for node in tree.body)
    for node in ast.walk(tree):
        modules = [node.module] if isinstance(node, ast.ImportFrom) else []
        modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for module in modules:
            top = module.partition(".")[0]
            assert top in {"launch", "launch_ros", "taskmatrix_ros"} | sys.stdlib_module_names, module
            if top == "taskmatrix_ros":
                found = find_spec(module)
                assert found is not None
                names = {name.id for name in ast.walk(ast.parse(Path(found.origin).read_text())) if _defines(name)}
                names |= {
                    entry.name for entry in ast.parse(Path(found.origin).read_text()).body if hasattr(entry, "name")
                }
                wanted = [alias.name for alias in node.names]
                assert all(name in names or find_spec(f"{module}.{name}") for name in wanted), (module, wanted)


def _defines(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_its_nodes_are_of_packages_that_we_depend_on(path: Path) -> None:
    depends = resource("package.xml").read_text("utf-8")
    for call in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Node":
            package = next(k.value.value for k in call.keywords if k.arg == "package")
            assert package in {"taskmatrix_ros", *WITH_GAZEBO} or f">{package}</" in depends, package
