"""The world as it will be after the calls drafted so far."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from itertools import product
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.expressions.ensures import ensures_of, is_left_out
from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.expressions.key_template import expand_key
from taskmatrix_ros.expressions.spread import spread

_CHOICE = re.compile(r'args\.(?P<name>\w+) (?:==|(?P<list>in)) state\["(?P<key>[^"]+)"\]')
_CHOICE_TURNED = re.compile(r'state\["(?P<key>[^"]+)"\] == args\.(?P<name>\w+)(?P<list>)')


class SymbolicState:
    """Starts from the believable state; documents' ``sets`` move it on. What cannot be computed becomes unknown."""

    def __init__(self, state: Mapping[str, Any], now: datetime) -> None:
        self._values = dict(state)
        self._now = now

    @property
    def values(self) -> Mapping[str, Any]:
        """What is known or foretold, by key."""
        return self._values

    def apply(self, document: ApiDocument, arguments: Mapping[str, Any]) -> frozenset[str]:
        """Do what a call would do. :returns: the keys it assigned."""
        given = document.with_defaults(dict(arguments))
        after: dict[str, Any] = {}
        for (template, value), each in product(document.sets.items(), spread(document, given)):
            if is_left_out(document, value, each):
                continue
            try:
                key = expand_key(template, each)
            except ValueError:
                continue
            after[key] = self._value(value, each)
        for key, value in after.items():
            if value is None:
                self._values.pop(key, None)
            else:
                self._values[key] = value
        return frozenset(after)

    def forget(self, document: ApiDocument) -> None:
        """Make unknown what a call with unknown arguments may have changed."""
        entities = {template.split("{")[0] for template in document.sets}
        for key in [key for key in self._values if any(key.startswith(entity) for entity in entities)]:
            del self._values[key]

    def still_holds(self, document: ApiDocument, arguments: Mapping[str, Any]) -> bool:
        """Whether what an earlier call ensured is still so."""
        given = document.with_defaults(dict(arguments))
        try:
            conditions = ensures_of(document)
        except ConfigError:
            return False
        return bool(conditions) and all(
            self.holds(condition, each) for condition in conditions for each in spread(document, given)
        )

    def holds(self, condition: str, arguments: Mapping[str, Any]) -> bool:
        """Whether a condition is true; one that errs is not."""
        try:
            return Expression.parse(condition).holds(self._values, arguments, now=self._now)[0]
        except ConfigError:
            return False

    def only_choice(self, document: ApiDocument, parameter: str) -> str | None:
        """Give the one value that ``requires`` allows for a parameter now, if it says so.

        That is the text it must equal; or the first name in a list that must hold it, where the call empties the list:
        then all its names are one thing's.
        """
        for condition in document.requires:
            match = _CHOICE.fullmatch(condition.strip()) or _CHOICE_TURNED.fullmatch(condition.strip())
            if match is None or match["name"] != parameter:
                continue
            value = self._values.get(match["key"])
            if match["list"] and isinstance(value, list | tuple) and _empties(document, match["key"]):
                value = next(iter(value), None)
            if isinstance(value, str) and value:
                return value
        return None

    def _value(self, source: str, arguments: Mapping[str, Any]) -> Any:
        try:
            return Expression.parse(source).evaluate(self._values, arguments, now=self._now)
        except (ConfigError, ValueError):
            return None


def _empties(document: ApiDocument, key: str) -> bool:
    return document.sets.get(key, "").replace(" ", "") == "[]"
