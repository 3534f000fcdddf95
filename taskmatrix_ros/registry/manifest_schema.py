"""The JSON Schema of a manifest, from the types themselves, and what it allows at a place of a file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from taskmatrix_ros.core.api_document import ApiPackage
from taskmatrix_ros.registry.yaml_reader import Path, part_of

FROM_PACKAGE = ("package", "version", "source")
"""Fields of a document that the file, not its author, gives."""


@cache
def manifest_schema() -> dict[str, Any]:
    """Give the schema of a manifest file, draft 2020-12. Not to be changed by callers."""
    schema = ApiPackage.model_json_schema(by_alias=True)
    for name in FROM_PACKAGE:
        del schema["$defs"]["ApiDocument"]["properties"][name]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "TaskMatrix API package",
        "description": "One manifest of api_manifests/: API documents, the state they speak of, composite sentences.",
        **{key: value for key, value in schema.items() if key not in ("title", "description")},
    }


def allowed_keys(path: Path, document: Any, schema: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """Name the keys that may stand in the mapping at ``path``; ``()`` where any may.

    :param document: the file's value: where ``kind`` decides, it is looked up there.
    :param schema: of another kind of file than a manifest.
    """
    schema = schema or manifest_schema()
    node, value = _walk(path, document, schema)
    return tuple(_resolve(node, value, schema).get("properties", ()))


def allowed_kinds(path: Path, document: Any, schema: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """Name the values of ``kind`` that may stand in the mapping at ``path``; ``()`` where none is asked for."""
    return tuple(_walk(path, document, schema or manifest_schema())[0].get("discriminator", {}).get("mapping", ()))


def _walk(path: Path, document: Any, schema: Mapping[str, Any]) -> tuple[Mapping[str, Any], Any]:
    node = schema
    value = document
    for part in path:
        node = _child(_resolve(node, value, schema), part)
        value = part_of(value, part)
    return node, value


def _resolve(node: Mapping[str, Any], value: Any, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow references and choices to the schema that is meant for ``value``."""
    while True:
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
        elif "discriminator" in node:
            kind = value.get(node["discriminator"]["propertyName"]) if isinstance(value, Mapping) else None
            reference = node["discriminator"]["mapping"].get(kind) if isinstance(kind, str) else None
            if reference is None:
                return {}
            node = {"$ref": reference}
        elif "anyOf" in node:
            node = next((option for option in node["anyOf"] if option.get("type") != "null"), {})
        else:
            return node


def _child(node: Mapping[str, Any], part: str | int) -> Mapping[str, Any]:
    if isinstance(part, int):
        found = node.get("items", {})
    else:
        # Names that follow a pattern have one schema for all, as a mapping's values without a pattern have.
        others = next(iter(node.get("patternProperties", {}).values()), node.get("additionalProperties", {}))
        found = node.get("properties", {}).get(part, others)
    return found if isinstance(found, Mapping) else {}
