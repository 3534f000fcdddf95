"""``python -m <this module> PROGRAM …``: becomes a program that ends with its parent."""

from __future__ import annotations

import os
import sys

from taskmatrix_ros.core.parent_death import die_with_parent

if __name__ == "__main__":
    die_with_parent()
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - the argv of our own supervisor, no shell
