"""Templates as MQTT devices announce them: Jinja in a sandbox, with bounds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any

from jinja2 import meta
from jinja2.exceptions import TemplateError

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.expressions.jinja_budget import MAX_TEXT
from taskmatrix_ros.expressions.jinja_sandbox import Sandbox

MAX_SOURCE = 16_384
"""Characters of a template's own text; the longest seen of a maker has three thousand."""

_SANDBOX = Sandbox()
_POINTER = re.compile(
    r"""\{\{-?\s*value_json(?P<path>(?:\.[A-Za-z_]\w*|\[\s*(?:'[^'\\]*'|"[^"\\]*"|\d+)\s*\])+)\s*-?\}\}"""
)
_STEP = re.compile(r"""\.([A-Za-z_]\w*)|\[\s*(?:'([^'\\]*)'|"([^"\\]*)"|(\d+))\s*\]""")
_METHODS = frozenset({"items", "keys", "values", "get", "copy", "index", "count"})


class TemplateFailed(ValueError):
    """A template made no text of what it was given; one line."""


class JinjaTemplate:
    """A template that was checked. Rendering has no effect but its text, and its cost is bounded."""

    def __init__(self, source: str) -> None:
        """:raises ConfigError: no Jinja, too long, or it uses what the sandbox does not have."""
        self.source = source
        if len(source) > MAX_SOURCE:
            raise ConfigError(f"template of {len(source)} characters is longer than {MAX_SOURCE}; shorten it")
        try:
            self._compiled = _SANDBOX.from_string(source.strip())
        except (TemplateError, RecursionError, SyntaxError, ValueError, MemoryError) as error:
            said = str(error) or type(error).__name__
            raise ConfigError(f"template {_shown(source)} cannot be used: {said}; correct it") from error

    @staticmethod
    @lru_cache(maxsize=8192)
    def parse(source: str) -> JinjaTemplate:
        """Make a template, or give the one made of the same text. :raises ConfigError: as the constructor."""
        return JinjaTemplate(source)

    @cached_property
    def names(self) -> frozenset[str]:
        """The variables it reads and does not set itself."""
        tree = _SANDBOX.parse(self.source.strip())
        return frozenset(meta.find_undeclared_variables(tree)) - _SANDBOX.globals.keys()

    @property
    def pointer(self) -> tuple[str, ...] | None:
        """The JSON pointer it amounts to, as reference tokens: ``{{ value_json.a.b }}``; None if it is more."""
        found = _POINTER.fullmatch(self.source.strip())
        if found is None:
            return None
        tokens = tuple(next(part for part in step if part is not None) for step in _groups(found["path"]))
        return None if _METHODS.intersection(tokens) else tokens

    def render(self, values: Mapping[str, Any]) -> str:
        """Give the text, without blanks around it.

        :raises TemplateFailed: it reads what is not there, computes with what is no number, or costs too much.
        """
        _SANDBOX.budget.renew()
        pieces: list[str] = []
        length = 0
        try:
            for piece in self._compiled.generate(**values):
                pieces.append(piece)
                length += len(piece)
                if length > MAX_TEXT:
                    raise TemplateFailed(f"template {_shown(self.source)} makes more than {MAX_TEXT} characters")
        except TemplateFailed:
            raise
        except Exception as error:  # a template can fail in any way, as a program can
            said = " ".join((str(error) or type(error).__name__).split())[:200]
            raise TemplateFailed(f"template {_shown(self.source)} fails: {said}") from error
        return "".join(pieces).strip()


def _groups(path: str) -> list[tuple[str | None, ...]]:
    return [step.groups() for step in _STEP.finditer(path)]


def _shown(source: str) -> str:
    text = repr(" ".join(source.split()))
    return text if len(text) <= 100 else text[:97] + "..."
