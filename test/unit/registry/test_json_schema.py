"""The committed schema is that of the types."""

from __future__ import annotations

import json
from pathlib import Path

from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.registry.json_schema import main, schema_text
from taskmatrix_ros.registry.manifest_schema import allowed_keys, allowed_kinds


def test_the_committed_file_is_current() -> None:
    committed = (resource("api_manifests") / "schema.json").read_text(encoding="utf-8")
    assert json.loads(committed) == json.loads(schema_text()), "run python -m taskmatrix_ros.registry.json_schema"


def test_it_is_written_where_asked(tmp_path: Path) -> None:
    assert main([str(tmp_path / "schema.json")]) == 0
    assert (tmp_path / "schema.json").read_text() == schema_text()


def test_what_it_allows() -> None:
    document = {"apis": [{"binding": {"kind": "mqtt"}, "parameters": {"x": {}}}]}
    assert {"package", "version", "state", "apis", "composites", "description"} == set(allowed_keys((), document))
    keys = allowed_keys(("apis", 0), document)
    assert {"name", "effect", "binding", "requires"} <= set(keys)
    assert not {"package", "version", "source"} & set(keys)
    assert "topic" in allowed_keys(("apis", 0, "binding"), document)
    assert allowed_keys(("apis", 0, "binding"), {"apis": [{"binding": {"kind": "x"}}]}) == ()
    assert "minimum" in allowed_keys(("apis", 0, "parameters", "x"), document)
    assert set(allowed_kinds(("apis", 0, "binding"), document)) >= {"mqtt", "ros2_action"}
    assert "from" in allowed_keys(("state", 0), {})
