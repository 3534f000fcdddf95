"""What must not reach a model: values that stand in a person's words or in the state, put aside and put back."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument, StateSpec
from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.parameter_spec import ParameterSpec, ValueType

HIDDEN = "(hidden)"
_PLACEHOLDER = re.compile(r"SECRET_\d+")
_KINDS = (
    "(?:access |alarm |door |entry |pin |safe )?(?:code|pin|password|passcode|passphrase|combination|passwort|kennwort)"
)
_FILLED = r"(?:\s+(?:is|was|of|for|number|to|ist|with|the|a|my|our|safe|alarm|door|lock|should|be))*"
_GIVEN = r"\"[^\"]+\"|'[^']+'|(?:\d[\s-]?){3,}\d|[^\s,;.!?\"']*[\d$%&#@*!_][^\s,;.\"']*"
_NAMED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_KINDS}s?\b{_FILLED}[\s:=]+(?P<value>{_GIVEN})",  # what looks like a code after the word for it
        rf"\b{_KINDS}\b(?:\s*[:=]\s*|(?:\s+\w+){{0,3}}?\s+(?:is|was|ist)\s+)(?P<value>[^\s,;.!?]+)",  # "is" any word
        rf"\b(?:with|using|by|mit)\s+(?:the\s+|my\s+)?{_KINDS}\s+(?P<value>[^\s,;.!?]{{4,}})",
        rf"(?P<value>\S*\d\S*)\s+(?:is|as|for|ist)\s+(?:the\s+|my\s+|a\s+)?{_KINDS}\b",
    )
)
_DIGITS = re.compile(r"(?<![\w.,:-])\d{4,10}(?![\w%°]|[-.,:]\d|\s*(?:percent|degrees?|lumens?|watts?|k\b|kelvin))")
_COMMON = frozenset(
    {"for", "from", "in", "into", "it", "on", "please", "reader", "scanner", "the", "then", "to", "what"}
)
_SHORTEST = 4
"""Letters of a sensitive value of the state: ``on`` or ``12`` would blot out half of a prompt."""


@dataclass(frozen=True)
class SecretWords:
    """``values``: placeholder -> what stands behind it. ``loose``: placeholders of mere numbers, allowed anywhere.
    ``unseen``: sensitive values of the state, which nobody gets back.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    loose: frozenset[str] = frozenset()
    unseen: tuple[str, ...] = ()

    @staticmethod
    def of(
        texts: Iterable[str],
        state: Mapping[str, Any],
        specs: Sequence[StateSpec],
        *,
        takes_secrets: bool,
    ) -> SecretWords:
        """Find what is secret.

        :param texts: the person's words, of earlier turns too: what follows "code", "pin", "password".
        :param state: what a manifest marks as sensitive is secret wherever it stands.
        :param takes_secrets: some API takes something sensitive, so that any number of four digits and more may be it.
        """
        said = list(texts)
        unseen = tuple(dict.fromkeys(_stated(state, specs)))
        strict = dict.fromkeys(value for text in said for value in (*_named(text), *(v for v in unseen if v in text)))
        numbers = [found[0] for text in said for found in _DIGITS.finditer(text)] if takes_secrets else []
        loose = [number for number in dict.fromkeys(numbers) if number not in strict]
        values = {f"SECRET_{at}": value for at, value in enumerate([*strict, *loose], start=1)}
        return SecretWords(values, frozenset(name for name, value in values.items() if value in loose), unseen)

    def hide(self, text: str) -> str:
        """Put placeholders in the place of secrets; longer ones first, so that none is left in part."""
        hidden = {value: name for name, value in self.values.items()}
        hidden |= {value: HIDDEN for value in self.unseen if value not in hidden}
        for value in sorted(hidden, key=len, reverse=True):
            if value in text:
                text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])", hidden[value], text)
        return text

    def shown(self, text: str) -> str:
        """Give a model's text as the person may read it: their own words come back."""
        return _PLACEHOLDER.sub(lambda found: self.values.get(found[0], found[0]), text)

    def restored(self, source: str, documents: Mapping[str, ApiDocument], model: str) -> str:
        """Put secrets back into the arguments of code, where they may stand.

        :raises PlanningError: ``SENSITIVE``: the model would have told one to an API that is not made for it.
        """
        if not self.values or not _PLACEHOLDER.search(source):
            return source
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return source  # the verifier says where and why
        given = list(_given_texts(tree, documents))
        allowed = {id(node): spec for node, spec in given if spec is not None and spec.sensitive}
        refused = {id(node) for node, spec in given if spec is None}
        self._check_joined(tree, model)
        lines = source.split("\n")
        for node in sorted(_texts_in(tree), key=lambda each: (each.lineno, each.col_offset), reverse=True):
            names = _PLACEHOLDER.findall(str(node.value))
            if not any(name in self.values for name in names):
                continue
            if id(node) in refused:
                continue  # no such parameter: the verifier says so, and the model writes it anew
            spec = allowed.get(id(node))
            if spec is None and any(name not in self.loose for name in names if name in self.values):
                said = f"model '{model}' puts a secret where none belongs, in line {node.lineno}; nothing was done"
                raise PlanningError(said, code="SENSITIVE")
            lines = _put(lines, node, self._literal(str(node.value), spec))
        return "\n".join(lines)

    def _check_joined(self, tree: ast.AST, model: str) -> None:
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr) and _PLACEHOLDER.search(ast.unparse(node)):
                said = f"model '{model}' builds a text around a secret, in line {node.lineno}; nothing was done"
                raise PlanningError(said, code="SENSITIVE")

    def _literal(self, text: str, spec: ParameterSpec | None) -> str:
        value = self.shown(text)
        if spec is not None and spec.type in (ValueType.NUMBER, ValueType.INTEGER):
            digits = re.sub(r"[\s-]", "", value)
            return digits if digits.replace(".", "", 1).isdigit() else repr(value)
        return repr(value)


def _stated(state: Mapping[str, Any], specs: Sequence[StateSpec]) -> Iterator[str]:
    patterns = [_pattern(spec.key) for spec in specs if spec.sensitive]
    for key, value in state.items():
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            text = str(value)
            if len(text) >= _SHORTEST and any(pattern.fullmatch(key) for pattern in patterns):
                yield text


def _named(text: str) -> Iterator[str]:
    for found in (found for pattern in _NAMED for found in pattern.finditer(text)):
        value = found["value"].strip("\"'").rstrip(".!?")
        if value and value.casefold() not in _COMMON and len(value) > 1:
            yield value


def _given_texts(
    tree: ast.AST, documents: Mapping[str, ApiDocument]
) -> Iterator[tuple[ast.Constant, ParameterSpec | None]]:
    """Give the constants that APIs are called with, each with its parameter; None where it has no such parameter."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        document = documents.get(node.func.id)
        for keyword in node.keywords if document else ():
            if document is not None and isinstance(keyword.value, ast.Constant):
                yield keyword.value, document.parameters.get(keyword.arg or "")


def _texts_in(tree: ast.AST) -> Iterator[ast.Constant]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def _put(lines: list[str], node: ast.Constant, literal: str) -> list[str]:
    """Write a literal in the place of another; columns of the parser count bytes."""
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    before = lines[first].encode()[: node.col_offset].decode()
    after = lines[last].encode()[node.end_col_offset :].decode()
    return [*lines[:first], f"{before}{literal}{after}", *lines[last + 1 :]]


def _pattern(key: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]*\}", key)
    return re.compile("[^.]+".join(re.escape(part) for part in parts))
