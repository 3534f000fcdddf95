"""Where the files that ship with the package are: the source tree, or the share folder it was installed to."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from taskmatrix_ros.core.errors import ConfigError


@cache
def share_folder() -> Path:
    """Give the folder that holds ``api_manifests``, ``config``, ``launch`` and ``sim``.

    :raises ConfigError: the package was installed without its data.
    """
    package = Path(__file__).resolve().parents[1]
    prefixes = [parent for parent in package.parents if parent.name == "lib"][:1]
    candidates = [
        package.parent,
        *(lib.parent / "share" / "taskmatrix_ros" for lib in prefixes),
        Path(sys.prefix) / "share" / "taskmatrix_ros",
    ]
    for folder in candidates:
        if (folder / "api_manifests").is_dir():
            return folder
    raise ConfigError(f"no api_manifests beside {package} or under share/taskmatrix_ros; install the package again")


def resource(relative: str) -> Path:
    """Give the path of a shipped file or folder: ``resource("config/world/home.yaml")``.

    :raises ConfigError: it is not there; says what is.
    """
    path = share_folder() / relative
    if not path.exists():
        near = sorted(entry.name for entry in path.parent.glob("*")) if path.parent.is_dir() else []
        raise ConfigError(f"no '{relative}'; {path.parent.name}/ holds {', '.join(near) or 'nothing'}")
    return path
