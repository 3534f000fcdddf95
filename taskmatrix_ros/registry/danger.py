"""What of a document an operator approves: everything but words."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument, ApiPackage

HARMLESS = frozenset(
    {
        *("description", "usage_examples", "composition", "errors", "examples", "typical_s"),
        *("owner", "package", "version", "source", "enabled"),
    }
)
"""Fields that change no behaviour. Every other field is dangerous, those that are added later too."""


def danger_digest(document: ApiDocument) -> str:
    """Give a digest of all that decides what a call does, when it may be made and what it is taken for."""
    plain = document.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=set(HARMLESS))
    for field in ("parameters", "returns"):
        plain[field] = _without_words(plain.get(field))
    return _digest(plain)


def package_danger(package: ApiPackage) -> str:
    """Give a digest of a package's state sources and composites; empty where it has none."""
    if not package.state and not package.composites:
        return ""
    return _digest(package.model_dump(mode="json", by_alias=True, include={"state", "composites"}))


def _without_words(value: Any) -> Any:
    """Leave the descriptions of parameters out, and no parameter that is called so."""
    if not isinstance(value, dict):
        return value
    return {
        key: _without_words(inner)
        for key, inner in value.items()
        if not (key == "description" and isinstance(inner, str))
    }


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
