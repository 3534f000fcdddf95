"""Documents as text: what the store keeps, what a person reads, and the difference between two."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import yaml

from taskmatrix_ros.core.api_document import ApiDocument, ApiPackage
from taskmatrix_ros.registry.manifest_schema import FROM_PACKAGE

_FIELDS = tuple(ApiDocument.model_fields)


def to_json(document: ApiDocument) -> str:
    """Write what the store keeps, without whether it is enabled; equal documents give equal texts."""
    plain = document.model_copy(update={"enabled": True})
    return plain.model_dump_json(by_alias=True, exclude_defaults=True)


def from_json(text: str, learned: Sequence[str] = ()) -> ApiDocument:
    """Read it back. :param learned: examples, put before the document's own as far as there is room."""
    document = ApiDocument.model_validate_json(text)
    if not learned:
        return document
    examples = tuple(dict.fromkeys((*learned, *document.examples)))[:50]
    return document.model_copy(update={"examples": examples})


def to_plain(document: ApiDocument) -> dict[str, Any]:
    """Give a document as it stands in a manifest."""
    plain: dict[str, Any] = document.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for field in FROM_PACKAGE:
        plain.pop(field, None)
    plain["effect"] = document.effect.value  # said even where it is the default: it decides who may call it
    return {field: plain[field] for field in ("name", *_FIELDS) if field in plain}


def to_yaml(document: ApiDocument) -> str:
    """Write a document as it stands in a manifest."""
    return str(yaml.safe_dump(to_plain(document), sort_keys=False, allow_unicode=True, width=100))


def package_yaml(package: ApiPackage) -> str:
    """Write a whole manifest."""
    plain = package.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"apis"})
    plain["apis"] = [to_plain(api) for api in package.apis]
    return str(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100))


def diff(before: ApiDocument | None, after: ApiDocument | None, *, old: str = "before", new: str = "after") -> str:
    """Give what changed from one document to another as a unified diff; empty where nothing did."""
    was, now = ([] if document is None else to_yaml(document).splitlines() for document in (before, after))
    return "\n".join(difflib.unified_diff(was, now, old, new, lineterm="", n=2))
