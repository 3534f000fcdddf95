"""A document imported again, where its owner has edited what was imported before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument


@dataclass(frozen=True, slots=True)
class Merged:
    """The owner's document with what its source changed elsewhere. ``kept``: what both changed: the owner's stays."""

    document: ApiDocument
    kept: tuple[str, ...]


def merge(base: ApiDocument, owners: ApiDocument, theirs: ApiDocument) -> Merged:
    """Take over what the source changed since ``base`` wherever the owner did not.

    Parameters are merged one by one, every other field as a whole.
    """
    plain_base, plain_owners, plain_theirs = (
        document.model_dump(mode="json", by_alias=True) for document in (base, owners, theirs)
    )
    kept: list[str] = []
    result = _merge_fields(plain_base, plain_owners, plain_theirs, "", kept)
    result["parameters"] = _merge_fields(
        plain_base["parameters"], plain_owners["parameters"], plain_theirs["parameters"], "parameters.", kept
    )
    kept = [field for field in kept if field != "parameters"]
    return Merged(ApiDocument.model_validate(result), tuple(kept))


def _merge_fields(
    base: dict[str, Any], owners: dict[str, Any], theirs: dict[str, Any], prefix: str, kept: list[str]
) -> dict[str, Any]:
    result = {}
    for field in dict.fromkeys((*owners, *theirs)):
        was, mine, new = base.get(field), owners.get(field), theirs.get(field)
        chosen = new if mine == was else mine
        if mine != was and new not in (was, mine):
            kept.append(prefix + field)
        if chosen is not None or not prefix:
            result[field] = chosen
    return result
