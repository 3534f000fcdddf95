"""Writes ``api_manifests/schema.json`` for editors: ``python -m taskmatrix_ros.registry.json_schema [FILE]``.

A manifest that begins with ``# yaml-language-server: $schema=schema.json`` is then completed and checked while typed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.registry.manifest_schema import manifest_schema


def schema_text() -> str:
    """Give the file's content."""
    return json.dumps(manifest_schema(), indent=2, sort_keys=True) + "\n"


def main(arguments: list[str]) -> int:
    """Write the schema to the file named, or to where it belongs in the source tree. :returns: exit status."""
    path = Path(arguments[0]) if arguments else resource("api_manifests") / "schema.json"
    path.write_text(schema_text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
