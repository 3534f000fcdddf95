"""Renames documents of a package, wherever the package speaks of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.core.api_document import ApiPackage

_NAME = re.compile(r"\b[a-z][a-z0-9_]*\b")


def renamed(package: ApiPackage, names: Mapping[str, str]) -> ApiPackage:
    """Give the package with documents renamed.

    :param names: old name -> new name.
    """

    def in_code(text: str) -> str:
        # Only where it is called: the same word may be an argument.
        return _NAME.sub(lambda word: names.get(word[0], word[0]) if _is_call(text, word.end()) else word[0], text)

    def in_words(text: str) -> str:
        return _NAME.sub(lambda word: names.get(word[0], word[0]) if "_" in word[0] else word[0], text)

    apis = []
    for api in package.apis:
        changes: dict[str, Any] = {
            "name": names.get(api.name, api.name),
            "after": tuple(rule.model_copy(update={"api": names.get(rule.api, rule.api)}) for rule in api.after),
            "usage_examples": tuple(
                example.model_copy(update={"code": in_code(example.code)}) for example in api.usage_examples
            ),
            "undo": None if api.undo is None else in_code(api.undo),
            "composition": in_words(api.composition),
        }
        apis.append(api.model_copy(update=changes))
    composites = tuple(one.model_copy(update={"code": in_code(one.code)}) for one in package.composites)
    return package.model_copy(update={"apis": tuple(apis), "composites": composites})


def _is_call(text: str, end: int) -> bool:
    return text[end:].lstrip().startswith("(")
