"""Point the cmake files of the ROS wheels at this interpreter.

The wheels were built in a container, and about a hundred of their cmake targets and ament index files still name its
Python, ``/opt/python/cp3xx-cp3xx``. CMake refuses an imported target whose include directory does not exist, so
nothing can be built against the wheels until these paths name the interpreter that runs this file. Running it twice
is harmless.

    .venv/bin/python scripts/lib/relocate_cmake.py
"""

from __future__ import annotations

import re
import sys
import sysconfig
from pathlib import Path

BUILD_PREFIX = re.compile(rb"/opt/python/cp3\d+-cp3\d+(?P<rest>/include/python3\.\d+|/lib/python3\.\d+/site-packages)?")


def relocate(prefix: Path) -> int:
    """Rewrite the build-time paths below ``prefix/share``.

    :param prefix: root of the virtual environment the wheels are installed in.
    :returns: how many files were changed.
    """
    paths = sysconfig.get_paths()
    replacements = {b"include": paths["include"], b"lib": paths["purelib"], b"": str(prefix)}

    def replacement(match: re.Match[bytes]) -> bytes:
        rest = match["rest"] or b""
        return replacements[rest.split(b"/")[1] if rest else b""].encode()

    changed = 0
    for path in [*(prefix / "share").rglob("*.cmake"), *(prefix / "share/ament_index").rglob("parent_prefix_path/*")]:
        old = path.read_bytes()
        new = BUILD_PREFIX.sub(replacement, old)
        if new != old:
            path.write_bytes(new)
            changed += 1
    return changed


if __name__ == "__main__":
    sys.stdout.write(f"{relocate(Path(sys.prefix))} files relocated\n")
